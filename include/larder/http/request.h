/* http/request.h - a request as the front hands it on: views, no copies.
 *
 * Everything is borrowed from the connection and valid until the exchange has ended.
 */
#pragma once

#include "http/headers.h"
#include "http/method.h"
#include "http/uri.h"

#define LENGTH_UNKNOWN (-1)

struct request {
	enum method method;
	struct slice method_text; /* NUL-terminated */
	struct slice raw_target;  /* as it stood on the request line */
	struct target target;     /* views into raw_target */
	struct headers headers;   /* in the order in which they came */
	bool asterisk;            /* "OPTIONS *": of the server as a whole; target.path is "*" */
	bool http_1_0;
	bool secure;     /* over TLS */
	bool trusted;    /* from a trusted proxy */
	bool may_purge;  /* from an address that server.purge.from has, and for a client at one */
	bool disputed;   /* it has credentials of several tenants: it is none's */
	uint16_t tenant; /* as in struct exchange */
	bool has_body;
	int64_t content_length; /* LENGTH_UNKNOWN: chunked */
	struct slice peer; /* the other end of the connection, as text; "unix" for a Unix socket */
	struct slice client; /* the same, or who a trusted proxy says it is */
};

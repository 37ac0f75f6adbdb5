/* front/guard.h - what a request must look like before anything is done with it.
 *
 * libmicrohttpd lets pass what request smuggling is made of; this refuses all of it that can be
 * seen. Pure: looks at the request only. Refused requests close the connection.
 */
#pragma once

#include "http/request.h"
#include "proxy/problem.h"

struct guard_limits {
	size_t header_bytes;
	size_t fields;
	size_t target_bytes;
	size_t body_bytes;
};

/* What the front has seen beside the request's views. */
struct guard_facts {
	struct slice version; /* "HTTP/1.1" */
	size_t header_bytes;  /* the whole header section */
	bool garbled;         /* what the library made of it is not what came: see wire.h */
};

/* Checks all of it and fills in what follows from the fields: request->target, asterisk, http_1_0,
 * has_body, content_length. RC_INVALID: refused, *ret_problem and *ret_detail (static words) say why. */
NODISCARD enum rc guard_check(struct request *request, const struct guard_facts *facts,
	const struct guard_limits *limits, enum problem *ret_problem, const char **ret_detail);

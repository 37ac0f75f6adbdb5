/* front/admin_inside.h - what the two parts of the admin listeners share: admin.c begins and ends them, admin_call.c
 * takes calls.
 *
 *	calls	+1 when a call's header is there, -1 when its answer is out, or broke off
 *	closed	once a drain has seen none: a call that comes later isn't begun, since nobody would wait for its answer
 *
 * Threads: one a connection; the counts are anybody's. Ownership: front/admin.h.
 */
#pragma once

#include "front/admin.h"

#include "listen.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct acceptor;
struct tls;

struct door {
	struct admin *admin;
	struct MHD_Daemon *daemon;
	struct listening at;
};

struct admin {
	struct admin_ops ops;
	struct door *doors;
	size_t door_count;
	struct tls *tls;           /* NULL: none */
	struct acceptor *acceptor; /* of inherited sockets; or NULL */
	atomic_uint calls;         /* under way */
	atomic_bool draining;      /* what is answered now ends its connection */
	atomic_bool closed;
};

/* libmicrohttpd's callbacks for a door. */
void *admin_call_uri(void *cls, const char *uri, struct MHD_Connection *connection);
void admin_call_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code);
enum MHD_Result admin_call_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context);

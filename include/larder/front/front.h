/* front/front.h - the public listeners: libmicrohttpd in front of the exchanges.
 *
 * For each address in `server.listen` a pool of threads with an epoll loop each; plus one thread that
 * watches deadlines (header, keep-alive, body rate). Paths of larder's own (/metrics, /health, `server.why`) are
 * answered by the handlers that were handed in.
 *
 * Life: front_start() ... front_drain() (no new connections, requests under way finish), then
 * proxy_stop(), then front_stop().
 */
#pragma once

#include "front/inherited.h"
#include "proxy/exchange.h"

struct front;

/* A path that larder answers itself. answer() runs on a front thread and must not block for long;
 * body: initialised, content_type: static. Returns the status. */
struct front_local {
	struct slice path;
	struct slice below; /* the rest of it: "/live"; or empty */
	int (*answer)(void *arg, const struct request *request, struct bytes *body,
		const char **content_type);
	void *arg;
	bool restricted; /* to `server.why_from`: 403 for others */
};

struct front_options {
	struct proxy *proxy;              /* and its configuration; a reference is taken */
	const struct front_local *locals; /* copied */
	size_t local_count;
	struct inherited *inherited; /* sockets to use; or NULL; borrowed during the call */
};

/* Binds and starts. On failure *ret_fault tells what and where (owned by the caller, free()).
 * RC_IO: a socket, RC_TLS: certificate or key. */
NODISCARD enum rc front_start(
	const struct front_options *options, struct front **ret, char **ret_fault);

/* Addresses that are listened on, with the real port: "127.0.0.1:8080". */
size_t front_listener_count(const struct front *front);
const char *front_listener(const struct front *front, size_t index);

/* What requests may go by, made of these options; nothing has changed yet. RC_INVALID: *ret_fault (free()). Either
 * front_follow() takes it or front_forget(). */
struct terms;
NODISCARD enum rc front_prepare(
	const struct front_options *options, struct terms **ret, char **ret_fault);
void front_forget(struct terms *terms);

/* Requests that begin from now on go by it; what is fixed at a start stays. */
void front_follow(struct front *front, struct terms *terms);

/* Reads certificate and key again, and uses them no sooner than front_settle_tls() says so; it may also have them
 * forgotten. On failure *ret_fault (owned by the caller) tells why. */
NODISCARD enum rc front_reread_tls(struct front *front, char **ret_fault);
/* New connections get what was read, or go on getting what they got. */
void front_settle_tls(struct front *front, bool is_used);

/* Stops accepting; what is answered from now on ends its connection. Who comes to an inherited socket is left
 * in its backlog, others are turned away. */
void front_drain(struct front *front);

/* Whether all is done: to be asked again and again after front_drain(). Those who were taken are answered if they
 * ask within seconds, then idle connections are ended in a way that no request is lost. */
bool front_drained(struct front *front);

/* Ends all connections, joins the threads, frees. After proxy_stop(). */
void front_stop(struct front *front);

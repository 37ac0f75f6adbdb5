/* front/admin.h - the admin listeners: whole requests in, whole or streamed answers out.
 *
 * Not the public front's way: each connection has a thread of its own, and their number is small, so that what
 * answers may wait: for a purge to be durable, for the disk. No client of the cache ever waits for one.
 *
 * Life: admin_start() ... admin_drain(), admin_drained() ... admin_stop(), which breaks off what is under way.
 */
#pragma once

#include "config/config.h"
#include "front/inherited.h"
#include "http/request.h"
#include "util/bytes.h"

struct admin;

struct admin_request {
	/* Its peer is "unix:<user id>" on a Unix socket; nobody is believed about another. An empty path: the target
	 * isn't one. */
	struct request head;
	struct slice body;
	bool too_large; /* the body is, and isn't here */
	struct arena *arena;
};

struct admin_answer {
	int status;
	struct headers fields; /* Content-Type among them; in the request's arena */
	struct bytes body;
	/* Instead of the body, where read is set: bytes as they come. 0: the end; -1: broken off. */
	struct {
		ssize_t (*read)(void *arg, char *buffer, size_t size);
		void (*free)(void *arg); /* when it has ended, in whichever way */
		void *arg;
	} stream;
};

/* Both on the connection's thread. */
struct admin_ops {
	/* Bytes of body that the request may bring; asked when its header is there. */
	uint64_t (*most_body)(void *arg, const struct admin_request *request);
	/* ret: fields and body are initialised. */
	void (*answer)(void *arg, const struct admin_request *request, struct admin_answer *ret);
	void *arg;
};

struct admin_options {
	const struct config_admin *config; /* borrowed during the call */
	struct admin_ops ops;
	struct inherited *inherited; /* as in front.h */
};

/* Binds and starts. On failure *ret_fault (free()) tells what and where. RC_IO, RC_TLS. */
NODISCARD enum rc admin_start(
	const struct admin_options *options, struct admin **ret, char **ret_fault);

/* Addresses that are listened on, with the real port. */
size_t admin_listener_count(const struct admin *admin);
const char *admin_listener(const struct admin *admin, size_t index);

/* As front_reread_tls() and front_settle_tls(). */
NODISCARD enum rc admin_reread_tls(struct admin *admin, char **ret_fault);
void admin_settle_tls(struct admin *admin, bool is_used);

/* Takes nobody any more: who comes to an inherited socket waits for the next process, others are turned away. What is
 * answered from now on ends its connection. */
void admin_drain(struct admin *admin);

/* Whether all calls have their answer: to be asked again and again after admin_drain(). Once it is so no call begins
 * any more. */
bool admin_drained(struct admin *admin);
/* How many are under way: their header is there, and their answer isn't out. */
size_t admin_calls(const struct admin *admin);

/* Ends connections, joins their threads, frees. */
void admin_stop(struct admin *admin);

/* front/acceptor.h - a thread that takes connections from inherited sockets and hands them on.
 *
 * libmicrohttpd takes connections by itself, and can't be told to leave them alone while it ends those that it
 * has: MHD_quiesce_daemon() of 0.9.75 may abort. On a socket of our own that does no harm, nobody listens on
 * it afterwards. On an inherited one who isn't taken waits for the next process.
 *
 * Threads: one of its own, on which take() runs. Ownership: borrows the sockets.
 */
#pragma once

#include "util/rc.h"

#include <stddef.h>
#include <sys/socket.h>

struct acceptor;

/* Somebody came: fd, non-blocking, is take's. */
typedef void acceptor_take(
	void *arg, int fd, const struct sockaddr *address, socklen_t address_size);

struct acceptor_socket {
	int fd; /* listens, non-blocking */
	void *arg;
};

struct acceptor_options {
	const struct acceptor_socket *sockets; /* copied */
	size_t count;
	acceptor_take *take;
};

/* RC_IO: no thread or descriptor. */
NODISCARD enum rc acceptor_start(const struct acceptor_options *options, struct acceptor **ret);

/* Nobody is taken any more when it returns; joins, frees. acceptor may be NULL. */
void acceptor_stop(struct acceptor *acceptor);

/* front/listen.h - sockets to listen on, from the words of `server.listen`. */
#pragma once

#include "internal.h"

/* Binds "127.0.0.1:8080", "[::1]:8080" or "unix:/path" and fills in fd, name and kind. A Unix socket
 * left behind by a process that is gone is replaced. RC_IO: *ret_fault (free()) says why. */
NODISCARD enum rc listen_open(const char *address, struct listener *ret, char **ret_fault);

/* Removes a Unix socket's path: nobody finds it any more. */
void listen_unlink(struct listener *listener);

/* The same, and closes the descriptor if it is ours: when the daemon has ended. */
void listen_close(struct listener *listener);

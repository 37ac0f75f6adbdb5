/* front/listen.h - sockets to listen on, from the words of `server.listen` and `admin.listen`. */
#pragma once

#include "util/rc.h"

#include <stdbool.h>

struct listening {
	int fd; /* -1: somebody else's now */
	bool is_unix;
	char name[128];      /* as told in the log, with the real port */
	char unix_path[108]; /* "" for TCP */
};

/* Binds "127.0.0.1:8080", "[::1]:8080" or "unix:/path". A Unix socket
 * left behind by a process that is gone is replaced. RC_IO: *ret_fault (free()) says why. */
NODISCARD enum rc listen_open(const char *address, struct listening *ret, char **ret_fault);

/* Removes a Unix socket's path: nobody finds it any more. */
void listen_unlink(struct listening *listening);

/* The same, and closes the descriptor if it is ours: when the daemon has ended. */
void listen_close(struct listening *listening);

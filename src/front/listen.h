/* front/listen.h - sockets to listen on, from the words of `server.listen` and `admin.listen`. */
#pragma once

#include "front/inherited.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LISTEN_NAME_SIZE 128

union listen_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage all;
};

struct listening {
	int fd; /* -1: somebody else's now */
	bool is_unix;
	bool is_inherited;           /* others may listen on it, too: closed here, it goes on */
	char name[LISTEN_NAME_SIZE]; /* as told in the log, with the real port */
	char unix_path[108];         /* that we made; "" for none */
};

/* Where listening sockets come from. */
struct listen_from {
	struct inherited *inherited; /* or NULL: one that has the address is used */
	bool admin;                  /* for admin.listen */
};

/* Binds "127.0.0.1:8080", "[::1]:8080" or "unix:/path", unless a socket for it was inherited. A Unix socket
 * left behind by a process that is gone is replaced. RC_IO: *ret_fault (free()) says why. */
NODISCARD enum rc listen_open(const char *address, const struct listen_from *from,
	struct listening *ret, char **ret_fault);

/* Removes a Unix socket's path: nobody finds it any more. */
void listen_unlink(struct listening *listening);

/* The same, and closes the descriptor if it is ours: when the daemon has ended. */
void listen_close(struct listening *listening);

/* Whether both are the same host and port, or path. */
bool listen_address_equal(const union listen_address *a, const union listen_address *b);
/* "127.0.0.1:8080", "[::1]:8080", "unix:/path". */
void listen_address_text(const union listen_address *address, char ret[static LISTEN_NAME_SIZE]);

/* inherited.c: the socket that was passed for this address, which is the caller's from then on. */
bool inherited_find(
	struct inherited *inherited, const union listen_address *address, bool admin, int *ret_fd);

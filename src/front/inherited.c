/* front/inherited.c - listening sockets that another process passed on. Threads, ownership: inherited.h.
 *
 * A socket is matched by its address: what the configuration says is listened on, whoever opened it.
 */
#include "front/inherited.h"

#include "listen.h"

#include "util/alloc.h"
#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD   3 /* sd_listen_fds(3) */
#define FDS_MOST   1024
#define ADMIN_NAME "admin"

struct inherited_socket {
	int fd; /* -1: used */
	char name[64];
	union listen_address address;
};

struct inherited {
	struct inherited_socket *items;
	size_t count;
};

/* The number of sockets that are for us; 0: none. */
static size_t count_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t for_pid, count;

	if (pid == NULL || fds == NULL || !slice_to_u64(slice_of(pid), &for_pid) ||
		for_pid != (uint64_t)getpid() || !slice_to_u64(slice_of(fds), &count))
		return 0;
	return count <= FDS_MOST ? (size_t)count : FDS_MOST;
}

/* "one:two:three"; what has no name is called by its number. */
static void name_sockets(struct inherited *inherited)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct slice left = slice_of(names != NULL ? names : "");

	for (size_t i = 0; i < inherited->count; i++) {
		struct inherited_socket *socket = &inherited->items[i];
		struct slice name = slice_cut(&left, ':');

		if (name.size > 0)
			snprintf(
				socket->name, sizeof(socket->name), SLICE_FORMAT, SLICE_ARGS(name));
		else
			snprintf(socket->name, sizeof(socket->name), "%zu", i);
	}
}

static bool option_is(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

/* O_NONBLOCK: another process may take the connection that poll() told of. */
static enum rc adopt(struct inherited_socket *socket, int fd, char **ret_fault)
{
	socklen_t size = sizeof(socket->address);

	if (option_is(fd, SO_TYPE, SOCK_STREAM) && option_is(fd, SO_ACCEPTCONN, 1) &&
		getsockname(fd, &socket->address.any, &size) == 0 &&
		fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) {
		socket->fd = fd;
		return RC_OK;
	}
	if (asprintf(ret_fault, "the inherited socket \"%s\" (descriptor %d) does not listen: %s",
		    socket->name, fd, "ListenStream= and Accept=no are expected") < 0)
		abort();
	return RC_INVALID;
}

enum rc inherited_take(struct inherited **ret, char **ret_fault)
{
	struct inherited *inherited;
	size_t count = count_passed();
	enum rc rc = RC_OK;

	*ret = NULL;
	if (count == 0)
		return RC_OK;
	inherited = xalloc(sizeof(*inherited));
	inherited->items = xalloc(count * sizeof(*inherited->items));
	inherited->count = count;
	name_sockets(inherited);
	for (size_t i = 0; i < count; i++)
		inherited->items[i].fd = -1;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		rc = adopt(&inherited->items[i], FIRST_FD + (int)i, ret_fault);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (rc != RC_OK) {
		inherited_free(inherited);
		return rc;
	}
	*ret = inherited;
	return RC_OK;
}

bool inherited_find(
	struct inherited *inherited, const union listen_address *address, bool admin, int *ret_fd)
{
	for (size_t i = 0; inherited != NULL && i < inherited->count; i++) {
		struct inherited_socket *socket = &inherited->items[i];
		bool is_admins = strncmp(socket->name, ADMIN_NAME, strlen(ADMIN_NAME)) == 0;

		if (socket->fd < 0 || (is_admins && !admin) ||
			!listen_address_equal(&socket->address, address))
			continue;
		*ret_fd = socket->fd;
		socket->fd = -1;
		return true;
	}
	return false;
}

enum rc inherited_check(const struct inherited *inherited, char **ret_fault)
{
	char text[LISTEN_NAME_SIZE];

	for (size_t i = 0; inherited != NULL && i < inherited->count; i++) {
		const struct inherited_socket *socket = &inherited->items[i];

		if (socket->fd < 0)
			continue;
		listen_address_text(&socket->address, text);
		if (asprintf(ret_fault,
			    "the inherited socket \"%s\" is for %s, which is neither in "
			    "server.listen nor in admin.listen%s",
			    socket->name, text,
			    strncmp(socket->name, ADMIN_NAME, strlen(ADMIN_NAME)) == 0
				    ? " (its name says that it is for the latter)"
				    : "") < 0)
			abort();
		return RC_INVALID;
	}
	return RC_OK;
}

void inherited_free(struct inherited *inherited)
{
	if (inherited == NULL)
		return;
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->items[i].fd >= 0)
			close(inherited->items[i].fd);
	}
	free(inherited->items);
	free(inherited);
}

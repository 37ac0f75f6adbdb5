/* front/acceptor.c - takes connections from inherited sockets. Threads, ownership: acceptor.h. */
#include "acceptor.h"

#include "listen.h"

#include "observe/log.h"
#include "util/alloc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define AT_ONCE 64 /* of one socket, before the others have their turn */
#define PAUSE_MS \
	100 /* without descriptors: the socket stays readable, and waiting for it would spin */

struct acceptor {
	acceptor_take *take;
	struct pollfd *polled; /* the last one: over */
	void **args;
	size_t count;
	int over; /* eventfd: readable once it is to end */
	pthread_t thread;
	bool fails;
};

/* Told once when it begins to fail, and once when it is well again. */
static void note(struct acceptor *acceptor, int error)
{
	bool fails = error != 0;

	if (fails && !acceptor->fails)
		log_event(LOG_LEVEL_WARN, "accept-failed", "connections wait: %s", strerror(error));
	else if (!fails && acceptor->fails)
		log_event(LOG_LEVEL_INFO, "accept-works", "connections are taken again");
	acceptor->fails = fails;
}

/* The client has gone already, or another process was quicker (accept(2): errors of the connection). */
static bool is_of_one_connection(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO ||
	       error == EPERM;
}

/* false: there is a reason to pause. */
static bool take_some(struct acceptor *acceptor, size_t index)
{
	for (int i = 0; i < AT_ONCE; i++) {
		union listen_address address = { 0 };
		socklen_t size = sizeof(address);
		int fd = accept4(acceptor->polled[index].fd, &address.any, &size,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && is_of_one_connection(errno))
			return true;
		note(acceptor, fd < 0 ? errno : 0);
		if (fd < 0)
			return false;
		acceptor->take(acceptor->args[index], fd, &address.any, size);
	}
	return true;
}

static void *run(void *arg)
{
	struct acceptor *acceptor = arg;
	struct pollfd *over = &acceptor->polled[acceptor->count];
	bool pauses = false;

	while (over->revents == 0) {
		if (pauses)
			poll(over, 1, PAUSE_MS);
		else if (poll(acceptor->polled, acceptor->count + 1, -1) < 0)
			continue;
		pauses = false;
		for (size_t i = 0; over->revents == 0 && i < acceptor->count; i++)
			pauses = !take_some(acceptor, i) || pauses;
	}
	return NULL;
}

static void acceptor_free(struct acceptor *acceptor)
{
	if (acceptor->over >= 0)
		close(acceptor->over);
	free(acceptor->polled);
	free(acceptor->args);
	free(acceptor);
}

enum rc acceptor_start(const struct acceptor_options *options, struct acceptor **ret)
{
	struct acceptor *acceptor = xalloc(sizeof(*acceptor));

	acceptor->take = options->take;
	acceptor->count = options->count;
	acceptor->polled = xalloc((options->count + 1) * sizeof(*acceptor->polled));
	acceptor->args = xalloc((options->count + 1) * sizeof(*acceptor->args));
	acceptor->over = eventfd(0, EFD_CLOEXEC);
	for (size_t i = 0; i < options->count; i++) {
		acceptor->polled[i].fd = options->sockets[i].fd;
		acceptor->polled[i].events = POLLIN;
		acceptor->args[i] = options->sockets[i].arg;
	}
	acceptor->polled[options->count].fd = acceptor->over;
	acceptor->polled[options->count].events = POLLIN;
	if (acceptor->over < 0 || pthread_create(&acceptor->thread, NULL, run, acceptor) != 0) {
		acceptor_free(acceptor);
		return RC_IO;
	}
	pthread_setname_np(acceptor->thread, "accept");
	*ret = acceptor;
	return RC_OK;
}

void acceptor_stop(struct acceptor *acceptor)
{
	if (acceptor == NULL)
		return;
	(void)!eventfd_write(acceptor->over, 1);
	pthread_join(acceptor->thread, NULL);
	acceptor_free(acceptor);
}

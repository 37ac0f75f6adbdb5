/* upstream/sockets.c - which sockets curl wants to hear of, and epoll.
 *
 * curl drops its interest in a connection whenever a transfer ends and takes it up with the next
 * one. The kernel is not told of that: a socket stays registered for reading, and is taken out only
 * when an event comes that nobody wants. That needs to know when a socket is closed, since its
 * number comes back; so sockets are opened and closed here. Others (the resolver's) are registered
 * and removed to the letter.
 *
 * An idle HTTP/1 connection that has something to say is shut: curl 7.88 would take the bytes for
 * the answer to the next request on it.
 *
 * Threads: the loop's only.
 */
#include "loop.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEAST_WATCHES 64
#define DISCARD_BYTES ((size_t)1 << 30)

enum rc sockets_init(struct sockets *s)
{
	*s = (struct sockets){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return s->epoll_fd >= 0 ? RC_OK : RC_IO;
}

void sockets_done(struct sockets *s)
{
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s->watches);
}

static struct watch *watch_of(struct sockets *s, int fd)
{
	size_t count = s->count > 0 ? s->count : LEAST_WATCHES;

	if ((size_t)fd < s->count)
		return &s->watches[fd];
	while (count <= (size_t)fd)
		count *= 2;
	s->watches = xgrow(s->watches, count, sizeof(*s->watches));
	memset(s->watches + s->count, 0, (count - s->count) * sizeof(*s->watches));
	s->count = count;
	return &s->watches[fd];
}

static void register_events(struct sockets *s, int fd, uint32_t events)
{
	struct watch *w = watch_of(s, fd);
	struct epoll_event event = { .events = events, .data.fd = fd };
	int how = EPOLL_CTL_MOD;

	if (w->registered == events)
		return;
	if (w->registered == 0)
		how = EPOLL_CTL_ADD;
	else if (events == 0)
		how = EPOLL_CTL_DEL;
	/* A socket that can't be registered gets no events: its transfer's deadline ends it. */
	if (epoll_ctl(s->epoll_fd, how, fd, &event) == 0)
		w->registered = events;
	else
		w->registered = 0;
}

/* Left by a transfer that has had its answer, not by one that is paused. */
static bool becomes_idle(const struct watch *w, CURL *easy)
{
	struct transfer *t = NULL;
	long version = CURL_HTTP_VERSION_NONE;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	return w->ours && t != NULL && !t->body_paused &&
	       (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct upstream_loop *loop = arg;
	struct sockets *s = &loop->sockets;
	struct watch *w = watch_of(s, fd);

	(void)socket_arg;
	w->wanted = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		w->wanted |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		w->wanted |= EPOLLOUT;
	w->idle = w->wanted == 0 && becomes_idle(w, easy);
	/* An idle socket is always writable: only interest in reading may linger. */
	if (w->idle || (w->wanted == 0 && w->ours && w->registered == EPOLLIN))
		register_events(s, fd, EPOLLIN);
	else
		register_events(s, fd, w->wanted);
	return 0;
}

/* The bytes go, so that curl finds the connection at its end when it looks whether it lives. */
static void shut(int fd)
{
	shutdown(fd, SHUT_RDWR);
	while (recv(fd, NULL, DISCARD_BYTES, MSG_DONTWAIT | MSG_TRUNC) > 0)
		continue;
}

int sockets_event(struct sockets *s, int fd, uint32_t events)
{
	struct watch *w = watch_of(s, fd);
	uint32_t told = events & w->wanted;

	if (w->wanted == 0) {
		if (w->idle)
			shut(fd);
		register_events(s, fd, 0);
		return 0;
	}
	/* Read first what came before an error; the error itself then shows in recv() or send().
	 * Told of CURL_CSELECT_ERR, curl would throw the bytes away. */
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		told = w->wanted;
	return ((told & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
	       ((told & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct upstream_loop *loop = arg;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	*watch_of(&loop->sockets, fd) = (struct watch){ .ours = true };
	return fd;
}

/* The kernel forgets a socket that is closed. */
static int on_close(void *arg, curl_socket_t fd)
{
	struct upstream_loop *loop = arg;

	*watch_of(&loop->sockets, fd) = (struct watch){ 0 };
	return close(fd);
}

void sockets_set_multi(struct upstream_loop *loop)
{
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
}

void sockets_set_easy(struct upstream_loop *loop, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, loop);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, loop);
}

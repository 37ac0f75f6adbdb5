/* tests/unit/scripted_origin.h - an origin that says what the test's table tells it to.
 *
 * Plain sockets on 127.0.0.1, a thread for each connection. What is answered depends on the path:
 * a row of the table, or one of the built-in ones (see answer()). Bytes are sent as written, right
 * or wrong. It counts connections and requests and keeps the last request's text.
 *
 * Threads: its own; `lock` guards what the test reads. Ownership: origin_stop() frees all.
 */
#pragma once

#include "util/alloc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum then { KEEP, CLOSE, RESET, HANG };

struct script {
	const char *path;
	const char *answer;
	enum then then;
};

#define REQUEST_BYTES    65536
#define MOST_CONNECTIONS 1024

struct scripted_origin {
	const struct script *scripts; /* ends with a path of NULL */
	int listener;
	char url[64];
	pthread_t acceptor;

	pthread_mutex_t lock;
	int sockets[MOST_CONNECTIONS];
	pthread_t threads[MOST_CONNECTIONS];
	unsigned connections;
	unsigned requests;
	char last[REQUEST_BYTES];
};

struct connection {
	struct scripted_origin *origin;
	unsigned index;
	int fd;
	unsigned served;
	char request[REQUEST_BYTES];
};

/* A byte of the pattern that /bytes and /chunks send. */
static inline char pattern_at(size_t i)
{
	return (char)('a' + (i + i / 251) % 26);
}

static bool send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool send_text(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

static bool request_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "Content-Length: ");

	if (end == NULL)
		return false;
	if (strstr(text, "Transfer-Encoding: chunked") != NULL)
		return strstr(end, "0\r\n\r\n") != NULL;
	return length == NULL || strlen(end + 4) >= strtoul(length + 16, NULL, 10);
}

static bool read_request(struct connection *c)
{
	size_t size = 0;

	c->request[0] = '\0';
	while (!request_whole(c->request)) {
		ssize_t got = recv(c->fd, c->request + size, REQUEST_BYTES - 1 - size, 0);

		if (got <= 0)
			return false;
		size += (size_t)got;
		c->request[size] = '\0';
		if (c->request[0] == 0x16)
			return false; /* a TLS handshake */
		if (strstr(c->request, " /early ") != NULL)
			break; /* answered without waiting for the body */
	}
	pthread_mutex_lock(&c->origin->lock);
	c->origin->requests++;
	memcpy(c->origin->last, c->request, size + 1);
	pthread_mutex_unlock(&c->origin->lock);
	return true;
}

static bool send_bytes(struct connection *c, size_t size, bool chunked)
{
	char head[128], *body = xalloc(size + 1);
	bool sent;

	for (size_t i = 0; i < size; i++)
		body[i] = pattern_at(i);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n%s%zu\r\n\r\n", "Content-Length: ", size);
	if (chunked)
		snprintf(head, sizeof(head),
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", size);
	sent = send_text(c->fd, head) && send_all(c->fd, body, size) &&
	       (!chunked || send_text(c->fd, "\r\n0\r\n\r\n"));
	free(body);
	return sent;
}

static bool send_echo(struct connection *c)
{
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		strlen(c->request));
	return send_text(c->fd, head) && send_text(c->fd, c->request);
}

static bool send_huge_line(struct connection *c)
{
	static char line[200000];

	memset(line, 'x', sizeof(line));
	return send_text(c->fd, "HTTP/1.1 200 OK\r\nA: ") && send_all(c->fd, line, sizeof(line));
}

static enum then run_script(struct connection *c, const char *path)
{
	for (const struct script *s = c->origin->scripts; s != NULL && s->path != NULL; s++) {
		if (strcmp(s->path, path) != 0)
			continue;
		send_text(c->fd, s->answer);
		return s->then;
	}
	send_text(c->fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	return KEEP;
}

static enum then answer(struct connection *c)
{
	char path[1024] = "";
	size_t size;

	if (sscanf(c->request, "%*s %1023s", path) != 1)
		return CLOSE;
	if (sscanf(path, "/bytes/%zu", &size) == 1)
		return send_bytes(c, size, false) ? KEEP : CLOSE;
	if (sscanf(path, "/chunks/%zu", &size) == 1)
		return send_bytes(c, size, true) ? KEEP : CLOSE;
	if (strncmp(path, "/echo", 5) == 0)
		return send_echo(c) ? KEEP : CLOSE;
	if (strcmp(path, "/huge-line") == 0)
		return send_huge_line(c) ? HANG : CLOSE;
	if (strcmp(path, "/drop-reused") == 0 && c->served > 0)
		return RESET;
	if (strcmp(path, "/drop-reused") == 0)
		return send_bytes(c, 3, false) ? KEEP : CLOSE;
	return run_script(c, path);
}

static void wait_for_end(int fd)
{
	char buffer[4096];

	while (recv(fd, buffer, sizeof(buffer), 0) > 0)
		continue;
}

static void *serve_connection(void *arg)
{
	struct connection *c = arg;
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	enum then then = KEEP;

	while (then == KEEP && read_request(c)) {
		then = answer(c);
		c->served++;
	}
	if (then == HANG)
		wait_for_end(c->fd);
	if (then == RESET)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	pthread_mutex_lock(&c->origin->lock);
	c->origin->sockets[c->index] = -1;
	close(c->fd);
	pthread_mutex_unlock(&c->origin->lock);
	free(c);
	return NULL;
}

static void *accept_connections(void *arg)
{
	struct scripted_origin *o = arg;

	for (int fd; (fd = accept(o->listener, NULL, NULL)) >= 0;) {
		struct connection *c = xalloc(sizeof(*c));
		int on = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		pthread_mutex_lock(&o->lock);
		assert(o->connections < MOST_CONNECTIONS);
		*c = (struct connection){ .origin = o, .index = o->connections, .fd = fd };
		o->sockets[c->index] = fd;
		pthread_create(&o->threads[c->index], NULL, serve_connection, c);
		o->connections++;
		pthread_mutex_unlock(&o->lock);
	}
	return NULL;
}

/* A socket that listens on a port of its own; url: of it. */
static int listen_somewhere(int backlog, char *url, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	assert(listen(fd, backlog) == 0);
	getsockname(fd, (struct sockaddr *)&at, &length);
	snprintf(url, size, "http://127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

static struct scripted_origin *origin_start(const struct script *scripts)
{
	struct scripted_origin *o = xalloc(sizeof(*o));

	o->scripts = scripts;
	o->listener = listen_somewhere(1000, o->url, sizeof(o->url));
	pthread_mutex_init(&o->lock, NULL);
	pthread_create(&o->acceptor, NULL, accept_connections, o);
	return o;
}

static unsigned origin_count(struct scripted_origin *o, const unsigned *counter)
{
	unsigned count;

	pthread_mutex_lock(&o->lock);
	count = *counter;
	pthread_mutex_unlock(&o->lock);
	return count;
}

static bool origin_last_starts(struct scripted_origin *o, const char *text)
{
	bool starts;

	pthread_mutex_lock(&o->lock);
	starts = strncmp(o->last, text, strlen(text)) == 0;
	pthread_mutex_unlock(&o->lock);
	return starts;
}

static void origin_stop(struct scripted_origin *o)
{
	shutdown(o->listener, SHUT_RDWR);
	pthread_join(o->acceptor, NULL);
	close(o->listener);
	pthread_mutex_lock(&o->lock);
	for (unsigned i = 0; i < o->connections; i++) {
		if (o->sockets[i] >= 0)
			shutdown(o->sockets[i], SHUT_RDWR);
	}
	pthread_mutex_unlock(&o->lock);
	for (unsigned i = 0; i < o->connections; i++)
		pthread_join(o->threads[i], NULL);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

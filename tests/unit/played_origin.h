/* played_origin.h - an origin that the test plays itself, step by step, on its own thread: take the
 * request, send a head, a piece of the body, and see whether the other side is still there.
 *
 * One connection at a time, closed after each answer. Large bodies, which would not fit into the
 * sockets' buffers, are sent by a thread. On 127.0.0.1.
 */
#pragma once

#include "body_pattern.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct played_origin {
	int listener;
	int fd; /* the connection of the request that is being answered, or -1 */
	char url[64];
	char request[8192]; /* its head, and what came with it */
	size_t request_size;
	uint64_t sent; /* of the body */
	size_t to_fill;
	pthread_t filler;
};

static inline void play_open(struct played_origin *o)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const struct timeval patience = { .tv_sec = 20 };
	socklen_t size = sizeof(at);

	*o = (struct played_origin){ .fd = -1 };
	o->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(o->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(o->listener, 100), 0);
	setsockopt(o->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	getsockname(o->listener, (struct sockaddr *)&at, &size);
	snprintf(o->url, sizeof(o->url), "http://127.0.0.1:%u", ntohs(at.sin_port));
}

/* The end of an answer. */
static inline void play_close(struct played_origin *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

static inline void play_end(struct played_origin *o)
{
	play_close(o);
	if (o->listener >= 0)
		close(o->listener);
	o->listener = -1;
}

/* More of the request; false: the other side is gone. */
static inline bool play_receive(struct played_origin *o)
{
	ssize_t got = recv(
		o->fd, o->request + o->request_size, sizeof(o->request) - 1 - o->request_size, 0);

	if (got <= 0)
		return false;
	o->request_size += (size_t)got;
	o->request[o->request_size] = '\0';
	return true;
}

/* Waits for a request's head. */
static inline void play_accept(struct played_origin *o)
{
	const struct timeval patience = { .tv_sec = 20 };

	play_close(o);
	o->fd = accept(o->listener, NULL, NULL);
	ck_assert_msg(o->fd >= 0, "no request came");
	setsockopt(o->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	o->request_size = 0;
	o->sent = 0;
	do
		ck_assert(play_receive(o));
	while (strstr(o->request, "\r\n\r\n") == NULL);
}

static inline bool play_bytes(struct played_origin *o, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(o->fd, data, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* A head with these lines ("a: b\r\n" each); length < 0: the end of the connection is the body's. */
static inline void play_head(struct played_origin *o, int status, const char *lines, long length)
{
	char head[1024], announced[64] = "";

	if (length >= 0)
		snprintf(announced, sizeof(announced), "Content-Length: %ld\r\n", length);
	snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nConnection: close\r\n%s%s\r\n", status,
		announced, lines);
	ck_assert(play_bytes(o, head, strlen(head)));
}

/* The next bytes of the body; false: the other side is gone. */
static inline bool play_body(struct played_origin *o, size_t size)
{
	char piece[16384];

	while (size > 0) {
		size_t count = size < sizeof(piece) ? size : sizeof(piece);

		fill_pattern(piece, count, o->sent);
		if (!play_bytes(o, piece, count))
			return false;
		o->sent += count;
		size -= count;
	}
	return true;
}

static inline void *play_fill(void *arg)
{
	struct played_origin *o = arg;

	(void)play_body(o, o->to_fill);
	return NULL;
}

/* The same on a thread; play_filled() waits for it. */
static inline void play_filling(struct played_origin *o, size_t size)
{
	o->to_fill = size;
	ck_assert_int_eq(pthread_create(&o->filler, NULL, play_fill, o), 0);
}

static inline void play_filled(struct played_origin *o)
{
	pthread_join(o->filler, NULL);
}

/* Waits until the other side has closed; what it still says is thrown away. */
static inline bool play_left(struct played_origin *o)
{
	char waste[4096];
	ssize_t got;

	do
		got = recv(o->fd, waste, sizeof(waste), 0);
	while (got > 0);
	return got == 0 || errno == ECONNRESET;
}

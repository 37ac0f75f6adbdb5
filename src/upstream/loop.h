/* upstream/loop.h - the loop's inside, for the files of this layer.
 *
 *	loop.c      the thread: wait, sockets, inbox, timer, ends, deadlines, and again
 *	inbox.c     orders from other threads; transfers to be used again
 *	sockets.c   which sockets curl wants to hear of (epoll)
 *	progress.c  deadlines of active transfers
 *
 * Threads: `lock` guards what stands under it; the atomics are counters; all else is the loop's
 * thread's own.
 */
#pragma once

#include "transfer.h"

#include <pthread.h>

#define NEVER_MS INT64_MAX

/* Something that is to be done at a time; fire() runs on the loop's thread, without its lock. Embedded in
 * what it is for, which outlives the loop's thread. */
struct loop_timer {
	struct list link;
	int64_t at_ms; /* monotonic; NEVER_MS: not set. Under the loop's lock */
	void (*fire)(void *arg, int64_t now_ms);
	void *arg;
};

/* What epoll has been told of one socket. */
struct watch {
	uint32_t wanted;     /* by curl: EPOLLIN, EPOLLOUT */
	uint32_t registered; /* with the kernel; 0: not in the set */
	bool ours;           /* opened by sockets.c, which will hear of its end */
	bool idle;           /* of HTTP/1, kept by curl for the next transfer */
};

struct sockets {
	int epoll_fd;
	struct watch *watches; /* by file descriptor */
	size_t count;
};

struct upstream_loop {
	pthread_t thread;
	CURLM *multi;
	struct sockets sockets;
	int wake_fd;
	int64_t now_ms;   /* read once a round */
	int64_t timer_ms; /* when curl wants to be called; NEVER_MS: not at all */
	int64_t check_ms; /* when deadlines are to be looked at */
	struct list active;
	void (*after_round)(void *arg); /* see struct upstream_loop_options */
	void *after_round_arg;

	pthread_mutex_t lock;
	struct list timers;
	struct transfer *first, *last; /* posted, in order */
	struct transfer *spares;
	unsigned spare_count;
	bool asleep; /* or about to: a post must wake it */
	bool stopping;

	_Atomic(uint64_t) active_count;
	_Atomic(uint64_t) opened_count;
	_Atomic(uint64_t) reused_count;
	_Atomic(int64_t) busy_since_ms; /* 0: in epoll_wait() */
};

/* Ends a transfer that was started or is to be: done() runs, then it may be used again. */
void transfer_finish(struct transfer *t, enum rc rc, const char *detail);

/* --- timers.c --- */

/* Not set at first. Removed on the loop, or after its thread has ended. */
void loop_timer_add(struct upstream_loop *loop, struct loop_timer *timer);
void loop_timer_remove(struct upstream_loop *loop, struct loop_timer *timer);

/* Any thread: it fires at that time, or when it was to before, whichever is sooner. */
void loop_timer_set(struct upstream_loop *loop, struct loop_timer *timer, int64_t at_ms);

/* Fires what is due. */
void timers_run(struct upstream_loop *loop);

/* When the next one is due. */
int64_t timers_due(struct upstream_loop *loop);

/* --- inbox.c --- */

/* Wakes the loop where it sleeps, or is about to. Any thread. */
void inbox_wake(struct upstream_loop *loop);

enum order {
	ORDER_START = 1,
	ORDER_RESUME = 2,
	ORDER_CANCEL = 4,
	ORDER_SETTLE = 8,  /* the response is whole: end it */
	ORDER_QUEUED = 16, /* it lies in the inbox, or in the batch taken from it */
};

/* A new transfer enters; *ret is set before the loop can see it. RC_STOPPED: it did not. */
NODISCARD enum rc inbox_admit(struct transfer *t, struct transfer **ret);

/* Any thread. Orders given twice before the loop has looked are one. */
void inbox_post(struct transfer *t, enum order order);

/* All that was posted, linked by `next`, in order. NULL: nothing; posts will then wake the loop. */
struct transfer *inbox_take(struct upstream_loop *loop);

struct transfer *spare_take(struct upstream_loop *loop); /* never NULL */
void spare_put(struct transfer *t);

/* --- sockets.c --- */

NODISCARD enum rc sockets_init(struct sockets *s);
void sockets_done(struct sockets *s);
void sockets_set_multi(struct upstream_loop *loop);
void sockets_set_easy(struct upstream_loop *loop, CURL *easy);

/* What curl is to be told of events at fd; 0: nothing. */
int sockets_event(struct sockets *s, int fd, uint32_t events);

/* --- progress.c --- */

void progress_begin(struct transfer *t);

/* A phase has begun. */
void progress_note(struct transfer *t);

/* Bytes moved. */
void progress_touch(struct transfer *t);

/* Ends what has overstayed. */
void progress_check(struct upstream_loop *loop);

/* upstream/asking.h - the inside of an upstream and of what is asked of it, for the files of this layer.
 *
 *	upstream.c  as configured: built, looked at, torn down
 *	ask.c       an ask's beginning, pauses and end; what other threads may do to it
 *	try.c       one transfer of it: callbacks, and whether another follows
 *	lane.c      who goes next: rate, concurrency, queue; one lane a credential
 *	due.c       what is to be done at a time
 *
 *	ask:	WAITING --its turn--> ASKING --failed, again--> PAUSING --> WAITING or ASKING
 *		   |                    |                          |
 *		   +------ too late, cancelled, stopped, done -----+----> ENDING -> freed
 *
 * Threads: what stands under `lock` is for any; the rest of an ask is the loop's, once it was sent. No
 * callback runs under the lock.
 */
#pragma once

#include "upstream/ask.h"

#include "balancer.h"
#include "breaker.h"
#include "checks.h"
#include "loop.h"
#include "pacer.h"
#include "retry.h"
#include "turns.h"

#include <pthread.h>

#define TRIES_AT_ONCE 2 /* one, and a hedge */

/* Everybody's, or that of one credential. Under the lock. */
struct lane {
	struct list link;
	uint64_t credential; /* 0: everybody's */
	struct pacer *pacer;
	struct turns *turns;
	int64_t used_ms;
	size_t asks; /* that have not ended */
};

struct attempt {
	struct ask *ask;
	struct transfer *transfer; /* under the lock; NULL: none under way */
	size_t origin;
	int64_t sent_ms;
	int64_t sent_wall_ms;
	int64_t head_ms; /* when its head came */
	bool probe;      /* the breaker's. Under the lock */
	bool has_head;   /* under the lock */
	enum rc late;    /* RC_OK, or why it was cancelled: it took too long. Under the lock */
	bool lost;       /* the other one was faster: cancelled. Under the lock */
	bool discarded;  /* what it brings isn't taken */
	bool granted;    /* another follows it: the budget has been asked */
	bool rejected;
	int status;
	uint64_t ignored; /* bytes of a response that isn't taken */
};

enum ask_state { ASK_WAITING, ASK_ASKING, ASK_PAUSING, ASK_ENDING, ASK_OVER };

struct ask {
	struct turn turn;
	struct list link; /* in upstream->asks */
	struct upstream *upstream;
	struct ask_request request;
	struct lane *lane;
	enum ask_state state;                /* under the lock */
	enum rc end;                         /* of ENDING: why. Under the lock */
	bool cancelled;                      /* under the lock */
	struct attempt tries[TRIES_AT_ONCE]; /* a try is under way while it has a transfer */
	struct attempt *taken;               /* whose head was told; the loop's */
	int64_t sent;                        /* tries until now */
	int64_t due_ms;                      /* of PAUSING; under the lock */
	int64_t deadline_ms;                 /* of all tries: from when the first one left */
	size_t avoid;                        /* the origin that failed last */
};

struct upstream {
	struct upstream_loop *loop;
	const struct config_upstream *config;
	const struct upstream_watch *watch;
	struct origin *origins;
	size_t origin_count;
	struct loop_timer timer;
	struct checks *checks; /* NULL: none */

	pthread_mutex_t lock;
	bool stopping;
	struct balancer *balancer;
	struct breaker *breaker;
	bool breaker_told; /* that it is open */
	struct retry_budget *budget;
	struct list
		lanes; /* everybody's first, then those of credentials, the longest unused in front */
	size_t lane_count;
	struct list asks; /* all */
	bool has_endings; /* some are ENDING */
	uint64_t *known;  /* credentials that the origin has answered well; a ring */
	size_t known_count, known_next;
	void (*gone)(void *arg); /* set: it is retired */
	void *gone_arg;
};

/* --- ask.c --- */

/* Sends one try of it: RC_BREAKER, or as upstream_fetch(). A place in its lane was taken before; it is
 * given back where this fails. Under the lock. */
enum rc ask_launch(struct ask *ask, int64_t now_ms);

/* It waits for its turn, or goes at once; RC_PACED: too many wait. Under the lock. */
enum rc ask_line_up(struct ask *ask, int64_t now_ms);

/* It ends in the next round, on the loop. Under the lock. */
void ask_doom(struct ask *ask, enum rc why);

/* Tells who asked, and frees it as soon as no transfer is left. On the loop, without the lock. */
void ask_finish(struct ask *ask, enum rc rc, const char *detail);

/* Frees it if it is over and nothing is under way. On the loop, without the lock. */
void ask_release(struct ask *ask);

/* --- try.c --- */

extern const struct transfer_ops try_ops, try_ops_reading;

/* Whether a response with this status says that the upstream isn't well. */
bool try_is_failure(int status);

/* --- lane.c --- */

struct lane *lane_of(struct upstream *upstream, uint64_t credential, int64_t now_ms);
struct lane *lane_new(struct upstream *upstream, uint64_t credential);
void lane_free(struct lane *lane);

/* The origin has answered well: a rate of its own is due to this credential. */
void lane_prove(struct upstream *upstream, uint64_t credential);

/* Sends who may go now, and says by when to look again. Under the lock. */
void lane_serve(struct upstream *upstream, struct lane *lane, int64_t now_ms);

/* The same for all of them. Under the lock. */
void lanes_serve(struct upstream *upstream, int64_t now_ms);

void lane_count(const struct ask *ask, unsigned outcome);

/* --- due.c --- */

void upstream_due(void *arg, int64_t now_ms);

/* --- upstream.c --- */

/* Frees it if it is retired and idle: true, it is gone. On the loop, without the lock. */
bool upstream_leave(struct upstream *upstream, int64_t now_ms);

/* Tells who watches when the breaker has opened or closed. Without the lock. */
void upstream_tell(struct upstream *upstream, int64_t now_ms);

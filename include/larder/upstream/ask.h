/* upstream/ask.h - one request to an upstream, however many tries it takes.
 *
 *	ask_send() -> breaker -> its turn (rate, concurrency, queue) -> an origin -> transfer
 *	                ^                                                               |
 *	                +---- pause <---- again? <---- failed, 502/503/504, rejected ---+
 *
 * Who asks sees one response: what a try brought that isn't taken is forgotten before he hears of it. The
 * callbacks run on the upstream loop and must not block.
 *
 * Threads: any may send, resume and cancel. Locks: the upstream's own nests below the caller's, and above the
 * loop's; callbacks are called without it. Ownership: an ask belongs to its upstream until done() has
 * returned.
 */
#pragma once

#include "config/config.h"
#include "upstream/upstream.h"

struct upstream;
struct ask;

/* In which order they go where they have to wait. */
enum ask_class {
	ASK_MISS,         /* a client waits and has nothing */
	ASK_REVALIDATION, /* a refresh behind an answer */
	ASK_PREFETCH,
	ASK_CLASS_COUNT,
};

struct ask_ops {
	/* As those of struct transfer_ops, of the try that is taken. TRANSFER_REJECT: this is not a good
	 * response. */
	enum transfer_flow (*head)(void *arg, const struct transfer_head *head);
	enum transfer_flow (*body)(void *arg, const char *data, size_t size);
	size_t (*read)(void *arg, char *buffer, size_t size);
	/* The body is complete: RC_OK, or RC_REJECTED. */
	enum rc (*whole)(void *arg);
	/* A try failed of which head() has told, or which has read of the body: true: forget what came, and
	 * begin to read anew, another follows. */
	bool (*again)(void *arg);
	/* Once, at the end: as that of struct transfer_ops, and
	 *	RC_REJECTED	by head(), body() or whole()
	 *	RC_PACED	its turn did not come
	 *	RC_BREAKER	the upstream failed too often */
	void (*done)(void *arg, enum rc rc, const char *detail);
};

struct ask_request {
	/* borrowed until done() */
	struct slice method;
	struct slice target;
	const struct headers *headers;
	bool has_body;
	int64_t body_length;
	bool repeatable; /* it may be sent again: idempotent, and read() can begin anew */
	enum ask_class class;
	uint64_t owner; /* a tenant: a hash of its name; 0: nobody's */
	unsigned
		weight; /* of 100: the share of turns that the owner is sure of while others wait */
	uint64_t client;     /* whose: a hash, for fairness */
	uint64_t credential; /* a hash of what has a rate of its own at the origin; 0: nothing */
	const struct ask_ops *ops;
	void *arg;
};

/* An origin that its check found down, or up again. */
struct origin_news {
	const char *url;
	const char *why; /* it is down; "": it is up again */
};

/* What became of the breaker, and of origins; called without locks, on any thread that asks or on the loop's.
 */
struct upstream_watch {
	void (*breaker)(void *arg, const char *upstream, bool open);
	void (*origin)(void *arg, const char *upstream, const struct origin_news *news);
	void *arg;
};

/* config and watch are borrowed. */
struct upstream *upstream_new(struct upstream_loop *loop, const struct config_upstream *config,
	const struct upstream_watch *watch);
/* After upstream_loop_stop(): what still waits ends with RC_STOPPED, in this thread. */
void upstream_stop(struct upstream *upstream);
void upstream_free(struct upstream *upstream);

/* Nobody asks it any more: the loop frees it when all that it was asked has ended, and calls gone(), also when that
 * is at once. After upstream_loop_stop() nothing happens; upstream_free() is the caller's again. */
void upstream_retire(struct upstream *upstream, void (*gone)(void *arg), void *arg);

/* It takes the place of another, whose origin may have said not to be asked for a while, and which an operator may
 * have opened, or closed. */
void upstream_succeed(struct upstream *upstream, struct upstream *former);

const struct config_upstream *upstream_config(const struct upstream *upstream);

/* Sends it, or lets it wait for its turn. *ret is valid until done() has returned, which may be before
 * this does: who keeps it holds, over the call, the lock that done() takes. Without done() being called:
 * RC_STOPPED, RC_INVALID, RC_UNSUPPORTED as upstream_fetch(), RC_OFFLINE, RC_BREAKER, and RC_PACED where
 * too many wait. */
NODISCARD enum rc ask_send(
	struct upstream *upstream, const struct ask_request *request, struct ask **ret);

/* As transfer_resume() and transfer_cancel(), on the same terms. */
void ask_resume(struct ask *ask);
void ask_cancel(struct ask *ask);

/* Nobody waits for it any more, though its response would be of use: true: it had not been sent yet, and is
 * cancelled. Same terms. */
bool ask_withdraw(struct ask *ask);

/* When it makes sense to ask again, for who was turned away: seconds, at least 1. */
int64_t upstream_retry_after_s(struct upstream *upstream);

/* Its first origin: for asking around all of this. */
const struct origin *upstream_origin(const struct upstream *upstream, size_t index);
size_t upstream_origin_count(const struct upstream *upstream);

/* In the order of LABEL_BREAKER_TABLE (observe/domains.h). */
enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* What an operator makes of it. What is under way goes on; what waits for its turn is answered as the breaker
 * then is. */
enum upstream_order {
	UPSTREAM_OPEN,  /* the breaker is open until it is closed by one of the others */
	UPSTREAM_CLOSE, /* it is closed, and counts from the beginning */
	UPSTREAM_RESET, /* that, and what was learnt of origins and of their limits is forgotten */
};
void upstream_order(struct upstream *upstream, enum upstream_order order);

/* One of its origins. */
struct origin_seen {
	const char *url; /* lives as long as the upstream */
	bool up;
	bool down; /* by its check */
	int64_t under_way;
};
void upstream_look_origin(struct upstream *upstream, size_t index, struct origin_seen *ret);

/* For metrics, /health and `larder why`. */
struct upstream_state {
	enum breaker_state breaker;
	int64_t breaker_left_ms; /* until it lets one through; of a held one nobody knows */
	bool held;               /* open by an operator's order */
	int64_t well, failed;    /* outcomes in its window */
	size_t origins, origins_up;
	size_t origins_down; /* by their checks; the others that aren't up are ejected */
	size_t waiting[ASK_CLASS_COUNT];
	int64_t under_way;
	int64_t concurrency; /* in force; 0: no bound */
	int64_t rate_count;  /* in force; 0: no bound */
	int64_t rate_period_ms;
	int64_t tokens;  /* that could go at once; -1: no bound */
	int64_t shut_ms; /* the origin said to wait so long */
	bool learned;    /* the origin's word is in these */
	bool offline;
};
void upstream_look(struct upstream *upstream, struct upstream_state *ret);

/* proxy/popular.h - which targets are asked for most, which are missed most, and for which clients wait longest.
 *
 *	hits	answers from the store, by a sixteenth of them that is drawn
 *	misses	answers for which the origin was waited for, though they may be cached: each
 *	slow	the time that clients have waited for all answers: misses each, hits as above
 *
 * Each is a sketch (observe/sketch.h) of 1024 counters. Every ten minutes all counts are halved: what was long ago
 * weighs less. Values of secrets are starred out before anything is counted.
 *
 * Threads: any. Who counts never waits: where another thread is at it, that one is not counted. Ownership: as said.
 */
#pragma once

#include "proxy/exchange.h"

/*	X(id, "word") */
#define POPULAR_TABLE(X)    \
	X(HITS, "hits")     \
	X(MISSES, "misses") \
	X(SLOW, "slow")

enum popular_by {
#define X(id, word) POPULAR_##id,
	POPULAR_TABLE(X)
#undef X
		POPULAR_BY_COUNT
};

struct popular;

struct popular *popular_new(void);
void popular_free(struct popular *popular);

/* An exchange has ended with this result, after so long. */
void popular_note(const struct exchange *x, enum cache_result result, int64_t duration_us);

struct popular_item {
	char *tenant; /* "": nobody's */
	char *route;
	char *target; /* cut after 1024 octets */
	uint64_t
		count; /* of SLOW: milliseconds; the truth lies between it less the error, and it */
	uint64_t error;
	int64_t p99_ms; /* of SLOW: of its durations, to within a half; else -1 */
};

struct popular_list {
	struct popular_item *items; /* from malloc */
	size_t count;
};

struct popular_asked {
	enum popular_by by;
	struct slice tenant; /* of this one alone; of size 0: all */
	size_t most;
};

/* The first so many. */
void popular_top(
	const struct proxy *proxy, const struct popular_asked *asked, struct popular_list *ret);
void popular_list_done(struct popular_list *list);

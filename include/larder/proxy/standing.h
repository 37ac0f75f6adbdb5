/* proxy/standing.h - what a stored response is good for at a moment, in one word.
 *
 * What it is not: the judgement of a request (policy/freshness.h), which has a say of its own.
 * Pure; threads: any.
 */
#pragma once

#include "store/depot.h"

/*	X(id, "word") */
#define STANDING_TABLE(X)                                                        \
	X(FRESH, "fresh")                                                        \
	X(STALE, "stale")     /* it must be validated, or may be served stale */ \
	X(EXPIRED, "expired") /* of no use any more */                           \
	X(PURGED, "purged")   /* invalidated: as if it weren't there */

enum standing {
#define X(id, word) STANDING_##id,
	STANDING_TABLE(X)
#undef X
		STANDING_COUNT
};

/* validity: what invalidations have made of it; until_ms: when it is of no use any more. */
enum standing standing_judge(enum depot_validity validity, int64_t until_ms,
	const struct freshness *freshness, int64_t now_ms);
enum standing standing_of(const struct depot_entry *entry, int64_t now_ms);
const char *standing_word(enum standing state);
/* STANDING_COUNT: no such word. */
enum standing standing_parse(const char *word);

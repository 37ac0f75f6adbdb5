/* proxy/purge.h - invalidation as an operator's act: by what, in which mode, and when it is done.
 *
 *	URL		what is stored for a target: all variants, and what is stored for its path under a
 *			body or a No-Vary-Search
 *	PREFIX		all targets that begin so, of whichever route
 *	TAG		all responses that had one of the tags, of whichever upstream
 *	ROUTE		all of a route
 *	OLDER_THAN	what came before a moment, of a route or of all
 *	ALL
 *	NEGATIVE	all errors: what has freshness.negative
 *
 * Hard: as if it weren't there. Soft: stale, so that it is validated, and used without that only as other
 * stale responses are. Either way it is about what was fetched before, in whichever tier, and about what is
 * being fetched: that is not kept as fresh, and who asks from now on gets none of it.
 *
 * PREFIX and OLDER_THAN reach responses through their targets: other variants of a target that has one go,
 * too, in the tier in which they lie.
 */
#pragma once

#include "proxy/proxy.h"
#include "store/groups.h"

/*	X(id, "word of Purge-Scope, answers and metrics") */
#define PURGE_SCOPE_TABLE(X)        \
	X(URL, "url")               \
	X(PREFIX, "prefix")         \
	X(TAG, "tag")               \
	X(ROUTE, "route")           \
	X(OLDER_THAN, "older-than") \
	X(ALL, "all")               \
	X(NEGATIVE, "negative")

enum purge_scope {
#define X(id, text) PURGE_##id,
	PURGE_SCOPE_TABLE(X)
#undef X
};

#define PURGE_ANY_ROUTE UINT16_MAX

struct purge {
	enum purge_scope scope;
	enum groups_mode mode;
	uint16_t route;      /* of URL and ROUTE; of OLDER_THAN, or PURGE_ANY_ROUTE */
	struct slice target; /* of URL, as clients write it; of PREFIX, its begin */
	const struct slice *tags;
	size_t tag_count;
	int64_t before_ms; /* wall */
};

struct purge_result {
	enum rc rc;      /* RC_OK, or why it may not outlast the process */
	uint64_t memory; /* stored responses that it found there; and there */
	uint64_t disk;
};

/* Everything in purge is copied. From its return on, what is invalidated through slots is out of reach;
 * from done() on all of it is, for good. done() is called once, on another thread; it must not block.
 * RC_INVALID: the target is none. RC_STOPPED: no more. Then done() is not called. */
NODISCARD enum rc purge_run(struct proxy *proxy, const struct purge *purge,
	void (*done)(void *arg, const struct purge_result *result), void *arg);

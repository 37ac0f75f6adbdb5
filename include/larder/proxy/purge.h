/* proxy/purge.h - invalidation as an operator's act: by what, in which mode, and when it is done.
 *
 *	URL		what is stored for a target: all variants, and what is stored for its path under a
 *			body or a No-Vary-Search
 *	KEY		what is stored under a key, and what shares its slot: other classes of Accept of the target,
 *			other bodies of the path
 *	PREFIX		all targets that begin so, of whichever route
 *	GLOB		all targets that a pattern matches (util/glob.h), of whichever route
 *	TAG		all responses that had one of the tags, of whichever upstream
 *	ROUTE		all of a route
 *	TENANT		all of a tenant
 *	OLDER_THAN	what came before a moment, of a route or of all
 *	NEGATIVE	all errors: what has freshness.negative
 *	STALE		what is not fresh at a moment, of a route or of all; hard only
 *	ALL
 *
 * Hard: as if it weren't there. Soft: stale, so that it is validated, and used without that only as other
 * stale responses are. Either way it is about what was fetched before, in whichever tier, and about what is
 * being fetched: that is not kept as fresh, and who asks from now on gets none of it. In a tenant's name each
 * is about what is that tenant's, and nothing else; ALL is TENANT then.
 *
 * PREFIX, GLOB, OLDER_THAN and STALE reach responses through their targets: other variants of a target that has
 * one go, too, in the tier in which they lie.
 *
 * A dry run counts what a purge would find, and changes nothing.
 */
#pragma once

#include "observe/domains.h"
#include "proxy/proxy.h"
#include "store/groups.h"
#include "util/arena.h"

/*	X(id, "word of Purge-Scope, answers and metrics"): in the order of enum label_scope */
#define PURGE_SCOPE_TABLE(X)        \
	X(URL, "url")               \
	X(PREFIX, "prefix")         \
	X(TAG, "tag")               \
	X(ROUTE, "route")           \
	X(OLDER_THAN, "older-than") \
	X(ALL, "all")               \
	X(NEGATIVE, "negative")     \
	X(KEY, "key")               \
	X(GLOB, "glob")             \
	X(TENANT, "tenant")         \
	X(STALE, "stale")

enum purge_scope {
#define X(id, text) PURGE_##id,
	PURGE_SCOPE_TABLE(X)
#undef X
};

#define PURGE_ANY_ROUTE UINT16_MAX

struct purge {
	enum purge_scope scope;
	enum groups_mode mode;
	enum label_source source; /* on whose behalf */
	bool dry_run;
	uint16_t route; /* of URL and ROUTE; of OLDER_THAN and STALE, or PURGE_ANY_ROUTE */
	struct slice
		tenant; /* its name: of TENANT; of all others those only that are its; of size 0: all */
	struct slice
		target; /* of URL, as clients write it; of PREFIX, its begin; of GLOB, the pattern */
	struct slice key; /* of KEY: the key's bytes (http/key.h) */
	const struct slice *tags;
	size_t tag_count;
	int64_t before_ms; /* wall; of STALE: now */
	/* For the list of triggers: what it is about, in the words of who asked, and who that is. */
	struct slice about;
	struct slice who;
};

struct purge_result {
	uint64_t id;     /* that no other purge of this process has */
	enum rc rc;      /* RC_OK, or why it may not outlast the process */
	uint64_t memory; /* stored responses that it found there; and there */
	uint64_t disk;
};

/* Everything in purge is copied. From its return on, what is invalidated through slots is out of reach;
 * from done() on all of it is, for good. done() is called once, on another thread; it must not block.
 * RC_INVALID: the target, key or pattern is none. RC_ABSENT: there is no such tenant. RC_DENIED: the key is not that
 * tenant's. RC_STOPPED: no more. Then done() is not called. */
NODISCARD enum rc purge_run(struct proxy *proxy, const struct purge *purge,
	void (*done)(void *arg, const struct purge_result *result), void *arg);

/* Several, for who can wait for their end: on this thread, but for what takes time, which is done for all at once.
 * ret: one each, whose rc tells also why it was refused. */
void purge_wait_all(
	struct proxy *proxy, const struct purge *purges, size_t count, struct purge_result *ret);

/* A purge of ROUTE, TENANT or ALL that is over when it is durable: nothing is counted, and what it reached leaves the
 * tiers afterwards. How much is stored makes no difference. Waits on this thread. Errors as purge_run(), and those
 * of purge_result. */
NODISCARD enum rc purge_bump(struct proxy *proxy, const struct purge *purge);

/* A scope by its word, in any case, with - or _; and its word. */
bool purge_scope_named(struct slice word, enum purge_scope *ret);
const char *purge_scope_word(enum purge_scope scope);

/* A moment as people write it: so long ago (digits: seconds; or 90s, 1h, 7d), RFC 3339, an HTTP-date. */
NODISCARD enum rc purge_read_moment(struct slice text, int64_t now_ms, int64_t *ret_ms);

/* A key's bytes, in the arena, from hex digits of either case. */
NODISCARD enum rc purge_read_key(struct slice hex, struct arena *arena, struct slice *ret);

/* A purge as the admin API, schedules and events write it; of size 0: not said. */
struct purge_words {
	struct slice scope;
	struct slice value;
	struct slice route; /* value is below it */
	struct slice mode;
	struct slice tenant;      /* in whose name it is asked: it can be about no other's */
	const struct slice *tags; /* of scope tag, instead of the value */
	size_t tag_count;
	int64_t now_ms; /* wall */
};

/* What words ask for: all of *ret but source, who and dry_run. What is made lies in the arena, the rest stays where
 * the words are. RC_INVALID: they make no sense; RC_ABSENT: there is no such route or tenant; RC_DENIED: it is another
 * tenant's. *ret_fault then says what was found and what is expected, in the arena. */
NODISCARD enum rc purge_of_words(const struct proxy *proxy, const struct purge_words *words,
	struct arena *arena, struct purge *ret, struct slice *ret_fault);

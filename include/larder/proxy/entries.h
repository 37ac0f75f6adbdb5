/* proxy/entries.h - what is stored, as an operator looks at it: listed in pages, shown one by one.
 *
 * The memory tier is walked in pieces, each under a lock for a moment; the disk tier is read beside its writer, as
 * any other process would (store/depot.h). Nothing counts as used. A response that lies in both tiers is two
 * entries. Each page looks at all that there is, so that it costs the more the more is stored, and memory only for
 * what is on it.
 *
 * Threads: any that may wait for the disk. Ownership: all that is shown is borrowed, and lives during the call.
 */
#pragma once

#include "proxy/proxy.h"
#include "proxy/standing.h"
#include "util/ranking.h"

enum entry_tier { ENTRY_MEMORY, ENTRY_DISK, ENTRY_TIER_COUNT };

/*	X(id, "word"): largest, most hits, oldest, latest used first (of memory nobody knows when: it comes first);
 *	targets from a to z; as they lie: memory first, in the order in which they came */
#define ENTRIES_SORT_TABLE(X) \
	X(SIZE, "size")       \
	X(HITS, "hits")       \
	X(AGE, "age")         \
	X(USED, "used")       \
	X(TARGET, "target")   \
	X(NONE, "")

enum entries_sort {
#define X(id, word) ENTRIES_SORT_##id,
	ENTRIES_SORT_TABLE(X)
#undef X
		ENTRIES_SORT_COUNT
};

/* Texts of size 0: any. */
struct entries_asked {
	struct slice route;  /* its path */
	struct slice prefix; /* of the target, as it is stored: canonical */
	struct slice tag;
	struct slice tenant;
	enum standing state;  /* STANDING_COUNT: any */
	enum entry_tier tier; /* ENTRY_TIER_COUNT: both */
	enum entries_sort sort;
	size_t most;                       /* 1 at least */
	const struct ranking_place *after; /* what the page before this one was told; or NULL */
};

/* Names an entry for as long as it lies where it lies. */
struct entry_id {
	enum entry_tier tier;
	uint64_t hash; /* of its key, in the memory tier */
	int64_t number;
};

struct entry_seen {
	struct entry_id id;
	struct key key;
	struct key_parts parts;      /* of the key */
	const struct object *object; /* its body is for entries_show() only */
	struct body *body;           /* as it is stored; NULL: in a list, or it can't be read */
	uint64_t body_bytes;
	enum standing state;
	int64_t hits;       /* lookups of the memory tier that took it; -1: nobody counts */
	int64_t used_ms;    /* wall; -1: nobody knows */
	int64_t expires_ms; /* wall: of no use from then on; INT64_MAX: never */
};

struct entries_listener {
	void (*see)(void *arg, const struct entry_seen *entry);
	/* At the end, where there is more: what the next page is `after`. */
	void (*more)(void *arg, const struct ranking_place *last);
	void *arg;
};

/* RC_OK also where nothing fits. Another: the disk tier can't be read; fault: words for the operator. */
NODISCARD enum rc entries_list(struct proxy *proxy, const struct entries_asked *asked,
	const struct entries_listener *listener, struct bytes *fault);

/* One. RC_ABSENT: it is not there, or not any more. Else as above. */
NODISCARD enum rc entries_show(struct proxy *proxy, struct entry_id id,
	const struct entries_listener *listener, struct bytes *fault);

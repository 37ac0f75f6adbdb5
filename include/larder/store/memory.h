/* store/memory.h - the memory tier: a sharded hash with a byte-accurate bound.
 *
 *	key hash -> shard (mutex, table, eviction order) -> entries of the key -> objects
 *
 * No lock is held while a body is copied, sent or freed: get() takes a reference and lets go. What
 * decides who leaves is one of the eviction orders behind one seam (src/store/memory/eviction.h).
 *
 * Errors (freshness.negative) have a share of it: one more of them pushes the oldest of them out. They leave as
 * others do, too.
 *
 * A put that is too large is not kept (RC_TOO_LARGE), and the object that it would have replaced
 * leaves all the same: it is outdated.
 */
#pragma once

#include "store/tier.h"

/*	X(id, "as written in the configuration") */
#define EVICTION_TABLE(X)   \
	X(S3FIFO, "s3fifo") \
	X(LRU, "lru")       \
	X(LFU, "lfu")       \
	X(FIFO, "fifo")

enum eviction {
#define X(id, text) EVICTION_##id,
	EVICTION_TABLE(X)
#undef X
};

struct memory_options {
	uint64_t size_bytes; /* bound of all entries, overhead included */
	/* Of a body in memory; a larger one is not kept: RC_TOO_LARGE. One that lies elsewhere costs
	 * what is in memory of it, and is kept whatever its size. */
	uint64_t max_object_bytes;
	enum eviction eviction;
	unsigned negative_percent; /* of size_bytes, that errors may fill; 0: none is kept */
	/* 0: so many that 16 of the largest objects fit into each. A power of two, 256 at the most
	 * (rounded down). The bound is the shards' sum: each keeps its own share of it. */
	unsigned shards;
	unsigned max_variants; /* of one key, oldest out; 0: 32 */
};

/* The caller owns the tier; tier_free() releases it. */
struct tier *memory_new(const struct memory_options *options);

/* Another size, another largest object, another share of errors, another number of variants; shards and eviction
 * stay as they were. What is beyond a smaller bound leaves a piece at a time, while others go on using the
 * tier: when this returns the bound holds. Any thread, one at a time. */
void memory_resize(struct tier *memory, const struct memory_options *options);

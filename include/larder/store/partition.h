/* store/partition.h - the memory tier where there are tenants: a part of its own for each, and one for the rest.
 *
 *	key -> its tenant (http/key.h) -> that one's part;   nobody's -> the rest
 *
 * Each part is a memory tier (store/memory.h) with a bound, shards and an eviction order of its own, so that
 * nothing that is put for one can push out what is another's, or make it wait for a lock. The rest has what no
 * tenant has a share of. What is for a tenant that has no part is not kept.
 *
 * Threads: all calls from any thread, partition_resize() from one at a time. Ownership: takes the rest.
 */
#pragma once

#include "store/memory.h"

struct partition_share {
	struct slice tenant; /* its name; copied */
	unsigned percent;    /* of all */
};

struct partition_options {
	struct memory_options
		all; /* of all parts together; shards and eviction hold of new parts */
	const struct partition_share *shares;
	size_t share_count;
};

/* rest: a memory tier, which may be in use, and from now on is that of nobody's. Nobody else has a share yet. Takes
 * it: tier_free() of the partition frees both. */
struct tier *partition_new(struct tier *rest);

/* Whether a tier is one. */
bool partition_is(const struct tier *tier);

/* Other shares, or another size of all; the rest is cut down to what is left of it. Who has no share any more loses what he had; a part that gets smaller
 * lets go a piece at a time, while others go on using it. */
void partition_resize(struct tier *partition, const struct partition_options *options);

/* What a tenant's part holds (tenant of size 0: the rest). false: it has none. */
bool partition_usage(struct tier *partition, struct slice tenant, struct tier_usage *ret);

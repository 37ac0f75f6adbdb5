/* eviction.h - who leaves when room is needed: the seam between a shard and its eviction order.
 *
 *	insert --> [ the order's lists ] --> evict     hit: a use     remove: left for another reason
 *
 * An order ranks members and frees nothing; the bound is the shard's business, which calls evict()
 * until there is room. A member that takes the place of another (a refresh) comes in with that
 * one's `uses` and `place`, so that a popular response doesn't start anew.
 * Threads: all calls under the shard's lock. Ownership: members are borrowed until they are
 * evicted or removed.
 */
#pragma once

#include "util/list.h"

#include <stdint.h>

struct evictable {
	struct list link;
	uint64_t hash; /* the key's */
	size_t bytes;  /* what it costs the shard; constant while it is in */
	uint8_t uses;  /* counts hits as the order sees fit; starts at 0 */
	uint8_t place; /* the order's own; starts at 0 */
};

struct order {
	const struct order_ops *ops;
	size_t own_bytes; /* what the order itself takes; resize() may change it */
};

struct order_ops {
	/* An order for a shard of bound_bytes; the caller owns it. */
	struct order *(*make)(uint64_t bound_bytes);
	void (*insert)(struct order *, struct evictable *);
	void (*hit)(struct order *, struct evictable *);
	void (*remove)(struct order *, struct evictable *);
	/* Takes out the member that leaves next; NULL when there is none. */
	struct evictable *(*evict)(struct order *);
	/* The shard's bound is another from now on. NULL: it doesn't matter to the order. */
	void (*resize)(struct order *, uint64_t bound_bytes);
	/* Members that are still in are left as they are. */
	void (*free)(struct order *);
};

extern const struct order_ops order_s3fifo;
extern const struct order_ops order_lru;
extern const struct order_ops order_lfu;
extern const struct order_ops order_fifo;

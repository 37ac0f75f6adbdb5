/* lfu.c - least frequently used, with dynamic aging (LFU-DA: Arlitt et al., 1999).
 *
 *	levels, a ring:   age | age+1 | age+2 | ... | age+63
 *	                  ^ leaves next, oldest first   ^ the most that uses can lift a member
 *
 * A member stands on the level `age at its last use + uses`; who stands lowest leaves, and age
 * follows up to the lowest level that is taken. So what was popular once sinks beside what comes in
 * later, without a pass that halves all counters, and every operation is O(1). A plain count would
 * keep last month's favourites for ever.
 * Threads and ownership: eviction.h.
 */
#include "eviction.h"

#include "util/alloc.h"

#include <stdlib.h>

#define LEVELS    64 /* a power of two */
#define MOST_USES (LEVELS - 1)

struct lfu {
	struct order base;
	unsigned age; /* no member stands below; modulo LEVELS */
	struct list levels[LEVELS];
};

static struct order *lfu_make(uint64_t bound_bytes)
{
	struct lfu *l = xalloc(sizeof(*l));

	l->base = (struct order){ &order_lfu, sizeof(*l) };
	for (unsigned i = 0; i < LEVELS; i++)
		list_init(&l->levels[i]);
	return &l->base;
}

static void lfu_insert(struct order *base, struct evictable *member)
{
	struct lfu *l = (struct lfu *)base;

	/* At least one above age, or else newcomers would keep that level from running empty. */
	if (member->uses == 0)
		member->uses = 1;
	list_append(&l->levels[(l->age + member->uses) % LEVELS], &member->link);
}

static void lfu_hit(struct order *base, struct evictable *member)
{
	if (member->uses < MOST_USES)
		member->uses++;
	list_remove(&member->link);
	lfu_insert(base, member);
}

static void lfu_remove(struct order *base, struct evictable *member)
{
	list_remove(&member->link);
}

static struct evictable *lfu_evict(struct order *base)
{
	struct lfu *l = (struct lfu *)base;

	for (unsigned up = 0; up < LEVELS; up++) {
		unsigned at = (l->age + up) % LEVELS;
		struct list *first = l->levels[at].next;

		if (list_empty(&l->levels[at]))
			continue;
		l->age = at;
		list_remove(first);
		return LIST_ITEM(first, struct evictable, link);
	}
	return NULL;
}

static void lfu_free(struct order *base)
{
	free(base);
}

const struct order_ops order_lfu = {
	.make = lfu_make,
	.insert = lfu_insert,
	.hit = lfu_hit,
	.remove = lfu_remove,
	.evict = lfu_evict,
	.free = lfu_free,
};

/* lru.c - least recently used: a hit moves the member to the end of the list.
 *
 * The move is made under the shard's lock, which a hit holds anyway. One pass over many responses
 * that nobody asks for again washes everything else out: that is what s3fifo is for.
 * Threads and ownership: eviction.h.
 */
#include "eviction.h"

#include "util/alloc.h"

#include <stdlib.h>

struct lru {
	struct order base;
	struct list queue; /* least recently used first */
};

static struct order *lru_make(uint64_t bound_bytes)
{
	struct lru *l = xalloc(sizeof(*l));

	l->base = (struct order){ &order_lru, sizeof(*l) };
	list_init(&l->queue);
	return &l->base;
}

static void lru_insert(struct order *base, struct evictable *member)
{
	list_append(&((struct lru *)base)->queue, &member->link);
}

static void lru_hit(struct order *base, struct evictable *member)
{
	list_remove(&member->link);
	lru_insert(base, member);
}

static void lru_remove(struct order *base, struct evictable *member)
{
	list_remove(&member->link);
}

static struct evictable *lru_evict(struct order *base)
{
	struct list *queue = &((struct lru *)base)->queue;
	struct list *first = queue->next;

	if (list_empty(queue))
		return NULL;
	list_remove(first);
	return LIST_ITEM(first, struct evictable, link);
}

static void lru_free(struct order *base)
{
	free(base);
}

const struct order_ops order_lru = {
	.make = lru_make,
	.insert = lru_insert,
	.hit = lru_hit,
	.remove = lru_remove,
	.evict = lru_evict,
	.free = lru_free,
};

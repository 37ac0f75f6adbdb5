/* fifo.c - first in, first out: the yardstick for the other orders.
 *
 * A hit writes nothing. A refreshed response counts as new.
 * Threads and ownership: eviction.h.
 */
#include "eviction.h"

#include "util/alloc.h"

#include <stdlib.h>

struct fifo {
	struct order base;
	struct list queue; /* oldest first */
};

static struct order *fifo_make(uint64_t bound_bytes)
{
	struct fifo *f = xalloc(sizeof(*f));

	f->base = (struct order){ &order_fifo, sizeof(*f) };
	list_init(&f->queue);
	return &f->base;
}

static void fifo_insert(struct order *base, struct evictable *member)
{
	list_append(&((struct fifo *)base)->queue, &member->link);
}

static void fifo_hit(struct order *base, struct evictable *member)
{
}

static void fifo_remove(struct order *base, struct evictable *member)
{
	list_remove(&member->link);
}

static struct evictable *fifo_evict(struct order *base)
{
	struct list *queue = &((struct fifo *)base)->queue;
	struct list *first = queue->next;

	if (list_empty(queue))
		return NULL;
	list_remove(first);
	return LIST_ITEM(first, struct evictable, link);
}

static void fifo_free(struct order *base)
{
	free(base);
}

const struct order_ops order_fifo = {
	.make = fifo_make,
	.insert = fifo_insert,
	.hit = fifo_hit,
	.remove = fifo_remove,
	.evict = fifo_evict,
	.free = fifo_free,
};

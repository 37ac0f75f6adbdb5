/* s3fifo.c - three queues (Yang et al., SOSP 2023): most of what comes in is asked for once only.
 *
 *	new --> small (10 %) --- used twice or more --> main (90 %) --- unused --> out
 *	           |                                     ^    ^  |
 *	           +--- else --> out, hash to ghost -----+    +--+ used: once more round
 *	                                    comes back soon
 *
 * A hit only raises a counter of two bits and moves nothing; all sorting is done when room is
 * needed. A scan passes through the small queue and leaves main alone. Shares are in bytes.
 * Threads and ownership: eviction.h.
 */
#include "eviction.h"

#include "ghost.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MOST_USES       3
#define USES_FOR_MAIN   2
#define SMALL_SHARE     10   /* the small queue has 1/10 of the bound */
#define BYTES_PER_GHOST 1024 /* 8 bytes for each KiB of the bound: under 1 % */

enum place { PLACE_NONE, PLACE_SMALL, PLACE_MAIN };

struct s3fifo {
	struct order base;
	struct list small; /* oldest first */
	struct list main;
	uint64_t small_bytes;
	uint64_t small_bound;
	uint64_t members;
	struct ghost *ghost;
};

static struct order *s3fifo_make(uint64_t bound_bytes)
{
	struct s3fifo *q = xalloc(sizeof(*q));

	q->ghost = ghost_new(bound_bytes / BYTES_PER_GHOST);
	q->base = (struct order){ &order_s3fifo, sizeof(*q) + ghost_bytes(q->ghost) };
	q->small_bound = bound_bytes / SMALL_SHARE;
	list_init(&q->small);
	list_init(&q->main);
	return &q->base;
}

static void to_small(struct s3fifo *q, struct evictable *member)
{
	member->place = PLACE_SMALL;
	q->small_bytes += member->bytes;
	list_append(&q->small, &member->link);
}

static void to_main(struct s3fifo *q, struct evictable *member)
{
	member->place = PLACE_MAIN;
	list_append(&q->main, &member->link);
}

static void unlink_member(struct s3fifo *q, struct evictable *member)
{
	if (member->place == PLACE_SMALL)
		q->small_bytes -= member->bytes;
	list_remove(&member->link);
}

/* As many ghosts as main would hold members if it had its whole share. */
static uint64_t ghost_window(const struct s3fifo *q)
{
	return q->members - q->members / SMALL_SHARE;
}

static void s3fifo_insert(struct order *base, struct evictable *member)
{
	struct s3fifo *q = (struct s3fifo *)base;

	if (member->place == PLACE_MAIN || ghost_take(q->ghost, member->hash, ghost_window(q)))
		to_main(q, member);
	else
		to_small(q, member);
	q->members++;
}

static void s3fifo_hit(struct order *base, struct evictable *member)
{
	/* Popular members are at the top already: their cache line stays clean. */
	if (member->uses < MOST_USES)
		member->uses++;
}

static void s3fifo_remove(struct order *base, struct evictable *member)
{
	struct s3fifo *q = (struct s3fifo *)base;

	unlink_member(q, member);
	q->members--;
}

/* One step each: true when the member at the queue's head has left, false when it goes on. */
static bool leaves_small(struct s3fifo *q, struct evictable *member)
{
	unlink_member(q, member);
	if (member->uses < USES_FOR_MAIN) {
		ghost_add(q->ghost, member->hash);
		return true;
	}
	member->uses = 0;
	to_main(q, member);
	return false;
}

static bool leaves_main(struct s3fifo *q, struct evictable *member)
{
	unlink_member(q, member);
	if (member->uses == 0)
		return true;
	member->uses--;
	to_main(q, member);
	return false;
}

static struct evictable *s3fifo_evict(struct order *base)
{
	struct s3fifo *q = (struct s3fifo *)base;

	while (q->members > 0) {
		bool small = !list_empty(&q->small) &&
			     (q->small_bytes > q->small_bound || list_empty(&q->main));
		struct list *first = small ? q->small.next : q->main.next;
		struct evictable *member = LIST_ITEM(first, struct evictable, link);

		if (small ? leaves_small(q, member) : leaves_main(q, member)) {
			q->members--;
			return member;
		}
	}
	return NULL;
}

/* What left lately is forgotten: the next to come back start as if they were new. */
static void s3fifo_resize(struct order *base, uint64_t bound_bytes)
{
	struct s3fifo *q = (struct s3fifo *)base;

	ghost_free(q->ghost);
	q->ghost = ghost_new(bound_bytes / BYTES_PER_GHOST);
	q->base.own_bytes = sizeof(*q) + ghost_bytes(q->ghost);
	q->small_bound = bound_bytes / SMALL_SHARE;
}

static void s3fifo_free(struct order *base)
{
	ghost_free(((struct s3fifo *)base)->ghost);
	free(base);
}

const struct order_ops order_s3fifo = {
	.make = s3fifo_make,
	.insert = s3fifo_insert,
	.hit = s3fifo_hit,
	.remove = s3fifo_remove,
	.evict = s3fifo_evict,
	.resize = s3fifo_resize,
	.free = s3fifo_free,
};

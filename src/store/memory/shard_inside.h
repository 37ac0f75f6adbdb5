/* shard_inside.h - the inside of struct shard, for its two files.
 *
 * Threads: everything here is under the lock; what is pushed to `gone` is released by who holds it, when the
 * lock is free again.
 */
#pragma once

#include "shard.h"

#include "table.h"

#include <pthread.h>

struct shard {
	pthread_mutex_t lock;
	struct shard_options options;
	struct table table;
	struct order *order;
	struct list negatives; /* errors, the oldest first */
	uint64_t negative_bytes;
	uint64_t entry_bytes; /* of all entries, without the shard's own */
	uint64_t evicted;
	uint64_t expired;
	size_t sweep_at; /* the bucket that the sweeper looks at next */
};

/* What the shard takes for itself. */
static inline uint64_t shard_own_bytes(const struct shard *s)
{
	return sizeof(*s) + table_bytes(&s->table) + s->order->own_bytes;
}

/* The order has let go of it already. */
void shard_forget(struct shard *s, struct entry *entry, struct entry **gone);
void shard_take_out(struct shard *s, struct entry *entry, struct entry **gone);
/* Errors make room for errors, the oldest first: they are there for a while, not for being asked for. */
void shard_make_negative_room(struct shard *s, uint64_t need, struct entry **gone);

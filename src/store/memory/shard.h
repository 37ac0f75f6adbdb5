/* shard.h - a part of the memory tier: a lock, a table, an eviction order and a bound.
 *
 * Nothing is copied or freed under the lock: a hit takes a reference, and what leaves is collected
 * and released behind the lock. The bound holds whenever the lock is free, with what the table
 * and the order take for themselves.
 * Threads: all calls from any thread. Ownership: shard_new() gives it to the caller.
 */
#pragma once

#include "entry.h"
#include "store/tier.h"
#include "util/breath.h"

struct shard;

struct shard_options {
	const struct order_ops *order;
	uint64_t bound_bytes;
	uint64_t max_object_bytes;
	uint64_t negative_bytes; /* of bound_bytes, that errors may fill */
	unsigned max_variants;
};

struct shard *shard_new(const struct shard_options *options);
void shard_free(struct shard *s);

/* As tier_get(), tier_put() or tier_add(), tier_replace() and so on (store/tier.h). */
NODISCARD enum rc shard_get(
	struct shard *s, const struct key *key, const struct chooser *chooser, struct object **ret);
NODISCARD enum rc shard_put(
	struct shard *s, const struct key *key, struct object *object, bool only_if_absent);
NODISCARD enum rc shard_replace(
	struct shard *s, const struct key *key, const struct object *old, struct object *object);
NODISCARD enum rc shard_drop(struct shard *s, const struct key *key);
enum rc shard_discard(struct shard *s, const struct key *key, const struct object *object);
/* breath: of the walk that it is a part of. */
void shard_visit(struct shard *s, const struct tier_visitor *visitor, struct breath *breath);
void shard_sweep(struct shard *s, int64_t now_ms);

/* Other bounds; the order stays. Lets go of what is beyond them a piece at a time, so that nobody waits long
 * for the lock: until it returns the bound is as low as it could be made. */
void shard_resize(struct shard *s, const struct shard_options *options);

/* Adds its own to ret. */
void shard_usage_add(struct shard *s, struct tier_usage *ret);

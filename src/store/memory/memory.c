/* memory.c - the memory tier: deals keys out to shards.
 *
 * Knows neither tables nor orders; those are the shards', and so are the bounds. Threads: nothing here
 * changes after memory_new(), so there is no lock. Ownership: the tier owns its shards.
 */
#include "store/memory.h"

#include "shard.h"
#include "util/alloc.h"

#include <stdlib.h>

#define OBJECTS_PER_SHARD    16 /* of the largest size, or a shard's bound would bind too early */
#define MOST_SHARDS          256
#define SHARD_SHIFT          56 /* the hash's top bits choose the shard, its low bits the bucket */
#define DEFAULT_MAX_VARIANTS 32

struct memory {
	struct tier base;
	unsigned shard_count; /* a power of two */
	struct shard *shards[];
};

static struct shard *shard_of(struct tier *base, const struct key *key)
{
	struct memory *m = (struct memory *)base;

	return m->shards[(key->hash >> SHARD_SHIFT) & (m->shard_count - 1)];
}

static enum rc memory_get(struct tier *base, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	return shard_get(shard_of(base, key), key, chooser, ret);
}

static enum rc memory_put(struct tier *base, const struct key *key, struct object *object)
{
	return shard_put(shard_of(base, key), key, object, false);
}

static enum rc memory_add(struct tier *base, const struct key *key, struct object *object)
{
	return shard_put(shard_of(base, key), key, object, true);
}

static enum rc memory_replace(
	struct tier *base, const struct key *key, const struct object *old, struct object *object)
{
	return shard_replace(shard_of(base, key), key, old, object);
}

static enum rc memory_drop(struct tier *base, const struct key *key)
{
	return shard_drop(shard_of(base, key), key);
}

static enum rc memory_discard(struct tier *base, const struct key *key, const struct object *object)
{
	return shard_discard(shard_of(base, key), key, object);
}

static void memory_visit(struct tier *base, const struct tier_visitor *visitor)
{
	struct memory *m = (struct memory *)base;
	struct breath breath = { 0 };

	for (unsigned i = 0; i < m->shard_count; i++)
		shard_visit(m->shards[i], visitor, &breath);
}

static void memory_sweep(struct tier *base, int64_t now_ms)
{
	struct memory *m = (struct memory *)base;

	for (unsigned i = 0; i < m->shard_count; i++)
		shard_sweep(m->shards[i], now_ms);
}

static void memory_usage(struct tier *base, struct tier_usage *ret)
{
	struct memory *m = (struct memory *)base;
	struct tier_usage sum = { 0 };

	for (unsigned i = 0; i < m->shard_count; i++)
		shard_usage_add(m->shards[i], &sum);
	*ret = sum;
}

static void memory_free(struct tier *base)
{
	struct memory *m = (struct memory *)base;

	for (unsigned i = 0; i < m->shard_count; i++)
		shard_free(m->shards[i]);
	free(m);
}

static const struct tier_ops memory_ops = {
	.name = "memory",
	.get = memory_get,
	.put = memory_put,
	.add = memory_add,
	.replace = memory_replace,
	.drop = memory_drop,
	.discard = memory_discard,
	.visit = memory_visit,
	.sweep = memory_sweep,
	.usage = memory_usage,
	.free = memory_free,
};

static struct shard_options base_of(const struct memory_options *options)
{
	return (struct shard_options){
		.max_object_bytes = options->max_object_bytes,
		.max_variants =
			options->max_variants > 0 ? options->max_variants : DEFAULT_MAX_VARIANTS,
	};
}

/* Those of the shard with that index out of count. */
static void share(const struct memory_options *options, unsigned index, unsigned count,
	struct shard_options *ret)
{
	ret->bound_bytes =
		options->size_bytes / count + (index < options->size_bytes % count ? 1 : 0);
	ret->negative_bytes = ret->bound_bytes / 100 * options->negative_percent;
}

void memory_resize(struct tier *base, const struct memory_options *options)
{
	struct memory *m = (struct memory *)base;
	struct shard_options each = base_of(options);

	for (unsigned i = 0; i < m->shard_count; i++) {
		share(options, i, m->shard_count, &each);
		shard_resize(m->shards[i], &each);
	}
}

static const struct order_ops *const orders[] = {
	[EVICTION_S3FIFO] = &order_s3fifo,
	[EVICTION_LRU] = &order_lru,
	[EVICTION_LFU] = &order_lfu,
	[EVICTION_FIFO] = &order_fifo,
};

/* As many as leave each shard room for OBJECTS_PER_SHARD. */
static uint64_t shards_by_size(const struct memory_options *options)
{
	uint64_t most = options->size_bytes / OBJECTS_PER_SHARD;

	return options->max_object_bytes > 0 ? most / options->max_object_bytes : most;
}

static unsigned power_of_two_within(uint64_t most)
{
	unsigned count = 1;

	while (count < MOST_SHARDS && count * 2 <= most)
		count *= 2;
	return count;
}

struct tier *memory_new(const struct memory_options *options)
{
	unsigned count = power_of_two_within(
		options->shards > 0 ? options->shards : shards_by_size(options));
	struct memory *m = xalloc(sizeof(*m) + count * sizeof(m->shards[0]));
	struct shard_options each = base_of(options);

	each.order = orders[options->eviction];
	m->base.ops = &memory_ops;
	m->shard_count = count;
	for (unsigned i = 0; i < count; i++) {
		share(options, i, count, &each);
		m->shards[i] = shard_new(&each);
	}
	return &m->base;
}

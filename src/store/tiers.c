/* store/tiers.c - the shelves one above the other, as one.
 *
 * Each key falls on one of some thousand marks, which counts what was written to any of its keys. Who
 * brings something up from the disk reads the mark first and again when it is in memory: where it moved,
 * the thing may have been replaced or discarded in between, and is taken away again. Writers go to the
 * disk, then move the mark, then go to memory, so that either they or the one who brought it up sees
 * the other.
 *
 * Threads and ownership: tiers.h.
 */
#include "store/tiers.h"

#include "observe/metrics.h"
#include "store/stored.h"
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MARKS 4096 /* a power of two */

struct tiers {
	struct tier base;
	_Atomic(struct tier *) memory; /* or NULL */
	struct tier *disk;             /* or NULL */
	atomic_uint marks[MARKS];
};

static struct tier *memory_of(const struct tiers *t)
{
	return atomic_load_explicit(&t->memory, memory_order_acquire);
}

static atomic_uint *mark_of(struct tiers *t, const struct key *key)
{
	return &t->marks[key->hash % MARKS];
}

/* Its body pins a descriptor as long as it lives: it comes up again from the disk, as what it will be
 * there. */
static bool stays_below(const struct object *object)
{
	return !body_in_memory(object->body) && object->body->source->ops->pins;
}

/* Up into memory, unless the key was written to since `before`. */
static void promote(struct tiers *t, const struct key *key, struct object *object, unsigned before)
{
	if (!stays_below(object) && tier_add(memory_of(t), key, object) == RC_OK &&
		atomic_load(mark_of(t, key)) != before)
		(void)!tier_discard(memory_of(t), key, object);
}

static enum rc tiers_get(struct tier *base, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	struct tiers *t = (struct tiers *)base;
	unsigned before;

	if (memory_of(t) != NULL) {
		enum rc rc = tier_get(memory_of(t), key, chooser, ret);

		metrics_add(METRIC_CACHE_TIER_LOOKUPS,
			LABELS(LABEL_TIER_MEMORY,
				rc == RC_OK ? LABEL_LOOKUP_HIT : LABEL_LOOKUP_MISS),
			1);
		if (rc == RC_OK)
			return RC_OK;
	}
	if (t->disk == NULL)
		return RC_ABSENT;
	before = atomic_load(mark_of(t, key));
	TRY(tier_get(t->disk, key, chooser, ret));
	if (memory_of(t) != NULL)
		promote(t, key, *ret, before);
	return RC_OK;
}

static bool has_its_variant(struct object *stored, void *arg)
{
	return stored_same_variant(stored, arg);
}

/* An error that memory keeps for its short life: what it takes the place of is not found below any more. */
static enum rc outdate_below(struct tiers *t, const struct key *key, struct object *object)
{
	const struct chooser chooser = { has_its_variant, object };
	SCOPED(object) stored = NULL;

	if (tier_get(t->disk, key, &chooser, &stored) == RC_OK)
		(void)!tier_discard(t->disk, key, stored);
	return RC_TOO_LARGE;
}

/* Where it is the origin that says how long an error lasts, it may be long. */
static bool stays_above(const struct tiers *t, const struct object *object)
{
	return memory_of(t) != NULL && object->freshness.negative && !object->freshness.explicit;
}

static enum rc tiers_put(struct tier *base, const struct key *key, struct object *object)
{
	struct tiers *t = (struct tiers *)base;
	enum rc disk = RC_TOO_LARGE, memory = RC_TOO_LARGE;

	if (t->disk != NULL)
		disk = stays_above(t, object) ? outdate_below(t, key, object)
					      : tier_put(t->disk, key, object);
	atomic_fetch_add(mark_of(t, key), 1);
	if (memory_of(t) != NULL && stays_below(object))
		(void)!tier_drop(memory_of(t), key);
	else if (memory_of(t) != NULL)
		memory = tier_put(memory_of(t), key, object);
	return memory == RC_OK ? RC_OK : disk;
}

static enum rc tiers_add(struct tier *base, const struct key *key, struct object *object)
{
	struct tiers *t = (struct tiers *)base;

	return memory_of(t) != NULL ? tier_add(memory_of(t), key, object) : RC_BUSY;
}

static enum rc tiers_replace(
	struct tier *base, const struct key *key, const struct object *old, struct object *object)
{
	struct tiers *t = (struct tiers *)base;

	return memory_of(t) != NULL ? tier_replace(memory_of(t), key, old, object) : RC_UNSUPPORTED;
}

static enum rc tiers_drop(struct tier *base, const struct key *key)
{
	struct tiers *t = (struct tiers *)base;
	enum rc disk = RC_ABSENT, memory = RC_ABSENT;

	if (t->disk != NULL)
		disk = tier_drop(t->disk, key);
	atomic_fetch_add(mark_of(t, key), 1);
	if (memory_of(t) != NULL)
		memory = tier_drop(memory_of(t), key);
	return memory == RC_OK ? RC_OK : disk;
}

static enum rc tiers_discard(struct tier *base, const struct key *key, const struct object *object)
{
	struct tiers *t = (struct tiers *)base;
	enum rc disk = RC_ABSENT, memory = RC_ABSENT;

	if (t->disk != NULL)
		disk = tier_discard(t->disk, key, object);
	atomic_fetch_add(mark_of(t, key), 1);
	if (memory_of(t) != NULL)
		memory = tier_discard(memory_of(t), key, object);
	return memory == RC_OK ? RC_OK : disk;
}

/* What is on disk is looked for there: see disk_purge(). */
static void tiers_visit(struct tier *base, const struct tier_visitor *visitor)
{
	struct tiers *t = (struct tiers *)base;

	if (memory_of(t) != NULL)
		tier_visit(memory_of(t), visitor);
}

static void tiers_sweep(struct tier *base, int64_t now_ms)
{
	struct tiers *t = (struct tiers *)base;

	if (memory_of(t) != NULL)
		tier_sweep(memory_of(t), now_ms);
	if (t->disk != NULL)
		tier_sweep(t->disk, now_ms);
}

static void tiers_usage(struct tier *base, struct tier_usage *ret)
{
	struct tiers *t = (struct tiers *)base;

	*ret = (struct tier_usage){ 0 };
	if (memory_of(t) != NULL)
		tier_usage(memory_of(t), ret);
}

static void tiers_free(struct tier *base)
{
	free(base);
}

static const struct tier_ops tiers_ops = {
	.name = "tiers",
	.get = tiers_get,
	.put = tiers_put,
	.add = tiers_add,
	.replace = tiers_replace,
	.drop = tiers_drop,
	.discard = tiers_discard,
	.visit = tiers_visit,
	.sweep = tiers_sweep,
	.usage = tiers_usage,
	.free = tiers_free,
};

struct tier *tiers_new(struct tier *memory, struct tier *disk)
{
	struct tiers *t = xalloc(sizeof(*t));

	t->base.ops = &tiers_ops;
	atomic_init(&t->memory, memory);
	t->disk = disk;
	return &t->base;
}

void tiers_set_memory(struct tier *base, struct tier *memory)
{
	struct tiers *t = (struct tiers *)base;

	atomic_store_explicit(&t->memory, memory, memory_order_release);
}

/* store/partition.c - deals keys out to the parts of their tenants.
 *
 * The list of parts is never changed but replaced by a longer one, and what was replaced is kept to the end:
 * readers take no lock. It grows by new names only, so by what operators write.
 *
 * Threads and ownership: partition.h.
 */
#include "store/partition.h"

#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

struct part {
	struct slice tenant; /* the partition's */
	struct tier *tier;
};

struct parts {
	struct parts *older;
	size_t count;
	struct part items[];
};

struct partition {
	struct tier base;
	struct tier *rest;
	_Atomic(struct parts *) parts;
};

static const struct parts *parts_of(const struct partition *p)
{
	return atomic_load_explicit(&p->parts, memory_order_acquire);
}

static struct tier *find(const struct partition *p, struct slice tenant)
{
	const struct parts *parts = parts_of(p);

	for (size_t i = 0; i < parts->count; i++) {
		if (slice_equal(parts->items[i].tenant, tenant))
			return parts->items[i].tier;
	}
	return NULL;
}

/* NULL: it belongs nowhere. */
static struct tier *tier_of(struct tier *base, const struct key *key)
{
	const struct partition *p = (const struct partition *)base;
	struct slice tenant = key_tenant(*key);

	return tenant.size == 0 ? p->rest : find(p, tenant);
}

static enum rc partition_get(struct tier *base, const struct key *key,
	const struct chooser *chooser, struct object **ret)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_get(tier, key, chooser, ret) : RC_ABSENT;
}

static enum rc partition_put(struct tier *base, const struct key *key, struct object *object)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_put(tier, key, object) : RC_TOO_LARGE;
}

static enum rc partition_add(struct tier *base, const struct key *key, struct object *object)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_add(tier, key, object) : RC_TOO_LARGE;
}

static enum rc partition_replace(
	struct tier *base, const struct key *key, const struct object *old, struct object *object)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_replace(tier, key, old, object) : RC_ABSENT;
}

static enum rc partition_drop(struct tier *base, const struct key *key)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_drop(tier, key) : RC_ABSENT;
}

static enum rc partition_discard(
	struct tier *base, const struct key *key, const struct object *object)
{
	struct tier *tier = tier_of(base, key);

	return tier != NULL ? tier_discard(tier, key, object) : RC_ABSENT;
}

static void partition_visit(struct tier *base, const struct tier_visitor *visitor)
{
	const struct partition *p = (const struct partition *)base;
	const struct parts *parts = parts_of(p);

	tier_visit(p->rest, visitor);
	for (size_t i = 0; i < parts->count; i++)
		tier_visit(parts->items[i].tier, visitor);
}

static void partition_sweep(struct tier *base, int64_t now_ms)
{
	const struct partition *p = (const struct partition *)base;
	const struct parts *parts = parts_of(p);

	tier_sweep(p->rest, now_ms);
	for (size_t i = 0; i < parts->count; i++)
		tier_sweep(parts->items[i].tier, now_ms);
}

static void add_usage(struct tier_usage *sum, struct tier *tier)
{
	struct tier_usage one;

	tier_usage(tier, &one);
	sum->entries += one.entries;
	sum->bytes += one.bytes;
	sum->negative_bytes += one.negative_bytes;
	sum->max_bytes += one.max_bytes;
	sum->evicted += one.evicted;
	sum->expired += one.expired;
}

static void partition_usage_of_all(struct tier *base, struct tier_usage *ret)
{
	const struct partition *p = (const struct partition *)base;
	const struct parts *parts = parts_of(p);
	struct tier_usage sum = { 0 };

	add_usage(&sum, p->rest);
	for (size_t i = 0; i < parts->count; i++)
		add_usage(&sum, parts->items[i].tier);
	*ret = sum;
}

/* The latest list has all parts, in the order in which they came. */
static void partition_free(struct tier *base)
{
	struct partition *p = (struct partition *)base;
	struct parts *parts = atomic_load(&p->parts);

	for (size_t i = 0; i < parts->count; i++) {
		tier_free(parts->items[i].tier);
		free((char *)(uintptr_t)parts->items[i].tenant.data);
	}
	while (parts != NULL) {
		struct parts *older = parts->older;

		free(parts);
		parts = older;
	}
	tier_free(p->rest);
	free(p);
}

static const struct tier_ops partition_ops = {
	.name = "memory",
	.get = partition_get,
	.put = partition_put,
	.add = partition_add,
	.replace = partition_replace,
	.drop = partition_drop,
	.discard = partition_discard,
	.visit = partition_visit,
	.sweep = partition_sweep,
	.usage = partition_usage_of_all,
	.free = partition_free,
};

/* The options of one with that share. */
static struct memory_options sized(const struct partition_options *options, unsigned percent)
{
	struct memory_options one = options->all;

	one.size_bytes = one.size_bytes * percent / 100;
	return one;
}

static unsigned percent_of(const struct partition_options *options, struct slice tenant)
{
	for (size_t i = 0; i < options->share_count; i++) {
		if (slice_equal(options->shares[i].tenant, tenant))
			return options->shares[i].percent;
	}
	return 0;
}

/* Those of what no tenant has a share of. */
static struct memory_options left_by(const struct partition_options *options)
{
	struct memory_options rest = options->all;

	for (size_t i = 0; i < options->share_count; i++) {
		uint64_t own = sized(options, options->shares[i].percent).size_bytes;

		rest.size_bytes -= own < rest.size_bytes ? own : rest.size_bytes;
	}
	return rest;
}

/* Parts for those who have none yet. */
static void add_parts(struct partition *p, const struct partition_options *options)
{
	struct parts *now = atomic_load(&p->parts);
	struct parts *next = xalloc(
		sizeof(*next) + (now->count + options->share_count) * sizeof(next->items[0]));

	next->older = now;
	for (size_t i = 0; i < now->count; i++)
		next->items[next->count++] = now->items[i];
	for (size_t i = 0; i < options->share_count; i++) {
		struct slice name = options->shares[i].tenant;
		struct memory_options one = sized(options, options->shares[i].percent);

		if (find(p, name) != NULL)
			continue;
		next->items[next->count++] = (struct part){
			.tenant = { xcopy(name.data, name.size), name.size },
			.tier = memory_new(&one),
		};
	}
	if (next->count > now->count)
		atomic_store_explicit(&p->parts, next, memory_order_release);
	else
		free(next);
}

/* New parts come last, when the others have let go of what was theirs. */
void partition_resize(struct tier *base, const struct partition_options *options)
{
	struct partition *p = (struct partition *)base;
	const struct parts *parts = parts_of(p);
	struct memory_options rest = left_by(options);

	for (size_t i = 0; i < parts->count; i++) {
		struct memory_options one =
			sized(options, percent_of(options, parts->items[i].tenant));

		memory_resize(parts->items[i].tier, &one);
	}
	memory_resize(p->rest, &rest);
	add_parts(p, options);
}

struct tier *partition_new(struct tier *rest)
{
	struct partition *p = xalloc(sizeof(*p));

	p->base.ops = &partition_ops;
	p->rest = rest;
	atomic_init(&p->parts, xalloc(sizeof(struct parts)));
	return &p->base;
}

bool partition_is(const struct tier *tier)
{
	return tier->ops == &partition_ops;
}

bool partition_usage(struct tier *base, struct slice tenant, struct tier_usage *ret)
{
	const struct partition *p = (const struct partition *)base;
	struct tier *tier = tenant.size == 0 ? p->rest : find(p, tenant);

	if (tier != NULL)
		tier_usage(tier, ret);
	return tier != NULL;
}

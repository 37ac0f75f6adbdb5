/* proxy/purge/grouping.c - by what stored responses are invalidated. */
#include "grouping.h"

#include "given.h"
#include "key/identity.h"
#include "keep/source_version.h"
#include "state.h"

#include "http/cache_groups.h"
#include "http/tags.h"
#include "policy/freshness.h"

#include <string.h>

#define GROUPS_MOST 64 /* RFC 9875 2 asks for 32 */

#define OF_TENANCY 3 /* slots that say whose it is */

/* The key under which it will be stored has a rule in it. */
static bool brings_rule(const struct headers *fields)
{
	uint32_t from = 0;

	return headers_next_named(fields, SLICE("no-vary-search"), &from) != NULL;
}

/* RFC 9875 2 */
static size_t origin_groups(
	const struct headers *fields, struct arena *arena, struct slice **ret_names)
{
	struct slice text = headers_combined(fields, SLICE("cache-groups"), arena);
	size_t count = 0;

	if (text.size > 0 && cache_groups_parse(text, arena, ret_names, &count) != RC_OK)
		count = 0;
	return count;
}

/* Slots being gathered: what each says of the tenant, and what it says of everybody. */
struct gathering {
	const struct proxy *proxy;
	struct slice tenant;
	uint32_t *own, *wide;
	size_t count;
};

static struct gathering gather(
	const struct proxy *proxy, struct slice tenant, size_t most, struct arena *arena)
{
	uint32_t *slots = arena_alloc(arena, 2 * (most + OF_TENANCY) * sizeof(*slots));

	return (struct gathering){ proxy, tenant, slots, slots + most + OF_TENANCY, 0 };
}

static void add_pair(struct gathering *g, uint32_t own, uint32_t wide)
{
	g->own[g->count] = own;
	g->wide[g->count++] = wide;
}

static void add_named(struct gathering *g, enum slot_scope scope, struct slice name)
{
	uint32_t wide = grouping_slot(g->proxy, scope, name);

	add_pair(g, g->tenant.size > 0 ? grouping_slot_in(g->proxy, g->tenant, scope, name) : wide,
		wide);
}

static void add_target(
	struct gathering *g, const struct key_parts *parts, struct key key, struct slice raw_target)
{
	uint32_t own = identity_slot(g->proxy, parts, key, raw_target);

	add_pair(g, own,
		g->tenant.size > 0 ? identity_wide_slot(g->proxy, parts, key, raw_target) : own);
}

/* What says whose it is stands in the second half: what shares a tag is not invalidated with its tenant. */
static void add_tenancy(struct gathering *g, struct slice route, bool negative)
{
	const struct proxy *proxy = g->proxy;

	if (g->tenant.size == 0)
		return;
	add_pair(g, g->own[0], grouping_slot_in(proxy, g->tenant, SLOT_ALL, SLICE("")));
	add_pair(g, g->own[0], grouping_slot_in(proxy, g->tenant, SLOT_ROUTE, route));
	if (negative)
		add_pair(
			g, g->own[0], grouping_slot_in(proxy, g->tenant, SLOT_NEGATIVE, SLICE("")));
}

static size_t gathered(const struct gathering *g, uint32_t **ret)
{
	*ret = g->own;
	if (g->tenant.size == 0)
		return g->count;
	memmove(g->own + g->count, g->wide, g->count * sizeof(*g->own));
	return 2 * g->count;
}

size_t grouping_own(const struct object *object, struct slice tenant)
{
	size_t count = object->group_count - object->given_count;

	return tenant.size > 0 ? count / 2 : count;
}

/* Both, one behind the other. */
static size_t with_given(
	uint32_t **slots, size_t count, const struct given *given, struct arena *arena)
{
	uint32_t *all;

	if (given->count == 0)
		return count;
	all = arena_alloc(arena, (count + given->count) * sizeof(*all));
	memcpy(all, *slots, count * sizeof(*all));
	memcpy(all + count, given->slots, given->count * sizeof(*all));
	*slots = all;
	return count + given->count;
}

size_t grouping_foresee(const struct exchange *x, uint32_t **ret)
{
	const struct proxy *proxy = x->proxy;
	const struct given_target target = { proxy, x->parts.tenant, x->route,
		x->request->raw_target, SLICE("") };
	struct gathering g = gather(proxy, x->parts.tenant, 1, x->arena);
	struct given given;

	given_foresee(&target, x->arena, &given);
	if (x->object != NULL) {
		*ret = (uint32_t *)(uintptr_t)x->object->groups; /* read and copied */
		return with_given(ret, x->object->group_count, &given, x->arena);
	}
	add_target(&g, &x->parts, x->key, x->request->raw_target);
	add_tenancy(&g, x->parts.route, false);
	return with_given(ret, gathered(&g, ret), &given, x->arena);
}

/* A response with these fields, under this key. */
struct bearing {
	const struct grouping_of *of;
	const struct headers *fields;
	bool negative;
	bool too_many; /* found: it could miss an invalidation, and is not to be stored */
};

static size_t slots_of(struct bearing *bearing, struct arena *arena, uint32_t **ret)
{
	const struct grouping_of *of = bearing->of;
	struct slice *names = NULL, *tags = NULL;
	size_t count = origin_groups(bearing->fields, arena, &names);
	size_t tag_count = tags_of(bearing->fields, arena, &tags, &bearing->too_many);
	struct gathering g;

	bearing->too_many |= count > GROUPS_MOST;
	if (count > GROUPS_MOST)
		count = GROUPS_MOST;
	g = gather(of->proxy, of->parts->tenant, 1 + count + tag_count, arena);
	if (brings_rule(bearing->fields))
		add_pair(&g, identity_path_slot_in(of->proxy, g.tenant, of->raw_target),
			identity_path_slot(of->proxy, of->raw_target));
	else
		add_target(&g, of->parts, of->key, of->raw_target);
	for (size_t i = 0; i < tag_count; i++)
		add_named(&g, SLOT_TAG, tags[i]);
	for (size_t i = 0; i < count; i++)
		add_pair(&g, grouping_slot_of_origin(of->proxy, g.tenant, of->route, names[i]),
			grouping_slot_of_origin(of->proxy, SLICE(""), of->route, names[i]));
	add_tenancy(&g, of->parts->route, bearing->negative);
	return gathered(&g, ret);
}

static struct grouping_of of_flight(const struct flight *flight)
{
	return (struct grouping_of){ flight->proxy, flight->route, &flight->parts, flight->key,
		flight->raw_target };
}

static void put_given(struct object_parts *parts, const struct given *given, struct arena *arena)
{
	uint32_t *slots = (uint32_t *)(uintptr_t)parts->groups; /* read and copied */

	parts->group_count = (uint16_t)with_given(&slots, parts->group_count, given, arena);
	parts->given_count = (uint16_t)given->count;
	parts->held_count = (uint16_t)given->held;
	parts->holds_any = given->holds_any;
	parts->own_tags = given->tags;
	parts->groups = slots;
}

bool grouping_fill(const struct grouping_of *of, struct object_parts *parts, struct arena *arena)
{
	struct bearing bearing = {
		.of = of,
		.fields = parts->headers,
		.negative = parts->freshness.negative,
	};
	const struct given_target target = { of->proxy, of->parts->tenant, of->route,
		of->raw_target, parts->own_tags };
	struct given given;
	uint32_t *slots;

	parts->group_count = (uint16_t)slots_of(&bearing, arena, &slots);
	parts->groups = slots;
	given_foresee(&target, arena, &given);
	put_given(parts, &given, arena);
	return !bearing.too_many;
}

struct object *grouping_object(
	struct flight *flight, struct object_parts *parts, const struct object *like)
{
	const struct grouping_of of = of_flight(flight);
	struct bearing bearing = {
		.of = &of,
		.fields = parts->headers,
		.negative = parts->freshness.negative,
	};
	struct given given;
	uint32_t *slots;

	parts->group_count = (uint16_t)slots_of(&bearing, &flight->arena, &slots);
	parts->groups = slots;
	given_find(flight, like, &given);
	put_given(parts, &given, &flight->arena);
	parts->epoch = flight->epoch;
	parts->http_version = flight->http_version;
	parts->source_version = source_version_of(flight, parts->headers);
	return object_new(parts);
}

/* Slots that a response has, those of its route and of all beside them. */
struct standing {
	const struct proxy *proxy;
	uint16_t route;
	const uint32_t *slots;
	size_t count;
	uint64_t epoch;
	bool negative;
	size_t soft; /* slots at the end that nobody invalidates hard */
};

/* Of many slots some are another's, too: those that can't be meant are not asked. */
static bool is_reached(const struct standing *s, enum groups_mode mode)
{
	size_t count = mode == GROUPS_HARD ? s->count - s->soft : s->count;
	bool (*const raised)(const struct groups *, const uint32_t *, size_t, uint64_t) =
		mode == GROUPS_HARD ? groups_outdated : groups_softened;
	const uint32_t wide[] = { grouping_route_slot(s->proxy, s->route),
		grouping_all_slot(s->proxy), grouping_negative_slot(s->proxy) };

	return raised(s->proxy->groups, s->slots, count, s->epoch) ||
	       raised(s->proxy->groups, wide, s->negative ? 3 : 2, s->epoch);
}

static struct standing standing_of(
	const struct proxy *proxy, uint16_t route, const struct object *object)
{
	return (struct standing){ proxy, route, object->groups, object->group_count, object->epoch,
		object->freshness.negative, object->held_count };
}

bool grouping_is_out(const struct proxy *proxy, uint16_t route, const struct object *object)
{
	const struct standing standing = standing_of(proxy, route, object);

	return is_reached(&standing, GROUPS_HARD);
}

bool grouping_is_soft(const struct proxy *proxy, uint16_t route, const struct object *object)
{
	const struct standing standing = standing_of(proxy, route, object);

	return is_reached(&standing, GROUPS_SOFT);
}

struct freshness grouping_freshness(
	const struct proxy *proxy, uint16_t route, const struct object *object, int64_t now_ms)
{
	if (!grouping_is_soft(proxy, route, object))
		return object->freshness;
	return freshness_ended(&object->freshness, now_ms);
}

bool grouping_overtook(const struct flight *flight, uint64_t epoch)
{
	/* it may be an error, or become one: a guard judges behind the head */
	const struct standing standing = { flight->proxy, flight->route, flight->slots,
		flight->slot_count, epoch, true, 0 };

	return is_reached(&standing, GROUPS_HARD) || is_reached(&standing, GROUPS_SOFT);
}

bool grouping_overtook_stored(const struct flight *flight, const struct object *object)
{
	struct standing standing = standing_of(flight->proxy, flight->route, object);

	if (flight->epoch > standing.epoch)
		standing.epoch = flight->epoch;
	return is_reached(&standing, GROUPS_HARD) || is_reached(&standing, GROUPS_SOFT);
}

bool grouping_find(struct flight *flight, const struct headers *fields, struct flight_verdict *ret)
{
	struct standing standing = { flight->proxy, flight->route, NULL, 0, flight->epoch,
		ret->freshness.negative, 0 };
	const struct grouping_of of = of_flight(flight);
	struct bearing bearing = {
		.of = &of,
		.fields = fields,
		.negative = ret->freshness.negative,
	};
	const struct given_target target = { flight->proxy, flight->parts.tenant, flight->route,
		flight->raw_target, SLICE("") };
	struct given given;
	uint32_t *slots;

	given_foresee(&target, &flight->arena, &given);
	ret->slot_count = slots_of(&bearing, &flight->arena, &slots);
	ret->slot_count = with_given(&slots, ret->slot_count, &given, &flight->arena);
	ret->slots = standing.slots = slots;
	standing.count = ret->slot_count;
	return !bearing.too_many && !is_reached(&standing, GROUPS_HARD);
}

static bool is_younger(struct object *stored, void *arg)
{
	const struct object *late = arg;

	return stored->epoch > late->epoch;
}

bool grouping_may_store(
	const struct flight *flight, const struct key *key, const struct object *object)
{
	const struct proxy *proxy = flight->proxy;
	const struct chooser chooser = { is_younger, (void *)(uintptr_t)object };
	SCOPED(object) younger = NULL;

	if (grouping_is_out(proxy, flight->route, object))
		return false;
	return !grouping_is_soft(proxy, flight->route, object) ||
	       tier_get(proxy->store, key, &chooser, &younger) != RC_OK;
}

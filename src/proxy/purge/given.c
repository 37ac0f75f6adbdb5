/* proxy/purge/given.c - the slots of tags that the configuration gives a response. */
#include "given.h"

#include "grouping.h"
#include "holding.h"
#include "own_tags.h"
#include "state.h"

#include <string.h>

/* Tags of one scope: the tenant's, then everybody's. */
static void add(struct given *given, const struct given_target *target, enum slot_scope scope,
	const struct slice *tags, size_t count)
{
	for (size_t i = 0; target->tenant.size > 0 && i < count; i++)
		given->slots[given->count++] =
			grouping_slot_in(target->proxy, target->tenant, scope, tags[i]);
	for (size_t i = 0; i < count; i++)
		given->slots[given->count++] = grouping_slot(target->proxy, scope, tags[i]);
}

/* Of the path by its route's patterns, and those that it had before. */
static size_t find_tags(const struct given_target *target, struct arena *arena, struct slice **ret)
{
	const struct headers none = { 0 };
	struct slice *own, *had, *all;
	bool too_many;
	size_t had_count, count = own_tags_of_target(
				  target->proxy, target->route, target->raw_target, arena, &own);

	*ret = own;
	if (target->had.size == 0)
		return count;
	had_count = tags_of_stored(&none, target->had, arena, &had, &too_many);
	all = arena_alloc(arena, (count + had_count + 1) * sizeof(*all));
	if (count > 0)
		memcpy(all, own, count * sizeof(*all));
	for (size_t i = 0; i < had_count; i++) {
		size_t same = 0;

		while (same < count && !slice_equal(all[same], had[i]))
			same++;
		if (same == count)
			all[count++] = had[i];
	}
	*ret = all;
	return count;
}

/* Those of the path, and room for as many of what is held. */
static void begin(
	const struct given_target *target, size_t held, struct arena *arena, struct given *ret)
{
	struct slice *tags;
	size_t count = find_tags(target, arena, &tags);

	*ret = (struct given){ .tags = tags_packed(tags, count, arena) };
	ret->slots = arena_alloc(arena, 2 * (count + held + 2) * sizeof(*ret->slots));
	add(ret, target, SLOT_TAG, tags, count);
}

static uint32_t slot_of_patterns(const struct given_target *target)
{
	return own_tags_slot(target->proxy, SLICE(""), target->route);
}

static void add_held(struct given *given, const struct given_target *target,
	const struct slice *tags, size_t count)
{
	size_t before = given->count;

	given->slots[given->count++] = slot_of_patterns(target);
	if (target->tenant.size > 0)
		given->slots[given->count++] =
			own_tags_slot(target->proxy, target->tenant, target->route);
	add(given, target, SLOT_HELD, tags, count);
	given->held += given->count - before;
}

static void add_any(struct given *given, const struct given_target *target)
{
	const struct slice none = { "", 0 };
	size_t before = given->count;

	add(given, target, SLOT_HELD_ANY, &none, 1);
	given->held += given->count - before;
	given->holds_any = true;
}

void given_foresee(const struct given_target *target, struct arena *arena, struct given *ret)
{
	begin(target, 1, arena, ret);
	if (own_tags_holds(target->proxy, target->route))
		add_any(ret, target);
}

/* The stored body stays, and so does what is known of it; unless something else was looked for then, or nothing. */
static void keep_held(
	struct given *given, const struct given_target *target, const struct object *like)
{
	size_t count = like->held_count;
	const uint32_t *held = like->groups + like->group_count - count;

	if (count == 0 || like->holds_any || held[0] != slot_of_patterns(target)) {
		add_any(given, target);
		return;
	}
	memcpy(given->slots + given->count, held, count * sizeof(*held));
	given->count += count;
	given->held += count;
}

void given_find(struct flight *flight, const struct object *like, struct given *ret)
{
	const struct given_target target = { flight->proxy, flight->parts.tenant, flight->route,
		flight->raw_target, SLICE("") };
	struct slice *tags = NULL;
	size_t count = 0;
	bool known = like == NULL && holding_tags(flight, &tags, &count);

	begin(&target, like != NULL ? like->held_count : count, &flight->arena, ret);
	if (!own_tags_holds(flight->proxy, flight->route))
		return;
	if (like != NULL)
		keep_held(ret, &target, like);
	else if (known)
		add_held(ret, &target, tags, count);
	else
		add_any(ret, &target);
}

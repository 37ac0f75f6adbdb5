/* proxy/grouping.c - the groups that a stored response belongs to. */
#include "grouping.h"

#include "identity.h"
#include "state.h"

#include "http/cache_groups.h"

#define GROUPS_MOST 64 /* RFC 9875 2 asks for 32 */

/* A key with a body or a rule in it can't be made again from a target alone. */
static bool needs_path_slot(const struct flight *flight, const struct headers *fields)
{
	uint32_t from = 0;

	return flight->parts.method.size > 0 || flight->parts.rule.size > 0 ||
	       headers_next_named(fields, SLICE("no-vary-search"), &from) != NULL;
}

/* A response with more groups than are kept could miss an invalidation: it is not to be stored. */
static size_t slots_of(
	struct flight *flight, const struct headers *fields, uint32_t **ret, bool *ret_too_many)
{
	const struct proxy *proxy = flight->proxy;
	uint64_t scope = flight_route(flight)->upstream_index;
	struct slice text = headers_combined(fields, SLICE("cache-groups"), &flight->arena);
	struct slice *names = NULL;
	size_t count = 0, used = 0;
	uint32_t *slots;

	if (text.size > 0 && cache_groups_parse(text, &flight->arena, &names, &count) != RC_OK)
		count = 0;
	*ret_too_many = count > GROUPS_MOST;
	if (count > GROUPS_MOST)
		count = GROUPS_MOST;
	slots = arena_alloc(&flight->arena, (count + 1) * sizeof(*slots));
	slots[used++] = needs_path_slot(flight, fields)
				? identity_path_slot(proxy, flight->route, flight->raw_target)
				: identity_target_slot(proxy, flight->key);
	for (size_t i = 0; i < count; i++)
		slots[used++] = groups_slot(proxy->groups, scope, names[i]);
	*ret = slots;
	return used;
}

struct object *grouping_object(struct flight *flight, struct object_parts *parts)
{
	uint32_t *slots;
	bool too_many;

	parts->group_count = (uint16_t)slots_of(flight, parts->headers, &slots, &too_many);
	parts->groups = slots;
	parts->epoch = flight->epoch;
	parts->http_version = flight->http_version;
	return object_new(parts);
}

bool grouping_is_out(const struct proxy *proxy, const struct object *object)
{
	return groups_outdated(proxy->groups, object->groups, object->group_count, object->epoch);
}

bool grouping_find(struct flight *flight, const struct headers *fields, struct flight_verdict *ret)
{
	uint32_t *slots;
	bool too_many;

	ret->slot_count = slots_of(flight, fields, &slots, &too_many);
	ret->slots = slots;
	return !too_many &&
	       !groups_outdated(flight->proxy->groups, slots, ret->slot_count, flight->epoch);
}

/* proxy/purge/grouping_slots.c - the slots that names stand for, and those that are asked for all.
 *
 * Threads: any; pure but for grouping_standing(). Ownership: grouping.h.
 */
#include "grouping.h"

#include "state.h"

#include "http/reference.h"
#include "util/alloc.h"
#include "util/hash.h"

/* So that they meet no enum slot_scope. */
#define OF_ORIGIN ((uint64_t)1 << 63)
#define OF_TENANT ((uint64_t)1 << 62)

/* A scope within a tenant's. */
static uint64_t scope_in(struct slice tenant, uint64_t scope)
{
	return tenant.size == 0 ? scope : hash_bytes(tenant.data, tenant.size, scope) | OF_TENANT;
}

uint32_t grouping_slot(const struct proxy *proxy, enum slot_scope scope, struct slice name)
{
	return groups_slot(proxy->groups, scope, name);
}

uint32_t grouping_slot_in(
	const struct proxy *proxy, struct slice tenant, enum slot_scope scope, struct slice name)
{
	return groups_slot(proxy->groups, scope_in(tenant, scope), name);
}

/* Scheme, host and port (RFC 9875 2.1), whatever the configuration calls the upstream. */
static uint64_t scope_of_origin(const char *base_url)
{
	struct url url;
	uint64_t scope = 0;

	if (url_parse(slice_of(base_url), &url) == RC_OK) {
		scope = url.port | (uint64_t)url.secure << 16;
		for (size_t i = 0; i < url.host.size; i++) {
			unsigned char c = (unsigned char)url.host.data[i];

			c = c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
			scope = hash_bytes(&c, 1, scope);
		}
	}
	return scope | OF_ORIGIN;
}

uint32_t grouping_slot_of_origin(
	const struct proxy *proxy, struct slice tenant, uint16_t route, struct slice name)
{
	const struct config *config = proxy->config;
	size_t upstream = config->routes[route].upstream_index;
	uint64_t scope = scope_of_origin(config->upstreams[upstream].url);

	return groups_slot(proxy->groups, scope_in(tenant, scope), name);
}

uint32_t *grouping_standing(const struct proxy *proxy)
{
	size_t count = proxy->config->route_count;
	uint32_t *slots = xalloc((count + 2) * sizeof(*slots));

	for (size_t i = 0; i < count; i++)
		slots[i] =
			grouping_slot(proxy, SLOT_ROUTE, slice_of(proxy->config->routes[i].path));
	slots[count] = grouping_slot(proxy, SLOT_ALL, SLICE(""));
	slots[count + 1] = grouping_slot(proxy, SLOT_NEGATIVE, SLICE(""));
	return slots;
}

uint32_t grouping_route_slot(const struct proxy *proxy, uint16_t route)
{
	return proxy->standing[route];
}

uint32_t grouping_all_slot(const struct proxy *proxy)
{
	return proxy->standing[proxy->config->route_count];
}

uint32_t grouping_selection_slot(const struct groups *groups)
{
	return groups_slot(groups, SLOT_SELECTION, SLICE(""));
}

uint32_t grouping_negative_slot(const struct proxy *proxy)
{
	return proxy->standing[proxy->config->route_count + 1];
}

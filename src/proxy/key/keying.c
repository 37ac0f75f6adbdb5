/* proxy/key/keying.c - forms in which keys are made, and what becomes of what was stored under another.
 *
 * An invalidation by URL first raises SLOT_BY_URL, then compares forms with those of the latest generation; a
 * generation first makes its forms the latest, then looks whether the slot was raised. Both under the house's lock:
 * one of the two sees the other.
 */
#include "keying.h"

#include "purge/grouping.h"
#include "route.h"
#include "state.h"

#include "observe/log.h"
#include "proxy/tenancy.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define MOST_KEY_BYTES ((size_t)64 * 1024)

struct keying {
	size_t count;
	struct {
		uint64_t form; /* of the path and all that its keys are made by; never 0 */
		uint32_t slot; /* of all that is the route's */
	} routes[];
};

/* Of everything but the route: numbers that are in keys. A tenant with the preset one may come and go. */
static uint64_t form_of_versions(const struct proxy *proxy)
{
	const struct config *config = proxy->config;
	uint64_t version = identity_version(config, 0), form;

	form = hash_bytes(&version, sizeof(version), proxy->seed);
	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct slice name = slice_of(config->tenants[i].name);

		if (identity_version(config, (uint16_t)(i + 1)) == version)
			continue;
		form = hash_bytes(name.data, name.size, form);
		form = hash_bytes(&config->tenants[i].namespace_version,
			sizeof(config->tenants[i].namespace_version), form);
	}
	return form;
}

struct keying *keying_new(const struct proxy *proxy)
{
	const struct config *config = proxy->config;
	struct keying *keying =
		xalloc(sizeof(*keying) + config->route_count * sizeof(keying->routes[0]));
	uint64_t versions = form_of_versions(proxy);

	keying->count = config->route_count;
	for (size_t i = 0; i < keying->count; i++) {
		const struct config_route *route = &config->routes[i];

		keying->routes[i].form =
			1 | config_key_form(
				    route, hash_bytes(route->path, strlen(route->path), versions));
		keying->routes[i].slot = grouping_route_slot(proxy, (uint16_t)i);
	}
	return keying;
}

void keying_free(struct keying *keying)
{
	free(keying);
}

static struct keying *copy(const struct keying *keying)
{
	size_t size = sizeof(*keying) + keying->count * sizeof(keying->routes[0]);

	return memcpy(xalloc(size), keying, size);
}

/* As it was noted, its keys have led to all that was invalidated since anything of it was stored. */
static void settle_route(const struct proxy *proxy, uint32_t by_url, size_t route)
{
	enum groups_mode mode = GROUPS_HARD;

	if (groups_noted(proxy->groups, proxy->keying->routes[route].form))
		return;
	if (!groups_outdated(proxy->groups, &by_url, 1, 0)) {
		if (!groups_softened(proxy->groups, &by_url, 1, 0))
			return;
		mode = GROUPS_SOFT;
	}
	groups_invalidate(proxy->groups, proxy->keying->routes[route].slot, mode);
	log_event(LOG_LEVEL_INFO, "route-rekeyed",
		"%s: what was stored before is invalidated: something was by its URL, which other "
		"keys may have escaped",
		proxy->config->routes[route].path);
}

/* Those of routes that aren't there any more are forgotten: nothing that is invalidated meanwhile reaches them. */
static void note_forms(const struct proxy *proxy)
{
	const struct keying *keying = proxy->keying;
	uint64_t *forms = xalloc((keying->count + 1) * sizeof(*forms));

	for (size_t i = 0; i < keying->count; i++)
		forms[i] = keying->routes[i].form;
	groups_note(proxy->groups, forms, keying->count);
	free(forms);
}

void keying_settle(struct proxy *proxy)
{
	uint32_t by_url = grouping_slot(proxy, SLOT_BY_URL, SLICE(""));

	pthread_mutex_lock(&proxy->house->lock);
	keying_free(proxy->house->keying);
	proxy->house->keying = copy(proxy->keying);
	for (size_t i = 0; i < proxy->keying->count; i++)
		settle_route(proxy, by_url, i);
	note_forms(proxy);
	pthread_mutex_unlock(&proxy->house->lock);
}

static bool has(const struct keying *keying, uint64_t form)
{
	size_t i = 0;

	while (i < keying->count && keying->routes[i].form != form)
		i++;
	return i < keying->count;
}

size_t keying_note_url(const struct proxy *proxy, enum groups_mode mode)
{
	struct house *house = proxy->house;
	const struct keying *latest;
	size_t raised = 1;

	pthread_mutex_lock(&house->lock);
	latest = house->keying;
	groups_invalidate(proxy->groups, grouping_slot(proxy, SLOT_BY_URL, SLICE("")), mode);
	for (size_t i = 0; latest != NULL && i < latest->count; i++) {
		if (has(proxy->keying, latest->routes[i].form))
			continue;
		groups_invalidate(proxy->groups, latest->routes[i].slot, mode);
		raised++;
	}
	pthread_mutex_unlock(&house->lock);
	return raised;
}

size_t keying_slots(const struct proxy *proxy, const struct identity_target *target,
	struct arena *arena, uint32_t **ret)
{
	const struct config *config = proxy->config;
	struct identity_target other = *target;
	struct slice path = target->raw_target;
	struct bytes buffer;
	struct key key;
	size_t count = 0;

	path = slice_cut(&path, '?');
	*ret = arena_alloc(arena, (config->route_count + 1) * sizeof(**ret));
	bytes_init(&buffer, MOST_KEY_BYTES);
	for (size_t i = 0; i < config->route_count; i++) {
		other.route = (uint16_t)i;
		if (i != target->route && route_covers(&config->routes[i], path) &&
			identity_of_target(proxy, &other, &buffer, &key) == RC_OK)
			(*ret)[count++] = identity_target_slot(proxy, key);
	}
	bytes_done(&buffer);
	return count;
}

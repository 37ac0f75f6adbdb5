/* proxy/keep/lifetime.c - from names in the configuration to numbers. */
#include "lifetime.h"

#include "adaptive_inside.h"
#include "state.h"

#include "util/hash.h"

#define OF_ERRORS SLICE("error") /* the class of errors that say that the request is wrong */

static int64_t named(const struct durations *durations, struct slice name)
{
	for (size_t i = 0; name.size > 0 && i < durations->count; i++) {
		if (slice_equal(slice_of(durations->items[i].name), name))
			return durations->items[i].ms;
	}
	return 0;
}

bool lifetime_is_forced(const struct config_route *route, const struct headers *request)
{
	return route->force && !headers_has(request, FIELD_AUTHORIZATION);
}

/* Random enough for who doesn't know the seed, and no other for the same response. */
static uint64_t draw_for(const struct flight *flight)
{
	const uint64_t of[] = { flight->key.hash, (uint64_t)flight->requested_ms };

	return hash_bytes(of, sizeof(of), flight->proxy->seed);
}

struct ttl_rules lifetime_rules_of(const struct proxy *proxy, uint16_t index)
{
	const struct config_cache *cache = &proxy->config->cache;
	const struct config_route *route = &proxy->config->routes[index];
	const struct config_upstream *upstream = &proxy->config->upstreams[route->upstream_index];
	struct ttl_rules rules = {
		.route = route->ttl,
		.class_ms = named(&cache->classes, slice_of(route->class)),
		.policy_ms = named(&cache->ttl_policies, slice_of(upstream->ttl_policy)),
		.route_errors = &route->errors,
		.errors = &cache->errors,
		.jitter_percent = (unsigned)cache->jitter,
		.stale_while_revalidate_ms = route->stale_while_revalidate_ms,
		.adaptive = {
			.enabled = route->adaptive.enabled,
			.least_ms = route->adaptive.min_ms,
			.most_ms = route->adaptive.max_ms,
			.start_ms = adaptive_start_ms(proxy, index),
		},
	};

	if (rules.class_ms > 0 || rules.route.most_ms > 0)
		rules.error_ms = named(&cache->classes, OF_ERRORS);
	return rules;
}

struct ttl_rules lifetime_rules(const struct flight *flight)
{
	struct ttl_rules rules = lifetime_rules_of(flight->proxy, flight->route);

	rules.forced = lifetime_is_forced(flight_route(flight), &flight->request);
	rules.draw = draw_for(flight);
	return rules;
}

int64_t lifetime_grace_ms(const struct proxy *proxy, uint16_t route)
{
	int64_t grace_ms = proxy->config->routes[route].grace_ms;

	return grace_ms >= 0 ? grace_ms : proxy->config->cache.grace_ms;
}

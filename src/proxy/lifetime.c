/* proxy/lifetime.c - from names in the configuration to numbers. */
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

struct ttl_rules lifetime_rules(const struct flight *flight)
{
	const struct config_cache *cache = &flight->proxy->config->cache;
	const struct config_route *route = flight_route(flight);
	struct ttl_rules rules = {
		.forced = lifetime_is_forced(route, &flight->request),
		.route = route->ttl,
		.class_ms = named(&cache->classes, slice_of(route->class)),
		.policy_ms =
			named(&cache->ttl_policies, slice_of(flight_upstream(flight)->ttl_policy)),
		.route_errors = &route->errors,
		.errors = &cache->errors,
		.jitter_percent = (unsigned)cache->jitter,
		.draw = draw_for(flight),
		.stale_while_revalidate_ms = route->stale_while_revalidate_ms,
		.adaptive = {
			.enabled = route->adaptive.enabled,
			.least_ms = route->adaptive.min_ms,
			.most_ms = route->adaptive.max_ms,
			.start_ms = adaptive_start_ms(flight->proxy, flight->route),
		},
	};

	if (rules.class_ms > 0 || rules.route.most_ms > 0)
		rules.error_ms = named(&cache->classes, OF_ERRORS);
	return rules;
}

int64_t lifetime_grace_ms(const struct flight *flight)
{
	int64_t grace_ms = flight_route(flight)->grace_ms;

	return grace_ms >= 0 ? grace_ms : flight->proxy->config->cache.grace_ms;
}

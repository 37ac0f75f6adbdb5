/* proxy/keep/lifetime.h - what the configuration says about the lifetimes of a route's responses.
 *
 * What it is not: the rules themselves (policy/ttl.h). Threads: any.
 */
#pragma once

#include "flight/flight.h"

#include "policy/ttl.h"

/* Whether the route's `force` is for this request: not where it has credentials. Cookies don't come to the
 * origin of such a route, which config_load() sees to. */
bool lifetime_is_forced(const struct config_route *route, const struct headers *request);

/* For a response of the route, whoever asks and whenever: without `forced` and `draw`. Borrows as below. */
struct ttl_rules lifetime_rules_of(const struct proxy *proxy, uint16_t route);

/* For the response to this flight; borrows from the configuration. The same for each call. */
struct ttl_rules lifetime_rules(const struct flight *flight);

/* The route's grace, or that of all. */
int64_t lifetime_grace_ms(const struct proxy *proxy, uint16_t route);

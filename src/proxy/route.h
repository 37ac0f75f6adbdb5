/* proxy/route.h - from a path to its route, and to what the origin is asked for. */
#pragma once

#include "config/config.h"
#include "util/arena.h"

/* The route with the longest path that is a prefix of `path`, ending at a segment's end: "/a" takes
 * "/a" and "/a/b", not "/ab". Its segment `*` takes any one that isn't empty; of two as long, the one
 * with a segment where the other has `*` is taken. *ret is its index. */
bool route_find(const struct config *config, struct slice path, uint16_t *ret);

/* Whether the path would be the route's if no other were there. */
bool route_covers(const struct config_route *route, struct slice path);

/* Has its path a segment `*`? Then it is no prefix that could be put in front of anything. */
bool route_has_any(const struct config_route *route);

/* What stands behind the upstream's base URL: the route's upstream_path and the raw target without
 * the route's own path, up to its first `*`, as it came. In the arena. */
struct slice route_target(
	const struct config_route *route, struct slice raw_target, struct arena *arena);

/* The other way round: what a client asks of us to get the origin's target. base_path: of the
 * upstream's URL ("/" when it has none). false: the route doesn't lead there. In the arena. */
bool route_target_back(const struct config_route *route, struct slice base_path,
	struct slice target, struct arena *arena, struct slice *ret);

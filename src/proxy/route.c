/* proxy/route.c - from a path to its route, and to what the origin is asked for. */
#include "route.h"

static struct slice prefix_of(const struct config_route *route)
{
	return (struct slice){ route->path, route->cut };
}

/* Whether the path begins with the segments of a pattern that has `*` among them; both from '/'. */
static bool matches(struct slice pattern, struct slice path)
{
	while (pattern.data != NULL) {
		struct slice wanted = slice_cut(&pattern, '/'), found;

		if (path.data == NULL)
			return false;
		found = slice_cut(&path, '/');
		if (slice_equal(wanted, SLICE("*")) ? found.size == 0 : !slice_equal(wanted, found))
			return false;
	}
	return true;
}

bool route_has_any(const struct config_route *route)
{
	const char *pattern = route->path + route->cut;

	/* Nothing is left of most paths, and '/' of "/". */
	return pattern[0] != '\0' && pattern[1] != '\0';
}

bool route_covers(const struct config_route *route, struct slice path)
{
	if (!slice_starts(path, prefix_of(route)) ||
		(path.size > route->cut && path.data[route->cut] != '/'))
		return false;
	return !route_has_any(route) ||
	       matches(slice_of(route->path + route->cut), slice_skip(path, route->cut));
}

bool route_find(const struct config *config, struct slice path, uint16_t *ret)
{
	/* longest first: see config_load() */
	for (size_t i = 0; i < config->route_count; i++) {
		if (route_covers(&config->routes[i], path)) {
			*ret = (uint16_t)i;
			return true;
		}
	}
	return false;
}

struct slice route_target(
	const struct config_route *route, struct slice raw_target, struct arena *arena)
{
	struct slice rest = slice_skip(raw_target, route->cut);

	return arena_format(arena, "%s" SLICE_FORMAT, route->upstream_path, SLICE_ARGS(rest));
}

/* Takes a prefix off a target, where it ends with a segment. */
static bool take_off(struct slice prefix, struct slice *target)
{
	struct slice rest;

	if (prefix.size > 0 && prefix.data[prefix.size - 1] == '/')
		prefix.size--;
	if (!slice_starts(*target, prefix))
		return false;
	rest = slice_skip(*target, prefix.size);
	if (rest.size > 0 && rest.data[0] != '/' && rest.data[0] != '?')
		return false;
	*target = rest;
	return true;
}

bool route_target_back(const struct config_route *route, struct slice base_path,
	struct slice target, struct arena *arena, struct slice *ret)
{
	struct slice prefix = prefix_of(route), back, path;

	if (!take_off(base_path, &target) || !take_off(slice_of(route->upstream_path), &target))
		return false;
	if (prefix.size + target.size == 0)
		target = SLICE("/");
	back = arena_format(
		arena, SLICE_FORMAT SLICE_FORMAT, SLICE_ARGS(prefix), SLICE_ARGS(target));
	path = back;
	if (!route_covers(route, slice_cut(&path, '?')))
		return false;
	*ret = back;
	return true;
}

/* proxy/route.c - from a path to its route, and to what the origin is asked for. */
#include "route.h"

/* Bytes of the route's path that are cut off: "/" keeps the slash that all targets begin with. */
static size_t cut_of(struct slice prefix)
{
	return prefix.size > 0 && prefix.data[prefix.size - 1] == '/' ? prefix.size - 1
								      : prefix.size;
}

static bool covers(struct slice prefix, struct slice path)
{
	size_t cut = cut_of(prefix);

	return slice_starts(path, (struct slice){ prefix.data, cut }) &&
	       (path.size == cut || path.data[cut] == '/');
}

bool route_find(const struct config *config, struct slice path, uint16_t *ret)
{
	/* longest first: see config_load() */
	for (size_t i = 0; i < config->route_count; i++) {
		if (covers(slice_of(config->routes[i].path), path)) {
			*ret = (uint16_t)i;
			return true;
		}
	}
	return false;
}

struct slice route_target(
	const struct config_route *route, struct slice raw_target, struct arena *arena)
{
	struct slice rest = slice_skip(raw_target, cut_of(slice_of(route->path)));

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
	struct slice prefix = slice_of(route->path);

	if (!take_off(base_path, &target) || !take_off(slice_of(route->upstream_path), &target))
		return false;
	prefix.size = cut_of(prefix);
	if (prefix.size + target.size == 0)
		target = SLICE("/");
	*ret = arena_format(
		arena, SLICE_FORMAT SLICE_FORMAT, SLICE_ARGS(prefix), SLICE_ARGS(target));
	return true;
}

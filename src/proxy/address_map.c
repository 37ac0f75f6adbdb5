/* proxy/address_map.c - made at the start: the rules of each route, longest first.
 *
 * A rule's place is a path at the origin below which the same route serves everything: where a route's own
 * part begins, and where the path of another one begins beneath the path here that it would become. What a
 * route with any-segments serves is no such place: addresses are written as the routes beside it have them,
 * where that comes to the same, and else stay.
 * Threads, ownership: address_map.h.
 */
#include "address_map.h"

#include "route.h"

#include "http/uri.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

struct address_maps {
	struct arena arena;
	struct address_map *items; /* one a route */
};

/* A map while it is made. */
struct making {
	const struct config *config;
	struct arena *arena;
	uint16_t own; /* route that comes first among equals */
	struct base_url base;
	struct slice *
		begins; /* of each route of the upstream: where it begins; data NULL: of another's */
	struct slice *places;
	size_t place_count;
	struct rewrite_rule *rules;
	size_t rule_count;
};

static struct slice without_slash(struct slice path)
{
	if (path.size > 0 && path.data[path.size - 1] == '/')
		path.size--;
	return path;
}

/* Whether path is prefix or lies beneath it; prefix has no '/' at its end. */
static bool lies_in(struct slice path, struct slice prefix)
{
	return slice_starts(path, prefix) &&
	       (path.size == prefix.size || path.data[prefix.size] == '/');
}

/* The path of a route up to its first any-segment. */
static struct slice prefix_of(const struct config_route *route)
{
	return without_slash((struct slice){ route->path, route->cut });
}

static bool same_upstream(const struct config *config, size_t one, size_t other)
{
	return config->routes[one].upstream_index == config->routes[other].upstream_index;
}

static void find_begins(struct making *m)
{
	for (size_t i = 0; i < m->config->route_count; i++) {
		const char *path = m->config->routes[i].upstream_path;

		m->begins[i] = (struct slice){ NULL, 0 };
		if (same_upstream(m->config, i, m->own))
			m->begins[i] = arena_format(m->arena, SLICE_FORMAT SLICE_FORMAT,
				SLICE_ARGS(m->base.path),
				SLICE_ARGS(without_slash(slice_of(path))));
	}
}

static void add_place(struct making *m, struct slice place)
{
	for (size_t i = 0; i < m->place_count; i++) {
		if (slice_equal(m->places[i], place))
			return;
	}
	m->places = xgrow(m->places, m->place_count + 1, sizeof(*m->places));
	m->places[m->place_count++] = place;
}

/* Of one route: where it begins, and where others begin to hide it. */
static void find_places(struct making *m, size_t route)
{
	struct slice path = prefix_of(&m->config->routes[route]);

	add_place(m, m->begins[route]);
	for (size_t i = 0; i < m->config->route_count; i++) {
		struct slice other = prefix_of(&m->config->routes[i]);

		if (other.size > path.size && lies_in(other, path))
			add_place(m, arena_format(m->arena, SLICE_FORMAT SLICE_FORMAT,
					     SLICE_ARGS(m->begins[route]),
					     SLICE_ARGS(slice_skip(other, path.size))));
	}
}

/* Whether paths with the segments of both may be: pattern has any-segments, path is cut off somewhere. */
static bool may_meet(struct slice pattern, struct slice path)
{
	while (pattern.data != NULL && path.data != NULL) {
		struct slice wanted = slice_cut(&pattern, '/'), found = slice_cut(&path, '/');

		if (!slice_equal(wanted, SLICE("*")) && !slice_equal(wanted, found))
			return false;
	}
	return true;
}

/* Whether a route with any-segments serves some of what lies beneath the path here, from elsewhere. */
static bool is_pierced(const struct making *m, struct slice path, size_t by, struct slice place)
{
	const struct config_route *route = &m->config->routes[by];
	struct slice prefix = prefix_of(route), rest, there = m->begins[by];

	if (!route_has_any(route) || !lies_in(path, prefix))
		return false;
	rest = slice_skip(path, prefix.size);
	if (rest.size > 0 && !may_meet(slice_of(route->path + prefix.size), rest))
		return false;
	return there.data == NULL || place.size != there.size + rest.size ||
	       !slice_starts(place, there) || !slice_equal(slice_skip(place, there.size), rest);
}

/* Whether a request for the path here, at the origin the place, comes to this route, and all beneath it to
 * this one or to the same. */
static bool comes_to(const struct making *m, struct slice path, size_t route, struct slice place)
{
	uint16_t found;

	/* longest first: those before it take what they match */
	for (size_t i = 0; i < route; i++) {
		if (is_pierced(m, path, i, place))
			return false;
	}
	if (path.size == 0)
		path = SLICE("/");
	return route_find(m->config, path, &found) && found == route;
}

/* What a place becomes by the best route that serves it; data NULL: none does. */
static struct slice path_here(const struct making *m, struct slice place)
{
	struct slice best = { NULL, 0 };
	size_t best_size = 0;

	for (size_t i = 0; i < m->config->route_count; i++) {
		const struct config_route *route = &m->config->routes[i];
		struct slice from = m->begins[i], path;

		if (from.data == NULL || route_has_any(route) || !lies_in(place, from) ||
			from.size < best_size ||
			(from.size == best_size && best.data != NULL && i != m->own))
			continue;
		path = arena_format(m->arena, SLICE_FORMAT SLICE_FORMAT,
			SLICE_ARGS(without_slash(slice_of(route->path))),
			SLICE_ARGS(slice_skip(place, from.size)));
		if (comes_to(m, path, i, place)) {
			best = path;
			best_size = from.size;
		}
	}
	return best;
}

static struct slice origin_text(const struct making *m, bool with_port)
{
	const struct base_url *base = &m->base;
	bool is_ipv6 = slice_find(base->host, ':') >= 0;
	struct slice text = arena_format(m->arena, "%s%s" SLICE_FORMAT "%s",
		base->secure ? "https://" : "http://", is_ipv6 ? "[" : "", SLICE_ARGS(base->host),
		is_ipv6 ? "]" : "");

	return with_port ? arena_format(m->arena, SLICE_FORMAT ":%u", SLICE_ARGS(text), base->port)
			 : text;
}

static void add_rules(struct making *m, struct slice origin)
{
	for (size_t i = 0; i < m->place_count; i++) {
		m->rules = xgrow(m->rules, m->rule_count + 1, sizeof(*m->rules));
		m->rules[m->rule_count++] = (struct rewrite_rule){
			.from = arena_format(m->arena, SLICE_FORMAT SLICE_FORMAT,
				SLICE_ARGS(origin), SLICE_ARGS(m->places[i])),
			.origin_size = origin.size,
			.to = path_here(m, m->places[i]),
		};
	}
}

/* The rules of one base URL. How its origin is written where it has the scheme's own port. */
static struct slice add_base(struct making *m, const char *url)
{
	struct slice origin;
	bool is_default;

	if (base_url_parse(slice_of(url), &m->base) != RC_OK)
		return SLICE("");
	m->place_count = 0;
	find_begins(m);
	for (size_t i = 0; i < m->config->route_count; i++) {
		if (m->begins[i].data != NULL && !route_has_any(&m->config->routes[i]))
			find_places(m, i);
	}
	is_default = m->base.port == (m->base.secure ? 443 : 80);
	origin = origin_text(m, !is_default);
	add_rules(m, origin);
	if (is_default)
		add_rules(m, origin_text(m, true));
	return origin;
}

static int longer_first(const void *a, const void *b)
{
	const struct rewrite_rule *x = a, *y = b;

	return (x->from.size < y->from.size) - (x->from.size > y->from.size);
}

static uint64_t hash_rules(const struct rewrite_rule *rules, size_t count)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < count; i++) {
		struct slice to = rules[i].to.data != NULL ? rules[i].to : SLICE("stays");

		hash = hash_bytes(rules[i].from.data, rules[i].from.size, hash);
		hash = hash_bytes(to.data, to.size, hash);
	}
	return hash;
}

static struct address_map make_map(const struct config *config, uint16_t route, struct arena *arena)
{
	size_t upstream = config->routes[route].upstream_index;
	const struct config_origins *bases = &config->upstreams[upstream].origins;
	struct slice *origins = arena_alloc(arena, bases->count * sizeof(*origins));
	struct making m = {
		.config = config,
		.arena = arena,
		.own = route,
		.begins = arena_alloc(arena, config->route_count * sizeof(*m.begins)),
	};
	struct rewrite_rule *rules;

	for (size_t i = 0; i < bases->count; i++)
		origins[i] = add_base(&m, bases->items[i].url);
	rules = arena_alloc(arena, m.rule_count * sizeof(*rules));
	if (m.rule_count > 0) {
		qsort(m.rules, m.rule_count, sizeof(*m.rules), longer_first);
		memcpy(rules, m.rules, m.rule_count * sizeof(*rules));
	}
	free(m.places);
	free(m.rules);
	return (struct address_map){
		.rules = { rules, m.rule_count },
		.origins = origins,
		.origin_count = bases->count,
		.version = hash_rules(rules, m.rule_count),
	};
}

/* A route before this one whose map is this one's, too: all of an upstream have the same, but for those
 * that begin where another one does. */
static bool find_like(const struct config *config, uint16_t route, uint16_t *ret)
{
	const char *path = config->routes[route].upstream_path;
	bool found = false;

	for (uint16_t i = 0; i < config->route_count; i++) {
		if (i == route || !same_upstream(config, i, route))
			continue;
		if (strcmp(config->routes[i].upstream_path, path) == 0)
			return false;
		if (!found && i < route) {
			*ret = i;
			found = true;
		}
	}
	return found;
}

struct address_maps *address_maps_new(const struct config *config)
{
	struct address_maps *maps = xalloc(sizeof(*maps));
	uint16_t like;

	arena_init(&maps->arena);
	maps->items = arena_alloc(&maps->arena, config->route_count * sizeof(*maps->items));
	for (uint16_t i = 0; i < config->route_count; i++)
		maps->items[i] = find_like(config, i, &like) ? maps->items[like]
							     : make_map(config, i, &maps->arena);
	return maps;
}

void address_maps_free(struct address_maps *maps)
{
	arena_done(&maps->arena);
	free(maps);
}

const struct address_map *address_map_of(const struct address_maps *maps, uint16_t route)
{
	return &maps->items[route];
}

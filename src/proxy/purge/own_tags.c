/* proxy/purge/own_tags.c - tags that the configuration gives. */
#include "own_tags.h"

#include "grouping.h"
#include "state.h"

#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct of_route {
	struct tag_patterns *patterns;
	struct slice held_by;
};

struct own_tags {
	struct arena arena;
	size_t count;
	struct of_route items[];
};

/* ---- the patterns ---- */

static void add_all(struct tag_patterns *patterns, const struct text_list *texts,
	enum rc (*add)(struct tag_patterns *, struct slice))
{
	for (size_t i = 0; i < texts->count; i++) {
		enum rc rc = add(patterns, slice_of(texts->items[i]));

		assert(rc == RC_OK);
	}
}

/* All of them, each on a line. */
static struct slice joined(const struct text_list *texts, struct arena *arena)
{
	struct slice all = SLICE("");

	for (size_t i = 0; i < texts->count; i++)
		all = arena_format(arena, SLICE_FORMAT "%s\n", SLICE_ARGS(all), texts->items[i]);
	return all;
}

struct own_tags *own_tags_new(const struct config *config)
{
	struct own_tags *tags =
		xalloc(sizeof(*tags) + config->route_count * sizeof(tags->items[0]));

	arena_init(&tags->arena);
	tags->count = config->route_count;
	for (size_t i = 0; i < tags->count; i++) {
		const struct config_route *route = &config->routes[i];

		struct of_route *item = &tags->items[i];

		item->patterns = tag_patterns_new();
		item->held_by = joined(&route->tags_held, &tags->arena);
		add_all(item->patterns, &route->tags, tag_patterns_add_path);
		add_all(item->patterns, &route->tags_held, tag_patterns_add_held);
	}
	return tags;
}

void own_tags_free(struct own_tags *tags)
{
	for (size_t i = 0; i < tags->count; i++)
		tag_patterns_free(tags->items[i].patterns);
	arena_done(&tags->arena);
	free(tags);
}

const struct tag_patterns *own_tags_of(const struct own_tags *tags, uint16_t route)
{
	return tags->items[route].patterns;
}

uint32_t own_tags_slot(const struct proxy *proxy, struct slice tenant, uint16_t route)
{
	return grouping_slot_in(proxy, tenant, SLOT_HELD_BY, proxy->own_tags->items[route].held_by);
}

bool own_tags_holds(const struct proxy *proxy, uint16_t route)
{
	return tag_patterns_have_held(own_tags_of(proxy->own_tags, route));
}

/* ---- of a target ---- */

/* What the stars of the route's path stand for, and what is behind it. A slash at its end is no segment. */
static struct slice variable_part(
	const struct config_route *route, struct slice path, struct arena *arena)
{
	struct slice pattern = slice_of(route->path), stars = SLICE("");

	(void)slice_cut(&pattern, '/'); /* the "" in front of the first */
	(void)slice_cut(&path, '/');
	while (pattern.size > 0) {
		struct slice segment = slice_cut(&path, '/');

		if (slice_equal(slice_cut(&pattern, '/'), SLICE("*")))
			stars = arena_format(arena, SLICE_FORMAT "/" SLICE_FORMAT,
				SLICE_ARGS(stars), SLICE_ARGS(segment));
	}
	return path.data == NULL ? stars
				 : arena_format(arena, SLICE_FORMAT "/" SLICE_FORMAT,
					   SLICE_ARGS(stars), SLICE_ARGS(path));
}

size_t own_tags_of_target(const struct proxy *proxy, uint16_t route, struct slice raw_target,
	struct arena *arena, struct slice **ret)
{
	const struct tag_patterns *patterns = own_tags_of(proxy->own_tags, route);
	struct slice path = slice_cut(&raw_target, '?');

	*ret = NULL;
	if (!tag_patterns_have_path(patterns))
		return 0;
	return tag_patterns_of_path(
		patterns, variable_part(&proxy->config->routes[route], path, arena), arena, ret);
}

/* ---- those that hold one ---- */

size_t own_tags_raise(
	const struct proxy *proxy, struct slice tenant, const struct slice *tags, size_t count)
{
	groups_invalidate(proxy->groups, grouping_slot_in(proxy, tenant, SLOT_HELD_ANY, SLICE("")),
		GROUPS_SOFT);
	for (size_t i = 0; i < count; i++)
		groups_invalidate(proxy->groups,
			grouping_slot_in(proxy, tenant, SLOT_HELD, tags[i]), GROUPS_SOFT);
	return count + 1;
}

size_t own_tags_raise_target(
	const struct proxy *proxy, struct slice tenant, uint16_t route, struct slice raw_target)
{
	struct slice *tags;
	struct arena arena;
	size_t raised;

	if (!tag_patterns_have_path(own_tags_of(proxy->own_tags, route)))
		return 0;
	arena_init(&arena);
	/* also where a tag is too long to be one: what holds it holds anything */
	raised = own_tags_raise(
		proxy, tenant, tags, own_tags_of_target(proxy, route, raw_target, &arena, &tags));
	arena_done(&arena);
	return raised;
}

/* A key names its route, and a target that is canonical: its segments are the same. */
static void raise_key(const struct purge_job *job)
{
	const struct config *config = job->proxy->config;
	struct key_parts parts;

	if (key_split(job->key, &parts) != RC_OK)
		return;
	for (size_t i = 0; i < config->route_count; i++) {
		if (slice_equal(slice_of(config->routes[i].path), parts.route))
			own_tags_raise_target(
				job->proxy, job->what.tenant, (uint16_t)i, parts.target);
	}
}

static bool is_along(struct slice one, struct slice other)
{
	return slice_starts(one, other) || slice_starts(other, one);
}

/* Whether something that has a tag by its path may be among what is selected. */
static bool reaches_records(const struct purge_job *job, uint16_t i)
{
	const struct config_route *route = &job->proxy->config->routes[i];

	if (!tag_patterns_have_path(own_tags_of(job->proxy->own_tags, i)))
		return false;
	if (job->what.scope == PURGE_ROUTE)
		return i == job->what.route;
	return is_along((struct slice){ route->path, route->cut }, job->prefixes[0]);
}

static void raise_all_held(const struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;

	own_tags_raise(proxy, job->what.tenant, NULL, 0);
	for (size_t i = 0; i < proxy->config->route_count; i++) {
		if (own_tags_holds(proxy, (uint16_t)i))
			groups_invalidate(proxy->groups,
				own_tags_slot(proxy, job->what.tenant, (uint16_t)i), GROUPS_SOFT);
	}
}

static void purge_wide(const struct purge_job *job)
{
	for (size_t i = 0; i < job->proxy->config->route_count; i++) {
		if (reaches_records(job, (uint16_t)i)) {
			raise_all_held(job);
			break;
		}
	}
}

void own_tags_purge(const struct purge_job *job)
{
	const struct purge *what = &job->what;

	if (what->tag_count > 0)
		own_tags_raise(job->proxy, what->tenant, what->tags, what->tag_count);
	if (what->scope == PURGE_URL)
		own_tags_raise_target(job->proxy, what->tenant, what->route, what->target);
	if (what->scope == PURGE_KEY)
		raise_key(job);
	if (what->scope == PURGE_PREFIX || what->scope == PURGE_GLOB || what->scope == PURGE_ROUTE)
		purge_wide(job);
}

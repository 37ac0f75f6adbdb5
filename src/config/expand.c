/* config/expand.c - from a route and its profile to routes, and to settings of their upstream. */
#include "expand.h"

#include "checks.h"
#include "overlay.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

/* More than anybody has; a file of a megabyte could ask for half a million. */
#define MOST_ROUTES 2000

struct expansion {
	struct arena *arena; /* the tree's */
	struct profiles *profiles;
	struct faults *faults;
	const char **paths; /* of the file's routes, sorted */
	size_t path_count;
	struct node *routes;    /* those that it comes to */
	struct node *upstreams; /* NULL: the file has none */
};

/* A path without '/' at its end: "" for "/". */
static const char *trimmed(struct expansion *e, const char *path)
{
	size_t size = strlen(path);

	while (size > 0 && path[size - 1] == '/')
		size--;
	return arena_copy(e->arena, (struct slice){ path, size }).data;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_paths(struct expansion *e, const struct node *routes)
{
	e->paths = xalloc((routes->count + 1) * sizeof(*e->paths));
	NODE_EACH(at, routes)
	{
		const struct node *path = node_member(at, "path");

		if (path != NULL && path->kind == NODE_SCALAR)
			e->paths[e->path_count++] = trimmed(e, path->text);
	}
	qsort(e->paths, e->path_count, sizeof(*e->paths), by_text);
}

static bool is_in_file(const struct expansion *e, const char *path)
{
	return bsearch(&path, e->paths, e->path_count, sizeof(*e->paths), by_text) != NULL;
}

/* The route's profile; NULL: none, or a fault was added. */
static const struct profile *profile_of(struct expansion *e, const struct node *route)
{
	const struct node *name = node_member(route, "profile");
	const struct profile *profile;

	/* A text that is no name has its fault when the route is walked. */
	if (name == NULL || name->kind != NODE_SCALAR || check_name(name->text) != NULL)
		return NULL;
	profile = profiles_get(e->profiles, name->text);
	if (profile == NULL)
		fault_add(e->faults, name, "no profile is named %s; expected one of: %s",
			fault_quote(e->faults, name->text), profiles_names(e->profiles));
	return profile;
}

/* A member with that text, at the place of another node. */
static struct node *member_at(
	struct expansion *e, const struct node *at, const char *name, const char *text)
{
	struct node *member = overlay_empty(e->arena, at, NODE_SCALAR);

	member->key = overlay_empty(e->arena, at->key, NODE_SCALAR);
	member->key->text = name;
	member->text = text;
	return member;
}

/* The text of a member that the check takes; NULL: it is faulty. */
static const char *text_of(
	const struct node *route, const char *name, const char *(*check)(const char *text))
{
	const struct node *node = node_member(route, name);

	if (node == NULL)
		return check("") == NULL ? "" : NULL;
	return node->kind == NODE_SCALAR && check(node->text) == NULL ? node->text : NULL;
}

/* Behind the upstream's address stands what of both paths was cut off: all up to the first `*`. */
static const char *join_upstream_path(
	struct expansion *e, const char *upstream_path, const char *path, const char *below)
{
	const char *star = strstr(below, "/*");
	size_t size = star != NULL ? (size_t)(star - below) : strlen(below);

	if (strstr(path, "/*") != NULL)
		size = 0;
	return arena_format(e->arena, "%s%.*s", trimmed(e, upstream_path), (int)size, below).data;
}

/* One of the profile's routes below the file's. path: of that, trimmed. */
static void add_below(struct expansion *e, const struct node *route, const struct profile *profile,
	const struct node *rule)
{
	static const char *const own[] = { "path", "upstream", "upstream_path", "profile", NULL };
	static const char *const of_rule[] = { "path", NULL };
	const char *base = trimmed(e, node_member(route, "path")->text);
	const char *upstream_path = text_of(route, "upstream_path", check_path_or_empty);
	const char *below = trimmed(e, node_member(rule, "path")->text);
	const char *path = arena_format(e->arena, "%s%s", base, below).data;
	const struct node *upstream = node_member(route, "upstream");
	struct node *made, *rules;

	if (is_in_file(e, path))
		return;
	made = overlay_empty(e->arena, route, NODE_MAP);
	node_append(made, member_at(e, node_member(route, "path"), "path", path));
	if (upstream != NULL)
		node_append(made, node_copy(e->arena, upstream));
	node_append(made, member_at(e, node_member(route, "path"), "upstream_path",
				  join_upstream_path(e, upstream_path, base, below)));
	rules = overlay_settings(e->arena, SCOPE_ROUTE, overlay_without(e->arena, route, own),
		overlay_without(e->arena, rule, of_rule));
	rules = overlay_settings(e->arena, SCOPE_ROUTE, rules, profile->route);
	NODE_EACH(at, rules)
	node_append(made, node_copy(e->arena, at));
	node_append(e->routes, made);
}

static bool is_same(const struct node *a, const struct node *b)
{
	const struct node *x = a->first, *y = b->first;

	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind != NODE_LIST && a->kind != NODE_MAP)
		return strcmp(a->text, b->text) == 0;
	for (; x != NULL; x = x->next, y = y->next) {
		if (!is_same(x, y) || (a->kind == NODE_MAP && !is_same(x->key, y->key)))
			return false;
	}
	return true;
}

/* Two profiles on one upstream: what the first gave must be what the second gives. name: the route's
 * node with the second one's. */
static void need_agreement(struct expansion *e, const struct node *name, const struct node *given,
	const struct node *more)
{
	NODE_EACH(at, more)
	{
		const struct node *there = node_member(given, at->key->text);

		if (there == NULL)
			continue;
		if (at->kind == NODE_MAP && there->kind == NODE_MAP)
			need_agreement(e, name, there, at);
		else if (there->source != name->source && !is_same(there, at))
			fault_add(e->faults, name,
				"profile %s and %s disagree on %s of their upstream; expected the "
				"upstream to say it itself",
				name->text, there->source, at->key->text);
	}
}

/* The settings of a route's upstream, with the profile's beneath. */
static void settle_upstream(
	struct expansion *e, const struct node *route, const struct profile *profile)
{
	const struct node *wanted = node_member(route, "upstream");
	struct node *at = e->upstreams != NULL ? e->upstreams->first : NULL, *next;

	while (at != NULL && wanted != NULL && strcmp(at->key->text, wanted->text) != 0)
		at = at->next;
	if (at == NULL || wanted == NULL || profile->upstream == NULL ||
		(at->kind != NODE_MAP && !at->blank))
		return;
	need_agreement(e, node_member(route, "profile"), at, profile->upstream);
	next = at->next;
	*at = *overlay_settings(e->arena, SCOPE_UPSTREAM, at, profile->upstream);
	at->next = next;
}

static void add_routes_below(
	struct expansion *e, const struct node *route, const struct profile *profile)
{
	/* What is wrong with the route's own paths is told once. */
	if (profile->routes == NULL || text_of(route, "path", check_route_path) == NULL ||
		text_of(route, "upstream_path", check_path_or_empty) == NULL)
		return;
	NODE_EACH(at, profile->routes)
	add_below(e, route, profile, at);
}

/* False: there are too many, and a fault was added. */
static bool add_route(struct expansion *e, const struct node *route)
{
	const struct profile *profile = profile_of(e, route);

	if (profile == NULL) {
		node_append(e->routes, node_copy(e->arena, route));
		return true;
	}
	if (e->routes->count > MOST_ROUTES) {
		fault_add(e->faults, route, "more than %d routes come of profiles; expected fewer",
			MOST_ROUTES);
		return false;
	}
	node_append(e->routes, overlay_settings(e->arena, SCOPE_ROUTE, route, profile->route));
	settle_upstream(e, route, profile);
	add_routes_below(e, route, profile);
	return true;
}

static bool has_profiles(const struct node *routes)
{
	NODE_EACH(at, routes)
	{
		if (node_member(at, "profile") != NULL)
			return true;
	}
	return false;
}

/* The root with other routes and upstreams. */
static struct node *root_with(struct expansion *e, const struct node *root,
	const struct node *routes, const struct node *upstreams)
{
	struct node *made = overlay_empty(e->arena, root, NODE_MAP);

	NODE_EACH(at, root)
	{
		if (at == routes)
			node_append(made, e->routes);
		else if (at == upstreams && e->upstreams != NULL)
			node_append(made, e->upstreams);
		else
			node_append(made, node_copy(e->arena, at));
	}
	return made;
}

void expand_profiles(struct tree *tree, struct profiles *profiles, struct faults *faults)
{
	static const char *const none[] = { NULL };
	const struct node *routes = node_member(tree->root, "routes");
	const struct node *upstreams = node_member(tree->root, "upstreams");
	struct expansion e = { .arena = &tree->arena, .profiles = profiles, .faults = faults };
	const struct node *at;

	if (routes == NULL || routes->kind != NODE_LIST || !has_profiles(routes))
		return;
	collect_paths(&e, routes);
	e.routes = overlay_empty(e.arena, routes, NODE_LIST);
	if (upstreams != NULL && upstreams->kind == NODE_MAP)
		e.upstreams = overlay_without(e.arena, upstreams, none);
	at = routes->first;
	while (at != NULL && add_route(&e, at))
		at = at->next;
	tree->root = root_with(&e, tree->root, routes, upstreams);
	free(e.paths);
}

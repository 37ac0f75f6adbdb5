/* config/walk.c - maps to sections, members to settings, and names that nobody knows. */
#include "walk.h"

#include "checks.h"
#include "kinds.h"
#include "nearest.h"
#include "setting.h"
#include "util/alloc.h"

#include <string.h>

/* One map on its way in. */
struct section {
	enum scope scope;
	const char *name; /* within the scope; "" for all of it */
	void *base;
	struct faults *faults;
};

void walk_presets(enum scope scope, void *base)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) == scope && row->preset != NULL)
			setting_preset(row, base);
	}
}

void walk_release(enum scope scope, void *base)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) == scope)
			setting_release(row, base);
	}
}

/* What a row is called in a scope; a collection's rows are, in the file's, that collection. */
static struct slice name_in(enum scope scope, const struct setting *row)
{
	enum scope own = schema_scope(row);

	if (own == scope)
		return slice_of(schema_name(row));
	if (scope == SCOPE_CONFIG)
		return slice_of(schema_collection(own)->path);
	return (struct slice){ NULL, 0 };
}

/* The name that the row has in the section: of a setting or of a section below; data NULL: none. */
static struct slice name_below(const struct section *s, const struct setting *row)
{
	struct slice name = name_in(s->scope, row);
	size_t size = strlen(s->name);

	if (name.data == NULL || size == 0)
		return slice_cut(&name, '.');
	if (!slice_starts(name, slice_of(s->name)) || name.size == size || name.data[size] != '.')
		return (struct slice){ NULL, 0 };
	name = slice_skip(name, size + 1);
	return slice_cut(&name, '.');
}

/* A setting of that name elsewhere in the scope; NULL: none. */
static const struct setting *find_elsewhere(const struct section *s, const char *key)
{
	SETTINGS_EACH(row)
	{
		const char *dot = strrchr(schema_name(row), '.');

		if (schema_scope(row) == s->scope && dot != NULL && strcmp(dot + 1, key) == 0)
			return row;
	}
	return NULL;
}

/* "a, b, c": all that the section knows. */
static const char *known_names(const struct section *s)
{
	struct slice last = { NULL, 0 };
	const char *text = "";

	SETTINGS_EACH(row)
	{
		struct slice name = name_below(s, row);

		if (name.data == NULL || (last.data != NULL && slice_equal(name, last)))
			continue;
		text = arena_format(&s->faults->arena, "%s%s" SLICE_FORMAT, text,
			last.data != NULL ? ", " : "", SLICE_ARGS(name))
			       .data;
		last = name;
	}
	return text;
}

static void fault_unknown(const struct section *s, const struct node *key)
{
	const char *quoted = fault_quote(s->faults, key->text);
	const struct setting *elsewhere = find_elsewhere(s, key->text);
	struct nearest nearest;
	struct slice best;

	nearest_init(&nearest, key->text);
	SETTINGS_EACH(row)
	{
		struct slice name = name_below(s, row);

		if (name.data != NULL)
			nearest_offer(&nearest, name);
	}
	if (nearest_best(&nearest, &best))
		fault_add(s->faults, key,
			"unknown setting %s; expected \"" SLICE_FORMAT "\", the nearest known",
			quoted, SLICE_ARGS(best));
	else if (elsewhere != NULL)
		fault_add(s->faults, key, "unknown setting %s; expected it as %s", quoted,
			schema_name(elsewhere));
	else
		fault_add(s->faults, key, "unknown setting %s; expected one of: %s", quoted,
			known_names(s));
}

/* Collections are walked on their own. */
static bool is_collection(const struct section *s, const char *name)
{
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		if (s->scope == SCOPE_CONFIG && strcmp(name, schema_collection(scope)->path) == 0)
			return true;
	}
	return false;
}

static void walk_section(const struct section *s, const struct node *node);

static void walk_member(const struct section *s, const struct node *member)
{
	const char *key = member->key->text;
	const char *name = arena_format(
		&s->faults->arena, "%s%s%s", s->name, s->name[0] != '\0' ? "." : "", key)
				   .data;
	const struct setting *row = schema_find(s->scope, slice_of(name));

	if (strchr(key, '.') != NULL) {
		/* "tls.key: x" would go around the search for duplicates. */
		fault_unknown(s, member->key);
	} else if (is_collection(s, name)) {
		return;
	} else if (row != NULL) {
		setting_read(row, member, s->base, s->faults);
	} else if (schema_section(s->scope, slice_of(name))) {
		struct section below = { s->scope, name, s->base, s->faults };

		walk_section(&below, member);
	} else {
		fault_unknown(s, member->key);
	}
}

static void walk_section(const struct section *s, const struct node *node)
{
	if (node->kind == NODE_BAD || node->blank)
		return;
	if (node->kind != NODE_MAP) {
		fault_add(s->faults, node, "a %s; expected a map of settings: %s",
			node->kind == NODE_LIST ? "list" : "text", known_names(s));
		return;
	}
	NODE_EACH(member, node)
	{
		if (member->key->kind == NODE_SCALAR)
			walk_member(s, member);
	}
}

/* Several origins stand for the one. */
static bool is_given_otherwise(const struct node *node, const struct setting *row)
{
	const struct node *urls = node_member(node, "urls");

	return row->kind == URL && urls != NULL &&
	       (urls->kind == NODE_SCALAR ? !urls->blank : urls->count > 0);
}

/* One item of a collection. */
static void walk_item(const struct section *s, const struct node *node)
{
	const char *what = schema_collection(s->scope)->what;

	walk_presets(s->scope, s->base);
	walk_section(s, node);
	if (node->kind != NODE_MAP && !node->blank)
		return;
	SETTINGS_EACH(row)
	{
		const char *name = schema_name(row);

		if (schema_scope(row) == s->scope && row->preset == NULL &&
			node_member(node, name) == NULL && !is_given_otherwise(node, row))
			fault_add(s->faults, node->key != NULL ? node->key : node,
				"%s without %s; expected %s", what, name,
				kind_facts(row->kind)->expected);
	}
}

/* The node of a collection that has members; NULL: there is none, or a fault was added. */
static const struct node *members_of(
	const struct node *root, const struct collection *c, struct faults *faults)
{
	enum node_kind kind = c->example != NULL ? NODE_MAP : NODE_LIST;
	const struct node *node = node_at(root, c->path);

	if (node == NULL || node->blank || node->kind == NODE_BAD)
		return NULL;
	if (node->kind == kind)
		return node;
	fault_add(faults, node, "%s as %s; expected a %s", c->path,
		node->kind == NODE_SCALAR ? "text"
		: node->kind == NODE_LIST ? "a list"
					  : "a map",
		kind == NODE_MAP ? "map from names to settings" : "list of maps");
	return NULL;
}

static void name_item(
	const struct collection *c, const struct node *key, void *item, struct faults *faults)
{
	*collection_name(c, item) = xcopy(key->text, strlen(key->text));
	if (key->kind == NODE_SCALAR && check_name(key->text) != NULL)
		fault_add(faults, key, "%s as the name of %s; expected %s",
			fault_quote(faults, key->text), c->what, kind_facts(NAME)->expected);
}

static void walk_collection(
	enum scope scope, const struct node *root, struct config *config, struct faults *faults)
{
	const struct collection *c = schema_collection(scope);
	const struct node *node = members_of(root, c, faults);

	if (node == NULL)
		return;
	collection_make(c, config, node->count);
	NODE_EACH(at, node)
	{
		void *item = collection_add(c, config);
		struct section s = { scope, "", item, faults };

		*(int *)((uintptr_t)item + c->line) = c->example != NULL ? at->key->line : at->line;
		if (c->example != NULL)
			name_item(c, at->key, item, faults);
		walk_item(&s, at);
	}
}

void walk_file(const struct node *root, struct config *config, struct faults *faults)
{
	struct section s = { SCOPE_CONFIG, "", config, faults };

	walk_presets(SCOPE_CONFIG, config);
	walk_section(&s, root);
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++)
		walk_collection(scope, root, config, faults);
	walk_normalise(config);
}

/* text may be NULL: it was faulty. */
static void cut_slashes(char *text, size_t least)
{
	size_t size = text != NULL ? strlen(text) : 0;

	while (size > least && text[size - 1] == '/')
		text[--size] = '\0';
}

/* All of the path up to its first `*`, without the slash that a target goes on with. */
static size_t cut_of(const char *path)
{
	const char *star = path != NULL ? strstr(path, "/*") : NULL;
	size_t size = path != NULL ? strlen(path) : 0;

	if (star != NULL)
		return (size_t)(star - path);
	return size > 0 && path[size - 1] == '/' ? size - 1 : size;
}

/* One address makes one origin, and of several the first one gives the address. */
static void settle_origins(struct config_upstream *upstream)
{
	struct config_origins *origins = &upstream->origins;

	cut_slashes(upstream->url, 0);
	for (size_t i = 0; i < origins->count; i++)
		cut_slashes(origins->items[i].url, 0);
	if (origins->count == 0 && upstream->url != NULL) {
		origins->items = xgrow(origins->items, 1, sizeof(*origins->items));
		origins->items[origins->count++] = (struct config_origin){
			.url = xcopy(upstream->url, strlen(upstream->url)),
		};
	} else if (upstream->url == NULL && origins->count > 0) {
		upstream->url = xcopy(origins->items[0].url, strlen(origins->items[0].url));
	}
	if (origins->count == 1)
		origins->items[0].weight = 1;
}

void walk_normalise(struct config *config)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		settle_origins(&config->upstreams[i]);
	for (size_t i = 0; i < config->route_count; i++) {
		cut_slashes(config->routes[i].path, 1);
		cut_slashes(config->routes[i].upstream_path, 0);
		cut_slashes(config->routes[i].public_url, 0);
		config->routes[i].cut = cut_of(config->routes[i].path);
	}
}

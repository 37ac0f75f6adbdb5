/* config/profiles.c - reading profiles, and what a profile may say. */
#include "profiles.h"

#include "checks.h"
#include "config/config.h"
#include "profile_texts.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

void profiles_init(struct profiles *p, struct faults *faults)
{
	*p = (struct profiles){ .faults = faults };
	p->items = xalloc((profile_text_count + 1) * sizeof(*p->items));
	for (size_t i = 0; i < profile_text_count; i++)
		p->items[i].name = profile_texts[i].name;
}

void profiles_done(struct profiles *p)
{
	for (size_t i = 0; i < profile_text_count; i++) {
		if (p->items[i].is_read)
			tree_done(&p->items[i].tree);
	}
	free(p->items);
}

const char *profiles_names(struct profiles *p)
{
	const char *names = "";

	for (size_t i = 0; i < profile_text_count; i++)
		names = arena_format(&p->faults->arena, "%s%s%s", names, i > 0 ? ", " : "",
			profile_texts[i].name)
				.data;
	return names;
}

/* The member of that kind; NULL: there is none, or a fault was added. */
static const struct node *part(
	struct profiles *p, const struct node *root, const char *name, enum node_kind kind)
{
	const struct node *node = node_member(root, name);

	if (node == NULL || node->blank || node->kind == NODE_BAD)
		return NULL;
	if (node->kind == kind)
		return node;
	fault_add(p->faults, node, "%s is no %s; expected one", name,
		kind == NODE_MAP ? "map of settings" : "list of routes");
	return NULL;
}

/* What is the file's to say: names ends with NULL. */
static void refuse_members(struct profiles *p, const struct node *map, const char *const names[])
{
	for (size_t i = 0; map != NULL && names[i] != NULL; i++) {
		const struct node *node = node_member(map, names[i]);

		if (node != NULL)
			fault_add(p->faults, node->key,
				"%s in a profile; expected it in the file alone", names[i]);
	}
}

/* A route below the one that has the profile. */
static bool is_good_route(struct profiles *p, const struct node *route)
{
	static const char *const names[] = { "upstream", "upstream_path", "profile", NULL };
	const struct node *path = node_member(route, "path");
	const char *why = "is no path";

	if (route->kind != NODE_MAP) {
		fault_add(p->faults, route, "an entry of routes that is no map; expected one");
		return false;
	}
	refuse_members(p, route, names);
	if (path != NULL && path->kind == NODE_SCALAR)
		why = check_route_path(path->text);
	if (why == NULL && path->text[strspn(path->text, "/")] != '\0')
		return true;
	fault_add(p->faults, path != NULL ? path : route,
		"a route without a path of its own; expected one such as /search");
	return false;
}

static void refuse_unknown(struct profiles *p, const struct node *root)
{
	if (root->kind != NODE_MAP)
		return;
	NODE_EACH(at, root)
	{
		const char *key = at->key->text;

		if (strcmp(key, "upstream") != 0 && strcmp(key, "route") != 0 &&
			strcmp(key, "routes") != 0)
			fault_add(p->faults, at->key,
				"unknown part %s; expected upstream, route or routes",
				fault_quote(p->faults, key));
	}
}

static void take_parts(struct profiles *p, struct profile *profile)
{
	static const char *const of_upstream[] = { "url", "urls", NULL };
	static const char *const of_route[] = { "path", "upstream", "upstream_path", "profile",
		NULL };
	const struct node *root = profile->tree.root;
	bool good = true;

	if (root->kind != NODE_MAP && !root->blank)
		fault_add(p->faults, root, "a profile that is no map; expected one");
	refuse_unknown(p, root);
	profile->upstream = part(p, root, "upstream", NODE_MAP);
	profile->route = part(p, root, "route", NODE_MAP);
	profile->routes = part(p, root, "routes", NODE_LIST);
	refuse_members(p, profile->upstream, of_upstream);
	refuse_members(p, profile->route, of_route);
	if (profile->routes == NULL)
		return;
	NODE_EACH(at, profile->routes)
	good = is_good_route(p, at) && good;
	if (!good)
		profile->routes = NULL;
}

static void read_profile(struct profiles *p, struct profile *profile, const char *text)
{
	const char *own = p->faults->name;

	profile->is_read = true;
	p->faults->name = arena_format(&p->faults->arena, "profile %s", profile->name).data;
	if (tree_parse(slice_of(text), p->faults, &profile->tree) == RC_OK)
		take_parts(p, profile);
	p->faults->name = own;
}

const struct profile *profiles_get(struct profiles *p, const char *name)
{
	for (size_t i = 0; i < profile_text_count; i++) {
		if (strcmp(p->items[i].name, name) != 0)
			continue;
		if (!p->items[i].is_read)
			read_profile(p, &p->items[i], profile_texts[i].text);
		return &p->items[i];
	}
	return NULL;
}

bool config_write_profile(const char *name, FILE *to)
{
	for (size_t i = 0; i < profile_text_count; i++) {
		if (strcmp(profile_texts[i].name, name) == 0) {
			fputs(profile_texts[i].text, to);
			return true;
		}
	}
	return false;
}

void config_list_profiles(FILE *to)
{
	for (size_t i = 0; i < profile_text_count; i++)
		fprintf(to, "%s%s", i > 0 ? ", " : "", profile_texts[i].name);
}

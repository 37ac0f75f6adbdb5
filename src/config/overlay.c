/* config/overlay.c - one map over another. */
#include "overlay.h"

#include <string.h>

struct overlay {
	struct arena *arena;
	enum scope scope;
};

struct node *overlay_empty(struct arena *arena, const struct node *at, enum node_kind kind)
{
	struct node *node = node_copy(arena, at);

	node->kind = kind;
	node->blank = false;
	node->first = NULL;
	node->last = NULL;
	node->count = 0;
	return node;
}

static bool is_map(const struct node *node)
{
	return node != NULL && (node->kind == NODE_MAP || node->blank);
}

static struct node *lay(
	const struct overlay *o, const char *name, const struct node *top, const struct node *base);

/* A member of top, with what base has below it. */
static struct node *lay_member(const struct overlay *o, const char *name, const struct node *member,
	const struct node *base)
{
	const char *key = member->key->text;
	const struct node *below = node_member(base, key);
	const char *path =
		arena_format(o->arena, "%s%s%s", name, name[0] != '\0' ? "." : "", key).data;

	if (is_map(member) && is_map(below) && schema_section(o->scope, slice_of(path)))
		return lay(o, path, member, below);
	return node_copy(o->arena, member);
}

/* The section of that name. */
static struct node *lay(
	const struct overlay *o, const char *name, const struct node *top, const struct node *base)
{
	struct node *map = overlay_empty(o->arena, top, NODE_MAP);

	NODE_EACH(at, top)
	node_append(map, lay_member(o, name, at, base));
	NODE_EACH(at, base)
	{
		if (node_member(top, at->key->text) == NULL)
			node_append(map, node_copy(o->arena, at));
	}
	return map;
}

struct node *overlay_settings(
	struct arena *arena, enum scope scope, const struct node *top, const struct node *base)
{
	struct overlay o = { arena, scope };

	return base != NULL ? lay(&o, "", top, base) : node_copy(arena, top);
}

struct node *overlay_without(struct arena *arena, const struct node *map, const char *const names[])
{
	struct node *rest = overlay_empty(arena, map, NODE_MAP);

	NODE_EACH(at, map)
	{
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], at->key->text) != 0)
			i++;
		if (names[i] == NULL)
			node_append(rest, node_copy(arena, at));
	}
	return rest;
}

/* config/node.c - finding members by name, and adding them. */
#include "node.h"

#include "util/slice.h"

static const struct node *member(const struct node *map, struct slice name)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	NODE_EACH(at, map)
	{
		if (at->key->kind == NODE_SCALAR && slice_equal(slice_of(at->key->text), name))
			return at;
	}
	return NULL;
}

const struct node *node_member(const struct node *map, const char *name)
{
	return member(map, slice_of(name));
}

const struct node *node_at(const struct node *map, const char *path)
{
	struct slice rest = slice_of(path);
	const struct node *at = map;

	while (rest.data != NULL && at != NULL)
		at = member(at, slice_cut(&rest, '.'));
	return at;
}

void node_append(struct node *to, struct node *member)
{
	if (to->last != NULL)
		to->last->next = member;
	else
		to->first = member;
	to->last = member;
	to->count++;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *node;
	copy->next = NULL;
	return copy;
}

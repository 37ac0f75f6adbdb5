/* config/node.c - finding members by name. */
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

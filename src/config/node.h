/* config/node.h - a configuration file as a small tree: maps, lists and scalars with their places.
 *
 * Environment references are expanded in it already. What was faulty is there as NODE_BAD, which
 * everything passes over: one mistake gives one fault. Nodes lie in the arena of their tree and
 * are not changed once it is built.
 */
#pragma once

#include "util/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_BAD };

struct node {
	enum node_kind kind;
	const char *source; /* the file's name; one pointer for all of its nodes */
	int line;           /* from 1; 0: not from a file */
	int column;
	bool blank;       /* a scalar that isn't there: `key:` and nothing behind it */
	const char *text; /* of a scalar */
	struct node *key; /* of a map's member */
	struct node *first;
	struct node *last;
	struct node *next;
	size_t count; /* of members */
};

/* at: const struct node *, over the members of a list or map. */
#define NODE_EACH(at, of) for (const struct node *at = (of)->first; at != NULL; at = at->next)

/* The member of that name; NULL: no such member, or map is NULL or none. */
const struct node *node_member(const struct node *map, const char *name);

/* The same down a path of names with dots between. */
const struct node *node_at(const struct node *map, const char *path);

/* Makes the member the last one of a collection that is being built. */
void node_append(struct node *to, struct node *member);

/* A copy that can be a member elsewhere; its own members are shared. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* config/overlay.h - maps of settings laid over each other, as new nodes.
 *
 * Sections are gone into; a setting is taken as a whole, also where it is a map or list. The nodes
 * that go in are not changed, and what comes out shares their members.
 */
#pragma once

#include "node.h"
#include "schema.h"
#include "util/arena.h"

/* All that top says, and what only base says; at top's place and with its key. Both are maps, or
 * blank; base may be NULL. */
struct node *overlay_settings(
	struct arena *arena, enum scope scope, const struct node *top, const struct node *base);

/* The map without some members; names ends with NULL. */
struct node *overlay_without(
	struct arena *arena, const struct node *map, const char *const names[]);

/* An empty collection of that kind, at the node's place and with its key. */
struct node *overlay_empty(struct arena *arena, const struct node *at, enum node_kind kind);

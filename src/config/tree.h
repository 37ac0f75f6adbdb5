/* config/tree.h - YAML text into nodes: the border to libyaml, whose events it reads.
 *
 * Narrower than YAML on purpose: one document, no anchors and aliases (the ten lines that unfold
 * to gigabytes), keys that are scalars and stand once. Depth and number of nodes are bounded.
 * Ownership: the tree owns its nodes and their texts; tree_done() releases all.
 */
#pragma once

#include "faults.h"
#include "node.h"
#include "util/arena.h"

struct tree {
	struct arena arena;
	struct node *root; /* never NULL after RC_OK; a blank scalar for an empty document */
};

/* RC_INVALID: the text can't be read to its end. RC_OK: it was read, but may have added faults.
 * tree_done() afterwards in both cases. */
NODISCARD enum rc tree_parse(struct slice text, struct faults *faults, struct tree *ret);
/* The same, but nothing of the environment comes into it. */
NODISCARD enum rc tree_parse_foreign(struct slice text, struct faults *faults, struct tree *ret);
void tree_done(struct tree *tree);

/* config/walk.h - the tree of a file, walked by the table of settings, into the configuration.
 *
 * Each upstream and route of the file gets its struct, in the order of the file and even when it
 * is faulty, so that the n-th struct belongs to the n-th node. What concerns more than one setting
 * is for config/verify.h.
 */
#pragma once

#include "config/config.h"
#include "faults.h"
#include "node.h"
#include "schema.h"

/* Fills config, which is zeroed, adding faults. Never fails: config_free() takes it as it is. */
void walk_file(const struct node *root, struct config *config, struct faults *faults);

/* Presets for all settings of a scope, base being its struct. */
void walk_presets(enum scope scope, void *base);

/* Releases what a scope's settings own. */
void walk_release(enum scope scope, void *base);

/* Addresses and paths without '/' at their end (but "/" itself as a route's path), so that paths
 * can be put behind each other; url and origins filled from each other, and what is cut
 * off a target. */
void walk_normalise(struct config *config);

/* store/tiers.h - the shelves one above the other, as one: memory, then disk.
 *
 *	get	memory; else disk, and what is found there goes up (promotion), with what is left of its
 *		lifetime: that is the object's own
 *	put	both, but errors that the origin gave no lifetime memory only, where there is one; drop and discard both;
 *		replace memory only
 *
 * What goes up never takes the place of what is newer: it is only added where the variant isn't there,
 * and taken away again when the key was written to while it was on its way.
 *
 * Threads: all calls but new and free from any thread.
 */
#pragma once

#include "store/tier.h"

/* Either may be NULL. Borrows both: whoever made them frees them after this one. */
struct tier *tiers_new(struct tier *memory, struct tier *disk);

/* Another memory tier in the place of the one that there was, which the new one must have in it
 * (store/partition.h): who looks into the old one still finds in it what he could find. */
void tiers_set_memory(struct tier *tiers, struct tier *memory);

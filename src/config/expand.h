/* config/expand.h - routes with a profile become what the profile makes of them.
 *
 * Works on the tree, before it is walked: what comes out is what a file without profiles would
 * have said, with each setting at the place where it was given, be it in the file or in a profile.
 *
 *	settings of the file > of a route of the profile > of the profile's own `route`
 *
 * A route that the file has itself stands instead of the profile's with the same path.
 */
#pragma once

#include "faults.h"
#include "profiles.h"
#include "tree.h"

/* Gives the tree another root where there are profiles; nodes of both are shared. */
void expand_profiles(struct tree *tree, struct profiles *profiles, struct faults *faults);

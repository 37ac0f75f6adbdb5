/* config/profiles.h - the profiles that a configuration names, as trees.
 *
 * Each is read when it is first asked for, and looked over then: what is wrong with it is a fault
 * of "profile NAME". What a profile's settings come to is for config/walk.h, once
 * config/expand.h has put them into the file's tree. One load, one thread; the nodes live as long
 * as the collection.
 */
#pragma once

#include "faults.h"
#include "node.h"
#include "tree.h"

struct profile {
	const char *name;
	bool is_read;
	struct tree tree;
	/* As the profile has them; NULL: not at all, or faulty. */
	const struct node *upstream; /* a map: settings of the route's upstream */
	const struct node *route;    /* a map: of the route, and of all that are below it */
	const struct node *routes;   /* a list of maps: those, with a path relative to it */
};

struct profiles {
	struct faults *faults;
	struct profile *items; /* one for each that is built in */
};

void profiles_init(struct profiles *p, struct faults *faults);
void profiles_done(struct profiles *p);

/* NULL: there is none of that name. */
const struct profile *profiles_get(struct profiles *p, const char *name);

/* "a, b, c": all that there are, in the faults' arena. */
const char *profiles_names(struct profiles *p);

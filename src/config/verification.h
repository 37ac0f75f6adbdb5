/* config/verification.h - what the rules of verify.c share with those on upstreams and routes.
 *
 * Private to verify*.c. A rule adds faults; it says nothing of settings that have one already.
 */
#pragma once

#include "config/config.h"
#include "faults.h"
#include "node.h"

struct verification {
	const struct node *root;
	struct config *config;
	struct faults *faults;
};

/* False for one that is faulty itself: its preset is there instead, which nobody asked for. map
 * may be NULL. */
bool verification_is_well(const struct verification *v, const struct node *map, const char *path);

/* Where the first setting stands that the map has; else the map itself. */
const struct node *verification_place(
	const struct node *map, const char *path, const char *other_path);

/* The node of the first upstream or route; NULL: config comes from no file. */
const struct node *verification_first(const struct verification *v, const char *list);

/* Whether larder answers at the path itself: it is the page, one of `server`'s, or below that of health. */
bool verification_is_page(const struct verification *v, const char *page, const char *path);

/* That the name at the node, if there is one, is one of all; where: what those are a setting of. */
void verify_name(const struct verification *v, const struct node *at, const struct durations *all,
	const char *where);

/* The rules on each upstream, and on each route. */
void verify_upstreams(const struct verification *v);
void verify_routes(const struct verification *v);

/* Admin listeners, tokens, tenants and sources of events. */
void verify_control(const struct verification *v);

/* What is a credential to an upstream is one to its routes: out of their keys, and of logs. */
void verify_share_credentials(const struct verification *v);

/* config/verify.h - what must hold between settings, once each of them is well.
 *
 * Also resolves the routes' upstreams and brings the routes into the order in which they are
 * tried.
 */
#pragma once

#include "config/config.h"
#include "faults.h"
#include "node.h"

/* root: the file's, whose n-th route is the n-th of config; NULL: config comes from no file. */
void verify_config(const struct node *root, struct config *config, struct faults *faults);

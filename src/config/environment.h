/* config/environment.h - ${NAME} and ${NAME:-default} in a scalar.
 *
 * As in a shell: the default stands in for a variable that is unset or empty. It reaches to the
 * next brace and is not expanded itself; nor is what came from the environment. $${ stands for ${
 * itself, and a dollar sign before anything else for itself.
 */
#pragma once

#include "faults.h"
#include "util/bytes.h"

/* Appends text to ret with its references replaced. RC_INVALID: a fault at the node was added.
 * RC_TOO_LARGE: ret's limit. */
NODISCARD enum rc environment_expand(
	struct slice text, const struct node *at, struct faults *faults, struct bytes *ret);

/* The same for a text that isn't the operator's: nothing of the environment is in it, but $${ is still how ${ is
 * written. RC_TOO_LARGE: ret's limit. */
NODISCARD enum rc environment_keep_out(struct slice text, struct bytes *ret);

/* http/json_canonical.h - JSON texts that mean the same, as the same bytes.
 *
 * Names sorted, no blanks, one escaping. Only what every reader reads alike: a text with a name twice in an
 * object, with a number that is more than an integer of 18 digits (1.0, 1e2, -0), or nested deeper than
 * 64 has no canonical form. Pure; threads: any.
 */
#pragma once

#include "util/arena.h"
#include "util/rc.h"

/* In the arena. RC_INVALID: it has none, or is no JSON (RFC 8259). */
NODISCARD enum rc json_canonical(struct slice text, struct arena *arena, struct slice *ret);

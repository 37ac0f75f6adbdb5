/* control/calls/event_values.h - what an event's JSON body says: the values at its source's pointer, each as the source's
 * `value` has it.
 *
 * What it is not: a judge of values; one that makes no sense as a purge is told by who makes the purge. Pure; threads:
 * any. Ownership: what is found lies in the arena.
 */
#pragma once

#include "config/control.h"
#include "util/arena.h"
#include "util/rc.h"
#include "util/slice.h"

#define EVENT_VALUES_MOST 10000

struct event_values {
	struct slice *items; /* one of nothing: an empty slice */
	size_t count;
	size_t others; /* at the pointer, that are neither string nor number */
};

/* Where the source purges the same whatever the event says, that is the one value. RC_INVALID: no JSON. RC_FULL: more
 * than EVENT_VALUES_MOST. RC_TOO_LARGE: a string takes more memory than is given to one. */
NODISCARD enum rc event_values_read(const struct config_source *source, struct slice body,
	struct arena *arena, struct event_values *ret);

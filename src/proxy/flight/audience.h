/* proxy/flight/audience.h - the readers of a flight: who may have what came. All under the flight's lock. */
#pragma once

#include "flight.h"

/* The head is judged: who may have this response? */
void audience_sort(struct flight *flight);

/* Whether anybody is left who may. */
bool audience_remains(const struct flight *flight);

/* Whether its leader is still there, and may have it. */
bool audience_has_leader(const struct flight *flight);

/* The body is bad after all: all but the leader begin again. */
void audience_turn_away(struct flight *flight);

/* More is known of what came: whoever it isn't for after all begins again. */
void audience_part(struct flight *flight);

/* The leader found this elsewhere: whoever it doesn't suit begins again. */
void audience_settle(struct flight *flight, const struct object *object);

/* The origin failed: who has not begun to be answered gets what is stored, or an error. */
void audience_stand_in(struct flight *flight);

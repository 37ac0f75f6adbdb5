/* proxy/keep/part.h - 206 responses: stored, combined, completed (RFC 9111 3.3, 3.4). On the upstream
 * loop. */
#pragma once

#include "flight/flight.h"

/* The head came to a request for what flight->part lacks. true: go on with it; where it continues the
 * part (ret->prefixed), the flight looks as though the whole had been asked for and came: status,
 * fields and length. false: it is of no use, readers begin again (ret->retry). */
bool part_continues(struct flight *flight, struct flight_verdict *ret);

/* Whether a 206 is what the client's own Range wanted: it was sent on, or this is just that. */
bool part_is_asked_for(const struct flight *flight);

/* The body of a 206 is complete: stores it, together with what is stored already of the same
 * representation. fields: those to store. */
void part_store(struct flight *flight, const struct headers *fields, struct body *body);

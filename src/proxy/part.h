/* proxy/part.h - 206 responses: stored, combined, completed (RFC 9111 3.3, 3.4). On the upstream
 * loop. */
#pragma once

#include "flight.h"

/* The head came: whether it continues flight->part. Then the flight looks as though the whole had been
 * asked for and came: status, fields and length. */
bool part_completes(struct flight *flight);

/* Whether a 206 is what the client's own Range wanted: it was sent on, or this is just that. */
bool part_is_asked_for(const struct flight *flight);

/* The body of a 206 is complete: stores it, together with what is stored already of the same
 * representation. fields: those to store. */
void part_store(struct flight *flight, const struct headers *fields, struct body *body);

/* proxy/grouping.h - the groups that a stored response belongs to (RFC 9875), and the one that all
 * targets of its path have in common: see identity_path_slot(). */
#pragma once

#include "flight.h"

/* The stored response, with the flight's groups and epoch filled in; a reference. */
struct object *grouping_object(struct flight *flight, struct object_parts *parts);

/* Whether a group of the flight's response was invalidated since it began. */
bool grouping_is_out(struct flight *flight);

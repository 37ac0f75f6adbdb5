/* proxy/grouping.h - the groups that a stored response belongs to (RFC 9875), and the one that all
 * targets of its path have in common: see identity_path_slot(). */
#pragma once

#include "flight.h"

/* The stored response, with the flight's groups and epoch filled in; a reference. */
struct object *grouping_object(struct flight *flight, struct object_parts *parts);

/* Whether a group of a stored response was invalidated since its fetch began: it is not used again. */
bool grouping_is_out(const struct proxy *proxy, const struct object *object);

/* The groups of a response with these fields. false: it must not be stored, since one of them was
 * invalidated after the flight began, or there are more than can be kept. */
bool grouping_find(struct flight *flight, const struct headers *fields, struct flight_verdict *ret);

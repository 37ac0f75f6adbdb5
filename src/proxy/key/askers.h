/* proxy/key/askers.h - whom a response is for, where what its key leaves out may have caused it: a credential, a
 * parameter that is dropped, a field.
 *
 * What it is not: the judge of what the origin says about that; that is policy/storable.h. Threads: the
 * upstream loop, unless it says otherwise. Ownership: the flight's arena.
 */
#pragma once

#include "flight/flight.h"

#include "policy/views.h"

/* Under which it is selected: plan_variant(), and for an error that larder keeps the fields that it may be
 * about: or one client's Accept that the origin can't read would be everybody's 400. */
NODISCARD enum rc askers_variant(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret);

/* Whether a stored response is for who has these credentials (0: none): it was stored for who had none, or as one
 * that they don't change. Any thread. */
bool askers_may_have(const struct object *object, uint64_t credentials);

/* Whether what came, as far as it is known, may be about the leader's credentials, or that it has none. Any thread,
 * under the flight's lock. */
bool askers_is_of_credential(const struct flight *flight);

/* It is not stored, but for those who asked with the same (flight_suits()), if it may be about what the
 * request's key leaves out. */
void askers_keep(struct flight *flight, struct flight_verdict *ret);

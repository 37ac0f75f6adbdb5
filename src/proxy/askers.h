/* proxy/askers.h - whom a response is for, where what its key leaves out may have caused it: a credential, a
 * parameter that is dropped, a field.
 *
 * What it is not: the judge of what the origin says about that; that is policy/storable.h. Threads: the
 * upstream loop. Ownership: the flight's arena.
 */
#pragma once

#include "flight.h"

#include "policy/views.h"

/* Under which it is selected: plan_variant(), and for an error that larder keeps the fields that it may be
 * about: or one client's Accept that the origin can't read would be everybody's 400. */
NODISCARD enum rc askers_variant(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret);

/* It is not stored, but for those who asked with the same (flight_suits()), if it may be about what the
 * request's key leaves out. */
void askers_keep(struct flight *flight, struct flight_verdict *ret);

/* proxy/bundle/adopting.h - what others archived, as if it had been fetched when it was archived.
 *
 * A bare parcel (store/parcel.h) says what a URL answered, at a moment, to which request. Here the route is found that
 * would have fetched it, and what that one's rules, the response's own fields and policy make of it: a key, a lifetime, what
 * it varies by. What is not sure to be an answer for everybody is not taken.
 *
 * Threads: any. Ownership: as store/parcel.h has it.
 */
#pragma once

#include "proxy/proxy.h"
#include "store/parcel.h"

/* ret: parcel_done(). In arena what isn't its own. RC_ABSENT: it is not for this larder; *ret_why: static words, which
 * follow "responses". */
NODISCARD enum rc adopting_make(const struct proxy *proxy, const struct parcel *bare,
	struct arena *arena, struct parcel *ret, const char **ret_why);

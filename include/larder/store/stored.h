/* store/stored.h - what tiers ask about a stored response: is it of use any more, and is it the same.
 *
 * What it is not: which of several answers a request (policy). Pure; threads: any.
 */
#pragma once

#include "http/object.h"

/* Whether both answer the same requests: the same names and values under Vary, in any order. */
bool stored_same_variant(const struct object *a, const struct object *b);

/* Whether both are one response: copies of it in several tiers, or in another coding. */
bool stored_same(const struct object *a, const struct object *b);

/* Whether anything can still be done with a stored response at now_ms (wall). It can
 * - while it is fresh (RFC 9111 4.2), unless each use needs a validation that it has nothing for;
 * - while it may be served stale: the longer of stale-while-revalidate and stale-if-error, both
 *   counted from the end of its lifetime (RFC 5861 3, 4), none where stale responses are forbidden
 *   (RFC 9111 4.2.4). A request that would take more (max-stale) is not promised anything;
 * - with a validator (RFC 9110 8.8): until it has been stale for longer than ten lifetimes or an
 *   hour, whichever is longer. A 304 saves the body until then; for ever would keep what nobody
 *   asks for any more. */
bool stored_useful(const struct object *object, int64_t now_ms);

/* Until when stored_useful() can be true at the latest (wall): for tiers that look for what is over without
 * reading each response. INT64_MAX: for ever. */
int64_t stored_until_ms(const struct object *object);

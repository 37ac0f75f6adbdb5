/* store/groups.h - invalidation of a whole group of stored responses at once (RFC 9875).
 *
 *	slot of (scope, name) -> epoch of its last invalidation
 *
 * Nothing is looked for and nothing is touched: an object knows the slots of its groups and the epoch
 * at which its fetch began, and is out of date when one of them was invalidated later. The table has
 * a fixed size, whatever names origins think of. Two groups that fall on one slot invalidate each
 * other: that costs a fetch and is never a wrong answer. No invalidation is lost or forgotten.
 *
 * Threads: all calls but new and free from any thread, without locks. Ownership: groups_new() gives
 * the table to the caller.
 */
#pragma once

#include "util/slice.h"

struct groups;

/* seed: random, so that nobody can choose names that fall on another's slot. */
struct groups *groups_new(uint64_t seed);
void groups_free(struct groups *groups); /* may be NULL */

/* Now. Taken when a fetch begins, before its request leaves, and kept with what comes of it. */
uint64_t groups_epoch(const struct groups *groups);

/* Where a group falls. scope: what tells its origin (scheme, host and port) from others; groups of
 * two origins are not the same (RFC 9875 2.1). */
uint32_t groups_slot(const struct groups *groups, uint64_t scope, struct slice name);

/* What was fetched with an epoch from before this call is out of date when it returns; what is
 * fetched with one from after it is not. */
void groups_invalidate(struct groups *groups, uint32_t slot);

/* Whether one of the slots was invalidated since epoch. false without slots. */
bool groups_outdated(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch);

/* store/groups.h - invalidation of a whole group of stored responses at once (RFC 9875).
 *
 *	slot of (scope, name) -> epoch of its last invalidation: hard, and soft
 *
 * Nothing is looked for and nothing is touched: an object knows the slots of its groups and the epoch
 * at which its fetch began, and is out of date when one of them was invalidated later: hard, it is as
 * if it weren't there; soft, it is stale. The table has a fixed size, whatever names origins think of: a
 * slot is one of 2^32 numbers that share a million cells, three each, and counts as invalidated when all of its three
 * were. So of many others' invalidations a few reach what they don't mean: after 10,000 of them one slot in 45,000,
 * after 100,000 one in 65. That costs a fetch and is never a wrong answer. No invalidation is lost or forgotten.
 *
 * A table that was opened lies in a file that is mapped: what was invalidated stays so when the process
 * is killed, and with groups_sync() when the power fails.
 *
 * Threads: all calls but new, open and free from any thread; only invalidations and keep() wait for each
 * other. Ownership: groups_new() and
 * groups_open() give the table to the caller.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

struct groups;

enum groups_mode { GROUPS_HARD, GROUPS_SOFT };

/* In memory. seed: random, so that nobody can choose names that fall on another's slot. */
struct groups *groups_new(uint64_t seed);

/* The one in the file; where there is none, or one that is damaged, a new one with another identity.
 * *ret_renewed: a damaged one was replaced. RC_FULL, RC_DENIED, RC_READ_ONLY, RC_IO: neither can be had;
 * errno says why. */
NODISCARD enum rc groups_open(const char *path, struct groups **ret, bool *ret_renewed);

/* Moves one in memory into a file, which takes the place of any other: for a directory that could not be
 * used before. Errors as groups_open(). */
NODISCARD enum rc groups_keep(struct groups *groups, const char *path);

/* A copy in memory of the one in the file as it is now, which may be in use: what happens to the one doesn't
 * happen to the other. RC_ABSENT; RC_CORRUPT: there is a file that is none of ours; RC_DENIED, RC_IO. */
NODISCARD enum rc groups_copy(const char *path, struct groups **ret);

void groups_free(struct groups *groups); /* may be NULL */

/* Kept with the table: seeds, and a number that no other table has. What was stored beside another table
 * may have been invalidated in that one. */
uint64_t groups_seed(const struct groups *groups);
uint64_t groups_identity(const struct groups *groups);

/* Now. Taken when a fetch begins, before its request leaves, and kept with what comes of it. */
uint64_t groups_epoch(const struct groups *groups);

/* Where a group falls. scope: what tells its origin (scheme, host and port) from others; groups of
 * two origins are not the same (RFC 9875 2.1). */
uint32_t groups_slot(const struct groups *groups, uint64_t scope, struct slice name);

/* What was fetched with an epoch from before this call is out of date when it returns; what is
 * fetched with one from after it is not. */
void groups_invalidate(struct groups *groups, uint32_t slot, enum groups_mode mode);

/* Whether one of the slots was invalidated since epoch: hard, and soft. false without slots. */
bool groups_outdated(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch);
bool groups_softened(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch);

/* Beside the slots, and as durable: a set of numbers that are noted, not 0. Those of before are no more; of many only the
 * first GROUPS_NOTES are. Who is killed in between has noted some. */
#define GROUPS_NOTES 508
bool groups_noted(const struct groups *groups, uint64_t number);
void groups_note(struct groups *groups, const uint64_t *numbers, size_t count);

/* What was invalidated before this call outlasts a power failure. Waits for the device: not on a thread
 * that answers clients. */
NODISCARD enum rc groups_sync(struct groups *groups);

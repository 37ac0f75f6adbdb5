/* entry.h - one stored response (one variant) in a shard, and whether it is of use any more.
 *
 *	[ next | object | rank: list links, hash, bytes, uses | key size | key bytes ... ]  one malloc
 *
 * Threads: an entry in a shard is touched under the shard's lock only; one that is in no shard
 * belongs to the thread that holds it. Ownership: an entry holds a reference of its object.
 */
#pragma once

#include "eviction.h"
#include "http/key.h"
#include "http/object.h"

struct entry {
	struct entry *next; /* in the bucket, or in a list of entries that have left */
	struct object *object;
	struct evictable rank;
	uint32_t key_size;
	char key[];
};

/* borrows both; rank.bytes is all that it costs: object, key, links and malloc's own. */
struct entry *entry_new(const struct key *key, struct object *object);

/* Releases a chain of entries; may be NULL. Never under a shard's lock: the last reference of an
 * object frees its body. */
void entries_free(struct entry *first);

struct key entry_key(const struct entry *entry);

/* Whether both answer the same requests: the same names and values under Vary, in any order. */
bool entry_same_variant(const struct object *a, const struct object *b);

/* Whether anything can still be done with a stored response at now_ms (wall). It can
 * - while it is fresh (RFC 9111 4.2), unless each use needs a validation that it has nothing for;
 * - while it may be served stale: the longer of stale-while-revalidate and stale-if-error, both
 *   counted from the end of its lifetime (RFC 5861 3, 4), none where stale responses are forbidden
 *   (RFC 9111 4.2.4). A request that would take more (max-stale) is not promised anything;
 * - with a validator (RFC 9110 8.8): until it has been stale for longer than ten lifetimes or an
 *   hour, whichever is longer. A 304 saves the body until then; for ever would keep what nobody
 *   asks for any more. */
bool entry_useful(const struct object *object, int64_t now_ms);

/* entry.h - one stored response (one variant) in a shard.
 *
 *	[ next | object | rank: list links, hash, bytes, uses | key size | key bytes ... ]  one malloc
 *
 * That of an error has links in front of it, by which errors are in the order of their coming.
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

static inline bool entry_is_negative(const struct entry *entry)
{
	return entry->object->freshness.negative;
}

/* Of an error only; and back. */
static inline struct list *entry_link(struct entry *entry)
{
	return (struct list *)entry - 1;
}

static inline struct entry *entry_of_link(struct list *link)
{
	return (struct entry *)(link + 1);
}

/* Releases a chain of entries; may be NULL. Never under a shard's lock: the last reference of an
 * object frees its body. */
void entries_free(struct entry *first);

struct key entry_key(const struct entry *entry);

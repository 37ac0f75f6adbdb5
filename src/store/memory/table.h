/* table.h - a shard's chained hash table of entries; grows by doubling, never shrinks.
 *
 * Entries of one key lie in one chain, that with the latest Date first and of equal ones that which
 * came last; growing keeps that order.
 * Threads: under the shard's lock. Ownership: entries are borrowed; the table owns its buckets.
 */
#pragma once

#include "entry.h"

struct table {
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t entry_count;
};

void table_init(struct table *t);
void table_done(struct table *t);

/* Bytes of the buckets. */
size_t table_bytes(const struct table *t);

/* Grows where one more entry would make the chains longer than one in the mean. */
void table_reserve(struct table *t);

/* Among the entries of its key by its Date. */
void table_insert(struct table *t, struct entry *entry);

/* The entry is in. */
void table_remove(struct table *t, struct entry *entry);

/* The newest entry of a key, and the next older one of the same; NULL: no more. */
struct entry *table_find(const struct table *t, const struct key *key);
struct entry *table_next(const struct entry *entry, const struct key *key);

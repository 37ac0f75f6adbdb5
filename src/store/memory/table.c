/* table.c - a shard's chained hash table.
 *
 * Threads and ownership: table.h.
 */
#include "table.h"

#include "util/alloc.h"

#include <stdlib.h>

#define FIRST_BUCKETS 64

void table_init(struct table *t)
{
	*t = (struct table){ .bucket_count = FIRST_BUCKETS };
	t->buckets = xalloc(FIRST_BUCKETS * sizeof(*t->buckets));
}

void table_done(struct table *t)
{
	free(t->buckets);
	*t = (struct table){ 0 };
}

size_t table_bytes(const struct table *t)
{
	return t->bucket_count * sizeof(*t->buckets);
}

static struct entry **bucket_of(const struct table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->bucket_count - 1)];
}

/* Deals one chain out to the two buckets that take its place, each in the order it had. */
static void split(struct entry *chain, uint64_t bit, struct entry **low, struct entry **high)
{
	for (; chain != NULL; chain = chain->next) {
		struct entry ***to = chain->rank.hash & bit ? &high : &low;

		**to = chain;
		*to = &chain->next;
	}
	*low = NULL;
	*high = NULL;
}

void table_reserve(struct table *t)
{
	size_t old = t->bucket_count;

	if (t->entry_count < old)
		return;
	t->buckets = xgrow(t->buckets, old * 2, sizeof(*t->buckets));
	t->bucket_count = old * 2;
	for (size_t i = 0; i < old; i++)
		split(t->buckets[i], old, &t->buckets[i], &t->buckets[i + old]);
}

/* Where an entry goes: ahead of the first of its key that is no newer; else behind the last. */
static struct entry **place_of(struct entry **bucket, const struct entry *entry)
{
	const struct key key = entry_key(entry);
	int64_t date_ms = entry->object->freshness.date_ms;
	struct entry **place = bucket;

	for (struct entry **at = bucket; *at != NULL; at = &(*at)->next) {
		if (!key_equal(entry_key(*at), key))
			continue;
		if ((*at)->object->freshness.date_ms <= date_ms)
			return at;
		place = &(*at)->next;
	}
	return place;
}

void table_insert(struct table *t, struct entry *entry)
{
	struct entry **place = place_of(bucket_of(t, entry->rank.hash), entry);

	entry->next = *place;
	*place = entry;
	t->entry_count++;
}

void table_remove(struct table *t, struct entry *entry)
{
	struct entry **at = bucket_of(t, entry->rank.hash);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	entry->next = NULL;
	t->entry_count--;
}

static struct entry *match(struct entry *at, const struct key *key)
{
	while (at != NULL && !key_equal(entry_key(at), *key))
		at = at->next;
	return at;
}

struct entry *table_find(const struct table *t, const struct key *key)
{
	return match(*bucket_of(t, key->hash), key);
}

struct entry *table_next(const struct entry *entry, const struct key *key)
{
	return match(entry->next, key);
}

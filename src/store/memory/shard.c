/* shard.c - a lock, a table, an eviction order and a bound.
 *
 * Threads and ownership: shard.h. Functions that take `gone` run under the lock and push what
 * leaves there; their callers release it when the lock is free again.
 */
#include "shard_inside.h"

#include "store/stored.h"
#include "util/alloc.h"

#include <stdlib.h>

struct shard *shard_new(const struct shard_options *options)
{
	struct shard *s = xalloc(sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->options = *options;
	s->order = options->order->make(options->bound_bytes);
	table_init(&s->table);
	list_init(&s->negatives);
	return s;
}

void shard_free(struct shard *s)
{
	for (size_t i = 0; i < s->table.bucket_count; i++)
		entries_free(s->table.buckets[i]);
	table_done(&s->table);
	s->order->ops->free(s->order);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void shard_forget(struct shard *s, struct entry *entry, struct entry **gone)
{
	table_remove(&s->table, entry);
	s->entry_bytes -= entry->rank.bytes;
	if (entry_is_negative(entry)) {
		list_remove(entry_link(entry));
		s->negative_bytes -= entry->rank.bytes;
	}
	entry->next = *gone;
	*gone = entry;
}

void shard_take_out(struct shard *s, struct entry *entry, struct entry **gone)
{
	s->order->ops->remove(s->order, &entry->rank);
	shard_forget(s, entry, gone);
}

static bool chosen(const struct chooser *chooser, struct object *object)
{
	return chooser == NULL || chooser->takes(object, chooser->arg);
}

static struct object *look_up(struct shard *s, const struct key *key, const struct chooser *chooser)
{
	struct entry *at = table_find(&s->table, key);

	while (at != NULL && !chosen(chooser, at->object))
		at = table_next(at, key);
	if (at == NULL)
		return NULL;
	s->order->ops->hit(s->order, &at->rank);
	if (chooser != NULL)
		object_add_hits(at->object, 1);
	return object_ref(at->object);
}

enum rc shard_get(
	struct shard *s, const struct key *key, const struct chooser *chooser, struct object **ret)
{
	struct object *object;

	pthread_mutex_lock(&s->lock);
	object = look_up(s, key, chooser);
	pthread_mutex_unlock(&s->lock);
	if (object == NULL)
		return RC_ABSENT;
	*ret = object;
	return RC_OK;
}

/* Takes out the object with fresh's variant; fresh inherits its rank. */
static void supersede(
	struct shard *s, const struct key *key, struct entry *fresh, struct entry **gone)
{
	struct entry *at = table_find(&s->table, key);

	while (at != NULL && !stored_same_variant(at->object, fresh->object))
		at = table_next(at, key);
	if (at == NULL)
		return;
	fresh->rank.uses = at->rank.uses;
	fresh->rank.place = at->rank.place;
	object_add_hits(fresh->object, object_hits(at->object));
	shard_take_out(s, at, gone);
}

/* Makes room for one more variant of the key: the one that was made first leaves. Not the one with
 * the earliest Date: that is the origin's word, and variants with a Date in the future would stay
 * for good while all others push each other out. */
static void limit_variants(struct shard *s, const struct key *key, struct entry **gone)
{
	struct entry *oldest = NULL;
	unsigned count = 0;

	for (struct entry *at = table_find(&s->table, key); at != NULL; at = table_next(at, key)) {
		if (oldest == NULL || at->object->serial < oldest->object->serial)
			oldest = at;
		count++;
	}
	if (count < s->options.max_variants)
		return;
	shard_take_out(s, oldest, gone);
	s->evicted++;
}

static void make_room(struct shard *s, uint64_t need, struct entry **gone)
{
	while (shard_own_bytes(s) + s->entry_bytes + need > s->options.bound_bytes) {
		struct evictable *member = s->order->ops->evict(s->order);

		if (member == NULL)
			return;
		shard_forget(s, LIST_ITEM(member, struct entry, rank), gone);
		s->evicted++;
	}
}

void shard_make_negative_room(struct shard *s, uint64_t need, struct entry **gone)
{
	while (s->negative_bytes + need > s->options.negative_bytes && !list_empty(&s->negatives)) {
		shard_take_out(s, entry_of_link(s->negatives.next), gone);
		s->evicted++;
	}
}

/* The bound of one object is about bodies in memory: what lies elsewhere costs nothing here. */
static bool fits(const struct shard *s, const struct entry *fresh)
{
	const struct body *body = fresh->object->body;

	if (entry_is_negative(fresh) && fresh->rank.bytes > s->options.negative_bytes)
		return false;
	return (!body_in_memory(body) || body->size <= s->options.max_object_bytes) &&
	       shard_own_bytes(s) + fresh->rank.bytes <= s->options.bound_bytes;
}

static enum rc keep(
	struct shard *s, const struct key *key, struct entry *fresh, struct entry **gone)
{
	/* First, and even if the new one is not kept: the older one is outdated by now. */
	supersede(s, key, fresh, gone);
	table_reserve(&s->table);
	if (!fits(s, fresh))
		return RC_TOO_LARGE;
	limit_variants(s, key, gone);
	if (entry_is_negative(fresh))
		shard_make_negative_room(s, fresh->rank.bytes, gone);
	make_room(s, fresh->rank.bytes, gone);
	table_insert(&s->table, fresh);
	s->order->ops->insert(s->order, &fresh->rank);
	s->entry_bytes += fresh->rank.bytes;
	if (entry_is_negative(fresh)) {
		list_append(&s->negatives, entry_link(fresh));
		s->negative_bytes += fresh->rank.bytes;
	}
	return RC_OK;
}

static bool has_variant(struct shard *s, const struct key *key, const struct object *object)
{
	struct entry *at = table_find(&s->table, key);

	while (at != NULL && !stored_same_variant(at->object, object))
		at = table_next(at, key);
	return at != NULL;
}

/* The lock is free again: releases what left, and the new one if it was not kept. */
static enum rc settle(struct entry *fresh, struct entry *gone, enum rc rc)
{
	entries_free(gone);
	if (rc != RC_OK)
		entries_free(fresh);
	return rc;
}

enum rc shard_put(
	struct shard *s, const struct key *key, struct object *object, bool only_if_absent)
{
	struct entry *fresh = entry_new(key, object);
	struct entry *gone = NULL;
	enum rc rc = RC_BUSY;

	pthread_mutex_lock(&s->lock);
	if (!only_if_absent || !has_variant(s, key, object))
		rc = keep(s, key, fresh, &gone);
	pthread_mutex_unlock(&s->lock);
	return settle(fresh, gone, rc);
}

/* Just this one, and no copy of it. */
static bool is_in(struct shard *s, const struct key *key, const struct object *object)
{
	struct entry *at = table_find(&s->table, key);

	while (at != NULL && at->object != object)
		at = table_next(at, key);
	return at != NULL;
}

enum rc shard_replace(
	struct shard *s, const struct key *key, const struct object *old, struct object *object)
{
	struct entry *fresh = entry_new(key, object);
	struct entry *gone = NULL;
	enum rc rc = RC_ABSENT;

	pthread_mutex_lock(&s->lock);
	if (is_in(s, key, old))
		rc = fits(s, fresh) ? keep(s, key, fresh, &gone) : RC_TOO_LARGE;
	pthread_mutex_unlock(&s->lock);
	return settle(fresh, gone, rc);
}

/* Frees what was taken out, now that the lock is let go of. */
static enum rc dropped(struct entry *gone)
{
	if (gone == NULL)
		return RC_ABSENT;
	entries_free(gone);
	return RC_OK;
}

enum rc shard_drop(struct shard *s, const struct key *key)
{
	struct entry *gone = NULL, *at;

	pthread_mutex_lock(&s->lock);
	while ((at = table_find(&s->table, key)) != NULL)
		shard_take_out(s, at, &gone);
	pthread_mutex_unlock(&s->lock);
	return dropped(gone);
}

enum rc shard_discard(struct shard *s, const struct key *key, const struct object *object)
{
	struct entry *gone = NULL, *at;

	pthread_mutex_lock(&s->lock);
	at = table_find(&s->table, key);
	while (at != NULL && !stored_same(at->object, object))
		at = table_next(at, key);
	if (at != NULL)
		shard_take_out(s, at, &gone);
	pthread_mutex_unlock(&s->lock);
	return dropped(gone);
}

/* shard.c - a lock, a table, an eviction order and a bound.
 *
 * Threads and ownership: shard.h. Functions that take `gone` run under the lock and push what
 * leaves there; their callers release it when the lock is free again.
 */
#include "shard.h"

#include "store/stored.h"
#include "table.h"
#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>

#define PIECE_BUCKETS 256 /* looked at at once: some 50 us under the lock at the most */
#define PIECE_ENTRIES 256 /* let go at once */

struct shard {
	pthread_mutex_t lock;
	struct shard_options options;
	struct table table;
	struct order *order;
	struct list negatives; /* errors, the oldest first */
	uint64_t negative_bytes;
	uint64_t entry_bytes; /* of all entries, without the shard's own */
	uint64_t evicted;
	uint64_t expired;
	size_t sweep_at; /* the bucket that the sweeper looks at next */
};

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

static uint64_t own_bytes(const struct shard *s)
{
	return sizeof(*s) + table_bytes(&s->table) + s->order->own_bytes;
}

/* The order has let go of it already. */
static void forget(struct shard *s, struct entry *entry, struct entry **gone)
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

static void take_out(struct shard *s, struct entry *entry, struct entry **gone)
{
	s->order->ops->remove(s->order, &entry->rank);
	forget(s, entry, gone);
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
		object_set_hits(at->object, object_hits(at->object) + 1);
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
	object_set_hits(fresh->object, object_hits(at->object));
	take_out(s, at, gone);
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
	take_out(s, oldest, gone);
	s->evicted++;
}

static void make_room(struct shard *s, uint64_t need, struct entry **gone)
{
	while (own_bytes(s) + s->entry_bytes + need > s->options.bound_bytes) {
		struct evictable *member = s->order->ops->evict(s->order);

		if (member == NULL)
			return;
		forget(s, LIST_ITEM(member, struct entry, rank), gone);
		s->evicted++;
	}
}

/* Errors make room for errors, the oldest first: they are there for a while, not for being asked for. */
static void make_negative_room(struct shard *s, uint64_t need, struct entry **gone)
{
	while (s->negative_bytes + need > s->options.negative_bytes && !list_empty(&s->negatives)) {
		take_out(s, entry_of_link(s->negatives.next), gone);
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
	       own_bytes(s) + fresh->rank.bytes <= s->options.bound_bytes;
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
		make_negative_room(s, fresh->rank.bytes, gone);
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
		take_out(s, at, &gone);
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
		take_out(s, at, &gone);
	pthread_mutex_unlock(&s->lock);
	return dropped(gone);
}

static void visit_bucket(
	struct shard *s, size_t bucket, const struct tier_visitor *visitor, struct entry **gone)
{
	struct entry *next;

	for (struct entry *at = s->table.buckets[bucket]; at != NULL; at = next) {
		const struct key key = entry_key(at);

		next = at->next;
		if (visitor->leaves(&key, at->object, visitor->arg))
			take_out(s, at, gone);
	}
}

/* A table that grows between two pieces deals what was seen to higher buckets: none is passed over. */
void shard_visit(struct shard *s, const struct tier_visitor *visitor)
{
	bool more = true;

	for (size_t at = 0; more;) {
		struct entry *gone = NULL;

		pthread_mutex_lock(&s->lock);
		for (size_t i = 0; i < PIECE_BUCKETS && at < s->table.bucket_count; i++)
			visit_bucket(s, at++, visitor, &gone);
		more = at < s->table.bucket_count;
		pthread_mutex_unlock(&s->lock);
		entries_free(gone);
	}
}

static void sweep_bucket(struct shard *s, int64_t now_ms, struct entry **gone)
{
	struct entry *next;

	for (struct entry *at = s->table.buckets[s->sweep_at]; at != NULL; at = next) {
		next = at->next;
		if (stored_useful(at->object, now_ms))
			continue;
		take_out(s, at, gone);
		s->expired++;
	}
}

void shard_sweep(struct shard *s, int64_t now_ms)
{
	struct entry *gone = NULL;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < PIECE_BUCKETS && i < s->table.bucket_count; i++) {
		sweep_bucket(s, now_ms, &gone);
		s->sweep_at = (s->sweep_at + 1) & (s->table.bucket_count - 1);
	}
	pthread_mutex_unlock(&s->lock);
	entries_free(gone);
}

/* Lowers the bound by what a piece of entries takes. true: it is where it is to be. */
static bool shrink(struct shard *s, const struct shard_options *options, struct entry **gone)
{
	struct evictable *member;
	uint64_t left;

	for (unsigned i = 0;
		i < PIECE_ENTRIES && own_bytes(s) + s->entry_bytes > options->bound_bytes; i++) {
		member = s->order->ops->evict(s->order);
		if (member == NULL)
			break;
		forget(s, LIST_ITEM(member, struct entry, rank), gone);
		s->evicted++;
	}
	left = own_bytes(s) + s->entry_bytes;
	if (left <= options->bound_bytes || s->table.entry_count == 0)
		left = options->bound_bytes;
	s->options.bound_bytes = left;
	return left == options->bound_bytes;
}

void shard_resize(struct shard *s, const struct shard_options *options)
{
	bool done = false, first = true;

	while (!done) {
		struct entry *gone = NULL;

		pthread_mutex_lock(&s->lock);
		if (first) {
			s->options.max_object_bytes = options->max_object_bytes;
			s->options.max_variants = options->max_variants;
			s->options.negative_bytes = options->negative_bytes;
			make_negative_room(s, 0, &gone);
			if (s->order->ops->resize != NULL)
				s->order->ops->resize(s->order, options->bound_bytes);
			first = false;
		}
		done = shrink(s, options, &gone);
		pthread_mutex_unlock(&s->lock);
		entries_free(gone);
	}
}

void shard_usage_add(struct shard *s, struct tier_usage *ret)
{
	pthread_mutex_lock(&s->lock);
	ret->entries += s->table.entry_count;
	ret->bytes += own_bytes(s) + s->entry_bytes;
	ret->negative_bytes += s->negative_bytes;
	ret->max_bytes += s->options.bound_bytes;
	ret->evicted += s->evicted;
	ret->expired += s->expired;
	pthread_mutex_unlock(&s->lock);
}

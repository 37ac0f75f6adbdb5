/* shard_walk.c - what goes through a whole shard: visitors, the sweeper, other bounds, and counting.
 *
 * A bounded piece at a time under the lock. Threads and ownership: shard.h.
 */
#include "shard_inside.h"

#include "store/stored.h"

#define PIECE_BUCKETS 256 /* looked at at once: some 50 us under the lock at the most */
#define PIECE_ENTRIES 256 /* let go at once */

static void visit_bucket(
	struct shard *s, size_t bucket, const struct tier_visitor *visitor, struct entry **gone)
{
	struct entry *next;

	for (struct entry *at = s->table.buckets[bucket]; at != NULL; at = next) {
		const struct key key = entry_key(at);

		next = at->next;
		if (visitor->leaves(&key, at->object, visitor->arg))
			shard_take_out(s, at, gone);
	}
}

/* A table that grows between two pieces deals what was seen to higher buckets: none is passed over. */
void shard_visit(struct shard *s, const struct tier_visitor *visitor, struct breath *breath)
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
		breath_take(breath);
	}
}

static void sweep_bucket(struct shard *s, int64_t now_ms, struct entry **gone)
{
	struct entry *next;

	for (struct entry *at = s->table.buckets[s->sweep_at]; at != NULL; at = next) {
		next = at->next;
		if (stored_useful(at->object, now_ms))
			continue;
		shard_take_out(s, at, gone);
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
		i < PIECE_ENTRIES && shard_own_bytes(s) + s->entry_bytes > options->bound_bytes;
		i++) {
		member = s->order->ops->evict(s->order);
		if (member == NULL)
			break;
		shard_forget(s, LIST_ITEM(member, struct entry, rank), gone);
		s->evicted++;
	}
	left = shard_own_bytes(s) + s->entry_bytes;
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
			shard_make_negative_room(s, 0, &gone);
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
	ret->bytes += shard_own_bytes(s) + s->entry_bytes;
	ret->negative_bytes += s->negative_bytes;
	ret->max_bytes += s->options.bound_bytes;
	ret->evicted += s->evicted;
	ret->expired += s->expired;
	pthread_mutex_unlock(&s->lock);
}

/* observe/sketch.c - counters in a heap, the smallest on top, and a table that finds them by their text.
 *
 *	heap[0..used)	numbers of counters: each no larger than the two below it
 *	buckets[]	number of the first counter with such a hash; the next is in the counter
 *
 * Threads and ownership: observe/sketch.h.
 */
#include "observe/sketch.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>

#define NONE UINT32_MAX

struct counter {
	char *text;
	size_t size;
	uint64_t hash;
	uint64_t count;
	uint64_t error;
	uint32_t next; /* in the bucket */
	uint32_t at;   /* in the heap */
};

struct sketch {
	uint64_t seed;
	size_t most;
	size_t used;
	struct counter *counters;
	uint32_t *heap;
	uint32_t *buckets;
	size_t bucket_count; /* a power of two */
};

struct sketch *sketch_new(size_t counters)
{
	struct sketch *s = xalloc(sizeof(*s));

	s->seed = random_u64();
	s->most = counters;
	s->counters = xalloc(counters * sizeof(*s->counters));
	s->heap = xalloc(counters * sizeof(*s->heap));
	for (s->bucket_count = 1; s->bucket_count < 2 * counters;)
		s->bucket_count *= 2;
	s->buckets = xalloc(s->bucket_count * sizeof(*s->buckets));
	for (size_t i = 0; i < s->bucket_count; i++)
		s->buckets[i] = NONE;
	return s;
}

void sketch_free(struct sketch *s)
{
	for (size_t i = 0; i < s->used; i++)
		free(s->counters[i].text);
	free(s->counters);
	free(s->heap);
	free(s->buckets);
	free(s);
}

/* ---- the table ---- */

static uint32_t *bucket_of(struct sketch *s, uint64_t hash)
{
	return &s->buckets[hash & (s->bucket_count - 1)];
}

static struct slice text_of(const struct counter *counter)
{
	return (struct slice){ counter->text, counter->size };
}

static uint32_t find(struct sketch *s, struct slice text, uint64_t hash)
{
	uint32_t at = *bucket_of(s, hash);

	while (at != NONE &&
		(s->counters[at].hash != hash || !slice_equal(text_of(&s->counters[at]), text)))
		at = s->counters[at].next;
	return at;
}

static void take_out(struct sketch *s, uint32_t number)
{
	uint32_t *at = bucket_of(s, s->counters[number].hash);

	while (*at != number)
		at = &s->counters[*at].next;
	*at = s->counters[number].next;
}

static void put_in(struct sketch *s, uint32_t number)
{
	uint32_t *first = bucket_of(s, s->counters[number].hash);

	s->counters[number].next = *first;
	*first = number;
}

/* ---- the heap ---- */

static uint64_t count_at(const struct sketch *s, size_t at)
{
	return s->counters[s->heap[at]].count;
}

static void place(struct sketch *s, size_t at, uint32_t number)
{
	s->heap[at] = number;
	s->counters[number].at = (uint32_t)at;
}

static void swap(struct sketch *s, size_t a, size_t b)
{
	uint32_t number = s->heap[a];

	place(s, a, s->heap[b]);
	place(s, b, number);
}

/* Its count went up. */
static void sink(struct sketch *s, size_t at)
{
	for (;;) {
		size_t least = at, left = 2 * at + 1;

		for (size_t child = left; child < left + 2 && child < s->used; child++) {
			if (count_at(s, child) < count_at(s, least))
				least = child;
		}
		if (least == at)
			return;
		swap(s, at, least);
		at = least;
	}
}

static void rise(struct sketch *s, size_t at)
{
	while (at > 0 && count_at(s, at) < count_at(s, (at - 1) / 2)) {
		swap(s, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

/* ---- counting ---- */

/* A free counter, or the smallest one, which is the text's from now on. */
static uint32_t take(struct sketch *s, struct slice text, uint64_t hash)
{
	bool is_free = s->used < s->most;
	uint32_t number = is_free ? (uint32_t)s->used++ : s->heap[0];
	struct counter *counter = &s->counters[number];

	if (is_free) {
		place(s, s->used - 1, number);
		rise(s, s->used - 1); /* it has counted nothing */
	} else {
		take_out(s, number);
		free(counter->text);
		counter->error = counter->count;
	}
	counter->text = xcopy(text.size > 0 ? text.data : "", text.size);
	counter->size = text.size;
	counter->hash = hash;
	put_in(s, number);
	return number;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

size_t sketch_add(struct sketch *s, struct slice text, uint64_t weight, bool *ret_taken)
{
	uint64_t hash = hash_bytes(text.data, text.size, s->seed);
	uint32_t number = find(s, text, hash);

	*ret_taken = number == NONE;
	if (number == NONE)
		number = take(s, text, hash);
	s->counters[number].count = sum(s->counters[number].count, weight);
	sink(s, s->counters[number].at);
	return number;
}

/* Half of what is no larger is no larger: the heap stays one. */
void sketch_halve(struct sketch *s)
{
	for (size_t i = 0; i < s->used; i++) {
		s->counters[i].count /= 2;
		s->counters[i].error /= 2;
	}
}

static int compare(const void *a, const void *b)
{
	const struct sketch_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->counter > y->counter) - (x->counter < y->counter);
}

size_t sketch_counts(const struct sketch *s, struct sketch_count *ret)
{
	for (size_t i = 0; i < s->used; i++)
		ret[i] = (struct sketch_count){ text_of(&s->counters[i]), s->counters[i].count,
			s->counters[i].error, i };
	qsort(ret, s->used, sizeof(*ret), compare);
	return s->used;
}

/* histogram.c - log-linear buckets of durations.
 *
 * Pure arithmetic on the caller's memory: who may write and who may free is cells.c's business.
 */
#include "histogram.h"

const struct histogram_bound histogram_bounds[HISTOGRAM_SEGMENTS] = {
#define X(bound, words, shown) { .us = bound, .text = words, .exposed = shown },
	HISTOGRAM_BOUND_TABLE(X)
#undef X
};

static int64_t segment_begin_us(size_t segment)
{
	return segment == 0 ? 0 : histogram_bounds[segment - 1].us;
}

static int64_t segment_width_us(size_t segment)
{
	return histogram_bounds[segment].us - segment_begin_us(segment);
}

static size_t bucket_of(int64_t us)
{
	size_t segment = 0;

	/* A walk from below: hits, of which there are most, end in the first few steps. */
	while (segment < HISTOGRAM_SEGMENTS && us > histogram_bounds[segment].us)
		segment++;
	if (segment == HISTOGRAM_SEGMENTS)
		return HISTOGRAM_BUCKETS - 1;
	return segment * HISTOGRAM_STEPS + (size_t)((us - 1 - segment_begin_us(segment)) *
						    HISTOGRAM_STEPS / segment_width_us(segment));
}

static uint64_t load(const _Atomic(uint64_t) *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

/* Load and store rather than an atomic addition: only one thread writes. */
static void increase(_Atomic(uint64_t) *at, uint64_t by)
{
	atomic_store_explicit(at, load(at) + by, memory_order_relaxed);
}

void histogram_add(struct histogram *h, int64_t us)
{
	if (us < 1)
		us = 1;
	increase(&h->buckets[bucket_of(us)], 1);
	increase(&h->sum_us, (uint64_t)us);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		increase(&to->buckets[i], load(&from->buckets[i]));
	increase(&to->sum_us, load(&from->sum_us));
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += load(&h->buckets[i]);
	return count;
}

uint64_t histogram_count_segment(const struct histogram *h, size_t segment)
{
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
		count += load(&h->buckets[segment * HISTOGRAM_STEPS + i]);
	return count;
}

/* Where a share (0..1] of a bucket's observations ends, taken as evenly spread. */
static int64_t inside_us(size_t bucket, double share)
{
	size_t segment = bucket / HISTOGRAM_STEPS;
	double step, begin;

	if (segment >= HISTOGRAM_SEGMENTS)
		return histogram_bounds[HISTOGRAM_SEGMENTS - 1].us;
	step = (double)segment_width_us(segment) / HISTOGRAM_STEPS;
	begin = (double)segment_begin_us(segment) + step * (double)(bucket % HISTOGRAM_STEPS);
	return (int64_t)(begin + step * share + 0.5);
}

int64_t histogram_quantile_us(const struct histogram *h, double q)
{
	double rank = q * (double)histogram_count(h);
	double below = 0;
	size_t last = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double here = (double)load(&h->buckets[i]);

		if (here > 0 && below + here >= rank)
			return inside_us(i, (rank - below) / here);
		if (here > 0)
			last = i;
		below += here;
	}
	return inside_us(last, 1.0);
}

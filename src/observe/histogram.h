/* histogram.h - durations in log-linear buckets: fine enough for quantiles, exact at `le` bounds.
 *
 *	segments   (0,10] (10,25] (25,50] (50,100] (100,250] ... (30 s,60 s]   microseconds
 *	buckets    each segment in 16 of equal width, and one for all above 60 s
 *
 * Bounds belong to the bucket below (le is "less or equal"), and every exposed bound ends a
 * segment, so what is exposed is counted, not estimated.
 *
 * Threads: one adds, any number read at once; a reader may see an observation in the buckets before
 * it sees it in the sum.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*	X(upper bound in microseconds, "in seconds, as OpenMetrics writes floats", exposed) */
#define HISTOGRAM_BOUND_TABLE(X)  \
	X(10, "1e-05", false)     \
	X(25, "2.5e-05", false)   \
	X(50, "5e-05", false)     \
	X(100, "0.0001", true)    \
	X(250, "0.00025", true)   \
	X(500, "0.0005", true)    \
	X(1000, "0.001", true)    \
	X(2500, "0.0025", true)   \
	X(5000, "0.005", true)    \
	X(10000, "0.01", true)    \
	X(25000, "0.025", true)   \
	X(50000, "0.05", true)    \
	X(100000, "0.1", true)    \
	X(250000, "0.25", true)   \
	X(500000, "0.5", true)    \
	X(1000000, "1.0", true)   \
	X(2500000, "2.5", true)   \
	X(5000000, "5.0", true)   \
	X(10000000, "10.0", true) \
	X(30000000, "30.0", true) \
	X(60000000, "60.0", true)

struct histogram_bound {
	int64_t us;
	const char *text;
	bool exposed;
};

enum {
#define X(us, text, exposed) HISTOGRAM_BOUND_##us,
	HISTOGRAM_BOUND_TABLE(X)
#undef X
		HISTOGRAM_SEGMENTS,
	HISTOGRAM_STEPS = 16,
	HISTOGRAM_BUCKETS = HISTOGRAM_SEGMENTS * HISTOGRAM_STEPS + 1
};

extern const struct histogram_bound histogram_bounds[HISTOGRAM_SEGMENTS];

struct histogram {
	_Atomic(uint64_t) sum_us;
	_Atomic(uint64_t) buckets[HISTOGRAM_BUCKETS];
};

/* By the one thread that owns h. */
void histogram_add(struct histogram *h, int64_t us);

/* Adds all of from to a sum that only the caller sees or whose lock it holds. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/* Observations in all, and in the buckets up to and with a segment. */
uint64_t histogram_count(const struct histogram *h);
uint64_t histogram_count_segment(const struct histogram *h, size_t segment);

/* The q-quantile of a histogram that has observations, in microseconds. */
int64_t histogram_quantile_us(const struct histogram *h, double q);

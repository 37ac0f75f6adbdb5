/* moments.c - histograms at two moments, and what was observed between them. Threads: metrics.h. */
#include "cells.h"
#include "registry.h"

#include <assert.h>

static_assert(
	(int)METRICS_BUCKETS == (int)HISTOGRAM_BUCKETS, "a moment has all buckets of a histogram");

static bool matches(enum metric metric, size_t cell, struct labels labels)
{
	const uint16_t wanted[LABELS_MOST] = { labels.a, labels.b, labels.c };
	size_t found[LABELS_MOST];

	metric_cell_indexes(metric, cell, found);
	for (size_t i = 0; i < LABELS_MOST; i++) {
		if (wanted[i] != LABEL_ANY && wanted[i] != found[i])
			return false;
	}
	return true;
}

void metrics_moment_now(enum metric metric, struct labels labels, struct metrics_moment *ret)
{
	struct histogram one;

	*ret = (struct metrics_moment){ 0 };
	if (!cells_ready())
		return;
	domains_hold();
	for (size_t cell = 0; cell < metric_all_cells(metric); cell++) {
		if (!matches(metric, cell, labels) || !histogram_collect(metric, cell, &one))
			continue;
		for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
			ret->buckets[i] += one.buckets[i];
	}
	domains_release();
}

/* Counts only grow; where threads were at it meanwhile, a bucket may still lag behind. */
static void subtract(
	const struct metrics_moment *from, const struct metrics_moment *to, struct histogram *ret)
{
	*ret = (struct histogram){ 0 };
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (to->buckets[i] > from->buckets[i])
			ret->buckets[i] = to->buckets[i] - from->buckets[i];
	}
}

uint64_t metrics_moment_count(const struct metrics_moment *from, const struct metrics_moment *to)
{
	struct histogram between;

	subtract(from, to, &between);
	return histogram_count(&between);
}

int64_t metrics_moment_quantile_us(
	const struct metrics_moment *from, const struct metrics_moment *to, double q)
{
	struct histogram between;

	subtract(from, to, &between);
	return histogram_count(&between) > 0 ? histogram_quantile_us(&between, q) : 0;
}

/* metrics.c - the table of metrics and which cell belongs to which labels.
 *
 * A metric's cells lie in a row, the last label varying fastest. Counters and gauges share one
 * space of cells, histograms have another. metrics_init() fixes the layout, with room for
 * names to come; then it is only read.
 */
#include "observe/metrics.h"

#include "cells.h"
#include "registry.h"
#include "util/clock.h"

#include <assert.h>

const struct metric_row metric_rows[METRIC_COUNT] = {
#define METRIC(id, type, text, about, first, second, third) \
	[METRIC_##id] = { .name = "larder_" text,           \
		.help = about,                              \
		.kind = KIND_##type,                        \
		.labels = { DOMAIN_##first, DOMAIN_##second, DOMAIN_##third } },
#include "observe/metrics.def"
#undef METRIC
};

static struct layout {
	size_t first;
	size_t sizes[LABELS_MOST];
} layouts[METRIC_COUNT];

static int64_t since_wall_ms, since_ms;

static size_t lay_out(enum metric metric, size_t first)
{
	struct layout *l = &layouts[metric];
	size_t cells = 1;

	l->first = first;
	for (size_t i = 0; i < LABELS_MOST; i++) {
		l->sizes[i] = domain_room(metric_rows[metric].labels[i]);
		cells *= l->sizes[i];
	}
	return first + cells;
}

void metrics_init(const struct metrics_names names[static METRICS_KINDS])
{
	size_t plain = 0, histograms = 0;

	assert(!cells_ready());
	domains_init(names);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		if (metric_rows[m].kind == KIND_HISTOGRAM)
			histograms = lay_out(m, histograms);
		else
			plain = lay_out(m, plain);
	}
	cells_init(plain, histograms);
	since_wall_ms = clock_wall_ms();
	since_ms = clock_monotonic_ms();
	metrics_set(METRIC_BUILD_INFO, NO_LABELS, 1);
}

void metrics_done(void)
{
	cells_done();
	domains_done();
	collectors_clear();
}

static size_t cell_of(const struct layout *l, struct labels labels)
{
	assert(labels.a < l->sizes[0] && labels.b < l->sizes[1] && labels.c < l->sizes[2]);
	return l->first + (labels.a * l->sizes[1] + labels.b) * l->sizes[2] + labels.c;
}

void metrics_add(enum metric metric, struct labels labels, uint64_t count)
{
	assert(metric_rows[metric].kind == KIND_COUNTER);
	if (cells_ready())
		cells_add(cell_of(&layouts[metric], labels), count);
}

void metrics_set(enum metric metric, struct labels labels, double value)
{
	assert(metric_rows[metric].kind != KIND_HISTOGRAM);
	if (cells_ready())
		cells_set(cell_of(&layouts[metric], labels), value);
}

/* One cell to where it stands with another index in one place. */
static void move_cell(enum metric metric, size_t from, size_t to)
{
	size_t first = layouts[metric].first;
	double set = 0;

	if (metric_rows[metric].kind == KIND_HISTOGRAM) {
		cells_move_histogram(first + from, first + to);
		return;
	}
	if (metric_rows[metric].kind == KIND_COUNTER) {
		cells_move(first + from, first + to);
		if (cells_get(first + from, &set) && set > 0)
			cells_add(first + to, (uint64_t)set);
	}
	cells_unset(first + from);
}

static void move_label(enum metric metric, size_t place, size_t from, size_t to)
{
	const size_t *sizes = layouts[metric].sizes;
	size_t step = 1, indexes[LABELS_MOST];

	for (size_t i = place + 1; i < LABELS_MOST; i++)
		step *= sizes[i];
	for (size_t cell = 0; cell < metric_all_cells(metric); cell++) {
		metric_cell_indexes(metric, cell, indexes);
		if (indexes[place] == from)
			move_cell(metric, cell, cell - from * step + to * step);
	}
}

void metric_move(enum metrics_kind kind, size_t from, size_t to)
{
	for (enum metric m = 0; m < METRIC_COUNT && cells_ready(); m++) {
		for (size_t place = 0; place < LABELS_MOST; place++) {
			if (domain_is_of(metric_rows[m].labels[place], kind))
				move_label(m, place, from, to);
		}
	}
}

static bool is_among(size_t index, const uint16_t *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (labels[i] == index)
			return true;
	}
	return false;
}

void metrics_only(enum metrics_kind kind, const uint16_t *labels, size_t count)
{
	size_t indexes[LABELS_MOST];

	for (enum metric m = 0; m < METRIC_COUNT && cells_ready(); m++) {
		if (metric_rows[m].kind != KIND_GAUGE ||
			!domain_is_of(metric_rows[m].labels[0], kind))
			continue;
		for (size_t cell = 0; cell < metric_cells(m); cell++) {
			metric_cell_indexes(m, cell, indexes);
			if (!is_among(indexes[0], labels, count))
				cells_unset(layouts[m].first + cell);
		}
	}
}

void metrics_observe_us(enum metric metric, struct labels labels, int64_t us)
{
	assert(metric_rows[metric].kind == KIND_HISTOGRAM);
	if (cells_ready())
		cells_observe(cell_of(&layouts[metric], labels), us);
}

size_t metric_all_cells(enum metric metric)
{
	const size_t *sizes = layouts[metric].sizes;

	return sizes[0] * sizes[1] * sizes[2];
}

bool metric_cell_named(enum metric metric, size_t cell)
{
	size_t indexes[LABELS_MOST];

	metric_cell_indexes(metric, cell, indexes);
	for (size_t i = 0; i < LABELS_MOST; i++) {
		if (indexes[i] >= domain_size(metric_rows[metric].labels[i]))
			return false;
	}
	return true;
}

size_t metric_cells(enum metric metric)
{
	const size_t *sizes = layouts[metric].sizes;

	/* the first label varies slowest: names to come are behind */
	return domain_size(metric_rows[metric].labels[0]) * sizes[1] * sizes[2];
}

void metric_cell_indexes(enum metric metric, size_t cell, size_t ret[static LABELS_MOST])
{
	for (size_t i = LABELS_MOST; i-- > 0;) {
		ret[i] = cell % layouts[metric].sizes[i];
		cell /= layouts[metric].sizes[i];
	}
}

struct span {
	size_t first, end;
};

/* LABEL_ANY in what was asked for takes every value. */
static struct span span_of(uint16_t wanted, size_t size)
{
	if (wanted == LABEL_ANY)
		return (struct span){ 0, size };
	return (struct span){ wanted, wanted < size ? (size_t)wanted + 1 : wanted };
}

/* Only those that match are looked at: a metric of many routes and codes has a hundred thousand cells. */
static void each_cell(enum metric metric, struct labels labels,
	void (*see)(enum metric metric, size_t cell, void *arg), void *arg)
{
	const size_t *sizes = layouts[metric].sizes;
	struct span a = span_of(labels.a, sizes[0]), b = span_of(labels.b, sizes[1]),
		    c = span_of(labels.c, sizes[2]);

	for (size_t i = a.first; i < a.end; i++) {
		for (size_t j = b.first; j < b.end; j++) {
			for (size_t k = c.first; k < c.end; k++)
				see(metric, (i * sizes[1] + j) * sizes[2] + k, arg);
		}
	}
}

uint64_t counter_value(enum metric metric, size_t cell)
{
	double set = 0;

	if (!cells_get(layouts[metric].first + cell, &set) || !(set > 0))
		set = 0;
	return cells_sum(layouts[metric].first + cell) + (uint64_t)set;
}

bool counter_touched(enum metric metric, size_t cell)
{
	double set;

	return cells_get(layouts[metric].first + cell, &set) || counter_value(metric, cell) > 0;
}

bool gauge_value(enum metric metric, size_t cell, double *ret)
{
	return cells_get(layouts[metric].first + cell, ret);
}

bool histogram_collect(enum metric metric, size_t cell, struct histogram *ret)
{
	*ret = (struct histogram){ 0 };
	return cells_merge(layouts[metric].first + cell, ret);
}

static uint64_t read_cell(enum metric metric, size_t cell)
{
	struct histogram sum;
	double value = 0;

	switch (metric_rows[metric].kind) {
	case KIND_COUNTER:
		return counter_value(metric, cell);
	case KIND_GAUGE:
		return gauge_value(metric, cell, &value) && value > 0 ? (uint64_t)value : 0;
	case KIND_HISTOGRAM:
		return histogram_collect(metric, cell, &sum) ? histogram_count(&sum) : 0;
	}
	return 0;
}

static void add_cell(enum metric metric, size_t cell, void *arg)
{
	*(uint64_t *)arg += read_cell(metric, cell);
}

static void merge_cell(enum metric metric, size_t cell, void *arg)
{
	cells_merge(layouts[metric].first + cell, arg);
}

uint64_t metrics_read(enum metric metric, struct labels labels)
{
	uint64_t sum = 0;

	if (!cells_ready())
		return 0;
	domains_hold();
	each_cell(metric, labels, add_cell, &sum);
	domains_release();
	return sum;
}

void metrics_since(int64_t *ret_wall_ms, int64_t *ret_age_ms)
{
	*ret_wall_ms = since_wall_ms;
	*ret_age_ms = clock_monotonic_ms() - since_ms;
}

uint64_t metrics_read_all(enum metric metric)
{
	return metrics_read(metric, LABELS(LABEL_ANY, LABEL_ANY, LABEL_ANY));
}

enum rc metrics_quantile_us(enum metric metric, struct labels labels, double q, int64_t *ret_us)
{
	struct histogram sum = { 0 };

	assert(metric_rows[metric].kind == KIND_HISTOGRAM && q >= 0 && q <= 1);
	if (!cells_ready())
		return RC_ABSENT;
	domains_hold();
	each_cell(metric, labels, merge_cell, &sum);
	domains_release();
	if (histogram_count(&sum) == 0)
		return RC_ABSENT;
	*ret_us = histogram_quantile_us(&sum, q);
	return RC_OK;
}

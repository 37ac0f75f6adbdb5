/* exposition.c - /metrics: every family of the table as text.
 *
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text 0.0.4) and the
 * OpenMetrics 1.0.0 specification. Numbers are read cell by cell while other threads go on adding:
 * a rendering is no snapshot, but each number is one that the cell had, and a histogram's count is
 * always the sum of its buckets.
 *
 * Threads: any; a lock lets one render at a time, so that collectors need none of their own.
 */
#include "cells.h"
#include "family.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>

enum { COLLECTORS_MOST = 8 };

static struct {
	struct {
		void (*collect)(void *arg);
		void *arg;
	} items[COLLECTORS_MOST];
	size_t count;
	pthread_mutex_t lock;
} collectors = { .lock = PTHREAD_MUTEX_INITIALIZER };

void metrics_collect_with(void (*collect)(void *arg), void *arg)
{
	assert(collectors.count < COLLECTORS_MOST);
	collectors.items[collectors.count].collect = collect;
	collectors.items[collectors.count].arg = arg;
	collectors.count++;
}

void collectors_clear(void)
{
	collectors.count = 0;
}

/* name_suffix{labels,extra} : what stands before a value. */
static enum rc sample(struct bytes *out, enum metric metric, size_t cell, const char *extra[3])
{
	const struct metric_row *row = &metric_rows[metric];
	const char *open = "{";
	size_t indexes[LABELS_MOST];

	metric_cell_indexes(metric, cell, indexes);
	TRY(bytes_format(out, "%s%s", row->name, extra[0]));
	for (size_t i = 0; i < LABELS_MOST; i++) {
		enum domain domain = row->labels[i];

		if (domain == DOMAIN_NONE)
			continue;
		TRY(bytes_format(out, "%s", open));
		TRY(family_label(out, domain_label(domain), domain_word(domain, indexes[i])));
		open = ",";
	}
	if (extra[1] != NULL) {
		TRY(bytes_format(out, "%s", open));
		TRY(family_label(out, extra[1], extra[2]));
		open = ",";
	}
	return bytes_format(out, open[0] == ',' ? "} " : " ");
}

static enum rc plain_sample(struct bytes *out, enum metric metric, size_t cell)
{
	const char *nothing[3] = { "" };

	return sample(out, metric, cell, nothing);
}

static enum rc counter_cell(struct bytes *out, enum metric metric, size_t cell)
{
	bool unlabelled = metric_rows[metric].labels[0] == DOMAIN_NONE;

	if (!unlabelled && !counter_touched(metric, cell))
		return RC_OK;
	TRY(plain_sample(out, metric, cell));
	return bytes_format(out, "%" PRIu64 "\n", counter_value(metric, cell));
}

static enum rc gauge_cell(struct bytes *out, enum metric metric, size_t cell)
{
	double value;

	if (!gauge_value(metric, cell, &value))
		return RC_OK;
	TRY(plain_sample(out, metric, cell));
	TRY(family_number(out, value));
	return bytes_append_char(out, '\n');
}

static enum rc bucket_lines(
	struct bytes *out, enum metric metric, size_t cell, const struct histogram *h)
{
	uint64_t below = 0;

	for (size_t i = 0; i < HISTOGRAM_SEGMENTS; i++) {
		const char *extra[3] = { "_bucket", "le", histogram_bounds[i].text };

		below += histogram_count_segment(h, i);
		if (!histogram_bounds[i].exposed)
			continue;
		TRY(sample(out, metric, cell, extra));
		TRY(bytes_format(out, "%" PRIu64 "\n", below));
	}
	return RC_OK;
}

static enum rc histogram_cell(struct bytes *out, enum metric metric, size_t cell)
{
	const char *infinite[3] = { "_bucket", "le", "+Inf" };
	const char *sum[3] = { "_sum" };
	const char *count[3] = { "_count" };
	struct histogram h;
	uint64_t total, us;

	if (!histogram_collect(metric, cell, &h))
		return RC_OK;
	total = histogram_count(&h);
	us = atomic_load(&h.sum_us);
	TRY(bucket_lines(out, metric, cell, &h));
	TRY(sample(out, metric, cell, infinite));
	TRY(bytes_format(out, "%" PRIu64 "\n", total));
	TRY(sample(out, metric, cell, sum));
	TRY(bytes_format(out, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000));
	TRY(sample(out, metric, cell, count));
	return bytes_format(out, "%" PRIu64 "\n", total);
}

static enum rc (*const cell_writers[])(struct bytes *out, enum metric metric, size_t cell) = {
	[KIND_COUNTER] = counter_cell,
	[KIND_GAUGE] = gauge_cell,
	[KIND_HISTOGRAM] = histogram_cell,
};

static enum rc render_all(struct bytes *out, enum metrics_format format)
{
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		TRY(family_head(out, format, &metric_rows[m]));
		for (size_t cell = 0; cell < metric_cells(m); cell++) {
			if (metric_cell_named(m, cell))
				TRY(cell_writers[metric_rows[m].kind](out, m, cell));
		}
	}
	TRY(process_render(out, format));
	if (format == METRICS_OPENMETRICS_1_0_0)
		return bytes_format(out, "# EOF\n");
	return RC_OK;
}

enum rc metrics_render(enum metrics_format format, struct bytes *ret)
{
	size_t before = ret->size;
	enum rc rc;

	if (!cells_ready())
		return RC_ABSENT;
	pthread_mutex_lock(&collectors.lock);
	for (size_t i = 0; i < collectors.count; i++)
		collectors.items[i].collect(collectors.items[i].arg);
	domains_hold();
	rc = render_all(ret, format);
	domains_release();
	pthread_mutex_unlock(&collectors.lock);
	if (rc != RC_OK)
		family_undo(ret, before);
	return rc;
}

/* cli/bench/bench_report.c - series of durations, and what they come to. Threads and ownership: bench.h. */
#include "bench.h"

#include "observe/jsonline.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct bench_series *bench_series(struct bench *bench, const char *name, const char *about)
{
	struct bench_series *series = &bench->series[bench->series_count++];

	*series = (struct bench_series){ .name = name, .about = about };
	return series;
}

void bench_note(struct bench_series *series, uint64_t ns)
{
	if (series->count == series->room) {
		series->room = series->room > 0 ? 2 * series->room : 1024;
		series->ns = xgrow(series->ns, series->room, sizeof(*series->ns));
	}
	series->ns[series->count++] = ns;
}

void bench_done(struct bench *bench)
{
	for (size_t i = 0; i < bench->series_count; i++)
		free(bench->series[i].ns);
}

enum rc bench_measure(
	struct bench *bench, struct bench_series *series, const struct bench_steps *steps)
{
	int64_t until_ms = clock_monotonic_ms() + bench->measure_ms;

	for (size_t i = 0; i < steps->count && clock_monotonic_ms() < until_ms; i++) {
		uint64_t begin = bench_now_ns();

		TRY(steps->step(steps->arg, i));
		bench_note(series, bench_now_ns() - begin);
	}
	return RC_OK;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct summary {
	double total_ms;
	double rate; /* a second */
	double p50_us, p95_us, p99_us;
};

static double percentile(const struct bench_series *series, unsigned percent)
{
	size_t at = (series->count * percent + 99) / 100;

	return (double)series->ns[at > 0 ? at - 1 : 0] / 1000;
}

static struct summary summary_of(struct bench_series *series)
{
	struct summary s = { 0 };

	if (series->count == 0)
		return s;
	qsort(series->ns, series->count, sizeof(*series->ns), compare);
	for (size_t i = 0; i < series->count; i++)
		s.total_ms += (double)series->ns[i] / 1e6;
	s.rate = s.total_ms > 0 ? (double)series->count / s.total_ms * 1000 : 0;
	s.p50_us = percentile(series, 50);
	s.p95_us = percentile(series, 95);
	s.p99_us = percentile(series, 99);
	return s;
}

static void print_time(double us)
{
	if (us < 1000)
		printf(" %8.1fus", us);
	else if (us < 1000000)
		printf(" %8.1fms", us / 1000);
	else
		printf(" %9.2fs", us / 1000000);
}

void bench_print(struct bench *bench)
{
	printf("%zu entries of %zu bytes\n\n", bench->entries, bench->size);
	printf("%-14s %7s %11s %10s %10s %10s  %s\n", "SERIES", "COUNT", "A SECOND", "P50", "P95",
		"P99", "WHAT");
	for (size_t i = 0; i < bench->series_count; i++) {
		struct bench_series *series = &bench->series[i];
		struct summary s = summary_of(series);

		printf("%-14s %7zu %11.0f", series->name, series->count, s.rate);
		print_time(s.p50_us);
		print_time(s.p95_us);
		print_time(s.p99_us);
		printf("  %s\n", series->about);
	}
	printf("\ncompressed to %.1f %%\n", bench->ratio * 100);
	if (bench->origin != NULL || bench->proxy != NULL)
		printf("%" PRIu64 " requests failed\n", bench->failures);
}

void bench_print_json(struct bench *bench)
{
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_number(&line, "entries", (int64_t)bench->entries);
	jsonline_number(&line, "size", (int64_t)bench->size);
	jsonline_fraction(&line, "compression_ratio", bench->ratio);
	jsonline_number(&line, "failures", (int64_t)bench->failures);
	jsonline_open(&line, "series", '[');
	for (size_t i = 0; i < bench->series_count; i++) {
		struct bench_series *series = &bench->series[i];
		struct summary s = summary_of(series);

		jsonline_open(&line, NULL, '{');
		jsonline_text(&line, "name", slice_of(series->name));
		jsonline_number(&line, "count", (int64_t)series->count);
		jsonline_fraction(&line, "total_ms", s.total_ms);
		jsonline_fraction(&line, "rate", s.rate);
		jsonline_fraction(&line, "p50_us", s.p50_us);
		jsonline_fraction(&line, "p95_us", s.p95_us);
		jsonline_fraction(&line, "p99_us", s.p99_us);
		jsonline_close(&line, '}');
	}
	jsonline_close(&line, ']');
	jsonline_print(&line, stdout);
}

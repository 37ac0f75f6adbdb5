/* cli/bench/bench.h - what the files of `larder bench` share: series of durations.
 *
 * Threads: one. Ownership: bench_done() releases the series' memory.
 */
#pragma once

#include "util/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_SERIES 16

struct bench_series {
	const char *name;
	const char *about;
	uint64_t *ns;
	size_t count;
	size_t room;
};

struct bench {
	const char *directory; /* where a store may be made */
	size_t entries;
	size_t size;        /* of a body */
	int64_t measure_ms; /* at most, for each series */
	const char *origin; /* URL; or NULL */
	const char *proxy;  /* the same through a larder; or NULL */
	size_t requests;
	uint64_t failures; /* requests that were not answered, or by 500 and above */
	double ratio;      /* of the compressed to the plain */
	struct bench_series series[BENCH_SERIES];
	size_t series_count;
};

uint64_t bench_now_ns(void);
/* Lives with bench; name and about are static. */
struct bench_series *bench_series(struct bench *bench, const char *name, const char *about);
void bench_note(struct bench_series *series, uint64_t ns);
void bench_done(struct bench *bench);

/* Calls step(arg, i) for i from 0 to count - 1 while there is time, each timed. */
struct bench_steps {
	size_t count;
	enum rc (*step)(void *arg, size_t i);
	void *arg;
};
NODISCARD enum rc bench_measure(
	struct bench *bench, struct bench_series *series, const struct bench_steps *steps);

/* bench_report.c */
void bench_print(struct bench *bench);
void bench_print_json(struct bench *bench);

/* bench_tiers.c: both tiers in this process, in a directory of their own that is removed again. Faults are
 * told on standard error. */
NODISCARD enum rc bench_tiers(struct bench *bench);

/* bench_origin.c: one request after the other. RC_INVALID: no URL. */
NODISCARD enum rc bench_origin(struct bench *bench);

/* observe/metrics.h - counters, gauges and histograms, and their exposition for Prometheus.
 *
 * One table (observe/metrics.def) is the source of code, exposition and docs/metrics.md. Every label
 * has a bounded set of values, so a cell is found by arithmetic. Counters and histograms are kept
 * per thread and summed when they are read: adding touches no shared cache line. Gauges are set by
 * who renders (see metrics_collect_with()).
 *
 * Threads: metrics_add(), metrics_observe() and metrics_set() from any thread after metrics_init().
 */
#pragma once

#include "util/bytes.h"

enum metric {
#define METRIC(id, kind, name, help, ...) METRIC_##id,
#include "observe/metrics.def"
#undef METRIC
	METRIC_COUNT
};

/* Values of up to three labels in the table's order, as indexes into their words. Fixed domains have
 * enums of their own in metrics.h's sources; routes and upstreams are indexes of the configuration.
 * For `code` pass metrics_code(status), for `method` enum method. */
struct labels {
	uint16_t a, b, c;
};

#define LABELS(...) ((struct labels){ __VA_ARGS__ })
#define NO_LABELS   ((struct labels){ 0 })

/*	words of `result` in cache_requests_total (RFC 9211 2.2) and of `cache` in durations */
#define CACHE_RESULT_TABLE(X)     \
	X(HIT, "hit")             \
	X(STALE_HIT, "stale-hit") \
	X(COLLAPSED, "collapsed") \
	X(URI_MISS, "uri-miss")   \
	X(VARY_MISS, "vary-miss") \
	X(STALE, "stale")         \
	X(PARTIAL, "partial")     \
	X(REQUEST, "request")     \
	X(BYPASS, "bypass")       \
	X(METHOD, "method")       \
	X(LOCAL, "local")

enum cache_result {
#define X(id, text) CACHE_RESULT_##id,
	CACHE_RESULT_TABLE(X)
#undef X
		CACHE_RESULT_COUNT
};

const char *cache_result_text(enum cache_result result);

struct metrics_names {
	const char *const *items;
	size_t count;
};

/* Names of the dynamic labels (copied). Call once, before other threads start. */
void metrics_init(struct metrics_names routes, struct metrics_names upstreams);

/* Frees everything: when all other threads have ended. */
void metrics_done(void);

/* The label index of an HTTP status: registered codes have their own, others "other". */
uint16_t metrics_code(int status);

void metrics_add(enum metric metric, struct labels labels, uint64_t count);
void metrics_set(enum metric metric, struct labels labels, double value);
/* A duration into a histogram; microseconds. */
void metrics_observe_us(enum metric metric, struct labels labels, int64_t us);

/* Sum over all threads; for tests, health and the admin API. */
uint64_t metrics_read(enum metric metric, struct labels labels);
/* Sum over all labels. */
uint64_t metrics_read_all(enum metric metric);

/* collect(arg) is called before each rendering to set gauges. At most 8; call before threads. */
void metrics_collect_with(void (*collect)(void *arg), void *arg);

enum metrics_format { METRICS_TEXT_0_0_4, METRICS_OPENMETRICS_1_0_0 };

/* The whole exposition. */
NODISCARD enum rc metrics_render(enum metrics_format format, struct bytes *ret);

/* docs/metrics.md */
NODISCARD enum rc metrics_write_markdown(struct bytes *ret);

/* observe/metrics.h - counters, gauges and histograms, and their exposition for Prometheus.
 *
 * One table (observe/metrics.def) is the source of code, exposition and docs. Every label
 * has a bounded set of values (observe/domains.h), so a cell is found by arithmetic. Counters and
 * histograms are kept per thread and summed when they are read: adding touches no cache line that
 * another thread writes. A thread that ends leaves its sums behind.
 *
 * Threads: metrics_add(), metrics_observe_us(), metrics_set() and all that reads, from any thread
 * between metrics_init() and metrics_done(). Outside of these they do nothing and read 0.
 */
#pragma once

#include "observe/domains.h"
#include "util/bytes.h"

enum metric {
#define METRIC(id, kind, name, help, ...) METRIC_##id,
#include "observe/metrics.def"
#undef METRIC
	METRIC_COUNT
};

/* Values of up to three labels in the table's order, as indexes into their words; see
 * observe/domains.h for what to index with. An index beyond its domain is a bug: assert. */
struct labels {
	uint16_t a, b, c;
};

/* LABELS(a), LABELS(a, b), LABELS(a, b, c): of any integer type. */
#define LABELS(...) LABELS_PADDED(__VA_ARGS__, 0, 0, 0)
#define LABELS_PADDED(first, second, third, ...) \
	((struct labels){ (uint16_t)(first), (uint16_t)(second), (uint16_t)(third) })
#define NO_LABELS ((struct labels){ 0 })

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

/* The word of a result: static, never NULL. */
const char *cache_result_text(enum cache_result result);

struct metrics_names {
	const char *const *items;
	size_t count;
};

/* Labels whose values the configuration gives. */
enum metrics_kind { METRICS_ROUTES, METRICS_UPSTREAMS, METRICS_TENANTS, METRICS_KINDS };

#define LABEL_NO_NAME 0 /* "-": none, or one too many */

/* Names of the dynamic labels (copied), each unique: the n-th is the label n + 1. Call once, before other threads
 * start. */
void metrics_init(const struct metrics_names names[static METRICS_KINDS]);

/* Gauges of other labels of this kind than these aren't exposed until they are set again: what they are of is no
 * more. */
void metrics_only(enum metrics_kind kind, const uint16_t *labels, size_t count);

/* The label of a name, which is held: metrics_label_leave(). LABEL_NO_NAME: a hundred others than those of the start
 * are. Any thread. */
uint16_t metrics_label(enum metrics_kind kind, const char *name);

/* Nobody counts under it any more, if all who held it have left; it may become another name's. Any thread, also behind
 * metrics_done(). */
void metrics_label_leave(enum metrics_kind kind, uint16_t label);

/* Frees everything: when all other threads that used metrics have ended. */
void metrics_done(void);

/* Counters only. A few nanoseconds: no lock, no shared memory. */
void metrics_add(enum metric metric, struct labels labels, uint64_t count);

/* Gauges; and counters whose total is kept elsewhere and read at collect time (evictions): the
 * total set here is added to what metrics_add() counted, so use one of the two for a cell. Setting
 * a counter to 0 makes its cell appear before the first event. */
void metrics_set(enum metric metric, struct labels labels, double value);

/* A duration into a histogram; microseconds. Below 1 counts as 1. */
void metrics_observe_us(enum metric metric, struct labels labels, int64_t us);

/* A counter's total, a gauge's value (whole part), a histogram's count of observations; summed over
 * all threads, and over all values of the labels that are LABEL_ANY. */
uint64_t metrics_read(enum metric metric, struct labels labels);

/* Since when all this is counted: wall milliseconds, and how long that has been. */
void metrics_since(int64_t *ret_wall_ms, int64_t *ret_age_ms);

/* metrics_read() over all labels. */
uint64_t metrics_read_all(enum metric metric);

/* The q-quantile (0..1) of a histogram, interpolated inside a bucket that is at most a tenth wide;
 * labels may be LABEL_ANY. Beyond the highest bound (60 s) it is that bound. RC_ABSENT: nothing
 * observed. */
NODISCARD enum rc metrics_quantile_us(
	enum metric metric, struct labels labels, double q, int64_t *ret_us);

/* A histogram as it is at one moment, to be compared with a later one: what was observed between them. */
enum { METRICS_BUCKETS = 337 };

struct metrics_moment {
	uint64_t buckets[METRICS_BUCKETS];
};

/* labels may be LABEL_ANY. */
void metrics_moment_now(enum metric metric, struct labels labels, struct metrics_moment *ret);
uint64_t metrics_moment_count(const struct metrics_moment *from, const struct metrics_moment *to);
/* The q-quantile (0..1), as metrics_quantile_us(); 0: nothing was observed. */
int64_t metrics_moment_quantile_us(
	const struct metrics_moment *from, const struct metrics_moment *to, double q);

/* collect(arg) is called before each rendering to set gauges; never twice at once. At most 8; call
 * before threads. metrics_done() forgets them. */
void metrics_collect_with(void (*collect)(void *arg), void *arg);

enum metrics_format { METRICS_TEXT_0_0_4, METRICS_OPENMETRICS_1_0_0 };

/* The whole exposition, appended to ret. Cells that were never touched are left out, but every
 * family has its HELP and TYPE, and counters without labels are always there. RC_TOO_LARGE: above
 * ret's limit; ret is as it was. */
NODISCARD enum rc metrics_render(enum metrics_format format, struct bytes *ret);

/* docs/metrics.md, appended to ret; needs no metrics_init(). RC_TOO_LARGE as above. */
NODISCARD enum rc metrics_write_markdown(struct bytes *ret);

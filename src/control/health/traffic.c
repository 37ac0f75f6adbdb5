/* control/health/traffic.c - what came of requests of late. Threads, ownership: traffic.h. */
#include "traffic.h"

#include "observe/metrics.h"

#include <pthread.h>
#include <string.h>

enum { PARTS = 12, SAMPLES = PARTS + 1 };

struct sample {
	int64_t at_ms;
	uint64_t asked, hits, answers, errors, disk_hits, writes_dropped, audit_errors;
	struct metrics_moment hit_took; /* from memory or disk */
	struct metrics_moment disk_took;
};

static struct {
	pthread_mutex_t lock;
	struct sample samples[SAMPLES];
	size_t next, count;
	int64_t window_ms;
} ring = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct sample *newest(void)
{
	return &ring.samples[(ring.next + SAMPLES - 1) % SAMPLES];
}

static uint64_t results(const enum cache_result *items, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += metrics_read(METRIC_CACHE_REQUESTS, LABELS(LABEL_ANY, items[i]));
	return sum;
}

/* Requests that a client has sent past the cache (no-cache, other methods) don't speak against it, nor do routes that
 * are configured so. */
static void count_hits(struct sample *ret)
{
	static const enum cache_result hits[] = { CACHE_RESULT_HIT, CACHE_RESULT_STALE_HIT,
		CACHE_RESULT_COLLAPSED };
	static const enum cache_result misses[] = { CACHE_RESULT_URI_MISS, CACHE_RESULT_VARY_MISS,
		CACHE_RESULT_STALE, CACHE_RESULT_PARTIAL };
	static const enum cache_result others[] = { CACHE_RESULT_REQUEST, CACHE_RESULT_BYPASS,
		CACHE_RESULT_METHOD };

	ret->hits = results(hits, sizeof(hits) / sizeof(hits[0]));
	ret->asked = ret->hits + results(misses, sizeof(misses) / sizeof(misses[0]));
	ret->answers = ret->asked + results(others, sizeof(others) / sizeof(others[0]));
}

static void take(struct sample *ret, int64_t now_ms)
{
	ret->at_ms = now_ms;
	count_hits(ret);
	ret->errors = metrics_read_all(METRIC_HTTP_ERRORS);
	ret->disk_hits =
		metrics_read(METRIC_CACHE_TIER_LOOKUPS, LABELS(LABEL_TIER_DISK, LABEL_LOOKUP_HIT));
	ret->writes_dropped = metrics_read_all(METRIC_DISK_WRITES_DROPPED);
	ret->audit_errors = metrics_read_all(METRIC_AUDIT_ERRORS);
	metrics_moment_now(
		METRIC_HTTP_REQUEST_DURATION, LABELS(LABEL_ANY, CACHE_RESULT_HIT), &ret->hit_took);
	metrics_moment_now(METRIC_CACHE_TIER_OPERATION_DURATION,
		LABELS(LABEL_TIER_DISK, LABEL_TIER_OP_GET), &ret->disk_took);
}

void traffic_tick(const struct config_health *config, int64_t now_ms)
{
	pthread_mutex_lock(&ring.lock);
	ring.window_ms = config->window_ms;
	if (ring.count == 0 || now_ms - newest()->at_ms >= ring.window_ms / PARTS) {
		take(&ring.samples[ring.next], now_ms);
		ring.next = (ring.next + 1) % SAMPLES;
		ring.count += ring.count < SAMPLES;
	}
	pthread_mutex_unlock(&ring.lock);
}

/* The oldest that is within the window of the newest. */
static const struct sample *oldest(void)
{
	const struct sample *last = newest(), *found = last;

	for (size_t i = 0; i < ring.count; i++) {
		const struct sample *at = &ring.samples[i];

		if (at->at_ms < found->at_ms && last->at_ms - at->at_ms <= ring.window_ms)
			found = at;
	}
	return found;
}

/* Hits that the disk answered are among the hits' durations, at their slow end: memory's p99 is that of the whole
 * without so many of the slowest. */
static void memory_p99(const struct sample *from, const struct sample *to, struct traffic *ret)
{
	uint64_t all = metrics_moment_count(&from->hit_took, &to->hit_took);
	uint64_t disk = to->disk_hits - from->disk_hits;

	ret->memory_answers = all > disk ? all - disk : 0;
	if (ret->memory_answers > 0)
		ret->memory_p99_us = metrics_moment_quantile_us(&from->hit_took, &to->hit_took,
			0.99 * (double)ret->memory_answers / (double)all);
}

static void compare(const struct sample *from, const struct sample *to, struct traffic *ret)
{
	*ret = (struct traffic){
		.span_ms = to->at_ms - from->at_ms,
		.asked = to->asked - from->asked,
		.hits = to->hits - from->hits,
		.answers = to->answers - from->answers,
		.errors = to->errors - from->errors,
		.disk_reads = metrics_moment_count(&from->disk_took, &to->disk_took),
		.disk_p99_us = metrics_moment_quantile_us(&from->disk_took, &to->disk_took, 0.99),
		.writes_dropped = to->writes_dropped - from->writes_dropped,
		.audit_errors = to->audit_errors - from->audit_errors,
	};
	memory_p99(from, to, ret);
}

void traffic_look(struct traffic *ret)
{
	*ret = (struct traffic){ 0 };
	pthread_mutex_lock(&ring.lock);
	if (ring.count > 1)
		compare(oldest(), newest(), ret);
	pthread_mutex_unlock(&ring.lock);
}

void traffic_clear(void)
{
	pthread_mutex_lock(&ring.lock);
	ring.next = ring.count = 0;
	memset(ring.samples, 0, sizeof(ring.samples));
	pthread_mutex_unlock(&ring.lock);
}

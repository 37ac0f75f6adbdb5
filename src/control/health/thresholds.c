/* control/health/thresholds.c - the rules of /health. Threads, ownership: thresholds.h. */
#include "thresholds.h"

#include <inttypes.h>
#include <stdio.h>

#define ERRORS_FAIL_TIMES 5
#define ERRORS_FAIL_MOST  90 /* percent */

/* Of whole parts, rounded down; all is at least 1. */
static int64_t percent(uint64_t part, uint64_t all)
{
	return (int64_t)((double)part * 100 / (double)all);
}

/* Whether so many are enough to judge by. */
static bool enough(const struct config_health *config, uint64_t count)
{
	return count > 0 && count >= (uint64_t)config->least;
}

static int64_t seconds(const struct traffic *traffic)
{
	return (traffic->span_ms + 500) / 1000;
}

void threshold_hit_rate(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	if (!enough(config, traffic->asked))
		return;
	ret->unit = "percent";
	ret->observed = percent(traffic->hits, traffic->asked);
	if (ret->observed >= config->hit_rate)
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output),
		"%" PRIu64 " of %" PRIu64 " requests in %" PRId64
		" s were hits; health.hit_rate is %" PRId64 "%%",
		traffic->hits, traffic->asked, seconds(traffic), config->hit_rate);
}

static int64_t errors_fail_at(int64_t warn_at)
{
	int64_t fail_at = warn_at * ERRORS_FAIL_TIMES;

	if (fail_at > ERRORS_FAIL_MOST)
		fail_at = ERRORS_FAIL_MOST > warn_at ? ERRORS_FAIL_MOST : warn_at;
	return fail_at;
}

void threshold_errors(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	if (!enough(config, traffic->answers))
		return;
	ret->unit = "percent";
	ret->observed = percent(traffic->errors, traffic->answers);
	if (config->errors == 0 ||
		traffic->errors * 100 <= traffic->answers * (uint64_t)config->errors)
		return;
	ret->status = ret->observed >= errors_fail_at(config->errors) ? HEALTH_FAIL : HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output),
		"%" PRIu64 " of %" PRIu64 " answers in %" PRId64
		" s were errors; health.errors is %" PRId64 "%%",
		traffic->errors, traffic->answers, seconds(traffic), config->errors);
}

static void judge_p99(
	int64_t p99_us, int64_t most_ms, const char *setting, struct health_result *ret)
{
	ret->unit = "us";
	ret->observed = p99_us;
	if (most_ms == 0 || p99_us <= most_ms * 1000)
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output), "%.1f ms for 99 of 100; %s is %" PRId64 " ms",
		(double)p99_us / 1000, setting, most_ms);
}

void threshold_memory_p99(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	if (enough(config, traffic->memory_answers))
		judge_p99(traffic->memory_p99_us, config->memory_p99_ms, "health.memory_p99", ret);
}

void threshold_disk_p99(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	if (enough(config, traffic->disk_reads))
		judge_p99(traffic->disk_p99_us, config->disk_p99_ms, "health.disk_p99", ret);
}

/* One is enough: it should have been written. */
static void judge_lost(
	uint64_t lost, const struct traffic *traffic, const char *what, struct health_result *ret)
{
	ret->unit = "count";
	ret->observed = (int64_t)lost;
	if (lost == 0)
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output), "%" PRIu64 " %s in %" PRId64 " s", lost, what,
		seconds(traffic));
}

void threshold_writes(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	(void)config;
	judge_lost(traffic->writes_dropped, traffic, "responses were not written to disk", ret);
}

void threshold_audit(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret)
{
	(void)config;
	judge_lost(traffic->audit_errors, traffic, "lines could not be written", ret);
}

void threshold_disk_used(
	const struct config_health *config, uint64_t used, uint64_t most, struct health_result *ret)
{
	if (config->disk_used == 0 || most == 0 || percent(used, most) <= config->disk_used)
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output),
		"%" PRId64 "%% of cache.disk.size are used; health.disk_used is %" PRId64 "%%",
		percent(used, most), config->disk_used);
}

/* control/api_stats.c - what larder has done since it began: sums of its metrics, and what the tiers hold. */
#include "seeing.h"

#include "observe/metrics.h"
#include "proxy/overview.h"

/* ---- of routes; LABEL_ANY: of all ---- */

static uint64_t of_results(enum metric metric, uint16_t route, const enum cache_result *results)
{
	uint64_t sum = 0;

	for (; *results != CACHE_RESULT_COUNT; results++)
		sum += metrics_read(metric, LABELS(route, *results));
	return sum;
}

/* larder's own pages, and what it refused before the cache, aside. */
static uint64_t requests_of(uint16_t route)
{
	return metrics_read(METRIC_CACHE_REQUESTS, LABELS(route, LABEL_ANY)) -
	       metrics_read(METRIC_CACHE_REQUESTS, LABELS(route, CACHE_RESULT_LOCAL));
}

static uint64_t hits_of(uint16_t route)
{
	static const enum cache_result hits[] = { CACHE_RESULT_HIT, CACHE_RESULT_STALE_HIT,
		CACHE_RESULT_COUNT };

	return of_results(METRIC_CACHE_REQUESTS, route, hits);
}

/* Answers that the origin sent no body for. */
static uint64_t saved(enum metric metric)
{
	static const enum cache_result saving[] = { CACHE_RESULT_HIT, CACHE_RESULT_STALE_HIT,
		CACHE_RESULT_COLLAPSED, CACHE_RESULT_COUNT };

	return of_results(metric, LABEL_ANY, saving);
}

/* The statuses that are registered; each of the others is counted with all of those. */
static uint64_t errors_of(uint16_t route)
{
	static const int statuses[] = { 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511 };
	uint16_t other = metrics_code(599);
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		uint16_t code = metrics_code(statuses[i]);

		if (code != other)
			sum += metrics_read(METRIC_HTTP_REQUESTS, LABELS(route, LABEL_ANY, code));
	}
	return sum;
}

/* ---- forms ---- */

static json_t *number(uint64_t count)
{
	return json_integer(count < INT64_MAX ? (json_int_t)count : INT64_MAX);
}

static json_t *quantile_of(enum metric metric, struct labels labels, double q)
{
	int64_t us;

	if (metrics_quantile_us(metric, labels, q, &us) != RC_OK)
		return json_null();
	return json_integer(us);
}

static json_t *latency_of(enum metric metric, struct labels labels)
{
	return json_pack("{s:o, s:o, s:o}", "p50_us", quantile_of(metric, labels, 0.5), "p95_us",
		quantile_of(metric, labels, 0.95), "p99_us", quantile_of(metric, labels, 0.99));
}

static json_t *share_of(uint64_t part, uint64_t whole)
{
	return whole > 0 ? json_real((double)part / (double)whole) : json_null();
}

/* ---- parts ---- */

static json_t *tier_item(enum label_tier tier, const struct tier_usage *usage)
{
	static const char *const names[] = {
		[LABEL_TIER_MEMORY] = "memory",
		[LABEL_TIER_DISK] = "disk",
	};

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", names[tier], "entries",
		number(usage->entries), "bytes", number(usage->bytes), "max_bytes",
		number(usage->max_bytes), "hits",
		number(metrics_read(METRIC_CACHE_TIER_LOOKUPS, LABELS(tier, LABEL_LOOKUP_HIT))),
		"misses",
		number(metrics_read(METRIC_CACHE_TIER_LOOKUPS, LABELS(tier, LABEL_LOOKUP_MISS))),
		"evictions", number(usage->evicted), "latency",
		latency_of(METRIC_CACHE_TIER_OPERATION_DURATION, LABELS(tier, LABEL_TIER_OP_GET)));
}

static json_t *tiers_of(const struct proxy *proxy)
{
	json_t *list = json_array();
	struct tier_usage usage;
	struct disk_usage disk;

	proxy_memory_usage(proxy, &usage);
	if (usage.max_bytes > 0)
		json_array_append_new(list, tier_item(LABEL_TIER_MEMORY, &usage));
	if (proxy_disk_usage(proxy, &disk)) {
		usage = (struct tier_usage){
			.entries = disk.entries,
			.bytes = disk.bytes,
			.max_bytes = disk.max_bytes,
			.evicted = disk.evicted,
		};
		json_array_append_new(list, tier_item(LABEL_TIER_DISK, &usage));
	}
	return list;
}

static json_t *routes_of(const struct config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->route_count; i++) {
		uint16_t route = config->routes[i].label;

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", config->routes[i].path,
				      "requests", number(requests_of(route)), "hits",
				      number(hits_of(route)), "errors", number(errors_of(route)),
				      "latency",
				      latency_of(METRIC_HTTP_REQUEST_DURATION,
					      LABELS(route, LABEL_ANY))));
	}
	return list;
}

static json_t *compression(void)
{
	uint64_t input = metrics_read_all(METRIC_CACHE_COMPRESSION_INPUT);
	uint64_t output = metrics_read_all(METRIC_CACHE_COMPRESSION_OUTPUT);

	return json_pack("{s:o, s:o, s:o}", "input_bytes", number(input), "output_bytes",
		number(output), "ratio", share_of(output, input));
}

void stats_get(struct call *call)
{
	uint64_t requests = requests_of(LABEL_ANY), hits = hits_of(LABEL_ANY);
	int64_t since_ms, age_ms;
	json_t *json;

	if (!seeing_all(call))
		return;
	metrics_since(&since_ms, &age_ms);
	json = json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "since_at", json_of_moment(since_ms),
		"uptime_s", (json_int_t)(age_ms / 1000), "requests", number(requests), "hits",
		number(hits), "hit_rate", share_of(hits, requests), "errors",
		number(errors_of(LABEL_ANY)));
	json_object_set_new(json, "saved_requests", number(saved(METRIC_CACHE_REQUESTS)));
	json_object_set_new(json, "saved_bytes", number(saved(METRIC_HTTP_RESPONSE_BODY_BYTES)));
	json_object_set_new(
		json, "upstream_requests", number(metrics_read_all(METRIC_UPSTREAM_REQUESTS)));
	json_object_set_new(json, "latency",
		latency_of(METRIC_HTTP_REQUEST_DURATION, LABELS(LABEL_ANY, LABEL_ANY)));
	json_object_set_new(json, "tiers", tiers_of(call->proxy));
	json_object_set_new(json, "routes", routes_of(call->config));
	json_object_set_new(json, "tenants", json_array());
	json_object_set_new(json, "compression", compression());
	json_object_set_new(json, "flights", number(overview_flight_count(call->proxy)));
	json_object_set_new(json, "purges", number(metrics_read_all(METRIC_CACHE_INVALIDATIONS)));
	call_give(call, 200, json);
}

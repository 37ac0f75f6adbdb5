/* control/calls/api_stats.c - what larder has done since it began: sums of its metrics, and what the tiers hold. */
#include "seeing.h"

#include "observe/metrics.h"
#include "proxy/overview.h"
#include "proxy/tenancy.h"

/* ---- of metrics by route or tenant (whose; LABEL_ANY: of all) and by result ---- */

static uint64_t of_results(enum metric metric, uint16_t whose, const enum cache_result *results)
{
	uint64_t sum = 0;

	for (; *results != CACHE_RESULT_COUNT; results++)
		sum += metrics_read(metric, LABELS(whose, *results));
	return sum;
}

/* larder's own pages, and what it refused before the cache, aside. */
static uint64_t requests_of(enum metric metric, uint16_t whose)
{
	return metrics_read(metric, LABELS(whose, LABEL_ANY)) -
	       metrics_read(metric, LABELS(whose, CACHE_RESULT_LOCAL));
}

static uint64_t hits_of(enum metric metric, uint16_t whose)
{
	static const enum cache_result hits[] = { CACHE_RESULT_HIT, CACHE_RESULT_STALE_HIT,
		CACHE_RESULT_COUNT };

	return of_results(metric, whose, hits);
}

/* Answers that the origin sent no body for. */
static uint64_t saved_of(enum metric metric, uint16_t whose)
{
	static const enum cache_result saving[] = { CACHE_RESULT_HIT, CACHE_RESULT_STALE_HIT,
		CACHE_RESULT_COLLAPSED, CACHE_RESULT_COUNT };

	return of_results(metric, whose, saving);
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

/* Whether what is counted under a label is of one alone: a name that came when there was no room for more has the
 * one of all such, and what is told of it would be the others'. */
static bool is_own(uint16_t whose)
{
	return whose != LABEL_NO_NAME;
}

static json_t *number_of(uint16_t whose, uint64_t count)
{
	return is_own(whose) ? number(count) : json_null();
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

static json_t *latency_of_route(uint16_t route)
{
	if (!is_own(route))
		return json_pack("{s:n, s:n, s:n}", "p50_us", "p95_us", "p99_us");
	return latency_of(METRIC_HTTP_REQUEST_DURATION, LABELS(route, LABEL_ANY));
}

static json_t *routes_of(const struct config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->route_count; i++) {
		uint16_t route = config->routes[i].label;

		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", config->routes[i].path,
				"requests",
				number_of(route, requests_of(METRIC_CACHE_REQUESTS, route)), "hits",
				number_of(route, hits_of(METRIC_CACHE_REQUESTS, route)), "errors",
				number_of(route, errors_of(route)), "latency",
				latency_of_route(route)));
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

static json_t *tenant_item(const struct call *call, uint16_t tenant)
{
	uint16_t label = tenancy_label(call->config, tenant);
	struct tenancy_usage usage;

	tenancy_usage(call->proxy, tenant, &usage);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
		json_of_slice(tenancy_name(call->config, tenant)), "requests",
		number_of(label, requests_of(METRIC_TENANT_REQUESTS, label)), "hits",
		number_of(label, hits_of(METRIC_TENANT_REQUESTS, label)), "memory_bytes",
		number(usage.memory.bytes), "disk_bytes", number(usage.disk.bytes));
}

/* only: this one; TENANT_NOBODY: all. */
static json_t *tenants_of(const struct call *call, uint16_t only)
{
	json_t *list = json_array();

	for (uint16_t i = 1; i <= call->config->tenant_count; i++) {
		if (only == TENANT_NOBODY || i == only)
			json_array_append_new(list, tenant_item(call, i));
	}
	return list;
}

/* ---- the whole ---- */

/* What is counted of requests by whose they were. */
static json_t *sums_of(enum metric metric, uint16_t whose)
{
	uint64_t requests = requests_of(metric, whose), hits = hits_of(metric, whose);
	int64_t since_ms, age_ms;

	metrics_since(&since_ms, &age_ms);
	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "since_at", json_of_moment(since_ms),
		"uptime_s", (json_int_t)(age_ms / 1000), "requests", number_of(whose, requests),
		"hits", number_of(whose, hits), "hit_rate",
		is_own(whose) ? share_of(hits, requests) : json_null(), "saved_requests",
		number_of(whose, saved_of(metric, whose)));
}

static json_t *stats_of_all(const struct call *call)
{
	json_t *json = sums_of(METRIC_CACHE_REQUESTS, LABEL_ANY);

	json_object_set_new(json, "errors", number(errors_of(LABEL_ANY)));
	json_object_set_new(
		json, "saved_bytes", number(saved_of(METRIC_HTTP_RESPONSE_BODY_BYTES, LABEL_ANY)));
	json_object_set_new(
		json, "upstream_requests", number(metrics_read_all(METRIC_UPSTREAM_REQUESTS)));
	json_object_set_new(json, "latency",
		latency_of(METRIC_HTTP_REQUEST_DURATION, LABELS(LABEL_ANY, LABEL_ANY)));
	json_object_set_new(json, "tiers", tiers_of(call->proxy));
	json_object_set_new(json, "routes", routes_of(call->config));
	json_object_set_new(json, "tenants", tenants_of(call, TENANT_NOBODY));
	json_object_set_new(json, "compression", compression());
	json_object_set_new(json, "flights", number(overview_flight_count(call->proxy)));
	json_object_set_new(json, "purges", number(metrics_read_all(METRIC_CACHE_INVALIDATIONS)));
	return json;
}

/* What isn't counted for each of them would tell of others. */
static json_t *stats_of_tenant(const struct call *call, uint16_t tenant)
{
	uint16_t label = tenancy_label(call->config, tenant);
	json_t *json = sums_of(METRIC_TENANT_REQUESTS, label);

	json_object_set_new(json, "upstream_requests",
		number_of(label,
			metrics_read(METRIC_TENANT_UPSTREAM_REQUESTS, LABELS(label, LABEL_ANY))));
	json_object_set_new(json, "tenants", tenants_of(call, tenant));
	return json;
}

void stats_get(struct call *call)
{
	struct slice own = slice_of(call->caller.tenant);
	uint16_t tenant = tenancy_find(call->config, own);

	if (own.size == 0)
		call_give(call, 200, stats_of_all(call));
	else if (tenant != TENANT_NOBODY)
		call_give(call, 200, stats_of_tenant(call, tenant));
	else
		call_refuse(call, 403, "the tenant of the token %s is configured no more",
			call->caller.name);
}

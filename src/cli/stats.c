/* cli/stats.c - `larder stats`: what a larder has done since it began, by tier, route and tenant. Threads: one. */
#include "client/client.h"
#include "client/view.h"

#include <stdio.h>

static const struct view_row totals[] = {
	{ "since", "since_at", VIEW_TEXT, false },
	{ "uptime", "uptime_s", VIEW_S, false },
	{ "requests", "requests", VIEW_COUNT, false },
	{ "hits", "hits", VIEW_COUNT, false },
	{ "hit rate", "hit_rate", VIEW_SHARE, false },
	{ "errors", "errors", VIEW_COUNT, false },
	{ "asked of origins", "upstream_requests", VIEW_COUNT, false },
	{ "saved requests", "saved_requests", VIEW_COUNT, false },
	{ "saved bytes", "saved_bytes", VIEW_SIZE, false },
	{ "p50", "latency.p50_us", VIEW_US, false },
	{ "p95", "latency.p95_us", VIEW_US, false },
	{ "p99", "latency.p99_us", VIEW_US, false },
	{ "compressed", "compression.input_bytes", VIEW_SIZE, false },
	{ "to", "compression.output_bytes", VIEW_SIZE, false },
	{ "flights", "flights", VIEW_COUNT, false },
	{ "purges", "purges", VIEW_COUNT, false },
};

static const struct view_row tiers[] = {
	{ "TIER", "name", VIEW_TEXT, false },
	{ "ENTRIES", "entries", VIEW_COUNT, false },
	{ "BYTES", "bytes", VIEW_SIZE, false },
	{ "BOUND", "max_bytes", VIEW_SIZE, false },
	{ "HITS", "hits", VIEW_COUNT, false },
	{ "MISSES", "misses", VIEW_COUNT, false },
	{ "EVICTED", "evictions", VIEW_COUNT, false },
	{ "P50", "latency.p50_us", VIEW_US, false },
	{ "P99", "latency.p99_us", VIEW_US, false },
};

static const struct view_row routes[] = {
	{ "ROUTE", "path", VIEW_TEXT, true },
	{ "REQUESTS", "requests", VIEW_COUNT, false },
	{ "HITS", "hits", VIEW_COUNT, false },
	{ "ERRORS", "errors", VIEW_COUNT, false },
	{ "P50", "latency.p50_us", VIEW_US, false },
	{ "P99", "latency.p99_us", VIEW_US, false },
};

static const struct view_row tenants[] = {
	{ "TENANT", "name", VIEW_TEXT, true },
	{ "REQUESTS", "requests", VIEW_COUNT, false },
	{ "HITS", "hits", VIEW_COUNT, false },
	{ "MEMORY", "memory_bytes", VIEW_SIZE, false },
	{ "DISK", "disk_bytes", VIEW_SIZE, false },
};

static const struct {
	const char *member;
	struct view view;
} lists[] = {
	{ "tiers", { tiers, sizeof(tiers) / sizeof(tiers[0]) } },
	{ "routes", { routes, sizeof(routes) / sizeof(routes[0]) } },
	{ "tenants", { tenants, sizeof(tenants) / sizeof(tenants[0]) } },
};

static int show(const json_t *answer)
{
	view_facts(&VIEW(totals), answer, stdout);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const json_t *items = json_object_get(answer, lists[i].member);

		if (json_array_size(items) == 0)
			continue;
		putchar('\n');
		view_print(&lists[i].view, items, stdout);
	}
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	return client_run("stats", values,
		&(struct client_call){ .method = "GET", .path = "/stats", .member = "requests" },
		show);
}

const struct command stats_command = {
	.name = "stats",
	.about = "Tell what a larder has done: requests, hits, latencies, tiers, routes, tenants.",
	.options = { API_OPTIONS },
	.run = run,
};

/* control/health/checks.c - the components that /health tells of. */
#include "control/checks.h"

#include "thresholds.h"

#include "observe/metrics.h"
#include "upstream/ask.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define STALLED_WARN_MS  10000 /* a thread is at one thing for so long */
#define STALLED_STUCK_MS 60000
#define FLIGHTS_PERCENT  80 /* of as many as there may be */

struct upstream_check {
	struct proxy *proxy;
	size_t index;
	char name[96];
};

static struct upstream_check *upstream_checks;
static struct proxy *checked; /* a reference */

static void __attribute__((format(printf, 2, 3)))
say(struct health_result *ret, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(ret->output, sizeof(ret->output), format, values);
	va_end(values);
}

static void check_threads(void *arg, struct health_result *ret)
{
	int64_t stalled_ms = proxy_stalled_ms(arg);

	ret->stuck = stalled_ms >= STALLED_STUCK_MS;
	if (stalled_ms < STALLED_WARN_MS)
		return;
	ret->status = ret->stuck ? HEALTH_FAIL : HEALTH_WARN;
	say(ret, "the upstream loop or the disk's writer has been stuck for %" PRId64 " s",
		stalled_ms / 1000);
}

static void check_memory(void *arg, struct health_result *ret)
{
	struct tier_usage usage;

	proxy_memory_usage(arg, &usage);
	ret->unit = "bytes";
	ret->observed = (int64_t)usage.bytes;
}

static void check_disk(void *arg, struct health_result *ret)
{
	static const char *const words[DISK_STATE_COUNT] = {
		[DISK_OPENING] = "it is being opened",
		[DISK_FAILS] = "it fails and is tried again: ",
		[DISK_REFUSED] = "it was made by a newer larder and is left alone",
	};
	struct disk_usage usage;

	if (!proxy_disk_usage(arg, &usage))
		return;
	ret->unit = "bytes";
	ret->observed = (int64_t)usage.bytes;
	ret->unready = usage.state == DISK_OPENING;
	threshold_disk_used(&proxy_config(arg)->health, usage.bytes, usage.max_bytes, ret);
	if (usage.state == DISK_WORKS)
		return;
	ret->status = HEALTH_WARN;
	say(ret, "%s%s", words[usage.state], usage.state == DISK_FAILS ? rc_text(usage.fault) : "");
}

/* As many fetches as server.max_connections may be under way; the next would be refused. */
static void check_flights(void *arg, struct health_result *ret)
{
	int64_t most = proxy_config(arg)->server.max_connections;
	int64_t count = (int64_t)proxy_flight_count(arg);

	ret->unit = "count";
	ret->observed = count;
	if (count * 100 < most * FLIGHTS_PERCENT)
		return;
	ret->status = HEALTH_WARN;
	say(ret, "%" PRId64 " fetches are under way; beyond %" PRId64 " requests get 503", count,
		most);
}

/* Since the last one that went well. */
static void check_reload(void *arg, struct health_result *ret)
{
	(void)arg;
	if (metrics_read_all(METRIC_CONFIG_RELOADS) == 0 ||
		metrics_read_all(METRIC_CONFIG_LAST_RELOAD_SUCCESSFUL) > 0)
		return;
	ret->status = HEALTH_WARN;
	say(ret, "the configuration had faults when it was last read; the one before stays");
}

/* ---- by what came of requests ---- */

struct traffic_check {
	const char *name;
	threshold_rule *rule;
	bool of_disk;
	bool of_audit;
	struct proxy *proxy;
};

static struct traffic_check traffic_checks[] = {
	{ .name = "traffic:hit-rate", .rule = threshold_hit_rate },
	{ .name = "traffic:errors", .rule = threshold_errors },
	{ .name = "memory:p99", .rule = threshold_memory_p99 },
	{ .name = "disk:p99", .rule = threshold_disk_p99, .of_disk = true },
	{ .name = "disk:writes-dropped", .rule = threshold_writes, .of_disk = true },
	{ .name = "audit:lines-lost", .rule = threshold_audit, .of_audit = true },
};

static void check_traffic(void *arg, struct health_result *ret)
{
	const struct traffic_check *check = arg;
	struct traffic traffic;

	traffic_look(&traffic);
	check->rule(&proxy_config(check->proxy)->health, &traffic, ret);
}

static void register_traffic(struct proxy *proxy)
{
	const struct config *config = proxy_config(proxy);

	for (size_t i = 0; i < sizeof(traffic_checks) / sizeof(traffic_checks[0]); i++) {
		struct traffic_check *check = &traffic_checks[i];

		check->proxy = proxy;
		if ((check->of_disk && config->cache.disk.path[0] == '\0') ||
			(check->of_audit && config->admin.audit[0] == '\0'))
			continue;
		health_register(&(struct health_check){ check->name, check_traffic, check });
	}
}

/* ---- upstreams ---- */

static void check_upstream(void *arg, struct health_result *ret)
{
	const struct upstream_check *check = arg;
	struct upstream_state state;

	proxy_upstream_state(check->proxy, check->index, &state);
	ret->status = HEALTH_WARN;
	if (state.origins_down == state.origins) {
		ret->status = HEALTH_FAIL;
		say(ret, "no origin of %zu passes its check", state.origins);
	} else if (state.breaker != BREAKER_CLOSED) {
		say(ret, "it failed too often and is not asked for %lld s",
			(long long)((state.breaker_left_ms + 999) / 1000));
	} else if (state.origins_up < state.origins) {
		say(ret, "%zu of %zu origins are up", state.origins_up, state.origins);
	} else if (proxy_upstream_failing(check->proxy, check->index)) {
		say(ret, "the last request to it failed");
	} else {
		ret->status = HEALTH_PASS;
	}
}

struct key_rules_check {
	const struct config *config;
	const struct proxy *proxy;
};

static struct key_rules_check key_rules_check;

static void check_key_rules(void *arg, struct health_result *ret)
{
	const struct key_rules_check *check = arg;

	for (size_t i = 0; i < check->config->route_count; i++) {
		if (!proxy_key_rule_wrong(check->proxy, i))
			continue;
		ret->status = HEALTH_WARN;
		snprintf(ret->output, sizeof(ret->output), "that of %s was found wrong and is off",
			check->config->routes[i].path);
		return;
	}
}

static bool checks_key_rules(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++) {
		if (config->routes[i].key.verify > 0)
			return true;
	}
	return false;
}

/* Under the health's lock. */
static void let_go(void)
{
	free(upstream_checks);
	upstream_checks = NULL;
	if (checked != NULL)
		proxy_unref(checked);
	checked = NULL;
}

static void register_upstreams(struct proxy *proxy)
{
	const struct config *config = proxy_config(proxy);

	upstream_checks = xalloc(config->upstream_count * sizeof(*upstream_checks));
	for (size_t i = 0; i < config->upstream_count; i++) {
		struct upstream_check *check = &upstream_checks[i];

		check->proxy = proxy;
		check->index = i;
		snprintf(
			check->name, sizeof(check->name), "upstream:%s", config->upstreams[i].name);
		health_register(&(struct health_check){ check->name, check_upstream, check });
	}
}

static void register_all(struct proxy *proxy)
{
	const struct config *config = proxy_config(proxy);

	health_register(&(struct health_check){ "threads", check_threads, proxy });
	health_register(&(struct health_check){ "memory:used", check_memory, proxy });
	if (config->cache.disk.path[0] != '\0')
		health_register(&(struct health_check){ "disk:used", check_disk, proxy });
	health_register(&(struct health_check){ "flights", check_flights, proxy });
	health_register(&(struct health_check){ "config:reload", check_reload, NULL });
	if (checks_key_rules(config)) {
		key_rules_check = (struct key_rules_check){ config, proxy };
		health_register(
			&(struct health_check){ "key-rules", check_key_rules, &key_rules_check });
	}
	register_traffic(proxy);
	register_upstreams(proxy);
}

void checks_tick(const struct proxy *proxy)
{
	traffic_tick(&proxy_config(proxy)->health, clock_monotonic_ms());
}

void checks_register(struct proxy *proxy)
{
	struct proxy *former;

	health_change();
	former = checked != NULL ? proxy_ref(checked) : NULL; /* it goes without the lock */
	let_go();
	checked = proxy_ref(proxy);
	register_all(proxy);
	health_changed();
	if (former != NULL)
		proxy_unref(former);
}

void checks_done(void)
{
	health_change();
	let_go();
	health_changed();
	traffic_clear();
}

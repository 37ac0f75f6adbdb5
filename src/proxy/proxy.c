/* proxy/proxy.c - what all exchanges share, built and torn down. */
#include "adaptive_inside.h"
#include "address_map.h"
#include "grouping.h"
#include "purges.h"
#include "shelves.h"
#include "source_version.h"
#include "state.h"
#include "version_poll.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/why.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IDLE_CONNECTIONS 256 /* kept to the origins for reuse */

/* One line when larder stops asking an upstream, and one when it asks again. */
static void on_breaker(void *arg, size_t index, bool open)
{
	const struct proxy *proxy = arg;
	const char *name = proxy->config->upstreams[index].name;

	if (open)
		log_event(LOG_LEVEL_WARN, "breaker-open",
			"%s failed too often: not asked for a while", name);
	else
		log_event(LOG_LEVEL_INFO, "breaker-closed", "%s is asked again", name);
}

/* One line when a check fails that didn't before, and one when it is well again. */
static void on_origin(void *arg, size_t index, const struct origin_news *news)
{
	const struct proxy *proxy = arg;
	const char *name = proxy->config->upstreams[index].name;

	if (news->why[0] != '\0')
		log_event(
			LOG_LEVEL_WARN, "origin-down", "%s of %s: %s", news->url, name, news->why);
	else
		log_event(LOG_LEVEL_INFO, "origin-up", "%s of %s", news->url, name);
}

static void start_upstreams(struct proxy *proxy)
{
	const struct config *config = proxy->config;

	proxy->watch = (struct upstream_watch){
		.breaker = on_breaker,
		.origin = on_origin,
		.arg = proxy,
	};
	proxy->upstreams = xalloc(config->upstream_count * sizeof(*proxy->upstreams));
	for (size_t i = 0; i < config->upstream_count; i++)
		proxy->upstreams[i] =
			upstream_new(proxy->loop, &config->upstreams[i], i, &proxy->watch);
}

/* Of a response that is stored: the larger of what the tiers take. */
static uint64_t most_object_of(const struct config *config)
{
	int64_t memory = config->cache.memory.max_object, disk = config->cache.disk.max_object;

	if (config->cache.memory.size == 0)
		memory = 0;
	if (config->cache.disk.path[0] == '\0')
		disk = 0;
	return (uint64_t)(memory > disk ? memory : disk);
}

static const char *spool_path_of(const struct config *config)
{
	const char *temporary = getenv("TMPDIR");

	if (config->cache.spool.path[0] != '\0')
		return config->cache.spool.path;
	return temporary != NULL && temporary[0] == '/' ? temporary : "/tmp";
}

bool proxy_check_spool(const struct config *config, const char **ret_path)
{
	*ret_path = spool_path_of(config);
	return access(*ret_path, W_OK | X_OK) == 0;
}

static void init(struct proxy *proxy, const struct proxy_options *options)
{
	const struct config *config = options->config;

	list_init(&proxy->to_wake);
	proxy->config = config;
	proxy->access_log = options->access_log;
	proxy->flights = flights_new((uint64_t)config->server.max_connections);
	proxy->memo = memo_new();
	proxy->rules = memo_new();
	proxy->key_rules = key_rules_new(config);
	proxy->key_checks = key_checks_new(proxy);
	proxy->watched = watched_new();
	proxy->purges = purges_new(proxy);
	proxy->versions = source_versions_new(config);
	proxy->addresses = address_maps_new(config);
	proxy->polls = version_polls_new(proxy);
	proxy->adaptives = adaptives_new(config);
	proxy->failing = xalloc(config->upstream_count * sizeof(*proxy->failing));
	proxy->most_object = most_object_of(config);
	proxy->spool_path = spool_path_of(config);
	snprintf(proxy->instance, sizeof(proxy->instance), PSEUDONYM "-%012llx",
		(unsigned long long)(random_u64() >> 16));
}

enum rc proxy_start(const struct proxy_options *options, struct proxy **ret, struct bytes *fault)
{
	struct proxy *proxy = xalloc(sizeof(*proxy));
	const struct upstream_loop_options loop = {
		.max_idle_connections = IDLE_CONNECTIONS,
		.after_round = flight_wake_round,
		.arg = proxy,
	};
	enum rc rc;

	init(proxy, options);
	rc = guard_sets_new(options->config, &proxy->guards, fault);
	if (rc == RC_OK)
		rc = shelves_start(proxy, fault);
	if (rc == RC_OK) {
		proxy->standing = grouping_standing(proxy);
		rc = upstream_loop_start(&loop, &proxy->loop);
		if (rc != RC_OK)
			(void)!bytes_format(fault, "the upstream loop: %s", rc_text(rc));
	}
	if (rc != RC_OK) {
		proxy_free(proxy);
		return rc;
	}
	start_upstreams(proxy);
	*ret = proxy;
	return RC_OK;
}

struct proxy *proxy_sketch(const struct config *config, const struct depot *depot)
{
	struct proxy *proxy = xalloc(sizeof(*proxy));

	init(proxy, &(struct proxy_options){ .config = config });
	if (depot == NULL || depot_groups(depot, &proxy->groups) != RC_OK)
		proxy->groups = groups_new(hash_seed());
	proxy->seed = groups_seed(proxy->groups);
	proxy->standing = grouping_standing(proxy);
	return proxy;
}

void proxy_stop(struct proxy *proxy)
{
	upstream_loop_stop(proxy->loop);
	for (size_t i = 0; i < proxy->config->upstream_count; i++)
		upstream_stop(proxy->upstreams[i]);
	flight_wake_round(proxy); /* the loop is no more */
	purges_stop(proxy->purges);
	if (proxy->disk != NULL)
		disk_flush(proxy->disk); /* who waits for a purge is woken */
}

void proxy_free(struct proxy *proxy)
{
	for (size_t i = 0; proxy->upstreams != NULL && i < proxy->config->upstream_count; i++)
		upstream_free(proxy->upstreams[i]);
	free(proxy->upstreams);
	if (proxy->loop != NULL)
		upstream_loop_free(proxy->loop);
	flights_free(proxy->flights);
	memo_free(proxy->memo);
	memo_free(proxy->rules);
	key_checks_free(proxy->key_checks);
	key_rules_free(proxy->key_rules);
	watched_free(proxy->watched);
	guard_sets_free(proxy->guards);
	shelves_stop(proxy); /* the disk's last answers are to purges */
	purges_free(proxy->purges);
	version_polls_free(proxy->polls);
	source_versions_free(proxy->versions);
	address_maps_free(proxy->addresses);
	free(proxy->standing);
	free(proxy->failing);
	adaptives_free(proxy->adaptives);
	free(proxy);
}

void proxy_tick(struct proxy *proxy)
{
	tier_sweep(proxy->store, clock_wall_ms());
	version_polls_tick(proxy->polls, clock_monotonic_ms());
}

uint64_t proxy_in_flight(const struct proxy *proxy)
{
	return atomic_load_explicit(&proxy->in_flight, memory_order_relaxed);
}

void proxy_memory_usage(const struct proxy *proxy, struct tier_usage *ret)
{
	*ret = (struct tier_usage){ 0 };
	if (proxy->memory != NULL)
		tier_usage(proxy->memory, ret);
}

bool proxy_disk_usage(const struct proxy *proxy, struct disk_usage *ret)
{
	if (proxy->disk != NULL)
		disk_usage(proxy->disk, ret);
	return proxy->disk != NULL;
}

bool proxy_upstream_failing(const struct proxy *proxy, size_t index)
{
	return atomic_load(&proxy->failing[index]);
}

void proxy_upstream_state(const struct proxy *proxy, size_t index, struct upstream_state *ret)
{
	upstream_look(proxy->upstreams[index], ret);
}

static void collect_upstream(const struct proxy *proxy, uint16_t index)
{
	struct upstream_state state;

	upstream_look(proxy->upstreams[index], &state);
	for (uint16_t i = 0; i < ASK_CLASS_COUNT; i++)
		metrics_set(
			METRIC_UPSTREAM_QUEUE_LENGTH, LABELS(index, i), (double)state.waiting[i]);
	for (uint16_t i = 0; i < LABEL_BREAKER_COUNT; i++)
		metrics_set(METRIC_UPSTREAM_BREAKER_STATE, LABELS(index, i),
			(int)state.breaker == i ? 1 : 0);
	metrics_set(METRIC_UPSTREAM_ORIGINS_UP, LABELS(index), (double)state.origins_up);
	metrics_set(METRIC_UPSTREAM_UP, LABELS(index),
		state.origins_up > 0 && state.breaker != BREAKER_OPEN ? 1 : 0);
}

bool proxy_key_rule_wrong(const struct proxy *proxy, size_t route)
{
	return key_rules_suspended(proxy->key_rules, (uint16_t)route);
}

void proxy_collect(void *arg)
{
	const struct proxy *proxy = arg;
	struct flights_usage flights;

	shelves_collect(proxy);
	for (size_t i = 0; i < proxy->config->upstream_count; i++)
		collect_upstream(proxy, (uint16_t)i);
	key_checks_collect(proxy->key_checks);
	flights_usage(proxy->flights, clock_monotonic_ms(), &flights);
	metrics_set(METRIC_COLLAPSE_FLIGHTS, NO_LABELS, (double)flights.flights);
	metrics_set(METRIC_COLLAPSE_WAITERS, NO_LABELS, (double)flights.readers);
	metrics_set(METRIC_COLLAPSE_OLDEST_FLIGHT, NO_LABELS, (double)flights.oldest_ms / 1000);
	metrics_set(METRIC_HTTP_REQUESTS_IN_FLIGHT, NO_LABELS, (double)proxy_in_flight(proxy));
}

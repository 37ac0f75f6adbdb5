/* proxy/proxy.c - what all exchanges share, built and torn down. */
#include "state.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "store/memory.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IDLE_CONNECTIONS 256 /* kept to the origins for reuse */

static struct tier *make_memory(const struct config *config)
{
	static const enum eviction orders[] = {
		[CONFIG_S3FIFO] = EVICTION_S3FIFO,
		[CONFIG_LRU] = EVICTION_LRU,
		[CONFIG_LFU] = EVICTION_LFU,
		[CONFIG_FIFO] = EVICTION_FIFO,
	};

	return memory_new(&(struct memory_options){
		.size_bytes = (uint64_t)config->cache.memory.size,
		.max_object_bytes = (uint64_t)config->cache.memory.max_object,
		.eviction = orders[config->cache.memory.eviction],
	});
}

static struct origin *make_origins(const struct config *config)
{
	struct origin *origins = xalloc(config->upstream_count * sizeof(*origins));

	for (size_t i = 0; i < config->upstream_count; i++) {
		const struct config_upstream *upstream = &config->upstreams[i];

		origins[i] = (struct origin){
			.base_url = upstream->url,
			.connect_ms = upstream->timeouts.connect_ms,
			.first_byte_ms = upstream->timeouts.first_byte_ms,
			.idle_ms = upstream->timeouts.idle_ms,
			.total_ms = upstream->timeouts.total_ms,
			.verify_tls = upstream->tls.verify,
			.ca_file = upstream->tls.ca_file[0] != '\0' ? upstream->tls.ca_file : NULL,
			.http2 = upstream->http2,
			.max_header_bytes = (size_t)upstream->max_header_bytes,
		};
	}
	return origins;
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

enum rc proxy_start(const struct proxy_options *options, struct proxy **ret)
{
	const struct config *config = options->config;
	struct proxy *proxy = xalloc(sizeof(*proxy));
	const struct upstream_loop_options loop = {
		.max_idle_connections = IDLE_CONNECTIONS,
		.after_round = flight_wake_round,
		.arg = proxy,
	};
	enum rc rc;

	list_init(&proxy->to_wake);
	rc = upstream_loop_start(&loop, &proxy->loop);
	if (rc != RC_OK) {
		free(proxy);
		return rc;
	}
	proxy->config = config;
	proxy->access_log = options->access_log;
	proxy->memory = make_memory(config);
	proxy->flights = flights_new((uint64_t)config->server.max_connections);
	proxy->memo = memo_new();
	proxy->rules = memo_new();
	proxy->groups = groups_new(random_u64());
	proxy->origins = make_origins(config);
	proxy->failing = xalloc(config->upstream_count * sizeof(*proxy->failing));
	proxy->spool_path = spool_path_of(config);
	proxy->seed = random_u64();
	snprintf(proxy->instance, sizeof(proxy->instance), PSEUDONYM "-%012llx",
		(unsigned long long)(random_u64() >> 16));
	*ret = proxy;
	return RC_OK;
}

void proxy_stop(struct proxy *proxy)
{
	upstream_loop_stop(proxy->loop);
}

void proxy_free(struct proxy *proxy)
{
	upstream_loop_free(proxy->loop);
	tier_free(proxy->memory);
	flights_free(proxy->flights);
	memo_free(proxy->memo);
	memo_free(proxy->rules);
	groups_free(proxy->groups);
	free(proxy->origins);
	free(proxy->failing);
	free(proxy);
}

void proxy_tick(struct proxy *proxy)
{
	tier_sweep(proxy->memory, clock_wall_ms());
}

uint64_t proxy_in_flight(const struct proxy *proxy)
{
	return atomic_load_explicit(&proxy->in_flight, memory_order_relaxed);
}

void proxy_memory_usage(const struct proxy *proxy, struct tier_usage *ret)
{
	tier_usage(proxy->memory, ret);
}

bool proxy_upstream_failing(const struct proxy *proxy, size_t index)
{
	return atomic_load(&proxy->failing[index]);
}

static void collect_memory(const struct proxy *proxy)
{
	const struct labels memory = LABELS(LABEL_TIER_MEMORY);
	struct tier_usage usage;

	tier_usage(proxy->memory, &usage);
	metrics_set(METRIC_CACHE_ENTRIES, memory, (double)usage.entries);
	metrics_set(METRIC_CACHE_BYTES, memory, (double)usage.bytes);
	metrics_set(METRIC_CACHE_MAX_BYTES, memory, (double)usage.max_bytes);
	metrics_set(METRIC_CACHE_EVICTIONS, LABELS(LABEL_TIER_MEMORY, LABEL_EVICT_CAPACITY),
		(double)usage.evicted);
	metrics_set(METRIC_CACHE_EVICTIONS, LABELS(LABEL_TIER_MEMORY, LABEL_EVICT_EXPIRED),
		(double)usage.expired);
}

void proxy_collect(void *arg)
{
	const struct proxy *proxy = arg;
	struct flights_usage flights;

	collect_memory(proxy);
	flights_usage(proxy->flights, clock_monotonic_ms(), &flights);
	metrics_set(METRIC_COLLAPSE_FLIGHTS, NO_LABELS, (double)flights.flights);
	metrics_set(METRIC_COLLAPSE_WAITERS, NO_LABELS, (double)flights.readers);
	metrics_set(METRIC_COLLAPSE_OLDEST_FLIGHT, NO_LABELS, (double)flights.oldest_ms / 1000);
	metrics_set(METRIC_HTTP_REQUESTS_IN_FLIGHT, NO_LABELS, (double)proxy_in_flight(proxy));
}

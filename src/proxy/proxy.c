/* proxy/proxy.c - what is made of a configuration: one generation, and the next.
 *
 * Threads: a generation is let go of on any; it frees itself with the last reference.
 */
#include "keep/adaptive_inside.h"
#include "address_map.h"
#include "purge/grouping.h"
#include "purge/purges.h"
#include "shelves.h"
#include "keep/source_version.h"
#include "state.h"
#include "keep/version_poll.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/tenancy.h"
#include "proxy/why.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS_ADDED \
	512 /* bytes of what is stored beside what came: Date, ETag, a blank behind each colon */

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

/* What of the house is asked for often. */
static void move_in(struct proxy *proxy)
{
	const struct house *house = proxy->house;

	proxy->access_log = house->access_log;
	proxy->memory = house->memory;
	proxy->disk = house->disk;
	proxy->store = house->store;
	proxy->replays = house->shelf != NULL;
	proxy->flights = house->flights;
	proxy->memo = house->memo;
	proxy->rules = house->rules;
	proxy->watched = house->watched;
	proxy->groups = house->groups;
	proxy->purges = house->purges;
	proxy->loop = house->loop;
	proxy->seed = house->seed;
	proxy->most_fields = house->most_header + FIELDS_ADDED;
}

/* The upstream that has the name in that generation, or NULL. */
static struct upstream *find_former(const struct proxy *from, const char *name)
{
	for (size_t i = 0; from != NULL && i < from->config->upstream_count; i++) {
		if (strcmp(from->config->upstreams[i].name, name) == 0)
			return from->upstreams[i];
	}
	return NULL;
}

/* from: the generation before, or NULL. */
static void take_seats(struct proxy *proxy, const struct proxy *from)
{
	size_t count = proxy->config->upstream_count;

	proxy->upstreams = xalloc((count + 1) * sizeof(*proxy->upstreams));
	proxy->seats = xalloc((count + 1) * sizeof(*proxy->seats));
	for (size_t i = 0; i < count; i++) {
		proxy->seats[i] = house_seat(proxy->house, proxy->config, i,
			find_former(from, proxy->config->upstreams[i].name));
		proxy->upstreams[i] = proxy->seats[i]->upstream;
	}
}

/* One reference. Nothing that could fail, and nothing that others see. */
static struct proxy *generation_new(struct house *house, struct config *config)
{
	struct proxy *proxy = xalloc(sizeof(*proxy));

	atomic_init(&proxy->references, 1);
	atomic_fetch_add(&house->generations, 1);
	proxy->house = house;
	proxy->config = config_ref(config);
	move_in(proxy);
	proxy->tenancy = tenancy_new(config);
	proxy->key_rules = key_rules_new(config);
	proxy->key_checks = key_checks_new(proxy);
	proxy->own_tags = own_tags_new(config);
	proxy->versions = source_versions_new(config);
	proxy->addresses = address_maps_new(config);
	proxy->polls = version_polls_new(proxy);
	proxy->adaptives = adaptives_new(config);
	proxy->failing = xalloc((config->upstream_count + 1) * sizeof(*proxy->failing));
	proxy->most_object = most_object_of(config);
	proxy->standing = grouping_standing(proxy);
	proxy->keying = keying_new(proxy);
	return proxy;
}

struct proxy *proxy_ref(struct proxy *proxy)
{
	atomic_fetch_add_explicit(&proxy->references, 1, memory_order_relaxed);
	return proxy;
}

void proxy_unref(struct proxy *proxy)
{
	struct house *house = proxy->house;

	if (atomic_fetch_sub_explicit(&proxy->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; proxy->seats != NULL && i < proxy->config->upstream_count; i++)
		house_leave_seat(proxy->seats[i]);
	free(proxy->seats);
	free(proxy->upstreams);
	key_checks_free(proxy->key_checks);
	key_rules_free(proxy->key_rules);
	keying_free(proxy->keying);
	guard_sets_free(proxy->guards);
	own_tags_free(proxy->own_tags);
	version_polls_free(proxy->polls);
	source_versions_free(proxy->versions);
	address_maps_free(proxy->addresses);
	adaptives_free(proxy->adaptives);
	tenancy_free(proxy->tenancy);
	free(proxy->standing);
	free(proxy->failing);
	config_free(proxy->config);
	free(proxy);
	if (atomic_fetch_sub(&house->generations, 1) == 1)
		house_free(house);
}

enum rc proxy_start(const struct proxy_options *options, struct proxy **ret, struct bytes *fault)
{
	struct house *house;
	struct proxy *proxy;
	enum rc rc;

	TRY(house_new(options, &house, fault));
	proxy = generation_new(house, options->config);
	rc = guard_sets_new(options->config, &proxy->guards, fault);
	if (rc != RC_OK) {
		proxy_stop(proxy);
		proxy_unref(proxy);
		return rc;
	}
	proxy_prepare(proxy, NULL);
	*ret = proxy;
	return RC_OK;
}

void proxy_prepare(struct proxy *proxy, const struct proxy *from)
{
	take_seats(proxy, from);
	keying_settle(proxy);
}

/* ---- the next generation ---- */

/* The index of a route with this path; route_count: there is none. */
static size_t find_route(const struct config *config, const char *path)
{
	size_t i = 0;

	while (i < config->route_count && strcmp(config->routes[i].path, path) != 0)
		i++;
	return i;
}

/* What was learned of a route stays with its path. A key rule that was found wrong stays off until it is another. */
static void inherit_routes(struct proxy *proxy, const struct proxy *from)
{
	for (size_t i = 0; i < proxy->config->route_count; i++) {
		size_t old = find_route(from->config, proxy->config->routes[i].path);

		if (old == from->config->route_count)
			continue;
		source_versions_share(proxy->versions, i, from->versions, old);
		adaptive_copy(&proxy->adaptives[i], &from->adaptives[old]);
		if (config_key_form(&proxy->config->routes[i], proxy->seed) ==
			config_key_form(&from->config->routes[old], proxy->seed))
			key_rules_share(proxy->key_rules, i, from->key_rules, old);
	}
}

static void inherit_upstreams(struct proxy *proxy, const struct proxy *from)
{
	for (size_t i = 0; i < proxy->config->upstream_count; i++) {
		for (size_t k = 0; k < from->config->upstream_count; k++) {
			if (strcmp(proxy->config->upstreams[i].name,
				    from->config->upstreams[k].name) == 0)
				atomic_store(&proxy->failing[i], atomic_load(&from->failing[k]));
		}
	}
}

enum rc proxy_follow(
	struct proxy *from, struct config *config, struct proxy **ret, struct bytes *fault)
{
	struct proxy *proxy;
	enum rc rc;

	shelves_divide(from->house, config);
	proxy = generation_new(from->house, config);
	rc = guard_sets_new(config, &proxy->guards, fault);
	if (rc != RC_OK) {
		proxy_unref(proxy);
		return rc;
	}
	inherit_routes(proxy, from);
	inherit_upstreams(proxy, from);
	*ret = proxy;
	return RC_OK;
}

void proxy_settle(struct proxy *proxy)
{
	shelves_resize(proxy->house, proxy->config);
}

const struct config *proxy_config(const struct proxy *proxy)
{
	return proxy->config;
}

size_t proxy_most_header(const struct proxy *proxy)
{
	return proxy->house->most_header;
}

struct proxy *proxy_sketch(struct config *config, const struct depot *depot)
{
	struct groups *groups;

	if (depot == NULL || depot_groups(depot, &groups) != RC_OK)
		groups = groups_new(hash_seed());
	return generation_new(house_sketch(config, groups), config);
}

void proxy_stop(struct proxy *proxy)
{
	struct house *house = proxy->house;

	upstream_loop_stop(house->loop);
	LIST_EACH(at, &house->seats)
		upstream_stop(LIST_ITEM(at, struct seat, link)->upstream);
	flight_wake_round(house); /* the loop is no more */
	purges_stop(house->purges);
	if (house->disk != NULL)
		disk_flush(house->disk); /* who waits for a purge is woken */
}

void proxy_tick(struct proxy *proxy)
{
	tier_sweep(proxy->store, clock_wall_ms());
	version_polls_tick(proxy->polls, clock_monotonic_ms());
}

uint64_t proxy_in_flight(const struct proxy *proxy)
{
	return atomic_load_explicit(&proxy->house->in_flight, memory_order_acquire);
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

static void collect_upstream(const struct proxy *proxy, size_t index)
{
	uint16_t label = proxy->config->upstreams[index].label;
	struct upstream_state state;

	upstream_look(proxy->upstreams[index], &state);
	for (uint16_t i = 0; i < ASK_CLASS_COUNT; i++)
		metrics_set(
			METRIC_UPSTREAM_QUEUE_LENGTH, LABELS(label, i), (double)state.waiting[i]);
	for (uint16_t i = 0; i < LABEL_BREAKER_COUNT; i++)
		metrics_set(METRIC_UPSTREAM_BREAKER_STATE, LABELS(label, i),
			(int)state.breaker == i ? 1 : 0);
	metrics_set(METRIC_UPSTREAM_ORIGINS_UP, LABELS(label), (double)state.origins_up);
	metrics_set(METRIC_UPSTREAM_UP, LABELS(label),
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

	shelves_collect(proxy->house);
	tenancy_collect(proxy);
	for (size_t i = 0; i < proxy->config->upstream_count; i++)
		collect_upstream(proxy, i);
	key_checks_collect(proxy->key_checks);
	flights_usage(proxy->flights, clock_monotonic_ms(), &flights);
	metrics_set(METRIC_COLLAPSE_FLIGHTS, NO_LABELS, (double)flights.flights);
	metrics_set(METRIC_COLLAPSE_WAITERS, NO_LABELS, (double)flights.readers);
	metrics_set(METRIC_COLLAPSE_OLDEST_FLIGHT, NO_LABELS, (double)flights.oldest_ms / 1000);
	metrics_set(METRIC_HTTP_REQUESTS_IN_FLIGHT, NO_LABELS, (double)proxy_in_flight(proxy));
}

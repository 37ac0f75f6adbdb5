/* proxy/house.c - what outlives a configuration: tiers, flights, purges, the upstream loop, and upstreams that
 * stay as they were.
 *
 * Threads: seats from any; new and free on one. An upstream that nobody goes by any more is ended by the loop,
 * as soon as what it was asked for has come to its end.
 */
#include "purge/grouping.h"
#include "purge/purges.h"
#include "shelves.h"
#include "state.h"

#include "observe/log.h"
#include "proxy/popular.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_CONNECTIONS 256 /* kept to the origins for reuse */

/* One line when larder stops asking an upstream, and one when it asks again. */
static void on_breaker(void *arg, const char *upstream, bool open)
{
	if (open)
		log_event(LOG_LEVEL_WARN, "breaker-open",
			"%s failed too often: not asked for a while", upstream);
	else
		log_event(LOG_LEVEL_INFO, "breaker-closed", "%s is asked again", upstream);
}

/* One line when a check fails that didn't before, and one when it is well again. */
static void on_origin(void *arg, const char *upstream, const struct origin_news *news)
{
	if (news->why[0] != '\0')
		log_event(LOG_LEVEL_WARN, "origin-down", "%s of %s: %s", news->url, upstream,
			news->why);
	else
		log_event(LOG_LEVEL_INFO, "origin-up", "%s of %s", news->url, upstream);
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

/* Connections are made for as long as larder runs: of the configuration of the start. */
static size_t most_header_of(const struct config *config)
{
	int64_t most = 0;

	for (size_t i = 0; i < config->upstream_count; i++) {
		if (config->upstreams[i].max_header_bytes > most)
			most = config->upstreams[i].max_header_bytes;
	}
	return (size_t)most;
}

static struct house *make(struct config *config)
{
	struct house *house = xalloc(sizeof(*house));

	house->config = config_ref(config);
	list_init(&house->to_wake);
	list_init(&house->seats);
	pthread_mutex_init(&house->lock, NULL);
	house->flights = flights_new((uint64_t)config->server.max_connections);
	house->memo = memo_new();
	house->rules = memo_new();
	house->watched = watched_new();
	house->popular = popular_new();
	house->spool_path = spool_path_of(config);
	house->most_header = most_header_of(config);
	house->watch = (struct upstream_watch){ .breaker = on_breaker, .origin = on_origin };
	snprintf(house->instance, sizeof(house->instance), PSEUDONYM "-%012llx",
		(unsigned long long)(random_u64() >> 16));
	return house;
}

struct house *house_sketch(struct config *config, struct groups *groups)
{
	struct house *house = make(config);

	house->groups = groups;
	house->seed = groups_seed(groups);
	house->purges = purges_new(house);
	return house;
}

enum rc house_new(const struct proxy_options *options, struct house **ret, struct bytes *fault)
{
	struct house *house = make(options->config);
	const struct upstream_loop_options loop = {
		.max_idle_connections = IDLE_CONNECTIONS,
		.after_round = flight_wake_round,
		.arg = house,
	};
	enum rc rc;

	house->access_log = options->access_log;
	house->shelf = options->shelf;
	rc = shelves_start(house, fault);
	if (rc == RC_OK) {
		house->purges = purges_new(house);
		rc = upstream_loop_start(&loop, &house->loop);
		if (rc != RC_OK)
			(void)!bytes_format(fault, "the upstream loop: %s", rc_text(rc));
	}
	if (rc != RC_OK) {
		house_free(house);
		return rc;
	}
	*ret = house;
	return RC_OK;
}

/* The loop has stopped. */
static void free_seat(struct seat *seat)
{
	upstream_free(seat->upstream);
	config_free(seat->config);
	free(seat);
}

void house_free(struct house *house)
{
	LIST_EACH_SAFE(at, &house->seats)
		free_seat(LIST_ITEM(at, struct seat, link));
	if (house->loop != NULL)
		upstream_loop_free(house->loop);
	flights_free(house->flights);
	memo_free(house->memo);
	memo_free(house->rules);
	watched_free(house->watched);
	popular_free(house->popular);
	shelves_stop(house); /* the disk's last answers are to purges */
	if (house->purges != NULL)
		purges_free(house->purges);
	pthread_mutex_destroy(&house->lock);
	keying_free(house->keying);
	config_free(house->config);
	free(house);
}

/* ---- seats ---- */

static bool has_form(const struct seat *seat, const struct config_upstream *wanted)
{
	const struct config_upstream *own = upstream_config(seat->upstream);

	return strcmp(own->name, wanted->name) == 0 && config_same_upstream(own, wanted);
}

/* What nobody holds the loop may just be freeing. Under the lock. */
static struct seat *find_seat(struct house *house, const struct config_upstream *wanted)
{
	LIST_EACH(at, &house->seats) {
		struct seat *seat = LIST_ITEM(at, struct seat, link);

		if (seat->holders > 0 && has_form(seat, wanted))
			return seat;
	}
	return NULL;
}

static struct seat *seat_new(
	struct house *house, struct config *config, const struct config_upstream *wanted)
{
	struct seat *seat = xalloc(sizeof(*seat));

	seat->house = house;
	seat->config = config_ref(config);
	seat->upstream = upstream_new(house->loop, wanted, &house->watch);
	list_append(&house->seats, &seat->link);
	return seat;
}

struct seat *house_seat(
	struct house *house, struct config *config, size_t index, struct upstream *former)
{
	const struct config_upstream *wanted = &config->upstreams[index];
	struct seat *seat;

	pthread_mutex_lock(&house->lock);
	seat = find_seat(house, wanted);
	if (seat == NULL)
		seat = seat_new(house, config, wanted);
	/* one that is there may be of a generation before the former's */
	if (former != NULL && former != seat->upstream)
		upstream_succeed(seat->upstream, former);
	seat->holders++;
	pthread_mutex_unlock(&house->lock);
	return seat;
}

/* On the loop: the upstream is no more. */
static void on_gone(void *arg)
{
	struct seat *seat = arg;

	pthread_mutex_lock(&seat->house->lock);
	list_remove(&seat->link);
	pthread_mutex_unlock(&seat->house->lock);
	config_free(seat->config);
	free(seat);
}

void house_leave_seat(struct seat *seat)
{
	struct house *house = seat->house;
	bool last;

	pthread_mutex_lock(&house->lock);
	last = --seat->holders == 0;
	pthread_mutex_unlock(&house->lock);
	if (last)
		upstream_retire(seat->upstream, on_gone, seat);
}

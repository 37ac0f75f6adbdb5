/* proxy/flight/flights.c - the table of flights under way: who joins which.
 *
 * One lock for the table: taken once or twice a miss, and held while a new flight copies its request.
 */
#include "flight.h"

#include "purge/grouping.h"
#include "purge/purges.h"
#include "state.h"

#include "policy/freshness.h"
#include "policy/vary.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct flights {
	pthread_mutex_t lock;
	uint64_t most;
	atomic_uint_fast64_t under_way; /* private ones too */
	atomic_uint_fast64_t readers;
	struct list buckets[BUCKETS];
};

struct flights *flights_new(uint64_t most)
{
	struct flights *flights = xalloc(sizeof(*flights));

	flights->most = most;
	pthread_mutex_init(&flights->lock, NULL);
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&flights->buckets[i]);
	return flights;
}

void flights_free(struct flights *flights)
{
	pthread_mutex_destroy(&flights->lock);
	free(flights);
}

static struct list *bucket_of(struct flights *flights, struct key key)
{
	return &flights->buckets[key.hash % BUCKETS];
}

void flights_count(struct flights *flights, int flight_change, int reader_change)
{
	atomic_fetch_add_explicit(
		&flights->under_way, (uint64_t)(int64_t)flight_change, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&flights->readers, (uint64_t)(int64_t)reader_change, memory_order_relaxed);
}

bool flights_are_full(struct flights *flights)
{
	return atomic_load_explicit(&flights->under_way, memory_order_relaxed) >= flights->most;
}

void flights_usage(struct flights *flights, int64_t now_monotonic_ms, struct flights_usage *ret)
{
	int64_t oldest_ms = 0;

	pthread_mutex_lock(&flights->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_EACH(at, &flights->buckets[i]) {
			struct flight *flight = LIST_ITEM(at, struct flight, link);
			int64_t age_ms = now_monotonic_ms - flight->started_ms;

			oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
		}
	}
	pthread_mutex_unlock(&flights->lock);
	*ret = (struct flights_usage){
		.flights = atomic_load_explicit(&flights->under_way, memory_order_relaxed),
		.readers = atomic_load_explicit(&flights->readers, memory_order_relaxed),
		.oldest_ms = oldest_ms,
	};
}

void flights_look(
	struct flights *flights, void (*see)(const struct flight *flight, void *arg), void *arg)
{
	pthread_mutex_lock(&flights->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_EACH(at, &flights->buckets[i]) {
			struct flight *flight = LIST_ITEM(at, struct flight, link);

			pthread_mutex_lock(&flight->lock);
			see(flight, arg);
			pthread_mutex_unlock(&flight->lock);
		}
	}
	pthread_mutex_unlock(&flights->lock);
}

/* Under the flight's lock; the reader gets a reference. */
static void attach(struct flight *flight, struct reader *reader)
{
	assert(reader->flight == NULL);
	reader->flight = flight_ref(flight);
	reader->position = 0;
	reader->waiting = reader->leads = false;
	reader->fate = READER_KEPT;
	reader->epoch = groups_epoch(flight->proxy->groups);
	list_append(&flight->readers, &reader->link);
	flight->reader_count++;
	flights_count(flight->table, 0, 1);
}

/* Whether the response can't be the answer to a request that comes now: something was invalidated
 * since it was asked for, or it has become stale while it streams. */
static bool is_overtaken(const struct flight *flight, int64_t now_ms)
{
	if (grouping_overtook(flight, flight->epoch))
		return true;
	return flight->has_verdict && freshness_left_ms(&flight->verdict.freshness, now_ms) <= 0;
}

/* A HEAD's response serves nobody who wants a body. */
bool flight_takes(const struct flight *flight, const struct reader *reader)
{
	if (!flight->joinable || (reader->wants_new && flight->has_verdict) ||
		is_overtaken(flight, reader->now_ms))
		return false;
	if (flight->method == METHOD_HEAD && !reader->head)
		return false;
	return flight_suits(flight, reader);
}

/* The flight of this key that takes the reader, with its lock held, or NULL. One that is too old is
 * detached: it serves whom it has, and stays in the table to its end. */
static struct flight *find_locked(struct flights *flights, const struct flight_plan *plan,
	int64_t oldest_ms, const struct reader *reader)
{
	LIST_EACH(at, bucket_of(flights, plan->key)) {
		struct flight *flight = LIST_ITEM(at, struct flight, link);

		if (!key_equal(flight->key, plan->key))
			continue;
		pthread_mutex_lock(&flight->lock);
		if (flight->joinable && flight->started_ms < oldest_ms) {
			flight->joinable = false;
			flight->detached = true;
		} else if (flight_takes(flight, reader)) {
			return flight;
		}
		pthread_mutex_unlock(&flight->lock);
	}
	return NULL;
}

/* Under the table's lock, which gets the first reference. */
static struct flight *begin(struct flights *flights, const struct flight_plan *plan)
{
	struct flight *flight = flight_new(flights, plan);

	/* what it carries was found before a selection that has looked at the table already */
	flight->purged = purges_began_since(plan->proxy->purges, plan->epoch);
	list_append(bucket_of(flights, flight->key), &flight->link);
	return flight;
}

enum joined flights_join(struct flights *flights, const struct flight_plan *plan,
	int64_t deadline_ms, struct reader *reader)
{
	int64_t oldest_ms = clock_monotonic_ms() - deadline_ms;
	struct flight *flight = NULL;
	enum joined joined = JOINED_FOLLOWER;

	pthread_mutex_lock(&flights->lock);
	if (!plan->private || plan->may_follow)
		flight = find_locked(flights, plan, oldest_ms, reader);
	if (flight == NULL) {
		flight = begin(flights, plan);
		pthread_mutex_lock(&flight->lock);
		joined = JOINED_LEADER;
	}
	attach(flight, reader);
	reader->leads = joined == JOINED_LEADER;
	pthread_mutex_unlock(&flight->lock);
	pthread_mutex_unlock(&flights->lock);
	return joined;
}

struct flight *flights_lead(
	struct flights *flights, const struct flight_plan *plan, int64_t deadline_ms)
{
	int64_t oldest_ms = clock_monotonic_ms() - deadline_ms;
	struct request_view view = { .method = plan->method, .headers = plan->request };
	const struct reader anybody = { .view = &view, .now_ms = plan->now_ms };
	struct flight *flight = NULL;

	pthread_mutex_lock(&flights->lock);
	if (!plan->private)
		flight = find_locked(flights, plan, oldest_ms, &anybody);
	if (flight != NULL)
		pthread_mutex_unlock(&flight->lock);
	flight = flight == NULL ? flight_ref(begin(flights, plan)) : NULL;
	pthread_mutex_unlock(&flights->lock);
	return flight;
}

void flights_remove(struct flight *flight)
{
	pthread_mutex_lock(&flight->table->lock);
	list_remove(&flight->link);
	pthread_mutex_unlock(&flight->table->lock);
	flight_unref(flight);
}

void flights_purge(struct flights *flights, struct key key, const struct flight *spare)
{
	pthread_mutex_lock(&flights->lock);
	LIST_EACH(at, bucket_of(flights, key)) {
		struct flight *flight = LIST_ITEM(at, struct flight, link);

		if (flight == spare || !key_equal(flight->key, key))
			continue;
		pthread_mutex_lock(&flight->lock);
		flight->joinable = false;
		flight->purged = true;
		pthread_mutex_unlock(&flight->lock);
	}
	pthread_mutex_unlock(&flights->lock);
}

void flights_purge_matching(struct flights *flights, const struct flight_filter *filter)
{
	pthread_mutex_lock(&flights->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_EACH(at, &flights->buckets[i]) {
			struct flight *flight = LIST_ITEM(at, struct flight, link);

			pthread_mutex_lock(&flight->lock);
			if (filter->matches(flight, filter->arg)) {
				flight->joinable = false;
				flight->purged = true;
			}
			pthread_mutex_unlock(&flight->lock);
		}
	}
	pthread_mutex_unlock(&flights->lock);
}

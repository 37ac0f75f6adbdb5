/* proxy/flights.c - the table of flights under way.
 *
 * One lock for the table: it is taken once or twice a miss and held for a few pointers.
 */
#include "flight.h"

#include "policy/vary.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

#define BUCKETS 4096

struct flights {
	pthread_mutex_t lock;
	atomic_uint_fast64_t under_way; /* private ones too */
	atomic_uint_fast64_t readers;
	struct list buckets[BUCKETS];
};

struct flights *flights_new(void)
{
	struct flights *flights = xalloc(sizeof(*flights));

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

/* Under both locks. */
static bool takes(struct flight *flight, const struct reader *reader)
{
	return flight->joinable &&
	       (!flight->has_variant || vary_matches(&flight->verdict.variant, reader->request));
}

/* A flight that is too old is detached: it serves whom it has, and stays in the table to its end. */
static bool join_existing(
	struct list *bucket, struct key key, int64_t oldest_ms, struct reader *reader)
{
	LIST_EACH(at, bucket) {
		struct flight *flight = LIST_ITEM(at, struct flight, link);
		bool joined = false;

		if (!key_equal(flight->key, key))
			continue;
		pthread_mutex_lock(&flight->lock);
		if (flight->joinable && flight->started_ms < oldest_ms) {
			flight->joinable = false;
			flight->detached = true;
		} else if (takes(flight, reader)) {
			flight_attach(flight, reader);
			joined = true;
		}
		pthread_mutex_unlock(&flight->lock);
		if (joined)
			return true;
	}
	return false;
}

/* Under the table's lock, which gets the first reference. */
static void begin(struct flights *flights, const struct flight_plan *plan, struct reader *reader)
{
	struct flight *flight = flight_new(flights, plan);

	flight_attach(flight, reader);
	reader->leads = true;
	list_append(bucket_of(flights, flight->key), &flight->link);
}

enum joined flights_join(struct flights *flights, const struct flight_plan *plan,
	int64_t deadline_ms, struct reader *reader)
{
	int64_t oldest_ms = clock_monotonic_ms() - deadline_ms;
	enum joined joined = JOINED_FOLLOWER;

	pthread_mutex_lock(&flights->lock);
	if (plan->private ||
		!join_existing(bucket_of(flights, plan->key), plan->key, oldest_ms, reader)) {
		begin(flights, plan, reader);
		joined = JOINED_LEADER;
	}
	pthread_mutex_unlock(&flights->lock);
	return joined;
}

void flights_remove(struct flight *flight)
{
	pthread_mutex_lock(&flight->table->lock);
	list_remove(&flight->link);
	pthread_mutex_unlock(&flight->table->lock);
	flight_unref(flight);
}

void flights_purge(struct flights *flights, struct key key)
{
	pthread_mutex_lock(&flights->lock);
	LIST_EACH(at, bucket_of(flights, key)) {
		struct flight *flight = LIST_ITEM(at, struct flight, link);

		if (!key_equal(flight->key, key))
			continue;
		pthread_mutex_lock(&flight->lock);
		flight->joinable = false;
		flight->purged = true;
		pthread_mutex_unlock(&flight->lock);
	}
	pthread_mutex_unlock(&flights->lock);
}

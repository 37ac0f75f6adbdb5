/* proxy/look/overview.c - what goes on in a proxy that runs.
 *
 * Of flights only the oldest are copied while the table is locked, and of their targets no more than is shown.
 * Threads and ownership: proxy/overview.h.
 */
#include "proxy/overview.h"

#include "final.h"
#include "flight/flight.h"
#include "state.h"

#include "util/alloc.h"
#include "util/clock.h"
#include "util/ranking.h"

#include <stdlib.h>

#define MOST_TARGET ((size_t)64 * 1024) /* of one that is redacted */

struct upstream *overview_upstream(const struct proxy *proxy, size_t index)
{
	return proxy->upstreams[index];
}

/* ---- secrets ---- */

static void put_piece(void *arg, struct slice piece)
{
	(void)!bytes_append_slice(arg, piece);
}

bool overview_redact(const struct proxy *proxy, struct slice target, struct bytes *ret)
{
	size_t before = ret->size;

	redact_target(key_rules_secrets(proxy->key_rules), target, put_piece, ret);
	return !slice_equal(slice_skip(bytes_slice(ret), before), target);
}

bool overview_is_secret(const struct proxy *proxy, struct slice name)
{
	struct redact_names secrets = key_rules_secrets(proxy->key_rules);

	for (size_t i = 0; i < secrets.count; i++) {
		if (slice_equal_nocase(slice_of(secrets.items[i]), name))
			return true;
	}
	/* the keys in these are names of groups (http/tags.h) */
	return final_is_secret(name) && !slice_equal_nocase(name, SLICE("Surrogate-Key")) &&
	       !slice_equal_nocase(name, SLICE("xkey"));
}

/* ---- flights ---- */

struct seeing {
	struct proxy *proxy;
	struct slice tenant;
	struct ranking *ranking;
	int64_t now_ms;
	int64_t number; /* of the flight that is looked at: tells those of one moment apart */
};

static const char *state_of(const struct flight *flight)
{
	static const char *const words[] = {
		[FLIGHT_ASKED] = "asked",
		[FLIGHT_STREAMING] = "streaming",
		[FLIGHT_DONE] = "done",
		[FLIGHT_FAILED] = "failed",
	};

	return words[flight->phase];
}

static char *copy(struct slice text)
{
	return xcopy(text.data != NULL ? text.data : "", text.size);
}

/* What stands for secrets is short, so that a target as long as is shown comes of one not much longer. */
static char *target_of(const struct proxy *proxy, struct slice target)
{
	struct bytes text;
	char *cut;

	if (target.size > 2 * FLIGHT_TARGET_MOST)
		target.size = 2 * FLIGHT_TARGET_MOST;
	bytes_init(&text, MOST_TARGET);
	overview_redact(proxy, target, &text);
	cut = xcopy(text.size > 0 ? text.data : "",
		text.size < FLIGHT_TARGET_MOST ? text.size : FLIGHT_TARGET_MOST);
	bytes_done(&text);
	return cut;
}

static struct flight_seen *seen_of(const struct seeing *s, const struct flight *flight)
{
	struct flight_seen *seen = xalloc(sizeof(*seen));

	*seen = (struct flight_seen){
		.target = target_of(s->proxy, flight->raw_target),
		.tenant = copy(key_tenant(flight->key)),
		.route = copy(slice_of(flight_route(flight)->path)),
		.age_ms = s->now_ms - flight->started_ms,
		.readers = flight->reader_count,
		.bytes = flight->stream.total,
		.state = state_of(flight),
	};
	return seen;
}

/* Under the locks of the table and the flight. */
static void see(const struct flight *flight, void *arg)
{
	struct seeing *s = arg;
	const struct ranking_place place = {
		.rank = s->now_ms - flight->started_ms,
		.id = s->number++,
	};

	if ((s->tenant.size == 0 || slice_equal(s->tenant, key_tenant(flight->key))) &&
		ranking_wants(s->ranking, &place))
		ranking_add(s->ranking, &place, seen_of(s, flight));
}

static void free_texts(const struct flight_seen *seen)
{
	free(seen->target);
	free(seen->tenant);
	free(seen->route);
}

static void release(void *item)
{
	free_texts(item);
	free(item);
}

struct flight_seen *overview_flights(
	struct proxy *proxy, struct slice tenant, size_t most, size_t *ret_count)
{
	SCOPED(ranking) ranking = ranking_new(most, NULL, release);
	struct seeing seeing = {
		.proxy = proxy, .tenant = tenant, .ranking = ranking, .now_ms = clock_monotonic_ms()
	};
	struct flight_seen *flights;

	flights_look(proxy->flights, see, &seeing);
	ranking_finish(ranking);
	flights = xalloc((ranking->count + 1) * sizeof(*flights));
	for (size_t i = 0; i < ranking->count; i++) {
		flights[i] = *(struct flight_seen *)ranking->members[i].item;
		free(GIVE(ranking->members[i].item));
	}
	*ret_count = ranking->count;
	return flights;
}

uint64_t overview_flight_count(const struct proxy *proxy)
{
	struct flights_usage usage;

	flights_usage(proxy->flights, clock_monotonic_ms(), &usage);
	return usage.flights;
}

void overview_flights_free(struct flight_seen *flights, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_texts(&flights[i]);
	free(flights);
}

/* proxy/overview.h - what goes on in a proxy that runs: fetches under way, its upstreams.
 *
 * For who operates it; nothing here is asked for by requests. All is copied out under a lock that is held
 * shortly. Threads: any.
 */
#pragma once

#include "proxy/proxy.h"
#include "upstream/ask.h"

#define FLIGHT_TARGET_MOST 2048 /* of a target that is shown; a longer one is cut */

struct flight_seen {
	char *target; /* without the values of secrets */
	char *tenant; /* "": nobody's */
	char *route;  /* its path */
	int64_t age_ms;
	unsigned readers;
	uint64_t bytes; /* of the body, that have come */
	const char *state;
};

/* Fetches under way, the oldest first; at most `most` (of those that there are) from malloc, with their texts:
 * overview_flights_free(). tenant: of this one only; of size 0: all. */
struct flight_seen *overview_flights(
	struct proxy *proxy, struct slice tenant, size_t most, size_t *ret_count);
/* How many there are. */
uint64_t overview_flight_count(const struct proxy *proxy);

void overview_flights_free(struct flight_seen *flights, size_t count);

/* That with this index in the configuration; lives as long as the proxy. */
struct upstream *overview_upstream(const struct proxy *proxy, size_t index);

/* A target as an operator may see it, appended; false: nothing had to be starred out. Beyond
 * the limit of ret it is cut. */
bool overview_redact(const struct proxy *proxy, struct slice target, struct bytes *ret);
/* Whether the values of a field with that name are secrets. */
bool overview_is_secret(const struct proxy *proxy, struct slice name);

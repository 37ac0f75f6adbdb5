/* proxy/stalled.c - whether the threads that everybody depends on still turn, and how much is under way.
 *
 * Threads: any. */
#include "state.h"

#include "util/clock.h"

int64_t proxy_stalled_ms(const struct proxy *proxy)
{
	int64_t now_ms = clock_monotonic_ms(), stalled_ms = 0;
	struct upstream_usage loop;
	struct disk_usage disk;

	upstream_usage(proxy->loop, &loop);
	if (loop.busy_since_ms > 0)
		stalled_ms = now_ms - loop.busy_since_ms;
	if (proxy_disk_usage(proxy, &disk) && now_ms - disk.turned_ms > stalled_ms)
		stalled_ms = now_ms - disk.turned_ms;
	return stalled_ms;
}

uint64_t proxy_flight_count(const struct proxy *proxy)
{
	struct flights_usage usage;

	flights_usage(proxy->flights, clock_monotonic_ms(), &usage);
	return usage.flights;
}

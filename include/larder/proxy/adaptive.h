/* proxy/adaptive.h - lifetimes that follow how often things change (`routes.*.adaptive`).
 *
 *	a refresh found	unchanged	half as long again
 *			changed		half as long
 *
 * between `min` and `max`, where larder gives the lifetime. What a response has learnt lies in its own
 * lifetime, and so goes with it to the disk and back. New responses begin with the mean of what the
 * route's came to, which is forgotten when the process ends.
 *
 * Threads: any.
 */
#pragma once

#include "proxy/proxy.h"

struct adaptive_told {
	bool enabled;
	int64_t start_ms; /* what new responses begin with; 0: nothing is learnt yet */
	uint64_t refreshes;
	uint64_t changes; /* of them, that found a change */
};

/* What was learnt of a route, by its index in the configuration. */
void adaptive_tell(const struct proxy *proxy, uint16_t route, struct adaptive_told *ret);

/* proxy/keep/version_poll.h - asking an origin now and then which release of its data it has
 * (routes.*.source_version_url), where its responses don't say so.
 *
 * Threads: new, tick and free on one; what comes, on the upstream loop. Ownership: the proxy's.
 */
#pragma once

#include "proxy/proxy.h"

struct version_polls;

struct version_polls *version_polls_new(struct proxy *proxy);
/* When none is under way: each holds the proxy. */
void version_polls_free(struct version_polls *polls);

/* Asks for those whose time has come, the first time at once. Monotonic milliseconds. */
void version_polls_tick(struct version_polls *polls, int64_t now_ms);

/* app/pages.h - the paths that larder answers itself: server.metrics, server.health with /live and /ready below it,
 * server.why.
 *
 * Threads: what answers runs on any of the front's. Ownership: all is borrowed.
 */
#pragma once

#include "front/front.h"

#define PAGES_MOST 5

/* Those that its configuration has; their count. */
size_t pages_make(struct proxy *proxy, struct front_local ret[static PAGES_MOST]);

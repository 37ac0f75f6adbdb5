/* app/system.h - what is asked of the system before anything starts: descriptors, scheduling.
 *
 * Threads: the main one, before others. Ownership: none.
 */
#pragma once

#include "config/config.h"

/* A client and an origin each for a miss: where the system gives fewer descriptors than that, fewer clients are
 * taken, because a listener without descriptors would spin. RC_BUSY: too few for anything; both are told. */
NODISCARD enum rc system_fit_descriptors(struct config *config);

/* Front and upstream threads hand requests to one another. As batch threads a wake-up doesn't preempt who woke:
 * on a busy core the work of many requests is handed over at once (misses + 18 %). */
void system_schedule(void);

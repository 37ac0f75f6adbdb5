/* util/breath.h - who has much to do lets others have the core in between.
 *
 * By the clock and not by what was done: with others at work on the core each yield costs what the kernel gives
 * them, some milliseconds, and a walk that yields at each of a hundred thousand steps never ends.
 *
 * Threads: a breath is one thread's.
 */
#pragma once

#include "util/clock.h"

#include <sched.h>

#define BREATH_US 500 /* for so long who answers clients waits for a thread that breathes */

struct breath {
	int64_t since_us; /* monotonic; 0: it has not begun */
};

/* Between two steps, where nobody's lock is held. */
static inline void breath_take(struct breath *breath)
{
	int64_t now_us = clock_monotonic_us();

	if (breath->since_us != 0 && now_us - breath->since_us < BREATH_US)
		return;
	if (breath->since_us != 0)
		sched_yield();
	breath->since_us = clock_monotonic_us();
}

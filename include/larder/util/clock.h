/* util/clock.h - what time it is.
 *
 * Wall time (milliseconds since 1970, UTC) is for Date, Age and freshness; monotonic time is for
 * deadlines and durations. Time is read once per exchange and passed down as an argument: policy
 * never calls this.
 *
 * Test clock: when the environment's LARDER_TEST_CLOCK names a file of 8 bytes, these hold a signed
 * native integer of milliseconds that is added to wall time; tests write it to move time.
 */
#pragma once

#include <stdint.h>

/* Opens the test clock if there is one. Call once, before threads start. */
void clock_init(void);

int64_t clock_wall_ms(void);
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

/* Monotonic milliseconds, up to 10 late, for a fraction of the cost: for deadlines of seconds. */
int64_t clock_coarse_ms(void);

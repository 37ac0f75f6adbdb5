/* util/units.h - durations, sizes, percents and counts as people write them, both ways.
 *
 *	duration   365d 30d 7d 1h 5m 30s 250ms, and 0 alone     milliseconds
 *	size       256MiB 5GB 64KiB 100B, plain digits          bytes; KB is 1000, KiB 1024
 *	percent    10% or 10                                    whole percents, 0 to 100
 *	count      digits                                       up to INT64_MAX
 *
 * One number and one unit, no sign, no fraction, no blank. Letter case matters in durations (m is
 * minutes and would be months for others) and not in sizes. Pure: no allocation, any thread.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

#include <stdint.h>

/* Room for any of the texts below. */
#define UNITS_TEXT 32

/* RC_INVALID: malformed. RC_TOO_LARGE: beyond INT64_MAX, or 100 percent. */
NODISCARD enum rc units_parse_duration(struct slice s, int64_t *ret_ms);
NODISCARD enum rc units_parse_size(struct slice s, int64_t *ret_bytes);
NODISCARD enum rc units_parse_percent(struct slice s, int64_t *ret_percent);
NODISCARD enum rc units_parse_count(struct slice s, int64_t *ret);

/* The shortest text that the parsers above read back to the same value; returns text. */
const char *units_write_duration(int64_t ms, char text[UNITS_TEXT]);
const char *units_write_size(int64_t size_bytes, char text[UNITS_TEXT]);
const char *units_write_percent(int64_t percent, char text[UNITS_TEXT]);
const char *units_write_count(int64_t count, char text[UNITS_TEXT]);

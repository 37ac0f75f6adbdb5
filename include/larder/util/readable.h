/* util/readable.h - sizes and durations for people: short, rounded, never read back (util/units.h is exact).
 *
 * Pure; threads: any.
 */
#pragma once

#include "util/slice.h"

#include <stdint.h>

#define READABLE_TEXT 48

/* "17B", "1.5KiB", "12MiB"; returns text. */
const char *readable_size(uint64_t bytes, char text[static READABLE_TEXT]);

/* The two largest units: "250ms", "42s", "5m3s", "2h10m", "12d4h"; a '-' in front where it is negative. */
const char *readable_duration(int64_t ms, char text[static READABLE_TEXT]);

/* Appends what others sent; all but visible ASCII and blanks escaped, so that a terminal takes nothing of it for a
 * command. */
struct bytes;
void readable_append(struct bytes *to, struct slice text);

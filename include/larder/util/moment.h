/* util/moment.h - points in time as text (RFC 3339 5.6), in UTC, both ways.
 *
 * Dates of HTTP are another thing: http/date.h. Pure: any thread.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

#include <stdint.h>

/* Room for the text of any moment. */
#define MOMENT_TEXT 64

/* "2027-01-31" (its begin), "2027-01-31T12:00:00Z" or "2027-01-31T12:00:00.250Z", after 1970, as wall
 * milliseconds. RC_INVALID: something else, or a day that isn't. */
NODISCARD enum rc moment_parse(struct slice text, int64_t *ret_ms);

/* "2027-01-31T12:00:00.250Z"; returns text. Beyond the year 9999, which has no such form: its last moment. */
const char *moment_write(int64_t wall_ms, char text[static MOMENT_TEXT]);

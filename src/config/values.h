/* config/values.h - values of settings that consist of more than one number, both ways.
 *
 *	rate    5/s 100/m 1/250ms, and 0 or none: no bound
 *	range   300s-900s, or one duration: just that
 *	share   1/1000: each 1000th; and 0: none
 *	moment  2027-01-31 (its begin, UTC), 2027-01-31T12:00:00Z; and never
 *
 * Parts are written as util/units.h has them. Pure.
 */
#pragma once

#include "config/config.h"
#include "util/slice.h"

/* Room for any of the texts below. */
#define VALUES_TEXT 80

/* RC_INVALID: malformed. RC_TOO_LARGE: beyond a million in a period, or a period beyond a day. */
NODISCARD enum rc value_parse_rate(struct slice s, struct config_rate *ret);

/* RC_INVALID also where the first duration is the longer one. */
NODISCARD enum rc value_parse_range(struct slice s, struct duration_range *ret);

/* n of 1/n. */
NODISCARD enum rc value_parse_share(struct slice s, int64_t *ret);

/* Milliseconds since 1970, from then on; never: 0. RC_INVALID also for days that are none. */
NODISCARD enum rc value_parse_moment(struct slice s, int64_t *ret);

/* What the parsers above read back to the same; they return text. */
const char *value_write_rate(const struct config_rate *rate, char text[VALUES_TEXT]);
const char *value_write_range(const struct duration_range *range, char text[VALUES_TEXT]);
const char *value_write_share(int64_t every, char text[]);
const char *value_write_moment(int64_t ms, char text[]);

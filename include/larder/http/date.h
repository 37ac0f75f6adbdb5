/* http/date.h - HTTP-date (RFC 9110 5.6.7). */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

#define DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/* Any of the three forms, strict in form and lenient in letter case; milliseconds since 1970.
 * now_ms resolves the two-digit years of RFC 850 (more than 50 years ahead means the past).
 * RC_INVALID: not a date. */
NODISCARD enum rc date_parse(struct slice text, int64_t now_ms, int64_t *ret_ms);

/* IMF-fixdate. */
void date_format(int64_t ms, char ret[static DATE_SIZE]);

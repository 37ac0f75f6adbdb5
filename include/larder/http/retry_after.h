/* http/retry_after.h - Retry-After: how long to stay away (RFC 9110 10.2.3).
 *
 * Beside delta-seconds and HTTP-dates, seconds with a fraction are read: Ensembl sends "40.0".
 * Other fields that speak of rates: http/rate_fields.h. Pure: time is an argument. Threads: any.
 */
#pragma once

#include "http/headers.h"

#define RETRY_AFTER_MOST_MS (365LL * 24 * 60 * 60 * 1000)

/* Milliseconds from now: at least 0, so of a date that has passed, and at most RETRY_AFTER_MOST_MS,
 * so of numbers beyond all bounds. now_wall_ms: since 1970. false: neither seconds nor a date. */
bool retry_after_parse(struct slice value, int64_t now_wall_ms, int64_t *ret_ms);

/* Seconds, digits with or without a fraction, as milliseconds, rounded up; INT64_MAX: more than that.
 * false: anything else, and so a sign, an exponent or a unit. */
bool retry_after_seconds(struct slice text, int64_t *ret_ms);

/* The same of a response's fields; of several the longest. RC_ABSENT: there is none that can be read. */
NODISCARD enum rc retry_after_of(
	const struct headers *headers, int64_t now_wall_ms, int64_t *ret_ms);

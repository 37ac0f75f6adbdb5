/* http/rate_fields.h - what an origin's answer says about how often it may be asked.
 *
 *	RateLimit: "default";r=50;t=30             draft-ietf-httpapi-ratelimit-headers
 *	RateLimit: limit=100, remaining=50, reset=5                         as it was before
 *	RateLimit-Policy: "default";q=100;w=10, or 100;w=10; so too in RateLimit-Limit
 *	RateLimit-Remaining, -Reset; X-RateLimit-Remaining, -Reset
 *	X-Rate-Limit-Limit: 5, X-Rate-Limit-Interval: 1s                    Crossref
 *	X-Concurrency-Limit: 3                                              Crossref
 *	Retry-After
 *
 * A limit without the time in which it holds says nothing, and isn't read; nor is a quota without the time
 * when it is renewed, or one that counts bytes. A limit of more than a minute is a quota as well: it isn't
 * meant to be spread over its hour or day, and what is left of it is said in the other fields. What is malformed, negative or out of bounds counts as not
 * said. Of several the narrowest stands.
 *
 * Pure: time is an argument. Threads: any.
 */
#pragma once

#include "http/headers.h"

struct rate_fields {
	int64_t count; /* requests in period_ms; 0: not said */
	int64_t period_ms;
	int64_t remaining;      /* requests until the quota is renewed; -1: not said */
	int64_t reset_ms;       /* from now; of remaining */
	int64_t concurrency;    /* requests at once; 0: not said */
	int64_t retry_after_ms; /* from now; -1: not said */
};

/* now_wall_ms: for what is a date, or seconds since 1970. */
void rate_fields_read(const struct headers *headers, int64_t now_wall_ms, struct rate_fields *ret);

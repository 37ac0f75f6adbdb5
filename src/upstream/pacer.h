/* upstream/pacer.h - how many requests an upstream gets, and when.
 *
 * Two bounds: a rate, kept by spacing (a request goes a period's part after the one before; after a pause
 * up to `burst` at once), and a number of requests under way. Both may be told by the origin itself: 429
 * and 503 with Retry-After shut the gate, RateLimit (draft-ietf-httpapi-ratelimit-headers), X-RateLimit-*,
 * X-Rate-Limit-Limit/-Interval and X-Concurrency-Limit set what the configuration leaves open or narrow it;
 * nothing widens what is configured.
 *
 * Spacing is a twentieth wider than the rate says: what leaves here evenly arrives less so, and an origin
 * counts what arrives.
 *
 * Pure but for what it remembers: time is an argument (monotonic milliseconds; the wall's where dates
 * count). Threads: one at a time.
 */
#pragma once

#include "http/headers.h"

#define PACER_NEVER INT64_MAX /* not by time: when one that is under way ends */

struct pacer_rules {
	int64_t count; /* requests in period_ms; 0: no bound of rate */
	int64_t period_ms;
	int64_t burst;       /* at least 1 */
	int64_t concurrency; /* 0: no bound */
	bool learns;
};

struct pacer;

struct pacer *pacer_new(const struct pacer_rules *rules);
void pacer_free(struct pacer *pacer);

/* 0: one may go, and counts as under way from now on. Else in how many milliseconds to ask again, or
 * PACER_NEVER. */
int64_t pacer_take(struct pacer *pacer, int64_t now_ms);

/* One that went has ended. */
void pacer_give_back(struct pacer *pacer);

/* An answer's head: what it says about rates. wall_ms: for Retry-After as a date and for resets as
 * seconds since the epoch. */
void pacer_learn(struct pacer *pacer, int status, const struct headers *headers, int64_t now_ms,
	int64_t wall_ms);

/* In how many milliseconds one would go that has `ahead` others before it: for Retry-After. */
int64_t pacer_estimate_ms(const struct pacer *pacer, size_t ahead, int64_t now_ms);

/* For metrics and `larder why`. */
struct pacer_state {
	int64_t under_way;
	int64_t concurrency; /* in force; 0: none */
	int64_t count;       /* rate in force; 0: none */
	int64_t period_ms;
	int64_t tokens;  /* that could go at once by the rate; -1: no bound */
	int64_t shut_ms; /* the gate opens in so many milliseconds; 0: it is open */
};
void pacer_state(const struct pacer *pacer, int64_t now_ms, struct pacer_state *ret);

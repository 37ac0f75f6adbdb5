/* upstream/pacer.h - how many requests an upstream gets, and when.
 *
 * Two bounds: a rate, kept by spacing (a request goes a period's part after the one before; after a pause
 * up to `burst` at once), and a number of requests under way. In no period go more than count + burst - 1.
 * Spacing is a twentieth wider than the rate says: what leaves here evenly arrives less so, and an origin
 * counts what arrives. With a burst of 1 and up to 4 % of the period of unevenness it never counts more
 * than the rate says.
 *
 * Both may be told by the origin itself (http/rate_fields.h): that sets what the configuration leaves open
 * or narrows it, and is forgotten after ten minutes without being said. Nothing widens what is configured.
 * What is left of a quota is not overdrawn. 429, and 503 with Retry-After, shut the gate: for as long as they
 * say, an hour at most; else for a second, and for twice as long each time that a 429 comes after it has
 * opened, a minute at most. After a 429 one a second goes until one is answered well.
 *
 * Pure but for what it remembers: time is an argument (monotonic milliseconds). Threads: one at a time.
 */
#pragma once

#include "http/rate_fields.h"

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

/* An answer's head, and what it says about rates. One that went is under way until pacer_give_back(). */
void pacer_learn(struct pacer *pacer, int status, const struct rate_fields *told, int64_t now_ms);

/* None goes before until_ms (monotonic). */
void pacer_shut(struct pacer *pacer, int64_t until_ms);

/* In how many milliseconds one would go that has `ahead` others before it, as far as that hangs on time:
 * for Retry-After. */
int64_t pacer_estimate_ms(const struct pacer *pacer, size_t ahead, int64_t now_ms);

/* Forgets what the origin has told: what is configured is in force, and the gate is open. */
void pacer_forget(struct pacer *pacer);

/* For metrics and `larder why`. */
struct pacer_state {
	int64_t under_way;
	int64_t concurrency; /* in force; 0: none */
	int64_t count;       /* rate in force; 0: none */
	int64_t period_ms;
	int64_t tokens;  /* that could go at once by the rate; -1: no bound */
	int64_t shut_ms; /* the gate opens in so many milliseconds; 0: it is open */
	bool learned;    /* something of this is the origin's word */
};
void pacer_state(const struct pacer *pacer, int64_t now_ms, struct pacer_state *ret);

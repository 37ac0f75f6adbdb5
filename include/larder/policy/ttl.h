/* policy/ttl.h - lifetimes that larder gives where the origin gives none, or in spite of it.
 *
 *	forced > the origin's own > adaptive > route > class > upstream's policy > Last-Modified
 *
 * of 200, 203, 204, 300, 301 and 308. Errors: the origin's own, else Retry-After (429 and 503), else the
 * table of errors, else the class of errors. A chance is a number that is handed in, so all of this is as
 * pure as the rest of policy. Ownership: everything is borrowed.
 */
#pragma once

#include "config/config.h"
#include "http/object.h"

struct response_view;

#define ERROR_MOST_MS (INT64_C(3600) * 1000) /* an error is not kept for longer because of it */

/* All 0: larder gives none but the heuristic one. */
struct ttl_rules {
	bool forced; /* route and class_ms stand above what the response says; never where the request
		      * has credentials: the caller's to see */
	struct duration_range route;              /* exact unless it is a range; 0: none */
	int64_t class_ms;                         /* 0: none; so of the two below */
	int64_t policy_ms;                        /* of the upstream */
	int64_t error_ms;                         /* of errors that say that the request is wrong */
	const struct status_ranges *route_errors; /* before the other; NULL: none */
	const struct status_ranges *errors;
	unsigned
		jitter_percent; /* by which class_ms, policy_ms, error_ms and guesses may be shorter */
	uint64_t draw;          /* random */
	int64_t stale_while_revalidate_ms; /* where the origin says nothing of it; 0: none */
	struct {
		bool enabled;
		int64_t least_ms;
		int64_t most_ms;
		int64_t start_ms; /* learnt from other responses of the route; 0: nothing yet */
	} adaptive;
};

struct ttl {
	int64_t lifetime_ms; /* from when it came */
	enum lifetime_source source;
};

/* What the rules give to this response; false: nothing. The origin's own lifetime is not looked at. */
bool ttl_given(
	const struct response_view *response, const struct ttl_rules *rules, struct ttl *ret);

/* Whether what this response says about caching is not looked at. */
bool ttl_is_forced(const struct response_view *response, const struct ttl_rules *rules);

/* Uniformly from the range by a random number. */
int64_t ttl_draw(struct duration_range range, uint64_t draw);

/* Shorter by up to the rules' jitter. */
int64_t ttl_jittered(const struct ttl_rules *rules, int64_t lifetime_ms);

/* What a refresh found. */
enum ttl_news {
	TTL_UNKNOWN, /* it can't be told, or it was too early to say something */
	TTL_UNCHANGED,
	TTL_CHANGED,
};

/* The adaptive lifetime that follows one of before_ms: half as long again, half, or the same; within the
 * rules' bounds. */
int64_t ttl_adapted(const struct ttl_rules *rules, int64_t before_ms, enum ttl_news news);

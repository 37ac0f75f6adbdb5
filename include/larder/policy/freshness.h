/* policy/freshness.h - how long a stored response is fresh and how old it is (RFC 9111 4.2). */
#pragma once

#include "policy/views.h"

/* s-maxage, max-age, Expires, heuristic (RFC 9111 4.2.1-4.2.3), and what limits->ttl gives. Errors are
 * negative: never used stale. */
struct freshness freshness_of(
	const struct response_view *response, const struct policy_limits *limits);

/* Whether larder gave the lifetime by a rule of the operator's. */
bool freshness_is_given(const struct freshness *f);

/* The same response as an error under a good status: to be kept for lifetime_ms, and never used stale. */
struct freshness freshness_negative(const struct freshness *f, int64_t lifetime_ms);

/* current_age (RFC 9111 4.2.3), never below 0: a clock that stepped back makes nothing younger than
 * its initial age. */
int64_t freshness_age_ms(const struct freshness *f, int64_t now_ms);

/* lifetime - age: negative when stale. */
int64_t freshness_left_ms(const struct freshness *f, int64_t now_ms);

/* The same with a lifetime that has ended by now_ms at the latest: of what is to be taken for stale
 * although it had longer. How stale it is counts from its own lifetime's end, so that what may be served
 * stale may be so for as long as it would have been. */
struct freshness freshness_ended(const struct freshness *f, int64_t now_ms);

enum judgement {
	JUDGED_FRESH,         /* answer from the store */
	JUDGED_STALE,         /* must be validated first */
	JUDGED_REQUESTED,     /* fresh, but the request's directives want it validated */
	JUDGED_STALE_ALLOWED, /* stale, and the request's max-stale takes it (RFC 9111 5.2.1.2) */
	JUDGED_STALE_WHILE_REVALIDATE, /* stale; answer from the store and refresh it (RFC 5861 3) */
};

/* What may be done with a stored response for this request (RFC 9111 4, 4.2.4, 5.2.1). What is
 * immutable is validated while it is fresh only for no-cache (RFC 8246 2.1). A request that has
 * max-age, min-fresh, or a max-stale that is exceeded is not answered by stale-while-revalidate. */
enum judgement freshness_judge(
	const struct freshness *f, const struct request_view *request, int64_t now_ms);

/* Whether a stored response may be used for this request although it is stale, because the origin
 * can't be reached or answers 500, 502, 503 or 504 (RFC 9111 4.2.4, 4.3.3; RFC 5861 4). The request's
 * stale-if-error, where it has one, stands before the response's, but never allows what
 * must-revalidate and the like forbid. */
bool freshness_serves_on_error(
	const struct freshness *f, const struct request_view *request, int64_t now_ms);

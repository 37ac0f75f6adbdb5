/* freshness.c - lifetime, age, and what a request may be given of what is stored (RFC 9111 4.2).
 *
 * Seconds of the protocol become milliseconds at once. Nothing overflows: delta-seconds are at most
 * 2^31 and dates end with the year 9999. Pure; threads: any.
 */
#include "policy/freshness.h"

#include "directives.h"
#include "status.h"
#include "validating.h"

#include "http/date.h"

static int64_t at_least_0(int64_t value)
{
	return value > 0 ? value : 0;
}

/* RFC 9110 6.6.1: without a usable Date, the time at which it came. */
static int64_t date_of(const struct response_view *response)
{
	struct slice text = headers_get(response->headers, FIELD_DATE);
	int64_t date_ms;

	if (text.size == 0 || date_parse(text, response->responded_ms, &date_ms) != RC_OK)
		return response->responded_ms;
	return date_ms;
}

/* RFC 9111 5.1: the first member of all fields counts; an invalid one is ignored. */
static int64_t age_value_ms(const struct headers *headers)
{
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(headers, FIELD_AGE, &from)) != NULL) {
		struct slice rest = at->value, member;
		int64_t seconds;

		if (list_next(&rest, &member))
			return cache_control_seconds(member, &seconds) ? seconds * 1000 : 0;
	}
	return 0;
}

/* RFC 9111 4.2.3. Date has whole seconds: what passed of the second in which the response came is
 * not taken for age. */
static int64_t initial_age(const struct response_view *response, int64_t date_ms)
{
	const struct headers *from =
		response->not_modified != NULL ? response->not_modified : response->headers;
	int64_t responded_ms = response->responded_ms - response->responded_ms % 1000;
	int64_t apparent_ms = at_least_0(responded_ms - date_ms);
	int64_t delay_ms = at_least_0(response->responded_ms - response->requested_ms);
	int64_t corrected_ms = age_value_ms(from) + delay_ms;

	return apparent_ms > corrected_ms ? apparent_ms : corrected_ms;
}

/* RFC 9111 5.3, 4.2.1: of several Expires the one that ends first; one that is no date has ended
 * already. A lifetime is a length: never below 0. */
static bool expires_lifetime(const struct response_view *response, int64_t date_ms, int64_t *ret_ms)
{
	const struct field *at;
	uint32_t from = 0;
	bool found = false;
	int64_t least_ms = 0;

	while ((at = headers_next(response->headers, FIELD_EXPIRES, &from)) != NULL) {
		int64_t expires_ms;
		int64_t left_ms = 0;

		if (date_parse(at->value, response->responded_ms, &expires_ms) == RC_OK)
			left_ms = at_least_0(expires_ms - date_ms);
		if (!found || left_ms < least_ms)
			least_ms = left_ms;
		found = true;
	}
	if (found)
		*ret_ms = least_ms;
	return found;
}

/* RFC 9111 4.2.1; RFC 9213 2.2: a targeted field leaves nothing for Expires to say. */
static bool explicit_lifetime(
	const struct response_view *response, int64_t date_ms, int64_t *ret_ms)
{
	if (response->cc.s_maxage != CC_NONE)
		*ret_ms = response->cc.s_maxage * 1000;
	else if (response->cc.max_age != CC_NONE)
		*ret_ms = response->cc.max_age * 1000;
	else
		return !response->targeted && expires_lifetime(response, date_ms, ret_ms);
	return true;
}

/* RFC 9111 4.2.2: a part of the time since Last-Modified. */
static bool heuristic_lifetime(const struct response_view *response,
	const struct policy_limits *limits, int64_t date_ms, int64_t *ret_ms)
{
	int64_t modified_ms, lifetime_ms;

	if (!status_is_heuristic(response->status) && !(response->cc.flags & CC_PUBLIC))
		return false;
	if (validator_modified(response->headers, response->responded_ms, &modified_ms) != RC_OK ||
		modified_ms >= date_ms)
		return false;
	lifetime_ms = (date_ms - modified_ms) / 100 * limits->heuristic_percent;
	if (lifetime_ms > limits->max_heuristic_ms)
		lifetime_ms = limits->max_heuristic_ms;
	*ret_ms = ttl_jittered(&limits->ttl, lifetime_ms);
	return true;
}

/* Counted from when it came: what an operator says is about this store, whatever Age and Date the response
 * came with. */
static bool given_lifetime(const struct response_view *response, const struct policy_limits *limits,
	struct freshness *f)
{
	struct ttl given;

	if (!ttl_given(response, &limits->ttl, &given))
		return false;
	f->lifetime_ms = f->initial_age_ms + given.lifetime_ms;
	f->source = (uint8_t)given.source;
	return true;
}

/* The order of sources: see policy/ttl.h. */
static void decide_lifetime(const struct response_view *response,
	const struct policy_limits *limits, struct freshness *f)
{
	if (ttl_is_forced(response, &limits->ttl) && given_lifetime(response, limits, f))
		return;
	f->explicit = explicit_lifetime(response, f->date_ms, &f->lifetime_ms);
	if (f->explicit) {
		f->source = LIFETIME_EXPLICIT;
		return;
	}
	if (given_lifetime(response, limits, f))
		return;
	f->heuristic = heuristic_lifetime(response, limits, f->date_ms, &f->lifetime_ms);
	if (f->heuristic)
		f->source = LIFETIME_HEURISTIC;
}

/* RFC 9111 4.2.4: where the origin forbids stale answers, neither RFC 5861 nor our grace allows them.
 *
 * The grace is for what has no lifetime of its own as well: that is stale too (4.2.4: whatever may
 * have a heuristic one), and for who is cut off from the origin an old answer is better than none. */
static void add_stale_windows(
	const struct cache_control *cc, const struct policy_limits *limits, struct freshness *f)
{
	if (f->revalidate_always || f->revalidate_stale || f->negative)
		return;
	/* RFC 5861 3 counts from the end of a lifetime: who gives none, and is given none, has none */
	if (f->source != LIFETIME_NONE)
		f->stale_while_revalidate_ms = cc->stale_while_revalidate != CC_NONE
						       ? cc->stale_while_revalidate * 1000
						       : limits->ttl.stale_while_revalidate_ms;
	f->stale_if_error_ms =
		cc->stale_if_error != CC_NONE ? cc->stale_if_error * 1000 : limits->grace_ms;
}

static void add_stale_rules(
	const struct cache_control *cc, const struct policy_limits *limits, struct freshness *f)
{
	f->revalidate_always = cc->flags & CC_NO_CACHE;
	f->revalidate_stale = (cc->flags & (CC_MUST_REVALIDATE | CC_PROXY_REVALIDATE)) ||
			      cc->s_maxage != CC_NONE; /* RFC 9111 5.2.2.10 */
	f->immutable = cc->flags & CC_IMMUTABLE;
	f->for_all = directives_are_for_all(cc);
	add_stale_windows(cc, limits, f);
}

/* Where nothing that the response says counts, nor does what it allows. */
static void add_forced_rules(
	const struct cache_control *cc, const struct policy_limits *limits, struct freshness *f)
{
	f->immutable = cc->flags & CC_IMMUTABLE;
	add_stale_windows(cc, limits, f);
}

struct freshness freshness_of(
	const struct response_view *response, const struct policy_limits *limits)
{
	struct freshness f = {
		.requested_ms = response->requested_ms,
		.responded_ms = response->responded_ms,
		.date_ms = date_of(response),
		.negative = response->status >= 400,
	};

	f.initial_age_ms = initial_age(response, f.date_ms);
	decide_lifetime(response, limits, &f);
	if (ttl_is_forced(response, &limits->ttl))
		add_forced_rules(&response->cc, limits, &f);
	else
		add_stale_rules(&response->cc, limits, &f);
	return f;
}

bool freshness_is_given(const struct freshness *f)
{
	return f->source != LIFETIME_NONE && f->source != LIFETIME_EXPLICIT &&
	       f->source != LIFETIME_HEURISTIC;
}

struct freshness freshness_negative(const struct freshness *f, int64_t lifetime_ms)
{
	return (struct freshness){
		.requested_ms = f->requested_ms,
		.responded_ms = f->responded_ms,
		.date_ms = f->date_ms,
		.initial_age_ms = f->initial_age_ms,
		.lifetime_ms = f->initial_age_ms + lifetime_ms,
		.for_all = f->for_all,
		.negative = true,
		.source = LIFETIME_GUARD,
	};
}

int64_t freshness_age_ms(const struct freshness *f, int64_t now_ms)
{
	return f->initial_age_ms + at_least_0(now_ms - f->responded_ms);
}

struct freshness freshness_ended(const struct freshness *f, int64_t now_ms)
{
	struct freshness ended = *f;
	int64_t age_ms = freshness_age_ms(f, now_ms);

	if (age_ms < ended.lifetime_ms)
		ended.lifetime_ms = age_ms;
	return ended;
}

int64_t freshness_left_ms(const struct freshness *f, int64_t now_ms)
{
	return f->lifetime_ms - freshness_age_ms(f, now_ms);
}

/* RFC 9111 5.2.1.1, 5.2.1.4. max-age=0 is a reload: not even an answer of this very millisecond. */
static bool is_too_old(const struct cache_control *cc, int64_t age_ms)
{
	return cc->max_age == 0 || (cc->max_age != CC_NONE && age_ms > cc->max_age * 1000);
}

/* Whether the request wants what is fresh validated. RFC 8246 2.1: what is immutable only at a clear
 * signal, which no-cache is. RFC 9111 5.2.1.3: nothing is fresh for longer than it lasts. */
static bool wants_validation(
	const struct freshness *f, const struct cache_control *cc, int64_t age_ms)
{
	if (cc->flags & CC_NO_CACHE)
		return true;
	if (f->immutable)
		return false;
	return is_too_old(cc, age_ms) ||
	       (cc->min_fresh != CC_NONE && f->lifetime_ms - age_ms < cc->min_fresh * 1000);
}

/* RFC 9111 5.2.1.2 */
static bool takes_stale(const struct cache_control *cc, int64_t stale_ms)
{
	if (cc->flags & CC_MAX_STALE_ANY)
		return true;
	return cc->max_stale != CC_NONE && stale_ms <= cc->max_stale * 1000;
}

/* Whether the request says that it takes nothing stale, or nothing as stale as this: RFC 9111 5.2.1.1
 * (max-age without max-stale), 5.2.1.2, 5.2.1.3, 5.2.1.4. */
static bool refuses_stale(const struct cache_control *cc, int64_t age_ms, int64_t stale_ms)
{
	bool says_how_stale = cc->flags & CC_MAX_STALE_ANY || cc->max_stale != CC_NONE;

	if (cc->flags & CC_NO_CACHE || cc->min_fresh != CC_NONE || is_too_old(cc, age_ms))
		return true;
	return says_how_stale ? !takes_stale(cc, stale_ms) : cc->max_age != CC_NONE;
}

static enum judgement judge_stale(
	const struct freshness *f, const struct cache_control *cc, int64_t age_ms)
{
	int64_t stale_ms = age_ms - f->lifetime_ms;

	if (f->revalidate_stale || f->negative || refuses_stale(cc, age_ms, stale_ms))
		return JUDGED_STALE;
	if (takes_stale(cc, stale_ms))
		return JUDGED_STALE_ALLOWED;
	/* RFC 5861 3: up to the indicated number of seconds */
	if (f->stale_while_revalidate_ms > 0 && stale_ms <= f->stale_while_revalidate_ms)
		return JUDGED_STALE_WHILE_REVALIDATE;
	return JUDGED_STALE;
}

enum judgement freshness_judge(
	const struct freshness *f, const struct request_view *request, int64_t now_ms)
{
	int64_t age_ms = freshness_age_ms(f, now_ms);

	if (f->revalidate_always) /* RFC 9111 5.2.2.4 */
		return JUDGED_STALE;
	if (age_ms >= f->lifetime_ms)
		return judge_stale(f, &request->cc, age_ms);
	return wants_validation(f, &request->cc, age_ms) ? JUDGED_REQUESTED : JUDGED_FRESH;
}

/* RFC 5861 4: the request's own stale-if-error is about this request, and so stands before what is
 * good for any, to both sides. */
bool freshness_serves_on_error(
	const struct freshness *f, const struct request_view *request, int64_t now_ms)
{
	const struct cache_control *cc = &request->cc;
	int64_t stale_ms = -freshness_left_ms(f, now_ms);
	int64_t limit_ms =
		cc->stale_if_error != CC_NONE ? cc->stale_if_error * 1000 : f->stale_if_error_ms;

	if (f->revalidate_always || cc->flags & CC_NO_CACHE)
		return false;
	if (stale_ms < 0) /* fresh: only the request wanted it validated */
		return true;
	return !f->revalidate_stale && !f->negative && limit_ms > 0 && stale_ms <= limit_ms;
}

/* http/rate_fields.c - rates, quotas and bounds in the words of a dozen APIs.
 *
 * X-RateLimit-Reset is seconds from now (Ensembl, OpenAlex) or since 1970 (GitHub), by some in
 * milliseconds: its size tells. What it is not: a judge of whether to obey; that is upstream/pacer.h.
 */
#include "http/rate_fields.h"

#include "http/retry_after.h"
#include "http/structured.h"
#include "util/units.h"

#define MOST           ((int64_t)1000000000) /* of any count */
#define MOST_MS        RETRY_AFTER_MOST_MS   /* of any time from now */
#define MOST_PERIOD_MS ((int64_t)60000)      /* of a rate */
#define LEAST_EPOCH    ((int64_t)1000000000) /* seconds: 2001; 31 years from now */
#define LEAST_EPOCH_MS ((int64_t)100000000000)

/* ---- one value ---- */

/* A count of at least least, and at most MOST. */
static bool is_count(const struct sf_bare *bare, int64_t least)
{
	return bare != NULL && bare->kind == SF_INTEGER && bare->number >= least &&
	       bare->number <= MOST;
}

/* Seconds, 0 or more, as milliseconds. */
static bool is_time(const struct sf_bare *bare, int64_t *ret_ms)
{
	if (bare == NULL || bare->number < 0)
		return false;
	if (bare->kind == SF_INTEGER && bare->number <= MOST_MS / 1000)
		*ret_ms = bare->number * 1000;
	else if (bare->kind == SF_DECIMAL && bare->number <= MOST_MS)
		*ret_ms = bare->number; /* in thousandths */
	else
		return false;
	return true;
}

static bool plain_count(const struct headers *h, enum field_id id, uint64_t *ret)
{
	return slice_to_u64(headers_get(h, id), ret) && *ret <= (uint64_t)MOST;
}

/* ---- what several fields say: the narrowest ---- */

/* count > 0 */
static void take_rate(struct rate_fields *ret, int64_t count, int64_t period_ms)
{
	double told = (double)period_ms / (double)count;

	if (period_ms <= 0 || period_ms > MOST_PERIOD_MS)
		return;
	if (ret->count > 0 && told <= (double)ret->period_ms / (double)ret->count)
		return;
	ret->count = count;
	ret->period_ms = period_ms;
}

static void take_quota(struct rate_fields *ret, int64_t remaining, int64_t reset_ms)
{
	if (ret->remaining >= 0 &&
		(remaining > ret->remaining ||
			(remaining == ret->remaining && reset_ms <= ret->reset_ms)))
		return;
	ret->remaining = remaining;
	ret->reset_ms = reset_ms;
}

/* ---- RateLimit-Policy, RateLimit-Limit: items with q and w, or counts with w ---- */

/* Quotas are of requests unless qu says other. */
static bool is_of_requests(const struct sf_parameters *p)
{
	const struct sf_bare *unit = sf_parameter_find(p, SLICE("qu"));

	return unit == NULL || slice_equal(unit->text, SLICE("requests"));
}

static void read_policy(const struct sf_item *item, struct rate_fields *ret)
{
	const struct sf_bare *quota = sf_parameter_find(&item->parameters, SLICE("q"));
	const struct sf_bare *window = sf_parameter_find(&item->parameters, SLICE("w"));
	int64_t window_ms;

	if (quota == NULL)
		quota = &item->bare;
	if (window == NULL)
		window = sf_parameter_find(&item->parameters, SLICE("window"));
	if (is_count(quota, 1) && is_time(window, &window_ms) && is_of_requests(&item->parameters))
		take_rate(ret, quota->number, window_ms);
}

static void read_policies(struct slice text, struct arena *arena, struct rate_fields *ret)
{
	struct sf_members list;

	if (text.data == NULL || sf_parse_list(text, arena, &list) != RC_OK)
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].is_inner_list)
			read_policy(&list.items[i].item, ret);
	}
}

/* ---- RateLimit: a dictionary, or a list of items with r and t ---- */

/* Whether RateLimit-Policy says of the policy with that name that it doesn't count requests. */
static bool counts_other(const struct sf_members *policies, const struct sf_bare *name)
{
	for (size_t i = 0; i < policies->count; i++) {
		const struct sf_item *item = &policies->items[i].item;

		if (!policies->items[i].is_inner_list && slice_equal(item->bare.text, name->text) &&
			!is_of_requests(&item->parameters))
			return true;
	}
	return false;
}

static void read_limit(
	const struct sf_item *item, const struct sf_members *policies, struct rate_fields *ret)
{
	const struct sf_bare *left = sf_parameter_find(&item->parameters, SLICE("r"));
	const struct sf_bare *reset = sf_parameter_find(&item->parameters, SLICE("t"));
	int64_t reset_ms;

	if (is_count(left, 0) && is_time(reset, &reset_ms) && !counts_other(policies, &item->bare))
		take_quota(ret, left->number, reset_ms);
}

static void read_limits(
	const struct headers *h, struct slice text, struct arena *arena, struct rate_fields *ret)
{
	struct slice policy_text = headers_combined(h, SLICE("ratelimit-policy"), arena);
	struct sf_members list, policies = { 0 };

	if (sf_parse_list(text, arena, &list) != RC_OK)
		return;
	if (policy_text.data == NULL || sf_parse_list(policy_text, arena, &policies) != RC_OK)
		policies = (struct sf_members){ 0 };
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].is_inner_list)
			read_limit(&list.items[i].item, &policies, ret);
	}
}

static bool read_dictionary(struct slice text, struct arena *arena, struct rate_fields *ret)
{
	const struct sf_member *left, *reset;
	struct sf_members members;
	int64_t reset_ms;

	if (sf_parse_dictionary(text, arena, &members) != RC_OK)
		return false;
	left = sf_member_find(&members, SLICE("remaining"));
	reset = sf_member_find(&members, SLICE("reset"));
	if (left == NULL || reset == NULL)
		return false;
	if (is_count(&left->item.bare, 0) && is_time(&reset->item.bare, &reset_ms))
		take_quota(ret, left->item.bare.number, reset_ms);
	return true;
}

static void read_ratelimit(const struct headers *h, struct arena *arena, struct rate_fields *ret)
{
	struct slice text = headers_combined(h, SLICE("ratelimit"), arena);

	if (text.data != NULL && !read_dictionary(text, arena, ret))
		read_limits(h, text, arena, ret);
}

/* ---- the others ---- */

/* Seconds from now, or seconds or milliseconds since 1970. */
static bool reset_of(struct slice text, int64_t now_wall_ms, int64_t *ret_ms)
{
	int64_t ms;

	if (!retry_after_seconds(text, &ms) || ms == INT64_MAX)
		return false;
	if (ms / 1000 >= LEAST_EPOCH_MS)
		ms = ms / 1000 - now_wall_ms;
	else if (ms / 1000 >= LEAST_EPOCH)
		ms -= now_wall_ms;
	*ret_ms = ms < 0 ? 0 : ms;
	return *ret_ms <= MOST_MS;
}

struct quota_fields {
	enum field_id remaining, reset;
};

static void read_quota(const struct headers *h, struct quota_fields fields, int64_t now_wall_ms,
	struct rate_fields *ret)
{
	uint64_t remaining;
	int64_t reset_ms;

	if (plain_count(h, fields.remaining, &remaining) &&
		reset_of(headers_get(h, fields.reset), now_wall_ms, &reset_ms))
		take_quota(ret, (int64_t)remaining, reset_ms);
}

/* "1s", or plain seconds. */
static bool interval_of(struct slice text, int64_t *ret_ms)
{
	return units_parse_duration(text, ret_ms) == RC_OK || retry_after_seconds(text, ret_ms);
}

static void read_crossref(const struct headers *h, struct rate_fields *ret)
{
	int64_t interval_ms;
	uint64_t count;

	if (plain_count(h, FIELD_X_RATE_LIMIT_LIMIT, &count) && count > 0 &&
		interval_of(headers_get(h, FIELD_X_RATE_LIMIT_INTERVAL), &interval_ms))
		take_rate(ret, (int64_t)count, interval_ms);
	if (plain_count(h, FIELD_X_CONCURRENCY_LIMIT, &count))
		ret->concurrency = (int64_t)count;
}

void rate_fields_read(const struct headers *headers, int64_t now_wall_ms, struct rate_fields *ret)
{
	static const struct quota_fields quotas[] = {
		{ FIELD_RATELIMIT_REMAINING, FIELD_RATELIMIT_RESET },
		{ FIELD_X_RATELIMIT_REMAINING, FIELD_X_RATELIMIT_RESET },
	};
	static const struct slice policies[] = {
		{ "ratelimit-policy", 16 },
		{ "ratelimit-limit", 15 },
		{ "x-ratelimit-limit", 17 },
	};
	struct arena arena;

	*ret = (struct rate_fields){ .remaining = -1, .retry_after_ms = -1 };
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		read_policies(headers_combined(headers, policies[i], &arena), &arena, ret);
	read_ratelimit(headers, &arena, ret);
	arena_done(&arena);
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
		read_quota(headers, quotas[i], now_wall_ms, ret);
	read_crossref(headers, ret);
	if (retry_after_of(headers, now_wall_ms, &ret->retry_after_ms) != RC_OK)
		ret->retry_after_ms = -1;
}

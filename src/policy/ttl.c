/* ttl.c - lifetimes that larder gives: which rule is the one.
 *
 * What it is not: the judge of what the origin says (freshness.c), or of whether it may be stored
 * (storable.c). Pure; threads: any. Ownership: everything is borrowed.
 */
#include "policy/ttl.h"

#include "http/retry_after.h"
#include "policy/views.h"

static bool is_one_of(int status, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == status)
			return true;
	}
	return false;
}

#define IS_ONE_OF(status, list) is_one_of(status, list, sizeof(list) / sizeof((list)[0]))

/* What answers the question for good. Others (302, 202 ...) say something of this moment only, and a part
 * may be of a representation that is gone. */
static bool is_answer(int status)
{
	static const int answers[] = { 200, 203, 204, 300, 301, 308 };

	return IS_ONE_OF(status, answers);
}

/* They speak of the request as it stands: the same one will be wrong in a moment, too. */
static bool is_wrong_request(int status)
{
	static const int wrong[] = { 400, 405, 414, 422, 501 };

	return IS_ONE_OF(status, wrong);
}

/* 0 <= x <= most, uniformly. */
static int64_t share_of_draw(uint64_t draw, int64_t most)
{
	double unit = (double)(draw >> 11) * 0x1p-53; /* [0, 1) */

	return most > 0 ? (int64_t)(unit * (double)(most + 1)) : 0;
}

int64_t ttl_draw(struct duration_range range, uint64_t draw)
{
	return range.least_ms + share_of_draw(draw, range.most_ms - range.least_ms);
}

int64_t ttl_jittered(const struct ttl_rules *rules, int64_t lifetime_ms)
{
	return lifetime_ms -
	       share_of_draw(rules->draw, lifetime_ms / 100 * (int64_t)rules->jitter_percent);
}

static struct ttl jittered(
	const struct ttl_rules *rules, int64_t lifetime_ms, enum lifetime_source source)
{
	return (struct ttl){ ttl_jittered(rules, lifetime_ms), source };
}

static bool has_route_ttl(const struct ttl_rules *rules)
{
	return rules->route.most_ms > 0;
}

/* The route's, its class's, its upstream's. */
static bool configured(const struct ttl_rules *rules, struct ttl *ret)
{
	if (has_route_ttl(rules))
		*ret = (struct ttl){ ttl_draw(rules->route, rules->draw), LIFETIME_ROUTE };
	else if (rules->class_ms > 0)
		*ret = jittered(rules, rules->class_ms, LIFETIME_CLASS);
	else if (rules->policy_ms > 0)
		*ret = jittered(rules, rules->policy_ms, LIFETIME_POLICY);
	else
		return false;
	return true;
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/* What others of the route came to, else what is configured. */
static struct ttl adaptive_start(const struct ttl_rules *rules)
{
	struct ttl start = { rules->adaptive.least_ms, LIFETIME_ADAPTIVE };

	if (rules->adaptive.start_ms > 0)
		start.lifetime_ms = ttl_jittered(rules, rules->adaptive.start_ms);
	else
		(void)configured(rules, &start);
	start.source = LIFETIME_ADAPTIVE;
	start.lifetime_ms =
		within(start.lifetime_ms, rules->adaptive.least_ms, rules->adaptive.most_ms);
	return start;
}

int64_t ttl_adapted(const struct ttl_rules *rules, int64_t before_ms, enum ttl_news news)
{
	int64_t after_ms = before_ms;

	if (news == TTL_UNCHANGED)
		after_ms += before_ms / 2;
	else if (news == TTL_CHANGED)
		after_ms /= 2;
	return within(after_ms, rules->adaptive.least_ms, rules->adaptive.most_ms);
}

static bool given_to_answer(const struct ttl_rules *rules, struct ttl *ret)
{
	bool can_force = has_route_ttl(rules) || rules->class_ms > 0;

	if (rules->adaptive.enabled && !(rules->forced && can_force))
		*ret = adaptive_start(rules);
	else if (!configured(rules, ret))
		return false;
	if (rules->forced && can_force)
		ret->source = LIFETIME_FORCED;
	return true;
}

static const struct status_range *find(const struct status_ranges *ranges, int status)
{
	for (size_t i = 0; ranges != NULL && i < ranges->count; i++) {
		if (ranges->items[i].status == status)
			return &ranges->items[i];
	}
	return NULL;
}

/* RFC 9110 10.2.3, 15.6.4; RFC 6585 4. */
static bool tells_when(const struct response_view *response, int64_t *ret_ms)
{
	int64_t wait_ms;

	if (response->status != 429 && response->status != 503)
		return false;
	if (retry_after_of(response->headers, response->responded_ms, &wait_ms) != RC_OK)
		return false;
	*ret_ms = wait_ms < ERROR_MOST_MS ? wait_ms : ERROR_MOST_MS;
	return true;
}

static bool given_to_error(
	const struct response_view *response, const struct ttl_rules *rules, struct ttl *ret)
{
	const struct status_range *row = find(rules->route_errors, response->status);
	int64_t wait_ms;

	if (config_status_is_personal(response->status))
		return false;
	if (row == NULL)
		row = find(rules->errors, response->status);
	if (row != NULL && row->range.most_ms > 0) {
		if (tells_when(response, &wait_ms))
			*ret = (struct ttl){ wait_ms, LIFETIME_RETRY_AFTER };
		else
			*ret = (struct ttl){ ttl_draw(row->range, rules->draw), LIFETIME_ERRORS };
		return true;
	}
	if (row != NULL || rules->error_ms <= 0 || !is_wrong_request(response->status))
		return false;
	*ret = jittered(rules, rules->error_ms, LIFETIME_ERRORS);
	return true;
}

bool ttl_given(const struct response_view *response, const struct ttl_rules *rules, struct ttl *ret)
{
	if (is_answer(response->status))
		return given_to_answer(rules, ret);
	return response->status >= 400 && given_to_error(response, rules, ret);
}

bool ttl_is_forced(const struct response_view *response, const struct ttl_rules *rules)
{
	struct ttl given;

	return rules->forced && ttl_given(response, rules, &given);
}

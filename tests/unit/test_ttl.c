/* test_ttl.c - lifetimes that larder gives: who decides, for how long, and may it be stored at all.
 *
 * Each row has a route's rules by a letter: responses come at NOW, at once. The draw is 0 unless a test says
 * otherwise: the least of each range, and no jitter.
 */
#include "policy/storable.h"

#include "policy_rows.h"

#include "policy/freshness.h"

#define MINUTE 60000LL

static struct status_range table_rows[] = {
	{ 401, { 30000, 30000 } },
	{ 404, { 300000, 900000 } },
	{ 410, { HOUR, HOUR } },
	{ 429, { 30000, 60000 } },
	{ 502, { 10000, 20000 } },
	{ 503, { 20000, 40000 } },
	{ 504, { 15000, 30000 } },
};
static const struct status_ranges table = { table_rows, ROWS(table_rows) };

static struct status_range own_rows[] = {
	{ 404, { 7000, 7000 } },
	{ 503, { 0, 0 } }, /* off */
	{ 400, { 9000, 9000 } },
};
static const struct status_ranges own = { own_rows, ROWS(own_rows) };

enum rules { OFF, TABLE, ROUTE, CLASS, POLICY, ALL, FORCED, FORCED_CLASS, OWN, ADAPTIVE, LEARNT };

static const struct ttl_rules by_name[] = {
	[OFF] = { 0 },
	[TABLE] = { .errors = &table },
	[ROUTE] = { .errors = &table, .route = { 90000, 90000 }, .error_ms = 30000 },
	[CLASS] = { .errors = &table, .class_ms = 300000, .error_ms = 30000 },
	[POLICY] = { .errors = &table, .policy_ms = HOUR },
	[ALL] = { .errors = &table,
		.route = { 90000, 90000 },
		.class_ms = 300000,
		.policy_ms = HOUR },
	[FORCED] = { .forced = true,
		.errors = &table,
		.route = { 90000, 90000 },
		.class_ms = 300000,
		.stale_while_revalidate_ms = 5000 },
	[FORCED_CLASS] = { .forced = true, .errors = &table, .class_ms = 300000 },
	[OWN] = { .errors = &table, .route_errors = &own, .class_ms = 300000, .error_ms = 30000 },
	[ADAPTIVE] = { .errors = &table,
		.class_ms = 300000,
		.adaptive = { true, MINUTE, HOUR, 0 } },
	[LEARNT] = { .errors = &table,
		.class_ms = 300000,
		.adaptive = { true, MINUTE, HOUR, 600000 } },
};

#define CC(text) "cache-control: " text
#define OLD      "date: " DATE_NOW "\nlast-modified: " DATE_10H
#define BASIC    "authorization: Basic YTpi"
#define NO_STORE "cache-control: no-store"
#define GET      METHOD_GET
#define NONE     LIFETIME_NONE
#define EXPLICIT LIFETIME_EXPLICIT

/* clang-format off */
static const struct {
	const char *about;
	enum rules rules;
	enum method method;
	int status;
	const char *request;
	const char *response;
	int64_t lifetime_ms;
	enum lifetime_source source;
	enum skip skip;
} rows[] = {
	/* who decides */
	{ "no rules", OFF, GET, 200, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "a table of errors is nothing to others", TABLE, GET, 200, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "the route's", ROUTE, GET, 200, NULL, NULL, 90000, LIFETIME_ROUTE, SKIP_NONE },
	{ "the class's", CLASS, GET, 200, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "the upstream's", POLICY, GET, 200, NULL, NULL, HOUR, LIFETIME_POLICY, SKIP_NONE },
	{ "the route's before all", ALL, GET, 200, NULL, NULL, 90000, LIFETIME_ROUTE, SKIP_NONE },
	{ "the origin's before the route's", ALL, GET, 200, NULL, CC("max-age=5"), 5000, EXPLICIT, SKIP_NONE },
	{ "even 0", ALL, GET, 200, NULL, CC("max-age=0"), 0, EXPLICIT, SKIP_NO_FRESHNESS },
	{ "even one that is over", ALL, GET, 200, NULL, "expires: 0", 0, EXPLICIT, SKIP_NO_FRESHNESS },
	{ "the class's before a guess", CLASS, GET, 200, NULL, OLD, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "the policy's before a guess", POLICY, GET, 200, NULL, OLD, HOUR, LIFETIME_POLICY, SKIP_NONE },
	{ "a guess before nothing", TABLE, GET, 200, NULL, OLD, HOUR, LIFETIME_HEURISTIC, SKIP_NONE },
	{ "a form, by its body", CLASS, METHOD_POST, 200, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "a form and a guess", TABLE, METHOD_POST, 200, NULL, OLD, HOUR, LIFETIME_HEURISTIC, SKIP_NO_FRESHNESS },
	{ "no-cache needs a validator still", CLASS, GET, 200, NULL, CC("no-cache"), 300000, LIFETIME_CLASS, SKIP_NO_FRESHNESS },
	{ "no-store stands", CLASS, GET, 200, NULL, NO_STORE, 300000, LIFETIME_CLASS, SKIP_NO_STORE },
	{ "private stands", CLASS, GET, 200, NULL, CC("private"), 300000, LIFETIME_CLASS, SKIP_PRIVATE },
	{ "cookies stand", CLASS, GET, 200, NULL, "set-cookie: a=b", 300000, LIFETIME_CLASS, SKIP_SET_COOKIE },
	{ "who asks for himself", CLASS, GET, 200, BASIC, NULL, 300000, LIFETIME_CLASS, SKIP_AUTHORIZATION },
	{ "it counts from when it came", CLASS, GET, 200, NULL, "age: 1000", 1300000, LIFETIME_CLASS, SKIP_NONE },

	/* which statuses */
	{ "203", CLASS, GET, 203, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "204", CLASS, GET, 204, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "300", CLASS, GET, 300, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "301", CLASS, GET, 301, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "308", CLASS, GET, 308, NULL, NULL, 300000, LIFETIME_CLASS, SKIP_NONE },
	{ "201", CLASS, GET, 201, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "202 is not there yet", CLASS, GET, 202, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "206", CLASS, GET, 206, "range: bytes=0-1", "content-range: bytes 0-1/9\ncontent-length: 2", 0, NONE, SKIP_NO_FRESHNESS },
	{ "302", CLASS, GET, 302, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "303", CLASS, GET, 303, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "307", CLASS, GET, 307, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },

	/* force */
	{ "forced: no-store", FORCED, GET, 200, NULL, NO_STORE, 90000, LIFETIME_FORCED, SKIP_NONE },
	{ "forced: private", FORCED, GET, 200, NULL, CC("private, max-age=0, must-revalidate"), 90000, LIFETIME_FORCED, SKIP_NONE },
	{ "forced: no-cache", FORCED_CLASS, GET, 200, NULL, CC("no-cache"), 300000, LIFETIME_FORCED, SKIP_NONE },
	{ "forced: a longer one", FORCED, GET, 200, NULL, CC("max-age=9999"), 90000, LIFETIME_FORCED, SKIP_NONE },
	{ "forced: Vary: *", FORCED, GET, 200, NULL, "vary: *", 90000, LIFETIME_FORCED, SKIP_NONE },
	{ "forced: not a cookie", FORCED, GET, 200, NULL, "set-cookie: a=b", 90000, LIFETIME_FORCED, SKIP_SET_COOKIE },
	{ "forced: not for who asks for himself", FORCED, GET, 200, BASIC, NO_STORE, 90000, LIFETIME_FORCED, SKIP_NO_STORE },
	{ "forced: nor for himself and all", FORCED, GET, 200, BASIC, CC("private"), 90000, LIFETIME_FORCED, SKIP_PRIVATE },
	{ "forced: not where the request forbids", FORCED, GET, 200, NO_STORE, NULL, 90000, LIFETIME_FORCED, SKIP_REQUEST_NO_STORE },
	{ "forced: not what has no rule", FORCED, GET, 302, NULL, CC("private, max-age=9"), 9000, EXPLICIT, SKIP_PRIVATE },
	{ "forced: errors of the table", FORCED, GET, 404, NULL, NO_STORE, 300000, LIFETIME_ERRORS, SKIP_NONE },
	{ "forced: not others", FORCED, GET, 403, NULL, NO_STORE, 0, NONE, SKIP_NO_STORE },

	/* errors */
	{ "404", TABLE, GET, 404, NULL, NULL, 300000, LIFETIME_ERRORS, SKIP_NONE },
	{ "410", TABLE, GET, 410, NULL, NULL, HOUR, LIFETIME_ERRORS, SKIP_NONE },
	{ "429", TABLE, GET, 429, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "502", TABLE, GET, 502, NULL, NULL, 10000, LIFETIME_ERRORS, SKIP_NONE },
	{ "503", TABLE, GET, 503, NULL, NULL, 20000, LIFETIME_ERRORS, SKIP_NONE },
	{ "504", TABLE, GET, 504, NULL, NULL, 15000, LIFETIME_ERRORS, SKIP_NONE },
	{ "of a form", TABLE, METHOD_POST, 404, NULL, NULL, 300000, LIFETIME_ERRORS, SKIP_NONE },
	{ "the origin's before the table", TABLE, GET, 404, NULL, CC("max-age=5"), 5000, EXPLICIT, SKIP_NONE },
	{ "no-store stands", TABLE, GET, 404, NULL, NO_STORE, 300000, LIFETIME_ERRORS, SKIP_NO_STORE },
	{ "private stands", TABLE, GET, 404, NULL, CC("private"), 300000, LIFETIME_ERRORS, SKIP_PRIVATE },
	{ "who asks for himself", TABLE, GET, 404, BASIC, NULL, 300000, LIFETIME_ERRORS, SKIP_AUTHORIZATION },
	{ "not in the table", TABLE, GET, 500, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "not even if it is: 401", TABLE, GET, 401, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "403", CLASS, GET, 403, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "400 without a class", TABLE, GET, 400, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "400 of a class", CLASS, GET, 400, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "405 of a class", CLASS, GET, 405, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "414 of a ttl", ROUTE, GET, 414, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "422 of a class", CLASS, GET, 422, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "501 of a class", CLASS, GET, 501, NULL, NULL, 30000, LIFETIME_ERRORS, SKIP_NONE },
	{ "500 of a class", CLASS, GET, 500, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "the class isn't an error's", CLASS, GET, 418, NULL, NULL, 0, NONE, SKIP_NO_FRESHNESS },
	{ "the route's table first", OWN, GET, 404, NULL, NULL, 7000, LIFETIME_ERRORS, SKIP_NONE },
	{ "then the other", OWN, GET, 410, NULL, NULL, HOUR, LIFETIME_ERRORS, SKIP_NONE },
	{ "the route's off", OWN, GET, 503, NULL, "retry-after: 9", 0, NONE, SKIP_NO_FRESHNESS },
	{ "the table before the class", OWN, GET, 400, NULL, NULL, 9000, LIFETIME_ERRORS, SKIP_NONE },
	{ "a guess where nothing is said", OFF, GET, 404, NULL, OLD, HOUR, LIFETIME_HEURISTIC, SKIP_NONE },
	{ "the table before a guess", TABLE, GET, 404, NULL, OLD, 300000, LIFETIME_ERRORS, SKIP_NONE },

	/* Retry-After */
	{ "Retry-After", TABLE, GET, 429, NULL, "retry-after: 7", 7000, LIFETIME_RETRY_AFTER, SKIP_NONE },
	{ "a float", TABLE, GET, 429, NULL, "retry-after: 40.0", 40000, LIFETIME_RETRY_AFTER, SKIP_NONE },
	{ "a date", TABLE, GET, 503, NULL, "retry-after: Sun, 06 Nov 1994 08:50:37 GMT", 60000, LIFETIME_RETRY_AFTER, SKIP_NONE },
	{ "an hour at most", TABLE, GET, 503, NULL, "retry-after: 86400", HOUR, LIFETIME_RETRY_AFTER, SKIP_NONE },
	{ "the origin's own before it", TABLE, GET, 503, NULL, "retry-after: 7\n" CC("max-age=9"), 9000, EXPLICIT, SKIP_NONE },
	{ "not to be read", TABLE, GET, 503, NULL, "retry-after: soon", 20000, LIFETIME_ERRORS, SKIP_NONE },
	{ "at once", TABLE, GET, 503, NULL, "retry-after: 0", 0, LIFETIME_RETRY_AFTER, SKIP_NO_FRESHNESS },
	{ "of another status", TABLE, GET, 404, NULL, "retry-after: 7", 300000, LIFETIME_ERRORS, SKIP_NONE },
	{ "no table", OFF, GET, 429, NULL, "retry-after: 7", 0, NONE, SKIP_NO_FRESHNESS },

	/* adaptive */
	{ "adaptive begins with the class's", ADAPTIVE, GET, 200, NULL, NULL, 300000, LIFETIME_ADAPTIVE, SKIP_NONE },
	{ "adaptive begins with what was learnt", LEARNT, GET, 200, NULL, NULL, 600000, LIFETIME_ADAPTIVE, SKIP_NONE },
	{ "the origin's before it", LEARNT, GET, 200, NULL, CC("max-age=5"), 5000, EXPLICIT, SKIP_NONE },
	{ "errors don't adapt", LEARNT, GET, 404, NULL, NULL, 300000, LIFETIME_ERRORS, SKIP_NONE },
};
/* clang-format on */

static struct policy_limits limits_of(const struct ttl_rules *rules)
{
	return (struct policy_limits){
		.max_heuristic_ms = 24 * HOUR,
		.heuristic_percent = 10,
		.max_object_bytes = 1000,
		.grace_ms = 2 * HOUR,
		.ttl = *rules,
	};
}

static struct freshness freshness_by(const struct ttl_rules *rules, int status, const char *text)
{
	struct headers fields = row_headers(text);
	struct policy_limits limits = limits_of(rules);
	struct response_view response;

	response_view_init(&response, status, &fields);
	response.requested_ms = response.responded_ms = NOW;
	return freshness_of(&response, &limits);
}

START_TEST(decides)
{
	struct headers request_fields, response_fields;
	struct policy_limits limits = limits_of(&by_name[rows[_i].rules]);
	struct request_view request;
	struct response_view response;
	struct freshness f;
	enum skip skip;

	rows_begin();
	request_fields = row_headers(rows[_i].request);
	response_fields = row_headers(rows[_i].response);
	request_view_init(&request, rows[_i].method, &request_fields);
	request.keyed_by_body = rows[_i].method == METHOD_POST;
	response_view_init(&response, rows[_i].status, &response_fields);
	response.requested_ms = response.responded_ms = NOW;
	f = freshness_of(&response, &limits);
	skip = storable_check(&request, &response, &limits);
	ck_assert_msg(f.lifetime_ms == rows[_i].lifetime_ms && f.source == rows[_i].source &&
			      skip == rows[_i].skip && f.negative == (rows[_i].status >= 400),
		"row %d (%s): %lld ms, source %d, %s", _i, rows[_i].about, (long long)f.lifetime_ms,
		f.source, skip_text(skip));
}
END_TEST

/* clang-format off */
static const struct {
	const char *about;
	enum rules rules;
	int status;
	const char *response;
	int64_t swr_ms;
	int64_t sie_ms;
	bool for_all;
} windows[] = {
	{ "forced: the route's", FORCED, 200, CC("must-revalidate, no-cache"), 5000, 2 * HOUR, false },
	{ "forced: the origin's where it has one", FORCED, 200, CC("stale-while-revalidate=7, stale-if-error=9"), 7000, 9000, false },
	{ "must-revalidate", CLASS, 200, CC("must-revalidate"), 0, 0, true },
	{ "an error has none", TABLE, 404, NULL, 0, 0, false },
	{ "whatever it says", TABLE, 503, CC("max-age=1, stale-while-revalidate=7, stale-if-error=9"), 0, 0, false },
	{ "forced: an error has none", FORCED, 404, NO_STORE, 0, 0, false },
};
/* clang-format on */

START_TEST(allows_stale)
{
	struct freshness f;

	rows_begin();
	f = freshness_by(&by_name[windows[_i].rules], windows[_i].status, windows[_i].response);
	ck_assert_msg(f.stale_while_revalidate_ms == windows[_i].swr_ms &&
			      f.stale_if_error_ms == windows[_i].sie_ms &&
			      f.for_all == windows[_i].for_all,
		"%s: %lld, %lld, %d", windows[_i].about, (long long)f.stale_while_revalidate_ms,
		(long long)f.stale_if_error_ms, f.for_all);
}
END_TEST

/* A window of the route is for what the origin says nothing of, and only that. */
START_TEST(route_has_a_window)
{
	struct ttl_rules rules = { .class_ms = 1000, .stale_while_revalidate_ms = 5000 };

	rows_begin();
	ck_assert_int_eq(freshness_by(&rules, 200, NULL).stale_while_revalidate_ms, 5000);
	ck_assert_int_eq(
		freshness_by(&rules, 200, CC("max-age=1")).stale_while_revalidate_ms, 5000);
	ck_assert_int_eq(freshness_by(&rules, 200, CC("max-age=1, stale-while-revalidate=0"))
				 .stale_while_revalidate_ms,
		0);
	ck_assert_int_eq(freshness_by(&rules, 200, CC("max-age=1, must-revalidate"))
				 .stale_while_revalidate_ms,
		0);
	ck_assert_int_eq(freshness_by(&rules, 302, NULL).stale_while_revalidate_ms, 0);
}
END_TEST

/* Neither by the request's word, nor by the origin's silence. */
START_TEST(negative_is_never_used_stale)
{
	struct headers fields;
	struct request_view request;
	struct freshness f;

	rows_begin();
	fields = row_headers("cache-control: max-stale, stale-if-error=9999");
	request_view_init(&request, METHOD_GET, &fields);
	f = freshness_by(&by_name[TABLE], 404, NULL);
	ck_assert_int_eq(freshness_judge(&f, &request, NOW + 299999), JUDGED_FRESH);
	ck_assert_int_eq(freshness_judge(&f, &request, NOW + 300000), JUDGED_STALE);
	ck_assert(!freshness_serves_on_error(&f, &request, NOW + 300001));
	f = freshness_by(&by_name[CLASS], 200, NULL);
	f = freshness_negative(&f, 30000);
	ck_assert_int_eq(f.source, LIFETIME_GUARD);
	ck_assert_int_eq(freshness_judge(&f, &request, NOW + 29999), JUDGED_FRESH);
	ck_assert_int_eq(freshness_judge(&f, &request, NOW + 30000), JUDGED_STALE);
}
END_TEST

#define DRAWS 10000

static uint64_t draw_of(unsigned i)
{
	return UINT64_MAX / DRAWS * i;
}

/* Uniform: each tenth of the range gets a tenth, and both ends are reached. */
START_TEST(draws_are_uniform)
{
	const struct duration_range range = { 300000, 900000 };
	unsigned tenths[10] = { 0 };

	for (unsigned i = 0; i <= DRAWS; i++) {
		int64_t ms = ttl_draw(range, draw_of(i));

		ck_assert_int_ge(ms, range.least_ms);
		ck_assert_int_le(ms, range.most_ms);
		tenths[(ms - range.least_ms) * 10 / (range.most_ms - range.least_ms + 1)]++;
	}
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_ge(tenths[i], DRAWS / 10 - 2);
	ck_assert_int_eq(ttl_draw(range, 0), range.least_ms);
	ck_assert_int_eq(ttl_draw(range, UINT64_MAX), range.most_ms);
	ck_assert_int_eq(ttl_draw((struct duration_range){ 7, 7 }, UINT64_MAX), 7);
}
END_TEST

/* Jitter makes what larder gives shorter, never longer; the origin's and a route's own are exact. */
START_TEST(jitter_shortens)
{
	struct ttl_rules rules = by_name[CLASS];

	rows_begin();
	rules.jitter_percent = 10;
	ck_assert_int_eq(freshness_by(&rules, 200, NULL).lifetime_ms, 300000);
	rules.draw = UINT64_MAX;
	ck_assert_int_eq(freshness_by(&rules, 200, NULL).lifetime_ms, 270000);
	ck_assert_int_eq(freshness_by(&rules, 200, CC("max-age=300")).lifetime_ms, 300000);
	ck_assert_int_eq(freshness_by(&rules, 410, NULL).lifetime_ms, HOUR);
	ck_assert_int_eq(freshness_by(&rules, 400, NULL).lifetime_ms, 27000);
	rules.route = (struct duration_range){ 90000, 90000 };
	ck_assert_int_eq(freshness_by(&rules, 200, NULL).lifetime_ms, 90000);
	rules.route.most_ms = 120000;
	ck_assert_int_eq(freshness_by(&rules, 200, NULL).lifetime_ms, 120000);
	rules = (struct ttl_rules){ .jitter_percent = 10, .draw = UINT64_MAX };
	ck_assert_int_eq(freshness_by(&rules, 200, OLD).lifetime_ms, HOUR / 10 * 9);
}
END_TEST

START_TEST(adapts_within_bounds)
{
	const struct ttl_rules *rules = &by_name[ADAPTIVE];

	ck_assert_int_eq(ttl_adapted(rules, 300000, TTL_UNCHANGED), 450000);
	ck_assert_int_eq(ttl_adapted(rules, 300000, TTL_CHANGED), 150000);
	ck_assert_int_eq(ttl_adapted(rules, 300000, TTL_UNKNOWN), 300000);
	ck_assert_int_eq(ttl_adapted(rules, 100000, TTL_CHANGED), MINUTE);
	ck_assert_int_eq(ttl_adapted(rules, HOUR - 1, TTL_UNCHANGED), HOUR);
	ck_assert_int_eq(ttl_adapted(rules, 0, TTL_UNKNOWN), MINUTE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ttl");
	TCase *tests = tcase_create("ttl");

	tcase_add_loop_test(tests, decides, 0, ROWS(rows));
	tcase_add_loop_test(tests, allows_stale, 0, ROWS(windows));
	tcase_add_test(tests, route_has_a_window);
	tcase_add_test(tests, negative_is_never_used_stale);
	tcase_add_test(tests, draws_are_uniform);
	tcase_add_test(tests, jitter_shortens);
	tcase_add_test(tests, adapts_within_bounds);
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

/* test_freshness.c - lifetimes, ages and verdicts (RFC 9111 4.2, 5.2.1), and how views are read.
 *
 * Rows happen around NOW; responses come at NOW unless the row says otherwise.
 */
#include "policy/freshness.h"

#include "policy_rows.h"

static const struct policy_limits limits = {
	.max_heuristic_ms = 24 * HOUR,
	.heuristic_percent = 10,
	.max_object_bytes = 1000,
};

#define CC(text) "cache-control: " text
#define AT_NOW   "date: " DATE_NOW "\n"
#define MOST     (2147483648LL * 1000)

/* clang-format off */
static const struct {
	const char *clause;
	int status;
	const char *response;
	int64_t lifetime_ms;
	enum { NONE, EXPLICIT, HEURISTIC } kind;
} lifetimes[] = {
	{ "4.2.1: s-maxage", 200, CC("s-maxage=60"), 60000, EXPLICIT },
	{ "4.2.1: s-maxage before max-age", 200, CC("max-age=10, s-maxage=60"), 60000, EXPLICIT },
	{ "4.2.1: even when it is less", 200, CC("s-maxage=5, max-age=60"), 5000, EXPLICIT },
	{ "4.2.1: s-maxage before Expires", 200, AT_NOW CC("s-maxage=5") "\nexpires: " DATE_NEXT, 5000, EXPLICIT },
	{ "4.2.1: max-age", 200, CC("max-age=60"), 60000, EXPLICIT },
	{ "5.2: names in any case", 200, "CACHE-CONTROL: Max-Age=60", 60000, EXPLICIT },
	{ "5.2.2.1: the quoted form", 200, CC("max-age=\"60\""), 60000, EXPLICIT },
	{ "5.3: max-age before Expires", 200, AT_NOW CC("max-age=60") "\nexpires: " DATE_NEXT, 60000, EXPLICIT },
	{ "5.3: even when Expires is past", 200, AT_NOW CC("max-age=60") "\nexpires: 0", 60000, EXPLICIT },
	{ "4.2.1: no number is stale", 200, CC("max-age=soon"), 0, EXPLICIT },
	{ "4.2.1: nor does Expires come in then", 200, AT_NOW CC("max-age=1.5") "\nexpires: " DATE_NEXT, 0, EXPLICIT },
	{ "4.2.1: of two the least", 200, CC("max-age=60") "\n" CC("max-age=10"), 10000, EXPLICIT },
	{ "5.2: blanks before =", 200, CC("max-age =60"), 0, EXPLICIT },
	{ "5.2: blanks behind =", 200, CC("max-age= 60"), 0, EXPLICIT },
	{ "5.2: a quote without end", 200, CC("max-age=\"60"), 0, EXPLICIT },
	{ "5.2: the second directive", 200, CC("public,max-age=60"), 60000, EXPLICIT },
	{ "5.2: empty members", 200, CC(",,max-age=60,"), 60000, EXPLICIT },
	{ "5.2: inside of another's quotes it is none", 200, CC("x=\"max-age=60\""), 0, NONE },
	{ "5.2.3: something alike", 200, CC("max-ages=60"), 0, NONE },
	{ "4.2.1: negative is stale", 200, CC("max-age=-60"), 0, EXPLICIT },
	{ "4.2.1: one number and one that is none", 200, CC("max-age=60, max-age=x"), 0, EXPLICIT },
	{ "4.2.1: s-maxage that is none before max-age", 200, CC("s-maxage=x, max-age=60"), 0, EXPLICIT },
	{ "4.2.1: the same twice", 200, CC("max-age=60, max-age=60"), 60000, EXPLICIT },
	{ "1.2.2: 2^31 - 1", 200, CC("max-age=2147483647"), 2147483647LL * 1000, EXPLICIT },
	{ "1.2.2: 2^31", 200, CC("max-age=2147483648"), MOST, EXPLICIT },
	{ "1.2.2: 2^32 + 1", 200, CC("s-maxage=4294967297"), MOST, EXPLICIT },
	{ "1.2.2: leading zeros", 200, CC("max-age=000000000000000000060"), 60000, EXPLICIT },
	{ "1.2.2: overflow", 200, CC("max-age=99999999999999999999"), MOST, EXPLICIT },
	{ "4.2.1: Expires less Date", 200, "date: " DATE_1H "\nexpires: " DATE_NEXT, 2 * HOUR, EXPLICIT },
	{ "4.2.1: without Date, when it came", 200, "expires: " DATE_NEXT, HOUR, EXPLICIT },
	{ "4.2.1: a Date that is none", 200, "date: yesterday\nexpires: " DATE_NEXT, HOUR, EXPLICIT },
	{ "5.3: as RFC 850 had it", 200, AT_NOW "expires: Sunday, 06-Nov-94 09:49:37 GMT", HOUR, EXPLICIT },
	{ "5.3: as asctime has it", 200, AT_NOW "expires: Sun Nov  6 09:49:37 1994", HOUR, EXPLICIT },
	{ "4.2: letter case", 200, AT_NOW "expires: SUN, 06 NOV 1994 09:49:37 gmt", HOUR, EXPLICIT },
	{ "4.2: another zone", 200, AT_NOW "expires: Sun, 06 Nov 1994 09:49:37 EST", 0, EXPLICIT },
	{ "5.3: past", 200, AT_NOW "expires: " DATE_1H, 0, EXPLICIT },
	{ "5.3: at once", 200, AT_NOW "expires: " DATE_NOW, 0, EXPLICIT },
	{ "5.3: 0", 200, AT_NOW "expires: 0", 0, EXPLICIT },
	{ "5.3: -1", 200, AT_NOW "expires: -1", 0, EXPLICIT },
	{ "5.3: empty", 200, AT_NOW "expires:", 0, EXPLICIT },
	{ "4.2.1: the first of two Expires ends first", 200, AT_NOW "expires: " DATE_NEXT "\nexpires: Sun, 06 Nov 1994 10:49:37 GMT", HOUR, EXPLICIT },
	{ "4.2.1: the second does", 200, AT_NOW "expires: Sun, 06 Nov 1994 10:49:37 GMT\nexpires: " DATE_NEXT, HOUR, EXPLICIT },
	{ "4.2.1: one of them is no date", 200, AT_NOW "expires: " DATE_NEXT "\nexpires: never", 0, EXPLICIT },
	{ "4.2.2: a tenth", 200, AT_NOW "last-modified: " DATE_10H, HOUR, HEURISTIC },
	{ "4.2.2: since Date, not since it came", 200, "date: " DATE_1H "\nlast-modified: " DATE_10H, 9 * HOUR / 10, HEURISTIC },
	{ "4.2.2: capped", 200, AT_NOW "last-modified: Tue, 15 Nov 1988 12:45:26 GMT", 24 * HOUR, HEURISTIC },
	{ "4.2.2: modified later", 200, AT_NOW "last-modified: " DATE_NEXT, 0, NONE },
	{ "4.2.2: modified just now", 200, AT_NOW "last-modified: " DATE_NOW, 0, NONE },
	{ "4.2.2: no date", 200, AT_NOW "last-modified: 0", 0, NONE },
	{ "4.2.2: never beside an explicit one", 200, AT_NOW "expires: 0\nlast-modified: " DATE_10H, 0, EXPLICIT },
	{ "4.2.2: nor beside max-age=0", 200, AT_NOW CC("max-age=0") "\nlast-modified: " DATE_10H, 0, EXPLICIT },
	{ "4.2.2: 404", 404, AT_NOW "last-modified: " DATE_10H, HOUR, HEURISTIC },
	{ "4.2.2: 302", 302, AT_NOW "last-modified: " DATE_10H, 0, NONE },
	{ "5.2.2.9: 302 and public", 302, AT_NOW CC("public") "\nlast-modified: " DATE_10H, HOUR, HEURISTIC },
	{ "5.2.2.9: public invents nothing", 200, CC("public"), 0, NONE },
	{ "4.2.2: nothing", 200, NULL, 0, NONE },
	{ "4.2.2: an entity tag", 200, "etag: \"a\"", 0, NONE },
};

static const struct {
	const char *clause;
	const char *response;
	int64_t requested; /* against NOW */
	int64_t responded;
	int64_t age_ms;
} initial_ages[] = {
	{ "4.2.3: just made", AT_NOW, 0, 0, 0 },
	{ "4.2.3: no Date", NULL, 0, 0, 0 },
	{ "4.2.3: apparent age", "date: " DATE_1H, 0, 0, HOUR },
	{ "4.2.3: a Date in the future", "date: " DATE_NEXT, 0, 0, 0 },
	{ "4.2.3: a Date has no milliseconds", AT_NOW, 999, 999, 0 },
	{ "4.2.3: the next second", AT_NOW, 1001, 1001, 1000 },
	{ "4.2.3: response delay", AT_NOW, -3000, 0, 3000 },
	{ "4.2.3: the clock stepped back meanwhile", AT_NOW, 3000, 0, 0 },
	{ "5.1: Age", AT_NOW "age: 100", 0, 0, 100000 },
	{ "4.2.3: Age and delay", AT_NOW "age: 100", -3000, 0, 103000 },
	{ "4.2.3: the greater is Date", "date: " DATE_1H "\nage: 100", 0, 0, HOUR },
	{ "4.2.3: the greater is Age", "date: " DATE_1H "\nage: 7200", 0, 0, 2 * HOUR },
	{ "5.1: the first of a list", AT_NOW "age: 100, 7", 0, 0, 100000 },
	{ "5.1: the first of two fields", AT_NOW "age: 7\nage: 100", 0, 0, 7000 },
	{ "5.1: the first is invalid", AT_NOW "age: x, 7", 0, 0, 0 },
	{ "5.1: negative", AT_NOW "age: -7", 0, 0, 0 },
	{ "5.1: a fraction", AT_NOW "age: 7.0", 0, 0, 0 },
	{ "5.1: with a parameter", AT_NOW "age: 7;a=b", 0, 0, 0 },
	{ "5.1: quoted", AT_NOW "age: \"7\"", 0, 0, 0 },
	{ "5.1: empty", AT_NOW "age:", 0, 0, 0 },
	{ "5.6.1: an empty field is no member", AT_NOW "age:\nage: 7", 0, 0, 7000 },
	{ "5.6.1: nor is an empty member", AT_NOW "age: , 7, 9", 0, 0, 7000 },
	{ "5.1: the first field is invalid", AT_NOW "age: x\nage: 7", 0, 0, 0 },
	{ "5.1: a sign", AT_NOW "age: +7", 0, 0, 0 },
	{ "5.1: two numbers", AT_NOW "age: 7 9", 0, 0, 0 },
	{ "5.1: hexadecimal", AT_NOW "age: 0x7", 0, 0, 0 },
	{ "5.1: a unit", AT_NOW "age: 7s", 0, 0, 0 },
	{ "5.1: 0", AT_NOW "age: 0", 0, 0, 0 },
	{ "5.1: invalid: the delay counts all the same", AT_NOW "age: x", -3000, 0, 3000 },
	{ "5.1: leading zeros", AT_NOW "age: 007", 0, 0, 7000 },
	{ "1.2.2: overflow", AT_NOW "age: 99999999999999999999999", 0, 0, MOST },
	{ "1.2.2: 2^31", AT_NOW "age: 2147483648", 0, 0, MOST },
};

static const struct {
	const char *clause;
	const char *response;
	bool always;
	bool stale;
	int64_t swr_ms;
	int64_t sie_ms;
} stale_rules[] = {
	{ "4.2.4: nothing", CC("max-age=1"), false, false, 0, 0 },
	{ "5.2.2.4", CC("no-cache, max-age=1"), true, false, 0, 0 },
	{ "5.2.2.4: a list leaves fields out", CC("no-cache=\"x-a\", max-age=1"), false, false, 0, 0 },
	{ "5.2.2.4: a list that can't be left out", CC("no-cache=\"x-a, vary\", max-age=1"), true, false, 0, 0 },
	{ "5.2.2.2", CC("max-age=1, must-revalidate"), false, true, 0, 0 },
	{ "5.2.2.8", CC("max-age=1, proxy-revalidate"), false, true, 0, 0 },
	{ "5.2.2.10", CC("s-maxage=1"), false, true, 0, 0 },
	{ "5861 3, 4", CC("max-age=1, stale-while-revalidate=5, stale-if-error=9"), false, false, 5000, 9000 },
	{ "4.2.4: must-revalidate forbids", CC("max-age=1, must-revalidate, stale-if-error=9"), false, true, 0, 0 },
	{ "4.2.4: s-maxage forbids", CC("s-maxage=1, stale-while-revalidate=5"), false, true, 0, 0 },
	{ "4.2.4: no-cache forbids", CC("no-cache, stale-while-revalidate=5"), true, false, 0, 0 },
};

static const struct {
	const char *clause;
	const char *response;
	const char *request;
	int64_t after_ms;
	enum judgement verdict;
} judgements[] = {
	{ "4.2: fresh", CC("max-age=10"), NULL, 9999, JUDGED_FRESH },
	{ "4.2: lifetime must exceed age", CC("max-age=10"), NULL, 10000, JUDGED_STALE },
	{ "4.2: stale", CC("max-age=10"), NULL, 3600000, JUDGED_STALE },
	{ "4.2.3: Age counts", CC("max-age=10") "\nage: 5", NULL, 5000, JUDGED_STALE },
	{ "4.2.3: the clock stepped back", CC("max-age=10") "\nage: 5", NULL, -HOUR, JUDGED_FRESH },
	{ "4.2.3: it makes nothing younger", CC("max-age=10") "\nage: 10", NULL, -HOUR, JUDGED_STALE },
	{ "4.2: lasts days", CC("max-age=172800"), NULL, 47 * HOUR, JUDGED_FRESH },
	{ "4.2: ends after days", CC("max-age=172800"), NULL, 48 * HOUR, JUDGED_STALE },
	{ "3: a validator alone", "etag: \"a\"", NULL, 0, JUDGED_STALE },
	{ "5.2.2.4", CC("no-cache, max-age=10"), NULL, 0, JUDGED_STALE },
	{ "5.2.2.4: max-stale doesn't help", CC("no-cache, max-age=10"), CC("max-stale"), 0, JUDGED_STALE },
	{ "8246 2: immutable", CC("max-age=10, immutable"), NULL, 5000, JUDGED_FRESH },
	{ "8246 2.1: no-cache is a signal", CC("max-age=10, immutable"), CC("no-cache"), 5000, JUDGED_REQUESTED },
	{ "8246 2: stale", CC("max-age=10, immutable"), NULL, 11000, JUDGED_STALE },
	{ "5.2.1.4", CC("max-age=10"), CC("no-cache"), 0, JUDGED_REQUESTED },
	{ "5.2.1.4: stale all the same", CC("max-age=10"), CC("no-cache"), 11000, JUDGED_STALE },
	{ "5.2.1.4: against max-stale", CC("max-age=10"), CC("no-cache, max-stale"), 11000, JUDGED_STALE },
	{ "5.4: Pragma", CC("max-age=10"), "pragma: no-cache", 0, JUDGED_REQUESTED },
	{ "5.4: Pragma in a list, any case", CC("max-age=10"), "pragma: x, No-Cache", 0, JUDGED_REQUESTED },
	{ "5.4: another pragma", CC("max-age=10"), "pragma: x", 0, JUDGED_FRESH },
	{ "5.4: Cache-Control before it", CC("max-age=10"), "pragma: no-cache\n" CC("max-stale=1"), 0, JUDGED_FRESH },
	{ "5.2.1.1: younger", CC("max-age=10"), CC("max-age=5"), 5000, JUDGED_FRESH },
	{ "5.2.1.1: older", CC("max-age=10"), CC("max-age=5"), 5001, JUDGED_REQUESTED },
	{ "5.2.1.1: 0 is a reload", CC("max-age=10"), CC("max-age=0"), 0, JUDGED_REQUESTED },
	{ "5.2.1.1: of two the least", CC("max-age=10"), CC("max-age=9, max-age=2"), 5000, JUDGED_REQUESTED },
	{ "5.2.1.1: no number is none", CC("max-age=10"), CC("max-age=x"), 5000, JUDGED_FRESH },
	{ "5.2.1.1: without max-stale nothing stale", CC("max-age=10"), CC("max-age=60"), 11000, JUDGED_STALE },
	{ "5.2.1.1: with it", CC("max-age=10"), CC("max-age=60, max-stale"), 11000, JUDGED_STALE_ALLOWED },
	{ "5.2.1.1: too old with it", CC("max-age=10"), CC("max-age=10, max-stale"), 11000, JUDGED_STALE },
	{ "5.2.1.2: any", CC("max-age=10"), CC("max-stale"), 24 * HOUR, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: within", CC("max-age=10"), CC("max-stale=5"), 15000, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: beyond", CC("max-age=10"), CC("max-stale=5"), 15001, JUDGED_STALE },
	{ "5.2.1.2: Age counts", CC("max-age=1500") "\nage: 2000", CC("max-stale=1000"), 0, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: not needed", CC("max-age=10"), CC("max-stale=5"), 0, JUDGED_FRESH },
	{ "5.2.1.2: of any and a number the number", CC("max-age=10"), CC("max-stale, max-stale=5"), 16000, JUDGED_STALE },
	{ "5.2.2.2: must-revalidate", CC("max-age=10, must-revalidate"), CC("max-stale"), 11000, JUDGED_STALE },
	{ "5.2.2.2: while it is fresh", CC("max-age=10, must-revalidate"), CC("max-stale"), 9000, JUDGED_FRESH },
	{ "5.2.2.8: proxy-revalidate", CC("max-age=10, proxy-revalidate"), CC("max-stale"), 11000, JUDGED_STALE },
	{ "5.2.2.10: s-maxage", CC("s-maxage=10"), CC("max-stale"), 11000, JUDGED_STALE },
	{ "5.2.1.3: enough left", CC("max-age=10"), CC("min-fresh=5"), 5000, JUDGED_FRESH },
	{ "5.2.1.3: not enough", CC("max-age=10"), CC("min-fresh=5"), 5001, JUDGED_REQUESTED },
	{ "5.2.1.3: never enough", CC("max-age=10"), CC("min-fresh=11"), 0, JUDGED_REQUESTED },
	{ "5.2.1.3: Age counts", CC("max-age=10") "\nage: 6", CC("min-fresh=5"), 0, JUDGED_REQUESTED },
	{ "5.2.1.5: no-store may be answered from the store", CC("max-age=10"), CC("no-store"), 0, JUDGED_FRESH },
	{ "5.2.1.6", CC("max-age=10"), CC("no-transform"), 0, JUDGED_FRESH },
	{ "5.2.1.7: fresh", CC("max-age=10"), CC("only-if-cached"), 0, JUDGED_FRESH },
	{ "5.2.1.7: stale", CC("max-age=10"), CC("only-if-cached"), 11000, JUDGED_STALE },
	{ "4.2.2: heuristic, fresh", AT_NOW "last-modified: " DATE_10H, NULL, HOUR - 1, JUDGED_FRESH },
	{ "4.2.2: heuristic, stale", AT_NOW "last-modified: " DATE_10H, NULL, HOUR, JUDGED_STALE },
	{ "5.3: Expires: 0 and max-stale", AT_NOW "expires: 0", CC("max-stale=5"), 4000, JUDGED_STALE_ALLOWED },
};
/* clang-format on */

static struct freshness freshness_for(int status, const struct headers *fields)
{
	struct response_view response;

	response_view_init(&response, status, fields);
	response.requested_ms = response.responded_ms = NOW;
	return freshness_of(&response, &limits);
}

START_TEST(lifetime_row)
{
	struct headers fields;
	struct freshness f;

	rows_begin();
	fields = row_headers(lifetimes[_i].response);
	f = freshness_for(lifetimes[_i].status, &fields);
	ck_assert_msg(f.lifetime_ms == lifetimes[_i].lifetime_ms &&
			      f.explicit == (lifetimes[_i].kind == EXPLICIT) &&
			      f.heuristic == (lifetimes[_i].kind == HEURISTIC),
		"row %d (%s): %lld, explicit %d, heuristic %d", _i, lifetimes[_i].clause,
		(long long)f.lifetime_ms, f.explicit, f.heuristic);
}
END_TEST

START_TEST(initial_age_row)
{
	struct response_view response;
	struct headers fields;
	struct freshness f;

	rows_begin();
	fields = row_headers(initial_ages[_i].response);
	response_view_init(&response, 200, &fields);
	response.requested_ms = NOW + initial_ages[_i].requested;
	response.responded_ms = NOW + initial_ages[_i].responded;
	f = freshness_of(&response, &limits);
	ck_assert_msg(f.initial_age_ms == initial_ages[_i].age_ms, "row %d (%s): %lld", _i,
		initial_ages[_i].clause, (long long)f.initial_age_ms);
	ck_assert_int_eq(f.requested_ms, response.requested_ms);
	ck_assert_int_eq(f.responded_ms, response.responded_ms);
}
END_TEST

START_TEST(stale_rule_row)
{
	struct headers fields;
	struct freshness f;

	rows_begin();
	fields = row_headers(stale_rules[_i].response);
	f = freshness_for(200, &fields);
	ck_assert_msg(f.revalidate_always == stale_rules[_i].always &&
			      f.revalidate_stale == stale_rules[_i].stale &&
			      f.stale_while_revalidate_ms == stale_rules[_i].swr_ms &&
			      f.stale_if_error_ms == stale_rules[_i].sie_ms,
		"row %d (%s): %d %d %lld %lld", _i, stale_rules[_i].clause, f.revalidate_always,
		f.revalidate_stale, (long long)f.stale_while_revalidate_ms,
		(long long)f.stale_if_error_ms);
}
END_TEST

START_TEST(judgement_row)
{
	struct headers response, fields;
	struct request_view request;
	struct freshness f;
	enum judgement got;

	rows_begin();
	response = row_headers(judgements[_i].response);
	fields = row_headers(judgements[_i].request);
	f = freshness_for(200, &response);
	request_view_init(&request, METHOD_GET, &fields);
	got = freshness_judge(&f, &request, NOW + judgements[_i].after_ms);
	ck_assert_msg(got == judgements[_i].verdict, "row %d (%s): %d", _i, judgements[_i].clause,
		(int)got);
}
END_TEST

/* RFC 9111 4.2.3: over days, back and forth. */
START_TEST(age_grows_with_the_clock)
{
	struct freshness f = {
		.responded_ms = NOW, .initial_age_ms = 5000, .lifetime_ms = 48 * HOUR
	};

	for (int64_t hours = 0; hours <= 100; hours++) {
		int64_t now_ms = NOW + hours * HOUR;

		ck_assert_int_eq(freshness_age_ms(&f, now_ms), 5000 + hours * HOUR);
		ck_assert_int_eq(freshness_left_ms(&f, now_ms), 48 * HOUR - 5000 - hours * HOUR);
		ck_assert_int_eq(freshness_age_ms(&f, NOW - hours * HOUR), 5000);
	}
}
END_TEST

/* RFC 9110 6.6.1 */
START_TEST(date_is_when_it_came_without_one)
{
	struct headers with, without;

	rows_begin();
	with = row_headers("date: " DATE_1H);
	without = row_headers("date: never");
	ck_assert_int_eq(freshness_for(200, &with).date_ms, NOW - HOUR);
	ck_assert_int_eq(freshness_for(200, &without).date_ms, NOW);
}
END_TEST

/* RFC 9111 4.3.4: after a 304 the Age is the 304's. */
START_TEST(age_of_a_304_counts)
{
	struct response_view response;
	struct headers updated, not_modified;

	rows_begin();
	updated = row_headers(AT_NOW CC("max-age=60"));
	not_modified = row_headers(AT_NOW "age: 40");
	response_view_init(&response, 200, &updated);
	response.requested_ms = response.responded_ms = NOW;
	ck_assert_ptr_null(response.not_modified);
	ck_assert_int_eq(freshness_of(&response, &limits).initial_age_ms, 0);
	response.not_modified = &not_modified;
	ck_assert_int_eq(freshness_of(&response, &limits).initial_age_ms, 40000);
}
END_TEST

START_TEST(views_say_what_was_asked)
{
	struct headers plain, authorized;
	struct request_view request;

	rows_begin();
	plain = row_headers(CC("only-if-cached"));
	authorized = row_headers("Authorization: Basic YTpi");
	request_view_init(&request, METHOD_HEAD, &plain);
	ck_assert(request.method == METHOD_HEAD && request.headers == &plain);
	ck_assert(!request.has_authorization && (request.cc.flags & CC_ONLY_IF_CACHED));
	request_view_init(&request, METHOD_GET, &authorized);
	ck_assert(request.has_authorization && request.cc.flags == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("freshness");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, lifetime_row, 0, ROWS(lifetimes));
	tcase_add_loop_test(cases, initial_age_row, 0, ROWS(initial_ages));
	tcase_add_loop_test(cases, stale_rule_row, 0, ROWS(stale_rules));
	tcase_add_loop_test(cases, judgement_row, 0, ROWS(judgements));
	tcase_add_test(cases, age_grows_with_the_clock);
	tcase_add_test(cases, date_is_when_it_came_without_one);
	tcase_add_test(cases, age_of_a_304_counts);
	tcase_add_test(cases, views_say_what_was_asked);
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

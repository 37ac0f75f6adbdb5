/* test_stale.c - what may be answered although it is stale or unwanted: RFC 9111 4.2.4, RFC 5861,
 * RFC 8246.
 *
 * Rows: a response that came at NOW, a request that comes later -> verdict. The grace is 30 s.
 */
#include "policy/freshness.h"

#include "policy_rows.h"

static const struct policy_limits limits = {
	.max_heuristic_ms = 24 * HOUR,
	.heuristic_percent = 10,
	.max_object_bytes = 1000,
	.grace_ms = 30000,
};

#define CC(text) "cache-control: " text
#define AT_NOW   "date: " DATE_NOW "\n"

/* clang-format off */
static const struct {
	const char *clause;
	const char *response;
	const char *request;
	int64_t after_ms;
	enum judgement verdict;
} judgements[] = {
	{ "5861 3: fresh", CC("max-age=10, stale-while-revalidate=30"), NULL, 9999, JUDGED_FRESH },
	{ "5861 3: just stale", CC("max-age=10, stale-while-revalidate=30"), NULL, 10000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: within", CC("max-age=10, stale-while-revalidate=30"), NULL, 25000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: up to the number", CC("max-age=10, stale-while-revalidate=30"), NULL, 40000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: beyond", CC("max-age=10, stale-while-revalidate=30"), NULL, 40001, JUDGED_STALE },
	{ "5861 3: long after", CC("max-age=10, stale-while-revalidate=30"), NULL, 24 * HOUR, JUDGED_STALE },
	{ "5861 3: 0 is none", CC("max-age=10, stale-while-revalidate=0"), NULL, 10000, JUDGED_STALE },
	{ "5861 3: no number is none", CC("max-age=10, stale-while-revalidate=x"), NULL, 10000, JUDGED_STALE },
	{ "5861 3: without a number", CC("max-age=10, stale-while-revalidate"), NULL, 10000, JUDGED_STALE },
	{ "5861 3: of two the least", CC("max-age=10, stale-while-revalidate=30, stale-while-revalidate=5"), NULL, 16000, JUDGED_STALE },
	{ "5861 3: quoted", CC("max-age=10, stale-while-revalidate=\"30\""), NULL, 16000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: in any case", CC("Max-Age=10, Stale-While-Revalidate=30"), NULL, 16000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: overflow", CC("max-age=10, stale-while-revalidate=99999999999999"), NULL, 20000 * HOUR, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: Expires", AT_NOW "expires: " DATE_NEXT "\n" CC("stale-while-revalidate=30"), NULL, HOUR + 30000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: heuristic", AT_NOW "last-modified: " DATE_10H "\n" CC("stale-while-revalidate=30"), NULL, HOUR + 30000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: no lifetime that could end", "etag: \"a\"\n" CC("stale-while-revalidate=30"), NULL, 0, JUDGED_STALE },
	{ "5861 3: a lifetime of 0", CC("max-age=0, stale-while-revalidate=30"), NULL, 30000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: Age counts", CC("max-age=10, stale-while-revalidate=30") "\nage: 20", NULL, 20000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 3: Age counts, beyond", CC("max-age=10, stale-while-revalidate=30") "\nage: 20", NULL, 20001, JUDGED_STALE },
	{ "5861 3: a request's is none", CC("max-age=10"), CC("stale-while-revalidate=30"), 11000, JUDGED_STALE },
	{ "4.2.4: must-revalidate", CC("max-age=10, stale-while-revalidate=30, must-revalidate"), NULL, 11000, JUDGED_STALE },
	{ "4.2.4: proxy-revalidate", CC("max-age=10, stale-while-revalidate=30, proxy-revalidate"), NULL, 11000, JUDGED_STALE },
	{ "4.2.4: s-maxage", CC("s-maxage=10, stale-while-revalidate=30"), NULL, 11000, JUDGED_STALE },
	{ "4.2.4: no-cache", CC("no-cache, stale-while-revalidate=30"), NULL, 0, JUDGED_STALE },
	{ "5.2.1.4: the request's no-cache", CC("max-age=10, stale-while-revalidate=30"), CC("no-cache"), 11000, JUDGED_STALE },
	{ "5.4: its Pragma", CC("max-age=10, stale-while-revalidate=30"), "pragma: no-cache", 11000, JUDGED_STALE },
	{ "5.2.1.1: its max-age wants nothing stale", CC("max-age=10, stale-while-revalidate=30"), CC("max-age=60"), 11000, JUDGED_STALE },
	{ "5.2.1.1: its max-age is exceeded", CC("max-age=10, stale-while-revalidate=30"), CC("max-age=5"), 11000, JUDGED_STALE },
	{ "5.2.1.1: its max-age=0", CC("max-age=10, stale-while-revalidate=30"), CC("max-age=0"), 11000, JUDGED_STALE },
	{ "5.2.1.3: its min-fresh wants nothing stale", CC("max-age=10, stale-while-revalidate=30"), CC("min-fresh=1"), 11000, JUDGED_STALE },
	{ "5.2.1.3: its min-fresh=0 neither", CC("max-age=10, stale-while-revalidate=30"), CC("min-fresh=0"), 11000, JUDGED_STALE },
	{ "5.2.1.3: nor beside max-stale", CC("max-age=10, stale-while-revalidate=30"), CC("min-fresh=1, max-stale"), 11000, JUDGED_STALE },
	{ "5.2.1.2: its max-stale first", CC("max-age=10, stale-while-revalidate=30"), CC("max-stale=5"), 11000, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: any", CC("max-age=10, stale-while-revalidate=30"), CC("max-stale"), 11000, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: its max-stale is a limit", CC("max-age=10, stale-while-revalidate=30"), CC("max-stale=5"), 16000, JUDGED_STALE },
	{ "5.2.1.2: max-age and max-stale", CC("max-age=10, stale-while-revalidate=30"), CC("max-age=60, max-stale=5"), 11000, JUDGED_STALE_ALLOWED },
	{ "5.2.1.2: no number is none", CC("max-age=10, stale-while-revalidate=30"), CC("max-stale=x"), 11000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5.2.1.5: its no-store", CC("max-age=10, stale-while-revalidate=30"), CC("no-store"), 11000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5.2.1.7: only-if-cached", CC("max-age=10, stale-while-revalidate=30"), CC("only-if-cached"), 11000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "5861 4: its stale-if-error says nothing here", CC("max-age=10, stale-while-revalidate=30"), CC("stale-if-error=0"), 11000, JUDGED_STALE_WHILE_REVALIDATE },
	{ "8246 2: no reload", CC("max-age=10, immutable"), CC("max-age=0"), 5000, JUDGED_FRESH },
	{ "8246 2: at once", CC("max-age=10, immutable"), CC("max-age=0"), 0, JUDGED_FRESH },
	{ "8246 2: max-age", CC("max-age=10, immutable"), CC("max-age=1"), 5000, JUDGED_FRESH },
	{ "8246 2: min-fresh", CC("max-age=10, immutable"), CC("min-fresh=60"), 5000, JUDGED_FRESH },
	{ "8246 2.1: no-cache", CC("max-age=10, immutable"), CC("no-cache"), 5000, JUDGED_REQUESTED },
	{ "8246 2.1: no-cache beside max-age=0", CC("max-age=10, immutable"), CC("no-cache, max-age=0"), 5000, JUDGED_REQUESTED },
	{ "8246 2.1: Pragma", CC("max-age=10, immutable"), "pragma: no-cache", 5000, JUDGED_REQUESTED },
	{ "8246 2: not when stale", CC("max-age=10, immutable"), NULL, 10000, JUDGED_STALE },
	{ "8246 2: max-age=0 when stale", CC("max-age=10, immutable"), CC("max-age=0"), 10000, JUDGED_STALE },
	{ "8246 2: max-stale when stale", CC("max-age=10, immutable"), CC("max-stale"), 11000, JUDGED_STALE_ALLOWED },
	{ "8246 2: an argument is ignored", CC("max-age=10, immutable=x"), CC("max-age=0"), 5000, JUDGED_FRESH },
	{ "8246 2: twice", CC("max-age=10, immutable, immutable"), CC("max-age=0"), 5000, JUDGED_FRESH },
	{ "8246 2: in any case", CC("max-age=10, Immutable"), CC("max-age=0"), 5000, JUDGED_FRESH },
	{ "8246 2: in a request: no effect", CC("max-age=10"), CC("max-age=0, immutable"), 5000, JUDGED_REQUESTED },
	{ "8246 2: no-cache in the response", CC("no-cache, max-age=10, immutable"), NULL, 0, JUDGED_STALE },
	{ "8246 2: with s-maxage", CC("s-maxage=10, immutable"), CC("max-age=0"), 5000, JUDGED_FRESH },
	{ "8246 2: without a lifetime", CC("immutable"), NULL, 0, JUDGED_STALE },
	{ "8246 2: in a heuristic lifetime", AT_NOW "last-modified: " DATE_10H "\n" CC("immutable"), CC("max-age=0"), 1000, JUDGED_FRESH },
};

/* Whether it is used when the origin fails. */
static const struct {
	const char *clause;
	const char *response;
	const char *request;
	int64_t after_ms;
	bool serves;
} errors[] = {
	{ "4.2.4: grace", CC("max-age=10"), NULL, 11000, true },
	{ "4.2.4: the end of grace", CC("max-age=10"), NULL, 40000, true },
	{ "4.2.4: beyond grace", CC("max-age=10"), NULL, 40001, false },
	{ "4.2.4: grace for max-age=0", CC("max-age=0") "\netag: \"a\"", NULL, 1000, true },
	{ "4.2.4: grace for what has no lifetime", "etag: \"a\"", NULL, 30000, true },
	{ "4.2.4: its end", "etag: \"a\"", NULL, 30001, false },
	{ "4.2.4: grace after a heuristic lifetime", AT_NOW "last-modified: " DATE_10H, NULL, HOUR + 30000, true },
	{ "4.2.4: its end after one", AT_NOW "last-modified: " DATE_10H, NULL, HOUR + 30001, false },
	{ "4.2.4: grace after Expires: 0", AT_NOW "expires: 0", NULL, 1000, true },
	{ "4.2.4: must-revalidate", CC("max-age=10, must-revalidate"), NULL, 11000, false },
	{ "4.2.4: proxy-revalidate", CC("max-age=10, proxy-revalidate"), NULL, 11000, false },
	{ "4.2.4: s-maxage", CC("s-maxage=10"), NULL, 11000, false },
	{ "4.2.4: no-cache", CC("no-cache, max-age=10"), NULL, 0, false },
	{ "5.2.2.2: while it is fresh", CC("max-age=10, must-revalidate"), CC("max-age=1"), 9000, true },
	{ "5.2.2.10: while it is fresh", CC("s-maxage=10"), CC("max-age=1"), 9000, true },
	{ "5.2.1.4: fresh, the request's no-cache", CC("max-age=10"), CC("no-cache"), 0, false },
	{ "5.4: fresh, its Pragma", CC("max-age=10"), "pragma: no-cache", 0, false },
	{ "5.2.1.4: stale, its no-cache", CC("max-age=10, stale-if-error=60"), CC("no-cache"), 11000, false },
	{ "5.2.1.4: no-cache and stale-if-error", CC("max-age=10, stale-if-error=60"), CC("no-cache, stale-if-error=60"), 11000, false },
	{ "5861 4: fresh", CC("max-age=10, stale-if-error=60"), NULL, 9000, true },
	{ "5861 4: within", CC("max-age=10, stale-if-error=60"), NULL, 70000, true },
	{ "5861 4: beyond", CC("max-age=10, stale-if-error=60"), NULL, 70001, false },
	{ "5861 4: less than our grace", CC("max-age=10, stale-if-error=5"), NULL, 16000, false },
	{ "5861 4: 0 is none", CC("max-age=10, stale-if-error=0"), NULL, 11000, false },
	{ "5861 4: 0 at the very moment", CC("max-age=10, stale-if-error=0"), NULL, 10000, false },
	{ "5861 4: no number is none", CC("max-age=10, stale-if-error=x"), NULL, 11000, false },
	{ "5861 4: of two the least", CC("max-age=10, stale-if-error=60, stale-if-error=5"), NULL, 16000, false },
	{ "5861 4: overflow", CC("max-age=10, stale-if-error=99999999999999999999"), NULL, 20000 * HOUR, true },
	{ "5861 4: must-revalidate", CC("max-age=10, must-revalidate, stale-if-error=60"), NULL, 11000, false },
	{ "5861 4: s-maxage", CC("s-maxage=10, stale-if-error=60"), NULL, 11000, false },
	{ "5861 4: proxy-revalidate", CC("max-age=10, proxy-revalidate, stale-if-error=60"), NULL, 11000, false },
	{ "5861 4: no-cache", CC("no-cache, stale-if-error=60"), NULL, 0, false },
	{ "5861 4: regardless of the request's max-age", CC("max-age=10, stale-if-error=60"), CC("max-age=0"), 11000, true },
	{ "5861 4: regardless of min-fresh", CC("max-age=10, stale-if-error=60"), CC("min-fresh=5"), 11000, true },
	{ "5861 4: the request allows more", CC("max-age=10, stale-if-error=60"), CC("stale-if-error=600"), 600000, true },
	{ "5861 4: but no more than it says", CC("max-age=10, stale-if-error=60"), CC("stale-if-error=600"), 610001, false },
	{ "5861 4: more than grace", CC("max-age=10"), CC("stale-if-error=600"), 600000, true },
	{ "5861 4: the request allows less", CC("max-age=10, stale-if-error=60"), CC("stale-if-error=5"), 16000, false },
	{ "5861 4: the request allows none", CC("max-age=10, stale-if-error=60"), CC("stale-if-error=0"), 11000, false },
	{ "5861 4: it may say so against grace", CC("max-age=10"), CC("stale-if-error=0"), 11000, false },
	{ "5861 4: the request's is no number", CC("max-age=10, stale-if-error=60"), CC("stale-if-error=x"), 11000, true },
	{ "5861 4: the request can't overrule must-revalidate", CC("max-age=10, must-revalidate"), CC("stale-if-error=600"), 11000, false },
	{ "5861 4: nor s-maxage", CC("s-maxage=10"), CC("stale-if-error=600"), 11000, false },
	{ "5861 4: nor no-cache", CC("no-cache, max-age=10"), CC("stale-if-error=600"), 0, false },
	{ "5861 4: stale-while-revalidate is another thing", CC("max-age=10, stale-if-error=0, stale-while-revalidate=60"), NULL, 11000, false },
};
/* clang-format on */

static struct freshness freshness_for(const struct headers *fields)
{
	struct response_view response;

	response_view_init(&response, 200, fields);
	response.requested_ms = response.responded_ms = NOW;
	return freshness_of(&response, &limits);
}

START_TEST(judgement_row)
{
	struct headers response, fields;
	struct request_view request;
	struct freshness f;
	enum judgement got;

	rows_begin();
	response = row_headers(judgements[_i].response);
	fields = row_headers(judgements[_i].request);
	f = freshness_for(&response);
	request_view_init(&request, METHOD_GET, &fields);
	got = freshness_judge(&f, &request, NOW + judgements[_i].after_ms);
	ck_assert_msg(got == judgements[_i].verdict, "row %d (%s): %d", _i, judgements[_i].clause,
		(int)got);
}
END_TEST

START_TEST(error_row)
{
	struct headers response, fields;
	struct request_view request;
	struct freshness f;

	rows_begin();
	response = row_headers(errors[_i].response);
	fields = row_headers(errors[_i].request);
	f = freshness_for(&response);
	request_view_init(&request, METHOD_GET, &fields);
	ck_assert_msg(freshness_serves_on_error(&f, &request, NOW + errors[_i].after_ms) ==
			      errors[_i].serves,
		"row %d (%s)", _i, errors[_i].clause);
}
END_TEST

/* What was invalidated softly: its lifetime has ended by now. */
/* clang-format off */
static const struct {
	const char *what;
	const char *response;
	const char *request;
	int64_t after_ms;
	enum judgement verdict;
	bool serves;
	int64_t left_ms;
} ended[] = {
	{ "was fresh", CC("max-age=10"), NULL, 5000, JUDGED_STALE, true, 0 },
	{ "at once", CC("max-age=10"), NULL, 0, JUDGED_STALE, true, 0 },
	{ "was stale already", CC("max-age=10"), NULL, 15000, JUDGED_STALE, true, -5000 },
	{ "grace counts from its own end", CC("max-age=10"), NULL, 40000, JUDGED_STALE, true, -30000 },
	{ "beyond grace", CC("max-age=10"), NULL, 40001, JUDGED_STALE, false, -30001 },
	{ "while it is refreshed", CC("max-age=10, stale-while-revalidate=5"), NULL, 5000, JUDGED_STALE_WHILE_REVALIDATE, true, 0 },
	{ "that counts from its own end", CC("max-age=10, stale-while-revalidate=5"), NULL, 15000, JUDGED_STALE_WHILE_REVALIDATE, true, -5000 },
	{ "and beyond", CC("max-age=10, stale-while-revalidate=5"), NULL, 15001, JUDGED_STALE, true, -5001 },
	{ "max-stale takes it", CC("max-age=10"), CC("max-stale=0"), 5000, JUDGED_STALE_ALLOWED, true, 0 },
	{ "max-age refuses it", CC("max-age=10, stale-while-revalidate=5"), CC("max-age=60"), 5000, JUDGED_STALE, true, 0 },
	{ "immutable is no shield", CC("max-age=10, immutable"), NULL, 5000, JUDGED_STALE, true, 0 },
	{ "must-revalidate", CC("max-age=10, must-revalidate"), NULL, 5000, JUDGED_STALE, false, 0 },
	{ "s-maxage", CC("s-maxage=10"), CC("max-stale"), 5000, JUDGED_STALE, false, 0 },
	{ "no-cache", CC("no-cache, max-age=10"), NULL, 5000, JUDGED_STALE, false, 0 },
	{ "Age counts", CC("max-age=10") "\nage: 7", NULL, 1000, JUDGED_STALE, true, 0 },
	{ "no lifetime", "etag: \"a\"", NULL, 1000, JUDGED_STALE, true, -1000 },
	{ "stale-if-error=0", CC("max-age=10, stale-if-error=0"), NULL, 5000, JUDGED_STALE, false, 0 },
};
/* clang-format on */

START_TEST(ended_row)
{
	struct headers response, fields;
	struct request_view request;
	struct freshness f;
	int64_t now_ms = NOW + ended[_i].after_ms;

	rows_begin();
	response = row_headers(ended[_i].response);
	fields = row_headers(ended[_i].request);
	f = freshness_for(&response);
	f = freshness_ended(&f, now_ms);
	request_view_init(&request, METHOD_GET, &fields);
	ck_assert_msg(freshness_judge(&f, &request, now_ms) == ended[_i].verdict, "%s: %d",
		ended[_i].what, (int)freshness_judge(&f, &request, now_ms));
	ck_assert_msg(freshness_serves_on_error(&f, &request, now_ms) == ended[_i].serves, "%s",
		ended[_i].what);
	ck_assert_msg(freshness_left_ms(&f, now_ms) == ended[_i].left_ms, "%s", ended[_i].what);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stale");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, judgement_row, 0, ROWS(judgements));
	tcase_add_loop_test(cases, error_row, 0, ROWS(errors));
	tcase_add_loop_test(cases, ended_row, 0, ROWS(ended));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

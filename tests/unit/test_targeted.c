/* test_targeted.c - targeted fields: RFC 9213, as Structured Fields (RFC 9651); and Surrogate-Control.
 *
 * Rows: a response's fields -> what its view says; and what comes of it.
 */
#include "policy/conditional.h"
#include "policy/freshness.h"
#include "policy/storable.h"

#include "policy_rows.h"

#define NO   CC_NONE
#define MOST 2147483648LL

/* clang-format off */
static const struct {
	const char *clause;
	const char *response;
	bool targeted;
	unsigned flags;
	int64_t max_age;
	int64_t s_maxage;
	int64_t swr;
	int64_t sie;
} views[] = {
	{ "9213 2.2: none", "cache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9213 2.2: instead of Cache-Control", "cdn-cache-control: max-age=60\ncache-control: max-age=1", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: in any order", "cache-control: max-age=1\ncdn-cache-control: max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: no-store of Cache-Control is ignored", "cdn-cache-control: max-age=60\ncache-control: no-store", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: private of Cache-Control is ignored", "cdn-cache-control: max-age=60\ncache-control: private", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: s-maxage of Cache-Control is ignored", "cdn-cache-control: max-age=60\ncache-control: s-maxage=1", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: the first of the list", "larder-cache-control: max-age=60\ncdn-cache-control: max-age=5", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: the list's order, not theirs", "cdn-cache-control: max-age=5\nlarder-cache-control: max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: one decides alone", "larder-cache-control: max-age=60\ncdn-cache-control: no-store", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: invalid: the next", "larder-cache-control: max-age=60,\ncdn-cache-control: max-age=5", true, 0, 5, NO, NO, NO },
	{ "9213 2.2: empty: the next", "larder-cache-control: \ncdn-cache-control: max-age=5", true, 0, 5, NO, NO, NO },
	{ "9213 2.2: all invalid", "larder-cache-control: max-age=60,\ncdn-cache-control: =\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9213 2.2: another cache's", "other-cache-control: max-age=60\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9213 2.2: names in any case", "CDN-Cache-Control: max-age=60\ncache-control: max-age=1", true, 0, 60, NO, NO, NO },
	{ "9213 2.2: Surrogate-Control is the last", "surrogate-control: max-age=60\ncdn-cache-control: max-age=5", true, 0, 5, NO, NO, NO },
	{ "9213 3.1: none", "cdn-cache-control: none\ncache-control: no-store", true, 0, NO, NO, NO, NO },
	{ "9213 2.2: an unknown directive decides too", "cdn-cache-control: x=5\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: two lines are one", "cdn-cache-control: max-age=60\ncdn-cache-control: must-revalidate", true, CC_MUST_REVALIDATE, 60, NO, NO, NO },
	{ "9213 2.1: every word", "cdn-cache-control: no-store, no-cache, private, public, must-revalidate, proxy-revalidate, no-transform, immutable, must-understand", true, CC_NO_STORE | CC_NO_CACHE | CC_PRIVATE | CC_PUBLIC | CC_MUST_REVALIDATE | CC_PROXY_REVALIDATE | CC_NO_TRANSFORM | CC_IMMUTABLE | CC_MUST_UNDERSTAND, NO, NO, NO, NO },
	{ "9213 2.1: every number", "cdn-cache-control: max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4", true, 0, 1, 2, 3, 4 },
	{ "9213 2.1: 0", "cdn-cache-control: max-age=0", true, 0, 0, NO, NO, NO },
	{ "9213 2.1: parameters are ignored", "cdn-cache-control: max-age=60;a=b, no-store;c", true, CC_NO_STORE, 60, NO, NO, NO },
	{ "9213 2.1: a Decimal", "cdn-cache-control: max-age=60.0\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a String", "cdn-cache-control: max-age=\"60\"\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a Token", "cdn-cache-control: max-age=soon\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a Boolean", "cdn-cache-control: max-age\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: an Inner List", "cdn-cache-control: max-age=(60)\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a Date", "cdn-cache-control: max-age=@60\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a Byte Sequence", "cdn-cache-control: max-age=:NjA=:\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: negative", "cdn-cache-control: max-age=-60\ncache-control: max-age=1", true, 0, NO, NO, NO, NO },
	{ "9213 2.1: a word that is false", "cdn-cache-control: no-store=?0, max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.1: a word that is true", "cdn-cache-control: no-store=?1, max-age=60", true, CC_NO_STORE, 60, NO, NO, NO },
	{ "9213 2.1: a word with a number", "cdn-cache-control: no-store=1, max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.1: a word with a String", "cdn-cache-control: private, no-store=\"x\"", true, CC_PRIVATE, NO, NO, NO, NO },
	{ "9213 2.1: wrong types don't spoil the rest", "cdn-cache-control: s-maxage=x, max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.1: no-cache with fields", "cdn-cache-control: no-cache=\"x-a\", max-age=60", true, CC_NO_CACHE_FIELDS, 60, NO, NO, NO },
	{ "9213 2.1: private with fields", "cdn-cache-control: private=\"x-a, x-b\", max-age=60", true, CC_PRIVATE_FIELDS, 60, NO, NO, NO },
	{ "9213 2.1: private with a Token", "cdn-cache-control: private=x-a, max-age=60", true, 0, 60, NO, NO, NO },
	{ "9213 2.1: private, empty list", "cdn-cache-control: private=\"\"", true, CC_PRIVATE, NO, NO, NO, NO },
	{ "9213 2.1: private, no field names", "cdn-cache-control: private=\"a b\"", true, CC_PRIVATE, NO, NO, NO, NO },
	{ "9213 2.1: private, a list over two lines", "cdn-cache-control: private=\"x-a\ncdn-cache-control: x-b\"", true, CC_PRIVATE, NO, NO, NO, NO },
	{ "9213 2.1: a field that can't be left out", "cdn-cache-control: private=\"etag\"", true, CC_PRIVATE_FIELDS | CC_PRIVATE, NO, NO, NO, NO },
	{ "9651 4.2.2: of duplicates the last", "cdn-cache-control: max-age=5, max-age=60", true, 0, 60, NO, NO, NO },
	{ "9651 4.2.2: of duplicates the last, of another type", "cdn-cache-control: max-age=5, max-age=x", true, 0, NO, NO, NO, NO },
	{ "9651 3.2: keys are in lower case", "cdn-cache-control: Max-Age=60\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2: one fault and all is lost", "cdn-cache-control: max-age=60, no-store=\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.2: a comma at the end", "cdn-cache-control: max-age=60,\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.2: an empty member", "cdn-cache-control: max-age=60,,private\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.2: blanks around =", "cdn-cache-control: max-age = 60\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.2: semicolons for commas", "cdn-cache-control: max-age=60; \"x\"\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.5: a quote without end", "cdn-cache-control: max-age=60, x=\"\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2.4: sixteen digits", "cdn-cache-control: max-age=1000000000000000\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2: not ASCII", "cdn-cache-control: max-age=60, \xc3\xa4\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9213 2.1: empty", "cdn-cache-control: \ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9213 2.1: blanks only", "cdn-cache-control:   \ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "9651 4.2: blanks around members", "cdn-cache-control:  max-age=60 ,\tprivate", true, CC_PRIVATE, 60, NO, NO, NO },
	{ "9651 4.2.4: fifteen digits", "cdn-cache-control: max-age=999999999999999", true, 0, MOST, NO, NO, NO },
	{ "9111 1.2.2: 2^31", "cdn-cache-control: max-age=2147483648", true, 0, MOST, NO, NO, NO },
	{ "9111 1.2.2: leading zeros", "cdn-cache-control: max-age=0060", true, 0, 60, NO, NO, NO },
	{ "9111 5.2.1: a request's directive", "cdn-cache-control: max-stale=5, only-if-cached, min-fresh=5", true, 0, NO, NO, NO, NO },
	{ "9111 5.2.2.6: no-transform of Cache-Control counts", "cdn-cache-control: max-age=60\ncache-control: no-transform", true, CC_NO_TRANSFORM, 60, NO, NO, NO },
	{ "Surrogate-Control", "surrogate-control: max-age=60\ncache-control: max-age=1", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: stale", "surrogate-control: max-age=60+30", true, 0, 60, NO, 30, 30 },
	{ "Surrogate-Control: stale by 0", "surrogate-control: max-age=60+0", true, 0, 60, NO, 0, 0 },
	{ "Surrogate-Control: no-store", "surrogate-control: no-store\ncache-control: max-age=1", true, CC_NO_STORE, NO, NO, NO, NO },
	{ "Surrogate-Control: no-store beside max-age", "surrogate-control: no-store, max-age=60", true, CC_NO_STORE, 60, NO, NO, NO },
	{ "Surrogate-Control: content is another's", "surrogate-control: max-age=60, content=\"ESI/1.0\"", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: content alone", "surrogate-control: content=\"ESI/1.0\"\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: empty", "surrogate-control: \ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: any case", "SURROGATE-CONTROL: Max-Age=60, NO-STORE", true, CC_NO_STORE, 60, NO, NO, NO },
	{ "Surrogate-Control: for us", "surrogate-control: max-age=60;larder\ncache-control: max-age=1", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: for us, any case, blanks", "surrogate-control: max-age=60 ; Larder\ncache-control: max-age=1", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: for another", "surrogate-control: max-age=60;abc, no-store;abc\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: for us before for all", "surrogate-control: max-age=5, max-age=60;larder", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: for us first", "surrogate-control: max-age=60;larder, max-age=5", true, 0, 60, NO, NO, NO },
	{ "Surrogate-Control: for all and for another", "surrogate-control: max-age=5, max-age=60;abc", true, 0, 5, NO, NO, NO },
	{ "Surrogate-Control: of two the least", "surrogate-control: max-age=60, max-age=5+9", true, 0, 5, NO, 9, 9 },
	{ "Surrogate-Control: two lines", "surrogate-control: max-age=60\nsurrogate-control: no-store", true, CC_NO_STORE, 60, NO, NO, NO },
	{ "Surrogate-Control: no number", "surrogate-control: max-age=soon\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: no number behind +", "surrogate-control: max-age=60+x\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: nothing behind +", "surrogate-control: max-age=60+\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: negative", "surrogate-control: max-age=-60\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: unknown directives", "surrogate-control: no-store-remote, x\ncache-control: max-age=1", false, 0, 1, NO, NO, NO },
	{ "Surrogate-Control: overflow", "surrogate-control: max-age=99999999999+99999999999", true, 0, MOST, NO, MOST, MOST },
	{ "Surrogate-Control: no-transform of Cache-Control", "surrogate-control: max-age=60\ncache-control: no-transform", true, CC_NO_TRANSFORM, 60, NO, NO, NO },
};

#define OLD   "last-modified: " DATE_10H
#define TAG   "etag: \"a\""
#define BASIC "authorization: Basic YTpi"

static const struct {
	const char *clause;
	const char *request;
	const char *response;
	enum skip skip;
	int64_t lifetime_ms; /* where it is stored */
} outcomes[] = {
	{ "9213 2.2: Expires is ignored", NULL, "cdn-cache-control: public\nexpires: " DATE_NEXT "\n" TAG, SKIP_NONE, 0 },
	{ "9213 2.2: Expires in the past is ignored", NULL, "cdn-cache-control: max-age=60\nexpires: 0", SKIP_NONE, 60000 },
	{ "9213 2.2: and beside an unknown directive", NULL, "cdn-cache-control: none\nexpires: " DATE_NEXT, SKIP_NO_FRESHNESS, 0 },
	{ "9213 2.2: heuristics are left", NULL, "cdn-cache-control: none\ncache-control: no-store\n" OLD, SKIP_NONE, HOUR },
	{ "9213 3.1: stored here alone", NULL, "cdn-cache-control: max-age=600\ncache-control: no-store", SKIP_NONE, 600000 },
	{ "9213 3.1: not stored here", NULL, "cdn-cache-control: no-store\ncache-control: max-age=600", SKIP_NO_STORE, 0 },
	{ "9213 2.2: private", NULL, "cdn-cache-control: private\ncache-control: max-age=600", SKIP_PRIVATE, 0 },
	{ "9213 2.2: no-cache makes max-age inoperative", NULL, "cdn-cache-control: no-cache, max-age=60", SKIP_NO_FRESHNESS, 0 },
	{ "9213 2.2: invalid: Cache-Control", NULL, "cdn-cache-control: no-store,\ncache-control: max-age=60", SKIP_NONE, 60000 },
	{ "9213 2.2: invalid: Expires", NULL, "cdn-cache-control: no-store,\nexpires: " DATE_NEXT, SKIP_NONE, HOUR },
	{ "9111 3.5: public", BASIC, "cdn-cache-control: public, max-age=60", SKIP_NONE, 60000 },
	{ "9111 3.5: public of Cache-Control doesn't count", BASIC, "cdn-cache-control: max-age=60\ncache-control: public", SKIP_AUTHORIZATION, 0 },
	{ "9111 3.5: s-maxage", BASIC, "larder-cache-control: s-maxage=60", SKIP_NONE, 60000 },
	{ "9111 3.5: must-revalidate", BASIC, "larder-cache-control: max-age=60, must-revalidate", SKIP_NONE, 60000 },
	{ "9111 3.5: Surrogate-Control", BASIC, "surrogate-control: max-age=60", SKIP_AUTHORIZATION, 0 },
	{ "9111 5.2.2.3: must-understand", NULL, "cdn-cache-control: must-understand, no-store, max-age=60", SKIP_NONE, 60000 },
	{ "9111 5.2.1.5: the request's no-store stands", "cache-control: no-store", "cdn-cache-control: max-age=60", SKIP_REQUEST_NO_STORE, 0 },
	{ "Surrogate-Control: instead of Expires", NULL, "surrogate-control: max-age=60\nexpires: " DATE_NEXT, SKIP_NONE, 60000 },
	{ "Surrogate-Control: no-store", NULL, "surrogate-control: no-store\nexpires: " DATE_NEXT, SKIP_NO_STORE, 0 },
};

static const struct {
	const char *clause;
	enum fields_for purpose;
	const char *response;
	const char *kept;
} field_rows[] = {
	{ "9213 3: CDN-Cache-Control is sent on", FIELDS_SENT_ON, "cdn-cache-control: max-age=60", "cdn-cache-control: max-age=60" },
	{ "9213 2: ours is not", FIELDS_SENT_ON, "larder-cache-control: max-age=60\nx-a: 1", "x-a: 1" },
	{ "Surrogate-Control is not", FIELDS_SENT_ON, "surrogate-control: max-age=60\nx-a: 1", "x-a: 1" },
	{ "9213 2.2: another's passes", FIELDS_SENT_ON, "other-cache-control: max-age=60", "other-cache-control: max-age=60" },
	{ "9111 3.1: all are stored", FIELDS_STORED, "larder-cache-control: a\nsurrogate-control: no-store\ncdn-cache-control: b", "larder-cache-control: a\nsurrogate-control: no-store\ncdn-cache-control: b" },
	{ "9111 5.2.2.7: its list is left out", FIELDS_STORED, "cdn-cache-control: private=\"x-a\"\nx-a: 1\nx-b: 2", "cdn-cache-control: private=\"x-a\"\nx-b: 2" },
	{ "9213 2.2: Cache-Control's list is ignored", FIELDS_STORED, "cdn-cache-control: max-age=1\ncache-control: private=\"x-a\"\nx-a: 1", "cdn-cache-control: max-age=1\ncache-control: private=\"x-a\"\nx-a: 1" },
};

static const struct {
	const char *clause;
	const char *stored;
	const char *not_modified;
	const char *updated;
} updates[] = {
	{ "9111 3.2: a 304 that leaves it", "larder-cache-control: max-age=60\nx-a: 1", "x-a: 2\ncache-control: no-store", "larder-cache-control: max-age=60\nx-a: 2\ncache-control: no-store" },
	{ "9111 3.2: a 304 that replaces it", "larder-cache-control: max-age=60", "larder-cache-control: no-store", "larder-cache-control: no-store" },
	{ "9111 3.2: Surrogate-Control", "surrogate-control: max-age=60", "x-a: 1", "surrogate-control: max-age=60\nx-a: 1" },
	{ "9111 5.2.2.4: a new list in it", "cdn-cache-control: max-age=1\nx-a: 1", "cdn-cache-control: no-cache=\"x-a\"", "cdn-cache-control: no-cache=\"x-a\"" },
	{ "9213 2.2: Cache-Control's new list is ignored", "cdn-cache-control: max-age=1\nx-a: 1", "cache-control: no-cache=\"x-a\"", "cdn-cache-control: max-age=1\nx-a: 1\ncache-control: no-cache=\"x-a\"" },
};
/* clang-format on */

static const struct policy_limits limits = {
	.max_heuristic_ms = 24 * HOUR,
	.heuristic_percent = 10,
	.max_object_bytes = 1000,
};

START_TEST(view_row)
{
	struct headers response;
	struct response_view view;
	const struct cache_control *cc = &view.cc;

	rows_begin();
	response = row_headers(views[_i].response);
	response_view_init(&view, 200, &response);
	ck_assert_msg(view.targeted == views[_i].targeted && cc->flags == views[_i].flags,
		"row %d (%s): %d, flags %u", _i, views[_i].clause, view.targeted, cc->flags);
	ck_assert_msg(cc->max_age == views[_i].max_age && cc->s_maxage == views[_i].s_maxage &&
			      cc->stale_while_revalidate == views[_i].swr &&
			      cc->stale_if_error == views[_i].sie,
		"row %d (%s): %lld %lld %lld %lld", _i, views[_i].clause, (long long)cc->max_age,
		(long long)cc->s_maxage, (long long)cc->stale_while_revalidate,
		(long long)cc->stale_if_error);
}
END_TEST

START_TEST(outcome_row)
{
	struct headers request_fields, response_fields;
	struct request_view request;
	struct response_view response;
	enum skip got;

	rows_begin();
	request_fields = row_headers(outcomes[_i].request);
	response_fields = row_headers(outcomes[_i].response);
	request_view_init(&request, METHOD_GET, &request_fields);
	response_view_init(&response, 200, &response_fields);
	response.requested_ms = response.responded_ms = NOW;
	got = storable_check(&request, &response, &limits);
	ck_assert_msg(got == outcomes[_i].skip, "row %d (%s): %s", _i, outcomes[_i].clause,
		skip_text(got));
	if (got == SKIP_NONE)
		ck_assert_msg(
			freshness_of(&response, &limits).lifetime_ms == outcomes[_i].lifetime_ms,
			"row %d (%s)", _i, outcomes[_i].clause);
}
END_TEST

START_TEST(fields_row)
{
	struct headers response, kept;

	rows_begin();
	response = row_headers(field_rows[_i].response);
	headers_init(&kept, &row_arena);
	fields_end_to_end(&response, field_rows[_i].purpose, &kept);
	ck_assert_msg(slice_equal(slice_of(row_text(&kept)), slice_of(field_rows[_i].kept)),
		"row %d (%s): %s", _i, field_rows[_i].clause, row_text(&kept));
}
END_TEST

START_TEST(update_row)
{
	struct headers stored, not_modified, got;

	rows_begin();
	stored = row_headers(updates[_i].stored);
	not_modified = row_headers(updates[_i].not_modified);
	headers_init(&got, &row_arena);
	conditional_update(&stored, &not_modified, &got);
	ck_assert_msg(slice_equal(slice_of(row_text(&got)), slice_of(updates[_i].updated)),
		"row %d (%s): %s", _i, updates[_i].clause, row_text(&got));
}
END_TEST

/* The list lies in the fields, and not where it was parsed. */
START_TEST(lists_outlive_the_parse)
{
	struct headers response;
	struct response_view view;
	const char *value;

	rows_begin();
	response = row_headers("cdn-cache-control: no-cache=\"x-a\", private=\"x-b\"");
	value = response.fields[0].value.data;
	response_view_init(&view, 200, &response);
	ck_assert_ptr_eq(view.cc.no_cache_fields.data, value + 10);
	ck_assert_uint_eq(view.cc.no_cache_fields.size, 3);
	ck_assert_ptr_eq(view.cc.private_fields.data, value + 25);
}
END_TEST

/* RFC 9111 3.5, by the field that decides. */
START_TEST(for_all_is_kept)
{
	struct headers targeted, plain;
	struct response_view view;

	rows_begin();
	targeted = row_headers("cdn-cache-control: public, max-age=1");
	plain = row_headers("cdn-cache-control: max-age=1\ncache-control: public");
	response_view_init(&view, 200, &targeted);
	ck_assert(freshness_of(&view, &limits).for_all);
	response_view_init(&view, 200, &plain);
	ck_assert(!freshness_of(&view, &limits).for_all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("targeted");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, view_row, 0, ROWS(views));
	tcase_add_loop_test(cases, outcome_row, 0, ROWS(outcomes));
	tcase_add_loop_test(cases, fields_row, 0, ROWS(field_rows));
	tcase_add_loop_test(cases, update_row, 0, ROWS(updates));
	tcase_add_test(cases, lists_outlive_the_parse);
	tcase_add_test(cases, for_all_is_kept);
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

/* test_posted.c - what comes to POST and QUERY: stored by its body, or for a later GET (RFC 9110 9.3.3,
 * RFC 10008 2.7).
 *
 * Each row is judged twice: with the request's body in the key, and for a GET of the same target.
 */
#include "policy/storable.h"

#include "policy_rows.h"

static const struct policy_limits limits = {
	.max_heuristic_ms = 24 * HOUR,
	.heuristic_percent = 10,
	.max_object_bytes = 1000,
};

#define OLD   "last-modified: " DATE_10H
#define FRESH "cache-control: max-age=60"
#define TAG   "etag: \"a\""
#define BASIC "authorization: Basic YTpi"

/* clang-format off */
static const struct {
	const char *clause;
	enum method method;
	int status;
	const char *request;
	const char *response;
	enum skip by_body;
	bool for_get;
} rows[] = {
	{ "9110 9.3.3: explicit", METHOD_POST, 200, NULL, FRESH, SKIP_NONE, true },
	{ "9110 9.3.3: s-maxage", METHOD_POST, 200, NULL, "cache-control: s-maxage=60", SKIP_NONE, true },
	{ "9110 9.3.3: Expires", METHOD_POST, 200, NULL, "date: " DATE_NOW "\nexpires: " DATE_NEXT, SKIP_NONE, true },
	{ "9110 9.3.3: nothing", METHOD_POST, 200, NULL, NULL, SKIP_NO_FRESHNESS, false },
	{ "9110 9.3.3: no heuristic", METHOD_POST, 200, NULL, OLD, SKIP_NO_FRESHNESS, false },
	{ "9110 9.3.3: public invents nothing", METHOD_POST, 200, NULL, "cache-control: public\n" OLD, SKIP_NO_FRESHNESS, false },
	{ "9110 9.3.3: a validator is no freshness", METHOD_POST, 200, NULL, TAG, SKIP_NO_FRESHNESS, false },
	{ "9110 13.1.2: max-age=0: a GET can validate it, a POST can't", METHOD_POST, 200, NULL, "cache-control: max-age=0\n" TAG, SKIP_NO_FRESHNESS, true },
	{ "9111 5.2.2.4: no-cache: the same", METHOD_POST, 200, NULL, "cache-control: no-cache, max-age=60\n" TAG, SKIP_NO_FRESHNESS, true },
	{ "9111 5.2.2.1: max-age=0, no validator", METHOD_POST, 200, NULL, "cache-control: max-age=0", SKIP_NO_FRESHNESS, false },
	{ "9111 5.2.2.5: no-store", METHOD_POST, 200, NULL, "cache-control: no-store, max-age=60", SKIP_NO_STORE, false },
	{ "9111 5.2.2.7: private", METHOD_POST, 200, NULL, "cache-control: private, max-age=60", SKIP_PRIVATE, false },
	{ "9111 5.2.1.5: the request's no-store", METHOD_POST, 200, "cache-control: no-store", FRESH, SKIP_REQUEST_NO_STORE, false },
	{ "9111 3.5: Authorization", METHOD_POST, 200, BASIC, FRESH, SKIP_AUTHORIZATION, false },
	{ "9111 3.5: Authorization and public", METHOD_POST, 200, BASIC, "cache-control: public, max-age=60", SKIP_NONE, true },
	{ "9111 7.3: Set-Cookie", METHOD_POST, 200, NULL, FRESH "\nset-cookie: a=b", SKIP_SET_COOKIE, false },
	{ "9111 4.1: Vary: *", METHOD_POST, 200, NULL, FRESH "\nvary: *", SKIP_VARY_ANY, false },
	{ "9110 8.7: 201", METHOD_POST, 201, NULL, FRESH, SKIP_NONE, true },
	{ "9110 8.7: 203", METHOD_POST, 203, NULL, FRESH, SKIP_NONE, true },
	{ "9110 8.7: 204 has no content", METHOD_POST, 204, NULL, FRESH, SKIP_NONE, false },
	{ "9110 8.7: 205 neither", METHOD_POST, 205, NULL, FRESH, SKIP_NONE, false },
	{ "9110 8.7: 206 is a part", METHOD_POST, 206, "range: bytes=0-4", FRESH "\ncontent-range: bytes 0-4/10", SKIP_PARTIAL, false },
	{ "9110 8.7: 303", METHOD_POST, 303, NULL, FRESH, SKIP_NONE, false },
	{ "9110 8.7: 304", METHOD_POST, 304, NULL, FRESH, SKIP_STATUS, false },
	{ "9110 8.7: 404", METHOD_POST, 404, NULL, FRESH, SKIP_NONE, false },
	{ "9110 8.7: 500", METHOD_POST, 500, NULL, FRESH, SKIP_NONE, false },
	{ "9110 15.2: 103", METHOD_POST, 103, NULL, FRESH, SKIP_STATUS, false },
	{ "10008 2.7: QUERY", METHOD_QUERY, 200, NULL, FRESH, SKIP_NONE, false },
	{ "10008 2.7: QUERY, heuristic", METHOD_QUERY, 200, NULL, OLD, SKIP_NONE, false },
	{ "10008 2.6: QUERY, a validator alone", METHOD_QUERY, 200, NULL, TAG, SKIP_NONE, false },
	{ "10008 2.7: QUERY, nothing", METHOD_QUERY, 200, NULL, NULL, SKIP_NO_FRESHNESS, false },
	{ "10008 2.7: QUERY, private", METHOD_QUERY, 200, NULL, "cache-control: private, max-age=60", SKIP_PRIVATE, false },
	{ "10008 2.7: QUERY, a part", METHOD_QUERY, 206, "range: bytes=0-4", FRESH "\ncontent-range: bytes 0-4/10", SKIP_PARTIAL, false },
	{ "9110 9.3.4: PUT", METHOD_PUT, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.3.5: DELETE", METHOD_DELETE, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "5789 2: PATCH", METHOD_PATCH, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.3.7: OPTIONS", METHOD_OPTIONS, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.3.8: TRACE", METHOD_TRACE, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.1: an unknown one", METHOD_OTHER, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.3.2: HEAD", METHOD_HEAD, 200, NULL, FRESH, SKIP_METHOD, false },
	{ "9110 9.3.1: GET is no POST", METHOD_GET, 200, NULL, FRESH, SKIP_NONE, false },
};
/* clang-format on */

START_TEST(posted_row)
{
	struct headers request_fields, response_fields;
	struct request_view request;
	struct response_view response;
	enum skip got;

	rows_begin();
	request_fields = row_headers(rows[_i].request);
	response_fields = row_headers(rows[_i].response);
	request_view_init(&request, rows[_i].method, &request_fields);
	response_view_init(&response, rows[_i].status, &response_fields);
	response.requested_ms = response.responded_ms = NOW;
	ck_assert_msg(storable_for_get(&request, &response, &limits) == rows[_i].for_get,
		"row %d (%s): for a GET", _i, rows[_i].clause);
	if (rows[_i].method != METHOD_GET)
		ck_assert_int_eq(storable_check(&request, &response, &limits), SKIP_METHOD);
	request.keyed_by_body = true;
	got = storable_check(&request, &response, &limits);
	ck_assert_msg(
		got == rows[_i].by_body, "row %d (%s): %s", _i, rows[_i].clause, skip_text(got));
	ck_assert_msg(storable_for_get(&request, &response, &limits) == rows[_i].for_get,
		"row %d (%s): for a GET, too", _i, rows[_i].clause);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("posted");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, posted_row, 0, ROWS(rows));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

/* test_conditional.c - preconditions, and what a 304 does to what is stored (RFC 9110 13,
 * RFC 9111 3.2, 4.3).
 *
 * Rows: stored fields, the message's fields -> verdict or fields. Stored responses are of status
 * 200 and came at NOW with the Date of NOW, unless the row says otherwise.
 */
#include "policy/conditional.h"

#include "policy_rows.h"

#define OLD  "last-modified: " DATE_10H
#define TAG  "etag: \"a\""
#define WEAK "etag: W/\"a\""

/* clang-format off */
static const struct {
	const char *clause;
	enum method method;
	int status;
	const char *stored;
	const char *request;
	bool verdict; /* a 304 */
} preconditions[] = {
	{ "13.2: no precondition", METHOD_GET, 200, TAG "\n" OLD, NULL, false },
	/* 13.1.2 */
	{ "13.1.2: same", METHOD_GET, 200, TAG, "if-none-match: \"a\"", true },
	{ "13.1.2: other", METHOD_GET, 200, TAG, "if-none-match: \"b\"", false },
	{ "13.1.2: HEAD", METHOD_HEAD, 200, TAG, "if-none-match: \"a\"", true },
	{ "13.1.2: not POST", METHOD_POST, 200, TAG, "if-none-match: \"a\"", false },
	{ "13.1.2: weak against strong", METHOD_GET, 200, TAG, "if-none-match: W/\"a\"", true },
	{ "13.1.2: strong against weak", METHOD_GET, 200, WEAK, "if-none-match: \"a\"", true },
	{ "13.1.2: both weak", METHOD_GET, 200, WEAK, "if-none-match: W/\"a\"", true },
	{ "13.1.2: in a list", METHOD_GET, 200, TAG, "if-none-match: \"x\", W/\"b\",\"a\"", true },
	{ "13.1.2: not in a list", METHOD_GET, 200, TAG, "if-none-match: \"x\", \"b\"", false },
	{ "13.1.2: in a second field", METHOD_GET, 200, TAG, "if-none-match: \"x\"\nif-none-match: \"a\"", true },
	{ "13.1.2: a comma in a tag", METHOD_GET, 200, "etag: \"a,b\"", "if-none-match: \"a,b\"", true },
	{ "13.1.2: *", METHOD_GET, 200, TAG, "if-none-match: *", true },
	{ "13.1.2: * without a tag", METHOD_GET, 200, OLD, "if-none-match: *", true },
	{ "13.1.2: a tag without a tag", METHOD_GET, 200, OLD, "if-none-match: \"a\"", false },
	{ "13.1.2: empty tag without a tag", METHOD_GET, 200, OLD, "if-none-match: \"\"", false },
	{ "13.1.2: a tag without quotes", METHOD_GET, 200, TAG, "if-none-match: a", false },
	{ "13.1.2: a stored tag without quotes", METHOD_GET, 200, "etag: a", "if-none-match: \"a\"", false },
	{ "13.1.2: letter case of tags", METHOD_GET, 200, TAG, "if-none-match: \"A\"", false },
	/* 13.1.3 */
	{ "13.1.3: same", METHOD_GET, 200, OLD, "if-modified-since: " DATE_10H, true },
	{ "13.1.3: later", METHOD_GET, 200, OLD, "if-modified-since: " DATE_1H, true },
	{ "13.1.3: earlier", METHOD_GET, 200, "last-modified: " DATE_1H, "if-modified-since: " DATE_10H, false },
	{ "13.1.3: HEAD", METHOD_HEAD, 200, OLD, "if-modified-since: " DATE_1H, true },
	{ "13.1.3: as RFC 850 had it", METHOD_GET, 200, "last-modified: " DATE_NOW, "if-modified-since: Sunday, 06-Nov-94 08:49:37 GMT", true },
	{ "13.1.3: as asctime has it", METHOD_GET, 200, "last-modified: " DATE_NOW, "if-modified-since: Sun Nov  6 08:49:37 1994", true },
	{ "13.1.3: no date", METHOD_GET, 200, OLD, "if-modified-since: now", false },
	{ "13.1.3: two dates", METHOD_GET, 200, OLD, "if-modified-since: " DATE_1H "\nif-modified-since: " DATE_1H, false },
	{ "13.1.3: stored date that is none", METHOD_GET, 200, "last-modified: once", "if-modified-since: " DATE_NEXT, false },
	{ "4.3.2: Date stands in", METHOD_GET, 200, NULL, "if-modified-since: " DATE_NOW, true },
	{ "4.3.2: Date is later", METHOD_GET, 200, NULL, "if-modified-since: " DATE_1H, false },
	{ "13.1.3: If-None-Match stands before: other", METHOD_GET, 200, TAG "\n" OLD, "if-none-match: \"b\"\nif-modified-since: " DATE_1H, false },
	{ "13.1.3: If-None-Match stands before: same", METHOD_GET, 200, TAG "\nlast-modified: " DATE_1H, "if-none-match: \"a\"\nif-modified-since: " DATE_10H, true },
	/* 13.1.1, 13.1.4 */
	{ "13.1.1: same", METHOD_GET, 200, TAG, "if-match: \"a\"", false },
	{ "13.1.1: other", METHOD_GET, 200, TAG, "if-match: \"b\"", false },
	{ "13.1.1: in a list", METHOD_GET, 200, TAG, "if-match: \"b\", \"a\"", false },
	{ "13.1.1: in a second field", METHOD_GET, 200, TAG, "if-match: \"b\"\nif-match: \"a\"", false },
	{ "13.1.1: strong comparison", METHOD_GET, 200, WEAK, "if-match: W/\"a\"", false },
	{ "13.1.1: *", METHOD_GET, 200, OLD, "if-match: *", false },
	{ "13.1.1: no tag stored", METHOD_GET, 200, OLD, "if-match: \"a\"", false },
	{ "13.1.4: unmodified", METHOD_GET, 200, OLD, "if-unmodified-since: " DATE_10H, false },
	{ "13.1.4: modified", METHOD_GET, 200, "last-modified: " DATE_1H, "if-unmodified-since: " DATE_10H, false },
	{ "13.1.4: no date", METHOD_GET, 200, "last-modified: " DATE_1H, "if-unmodified-since: 0", false },
	{ "13.1.4: no modification date", METHOD_GET, 200, TAG, "if-unmodified-since: " DATE_10H, false },
	{ "13.1.4: If-Match stands before", METHOD_GET, 200, TAG "\nlast-modified: " DATE_1H, "if-match: \"a\"\nif-unmodified-since: " DATE_10H, false },
	{ "13.2.2: If-Match, then If-None-Match", METHOD_GET, 200, TAG, "if-match: \"a\"\nif-none-match: \"a\"", false },
	{ "13.2.2: If-Match first", METHOD_GET, 200, TAG, "if-none-match: \"a\"\nif-match: \"b\"", false },
	{ "13.2.2: If-Unmodified-Since first", METHOD_GET, 200, TAG "\nlast-modified: " DATE_1H, "if-none-match: \"a\"\nif-unmodified-since: " DATE_10H, false },
	/* 13.2.1 */
	{ "13.2.1: not on 404", METHOD_GET, 404, TAG, "if-none-match: \"a\"", false },
	{ "13.2.1: nor on 301", METHOD_GET, 301, OLD, "if-modified-since: " DATE_1H, false },
	{ "13.2.1: a part that answers", METHOD_GET, 206, TAG, "if-none-match: \"a\"\nrange: bytes=0-4", true },
	{ "13.2.2: before If-Range", METHOD_GET, 206, TAG, "if-none-match: \"a\"\nrange: bytes=0-4\nif-range: \"b\"", true },
	{ "13.2.2: a part, another tag", METHOD_GET, 206, TAG, "if-none-match: \"b\"\nrange: bytes=0-4", false },
	{ "13.2.2: a range of the whole", METHOD_GET, 200, TAG, "if-none-match: \"a\"\nrange: bytes=0-4", true },
	{ "13.2.2: a range, by date", METHOD_GET, 200, OLD, "if-modified-since: " DATE_1H "\nrange: bytes=0-4", true },
	{ "13.2.1: nor on 204", METHOD_GET, 204, TAG, "if-none-match: \"a\"", false },
	{ "13.2.1: nor on 500", METHOD_GET, 500, TAG, "if-none-match: *", false },
	{ "10008 2.6: QUERY", METHOD_QUERY, 200, TAG, "if-none-match: \"a\"", true },
	{ "10008 2.6: QUERY, by date", METHOD_QUERY, 200, OLD, "if-modified-since: " DATE_1H, true },
	{ "13.1.2: empty list", METHOD_GET, 200, TAG, "if-none-match:", false },
	{ "13.1.2: empty list, and a date", METHOD_GET, 200, TAG "\n" OLD, "if-none-match:\nif-modified-since: " DATE_1H, false },
	{ "13.1.2: empty members", METHOD_GET, 200, TAG, "if-none-match: , ,\"a\",", true },
	{ "13.1.2: w/ is no W/", METHOD_GET, 200, TAG, "if-none-match: w/\"a\"", false },
	{ "13.1.2: * in a list is no *", METHOD_GET, 200, TAG, "if-none-match: \"b\", *", false },
	{ "13.1.2: a backslash is no escape", METHOD_GET, 200, "etag: \"a\\\"", "if-none-match: \"a\\\", \"b\"", true },
	{ "13.1.2: a tag of nothing", METHOD_GET, 200, "etag: \"\"", "if-none-match: \"\"", true },
	{ "13.1.3: in the future", METHOD_GET, 200, OLD, "if-modified-since: Sun, 06 Nov 2044 08:49:37 GMT", true },
	{ "13.1.3: letter case", METHOD_GET, 200, OLD, "if-modified-since: sun, 06 nov 1994 07:49:37 gmt", true },
	{ "13.1.3: another zone", METHOD_GET, 200, OLD, "if-modified-since: Sun, 06 Nov 1994 07:49:37 UTC", false },
	{ "13.1.3: empty", METHOD_GET, 200, OLD, "if-modified-since:", false },
	{ "13.2.1: If-Match on 404", METHOD_GET, 404, NULL, "if-match: \"a\"", false },
};

static const struct {
	const char *clause;
	int status;
	const char *stored;
	const char *sent; /* NULL: RC_ABSENT */
} additions[] = {
	{ "4.3.1: tag", 200, TAG, "if-none-match: \"a\"" },
	{ "4.3.1: weak tag", 200, WEAK, "if-none-match: W/\"a\"" },
	{ "4.3.1: date", 200, OLD, "if-modified-since: " DATE_10H },
	{ "4.3.1: both", 200, OLD "\n" TAG, "if-none-match: \"a\"\nif-modified-since: " DATE_10H },
	{ "4.3.1: the date as it came", 200, "last-modified: Sunday, 06-Nov-94 08:49:37 GMT", "if-modified-since: Sunday, 06-Nov-94 08:49:37 GMT" },
	{ "4.3.1: a tag without quotes, as it came", 200, "etag: a", "if-none-match: a" },
	{ "4.3.1: no date", 200, "last-modified: once", NULL },
	{ "4.3.1: no date, but a tag", 200, TAG "\nlast-modified: once", "if-none-match: \"a\"" },
	{ "4.3.1: none", 200, "date: " DATE_NOW, NULL },
	{ "4.3.1: empty", 200, "etag:", NULL },
	{ "13.2.1: 203", 203, TAG, "if-none-match: \"a\"" },
	{ "13.2.1: 404", 404, TAG, NULL },
	{ "13.2.1: 301", 301, TAG "\n" OLD, NULL },
};

static const struct {
	const char *clause;
	int status;
	const char *stored;
	const char *not_modified;
	bool freshens;
} freshenings[] = {
	{ "4.3.4: same strong tag", 200, TAG, TAG, true },
	{ "4.3.4: other strong tag", 200, TAG, "etag: \"b\"", false },
	{ "4.3.4: other strong tag, same date", 200, TAG "\n" OLD, "etag: \"b\"\n" OLD, false },
	{ "4.3.4: same tag, other date", 200, TAG "\n" OLD, TAG "\nlast-modified: " DATE_1H, true },
	{ "4.3.4: strong for weak", 200, WEAK, TAG, false },
	{ "4.3.4: weak for strong", 200, TAG, WEAK, true },
	{ "4.3.4: weak for weak", 200, WEAK, WEAK, true },
	{ "4.3.4: other weak", 200, WEAK, "etag: W/\"b\"", false },
	{ "4.3.4: tags without quotes, same", 200, "etag: a", "etag: a", true },
	{ "4.3.4: tags without quotes, other", 200, "etag: a", "etag: b", false },
	{ "4.3.4: quotes on one side", 200, "etag: a", TAG, false },
	{ "4.3.4: same date", 200, OLD, OLD, true },
	{ "4.3.4: same date in another form", 200, "last-modified: " DATE_NOW, "last-modified: Sun Nov  6 08:49:37 1994", true },
	{ "4.3.4: other date", 200, OLD, "last-modified: " DATE_1H, false },
	{ "4.3.4: tag and date asked, other date told", 200, TAG "\n" OLD, "last-modified: " DATE_1H, false },
	{ "4.3.4: tag asked, a date told", 200, TAG, OLD, true },
	{ "4.3.4: nothing asked, a date told", 200, NULL, OLD, false },
	{ "4.3.4: nothing told", 200, TAG "\n" OLD, NULL, true },
	{ "4.3.4: nothing asked, nothing told", 200, NULL, NULL, true },
	{ "4.3.4: a date that is none", 200, OLD, "last-modified: once", true },
	{ "8.8.2.2: date asked, tag and date told", 200, OLD, TAG "\n" OLD, true },
	{ "8.8.2.2: changed twice in a second?", 200, "last-modified: " DATE_NOW, TAG "\nlast-modified: " DATE_NOW, false },
	{ "8.8.2.2: a second is enough", 200, "last-modified: Sun, 06 Nov 1994 08:49:36 GMT", TAG "\nlast-modified: Sun, 06 Nov 1994 08:49:36 GMT", true },
	{ "4.3.4: date asked, a tag told", 200, OLD, TAG, false },
	{ "4.3.4: date asked, tag and other date told", 200, OLD, TAG "\nlast-modified: " DATE_1H, false },
	{ "4.3.4: nothing asked, a tag told", 200, NULL, TAG, false },
	{ "13.2.1: it was no 2xx", 404, TAG, TAG, false },
};

static const struct {
	const char *clause;
	const char *stored;
	const char *not_modified;
	const char *updated;
} updates[] = {
	{ "3.2: replaced", "date: x\nx-a: 1\nx-b: 2", "date: y\nX-A: 3", "x-b: 2\ndate: y\nX-A: 3" },
	{ "3.2: added", "date: x", "date: x\nx-new: 1", "date: x\nx-new: 1" },
	{ "3.2: not told: kept", "date: x\n" TAG "\nx-a: 1", "date: x", TAG "\nx-a: 1\ndate: x" },
	{ "3.2: as a group, two for one", "x-a: 1", "x-a: 2\nx-a: 3", "x-a: 2\nx-a: 3" },
	{ "3.2: as a group, one for two", "x-a: 1\nx-a: 2", "x-a: 3", "x-a: 3" },
	{ "3.2: Cache-Control and Expires", "cache-control: max-age=1\nexpires: 0", "cache-control: max-age=2", "expires: 0\ncache-control: max-age=2" },
	{ "3.2: Content-Length", "x-a: 1", "content-length: 0", "x-a: 1" },
	{ "3.2: Content-Encoding", "content-encoding: gzip", "content-encoding: br", "content-encoding: gzip" },
	{ "3.2: Content-Range", "x-a: 1", "content-range: bytes 0-1/2", "x-a: 1" },
	{ "3.2: Content-Type is updated", "content-type: a/b", "content-type: c/d", "content-type: c/d" },
	{ "3.1: hop-by-hop", "x-a: 1", "connection: x-hop\nx-hop: 1\nkeep-alive: 5\ntransfer-encoding: chunked", "x-a: 1" },
	{ "3.1: what Connection names replaces nothing", "x-a: 1", "connection: x-a\nx-a: 2", "x-a: 1" },
	{ "5.1: Age is found anew", "x-a: 1", "age: 5", "x-a: 1" },
	{ "3.2: of one response only", "x-a: 1", "x-request-id: 7\nratelimit: x", "x-a: 1" },
	{ "3.2: a cookie is one client's", "x-a: 1", "set-cookie: a=b", "x-a: 1" },
	{ "6.6.1: no Date: made when it came", "date: x\nx-a: 1", "x-b: 2", "x-a: 1\nx-b: 2" },
	{ "5.2.2.7: stored before, private now", "x-a: 1\nx-b: 2", "cache-control: private=\"X-A\"", "x-b: 2\ncache-control: private=\"X-A\"" },
	{ "5.2.2.7: told and private", "x-b: 2", "cache-control: private=\"x-a\"\nx-a: 1", "x-b: 2\ncache-control: private=\"x-a\"" },
	{ "5.2.2.4: still in force", "cache-control: no-cache=\"x-a\"", "x-a: 1", "cache-control: no-cache=\"x-a\"" },
};
/* clang-format on */

static struct object stored_object(int status, const char *fields)
{
	return (struct object){
		.status = status,
		.freshness = { .date_ms = NOW, .responded_ms = NOW + 500 },
		.headers = row_headers(fields),
	};
}

START_TEST(precondition_row)
{
	struct request_view request;
	struct headers fields;
	struct object object;
	bool got;

	rows_begin();
	object = stored_object(preconditions[_i].status, preconditions[_i].stored);
	fields = row_headers(preconditions[_i].request);
	request_view_init(&request, preconditions[_i].method, &fields);
	got = conditional_not_modified(&request, &object, NOW + HOUR);
	ck_assert_msg(got == preconditions[_i].verdict, "row %d (%s): %d", _i,
		preconditions[_i].clause, (int)got);
}
END_TEST

/* RFC 9111 4.3.2: the client was told a Date of whole seconds. */
START_TEST(when_it_came_is_compared_in_seconds)
{
	struct request_view request;
	struct headers fields;
	struct object object;

	rows_begin();
	object = stored_object(200, NULL);
	object.freshness.date_ms = object.freshness.responded_ms;
	fields = row_headers("if-modified-since: " DATE_NOW);
	request_view_init(&request, METHOD_GET, &fields);
	ck_assert_int_eq(conditional_not_modified(&request, &object, NOW + HOUR), true);
	object.freshness.date_ms = NOW + 1000;
	ck_assert_int_eq(conditional_not_modified(&request, &object, NOW + HOUR), false);
}
END_TEST

START_TEST(addition_row)
{
	const char *sent = additions[_i].sent;
	struct object object;
	struct headers got;

	rows_begin();
	object = stored_object(additions[_i].status, additions[_i].stored);
	headers_init(&got, &row_arena);
	ck_assert_msg(conditional_add(&object, &got) == (sent != NULL ? RC_OK : RC_ABSENT),
		"row %d (%s)", _i, additions[_i].clause);
	ck_assert_msg(slice_equal(slice_of(row_text(&got)), slice_of(sent)), "row %d (%s): %s", _i,
		additions[_i].clause, row_text(&got));
}
END_TEST

START_TEST(freshening_row)
{
	struct headers not_modified;
	struct object object;

	rows_begin();
	object = stored_object(freshenings[_i].status, freshenings[_i].stored);
	not_modified = row_headers(freshenings[_i].not_modified);
	ck_assert_msg(conditional_freshens(&object, &not_modified) == freshenings[_i].freshens,
		"row %d (%s)", _i, freshenings[_i].clause);
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

int main(void)
{
	Suite *suite = suite_create("conditional");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, precondition_row, 0, ROWS(preconditions));
	tcase_add_test(cases, when_it_came_is_compared_in_seconds);
	tcase_add_loop_test(cases, addition_row, 0, ROWS(additions));
	tcase_add_loop_test(cases, freshening_row, 0, ROWS(freshenings));
	tcase_add_loop_test(cases, update_row, 0, ROWS(updates));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

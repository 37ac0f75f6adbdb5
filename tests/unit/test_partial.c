/* test_partial.c - a 206: which part it has, and whether it is stored (RFC 9110 14.4, RFC 9111 3.3).
 *
 * Rows: fields -> part; request, status, response -> reason.
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
#define PART  "content-range: bytes 0-4/10"
#define RANGE "range: bytes=0-4"

/* clang-format off */
static const struct {
	const char *clause;
	const char *response;
	bool is_part;
	uint64_t first;
	uint64_t total;
} parts[] = {
	{ "9110 14.4: the first bytes", "content-range: bytes 0-499/1234", true, 0, 1234 },
	{ "9110 14.4: the last bytes", "content-range: bytes 734-1233/1234", true, 734, 1234 },
	{ "9110 14.4: one byte", "content-range: bytes 5-5/6", true, 5, 6 },
	{ "9110 14.4: all of it", "content-range: bytes 0-1233/1234", true, 0, 1234 },
	{ "9110 14.1: units in any case", "content-range: Bytes 0-1/2", true, 0, 2 },
	{ "9110 14.4: as long as it says", "content-range: bytes 0-499/1234\ncontent-length: 500", true, 0, 1234 },
	{ "9110 14.4: a field name in any case", "Content-Range: bytes 0-1/2", true, 0, 2 },
	{ "9110 14.4: 64 bits", "content-range: bytes 4294967296-4294967297/18446744073709551615", true, 4294967296, 18446744073709551615U },
	{ "9110 14.4: none", "content-length: 5", false, 0, 0 },
	{ "9110 14.4: empty", "content-range: ", false, 0, 0 },
	{ "9110 14.4: two of them", "content-range: bytes 0-1/2\ncontent-range: bytes 0-1/2", false, 0, 0 },
	{ "9110 14.4: total unknown", "content-range: bytes 42-1233/*", false, 0, 0 },
	{ "9110 14.4: unsatisfied", "content-range: bytes */1234", false, 0, 0 },
	{ "9110 14.4: another unit", "content-range: lines 0-1/2", false, 0, 0 },
	{ "9110 14.4: no unit", "content-range: 0-1/2", false, 0, 0 },
	{ "9110 14.4: last before first", "content-range: bytes 5-4/10", false, 0, 0 },
	{ "9110 14.4: last is the total", "content-range: bytes 0-10/10", false, 0, 0 },
	{ "9110 14.4: last is beyond the total", "content-range: bytes 0-11/10", false, 0, 0 },
	{ "9110 14.4: total is 0", "content-range: bytes 0-0/0", false, 0, 0 },
	{ "9110 14.4: no first", "content-range: bytes -5/10", false, 0, 0 },
	{ "9110 14.4: no last", "content-range: bytes 5-/10", false, 0, 0 },
	{ "9110 14.4: no total", "content-range: bytes 0-5", false, 0, 0 },
	{ "9110 14.4: an empty total", "content-range: bytes 0-5/", false, 0, 0 },
	{ "9110 14.4: = for the blank", "content-range: bytes=0-5/10", false, 0, 0 },
	{ "9110 14.4: two blanks", "content-range: bytes  0-5/10", false, 0, 0 },
	{ "9110 14.4: a blank inside", "content-range: bytes 0 - 5/10", false, 0, 0 },
	{ "9110 14.4: what comes behind", "content-range: bytes 0-5/10 x", false, 0, 0 },
	{ "9110 14.4: a list", "content-range: bytes 0-5/10, bytes 7-8/10", false, 0, 0 },
	{ "9110 14.4: a sign", "content-range: bytes +0-5/10", false, 0, 0 },
	{ "9110 14.4: hexadecimal", "content-range: bytes 0-0x5/10", false, 0, 0 },
	{ "9110 14.4: beyond 64 bits", "content-range: bytes 0-5/18446744073709551616", false, 0, 0 },
	{ "9110 8.6: shorter than it says", "content-range: bytes 0-499/1234\ncontent-length: 499", false, 0, 0 },
	{ "9110 8.6: longer than it says", "content-range: bytes 0-499/1234\ncontent-length: 1234", false, 0, 0 },
	{ "9110 8.6: a length that is none", "content-range: bytes 0-499/1234\ncontent-length: x", false, 0, 0 },
	{ "9110 15.3.7.2: multipart", "content-range: bytes 0-5/10\ncontent-type: Multipart/ByteRanges; boundary=x", false, 0, 0 },
	{ "9110 15.3.7.2: multipart without Content-Range", "content-type: multipart/byteranges; boundary=x", false, 0, 0 },
	{ "9110 15.3.7: another type", "content-range: bytes 0-5/10\ncontent-type: text/plain", true, 0, 10 },
};

static const struct {
	const char *clause;
	enum method method;
	int status;
	const char *request;
	const char *response;
	enum skip verdict;
} rows[] = {
	{ "3.3: a part that was asked for", METHOD_GET, 206, RANGE, FRESH "\n" PART, SKIP_NONE },
	{ "3.3: heuristically cacheable (9110 15.1)", METHOD_GET, 206, RANGE, OLD "\n" PART, SKIP_NONE },
	{ "3.3: by Expires", METHOD_GET, 206, RANGE, "date: " DATE_NOW "\nexpires: " DATE_NEXT "\n" PART, SKIP_NONE },
	{ "3.3: nobody asked for it", METHOD_GET, 206, NULL, FRESH "\n" PART, SKIP_PARTIAL },
	{ "3.3: of HEAD", METHOD_HEAD, 206, RANGE, FRESH "\n" PART, SKIP_METHOD },
	{ "3.3: without Content-Range", METHOD_GET, 206, RANGE, FRESH, SKIP_PARTIAL },
	{ "3.3: with an invalid one", METHOD_GET, 206, RANGE, FRESH "\ncontent-range: bytes 5-4/10", SKIP_PARTIAL },
	{ "3.3: of an unknown whole", METHOD_GET, 206, RANGE, FRESH "\ncontent-range: bytes 0-4/*", SKIP_PARTIAL },
	{ "3.3: several parts", METHOD_GET, 206, RANGE, FRESH "\ncontent-type: multipart/byteranges; boundary=x", SKIP_PARTIAL },
	{ "3.3: no-store", METHOD_GET, 206, RANGE, "cache-control: no-store\n" PART, SKIP_NO_STORE },
	{ "3.3: private", METHOD_GET, 206, RANGE, "cache-control: private, max-age=60\n" PART, SKIP_PRIVATE },
	{ "3.3: the request's no-store", METHOD_GET, 206, RANGE "\ncache-control: no-store", FRESH "\n" PART, SKIP_REQUEST_NO_STORE },
	{ "3.3: Authorization", METHOD_GET, 206, RANGE "\nauthorization: Basic YTpi", FRESH "\n" PART, SKIP_AUTHORIZATION },
	{ "5.2.2.3: 206 is understood", METHOD_GET, 206, RANGE, "cache-control: must-understand, no-store, max-age=60\n" PART, SKIP_NONE },
	{ "3.3: a validator alone: a part is fetched anew", METHOD_GET, 206, RANGE, "etag: \"a\"\ncache-control: no-cache\n" PART, SKIP_NO_FRESHNESS },
	{ "3.3: too large", METHOD_GET, 206, RANGE, FRESH "\ncontent-range: bytes 0-1000/5000\ncontent-length: 1001", SKIP_TOO_LARGE },
	{ "3: 200 to a range is the whole", METHOD_GET, 200, RANGE, FRESH, SKIP_NONE },
	{ "3: 200 to a range, validator", METHOD_GET, 200, RANGE, "etag: \"a\"", SKIP_NONE },
	{ "3: 416 to a range", METHOD_GET, 416, RANGE, FRESH, SKIP_PARTIAL },
	{ "3: 404 to a range", METHOD_GET, 404, RANGE, FRESH, SKIP_NONE },
};
/* clang-format on */

START_TEST(part_row)
{
	struct content_range part = { 7, 7, 7 };
	struct headers response;
	bool got;

	rows_begin();
	response = row_headers(parts[_i].response);
	got = storable_part(&response, &part);
	ck_assert_msg(got == parts[_i].is_part, "row %d (%s)", _i, parts[_i].clause);
	ck_assert_msg(part.first == (got ? parts[_i].first : 7) &&
			      part.total == (got ? parts[_i].total : 7),
		"row %d (%s): %llu of %llu", _i, parts[_i].clause, (unsigned long long)part.first,
		(unsigned long long)part.total);
}
END_TEST

START_TEST(storable_row)
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
	got = storable_check(&request, &response, &limits);
	ck_assert_msg(
		got == rows[_i].verdict, "row %d (%s): %s", _i, rows[_i].clause, skip_text(got));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("partial");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, part_row, 0, ROWS(parts));
	tcase_add_loop_test(cases, storable_row, 0, ROWS(rows));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

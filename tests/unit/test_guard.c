/* test_guard.c - which requests are refused, with which problem and in which words.
 *
 * One row a request; limits are small so that rows can exceed them: 200 bytes of header, 4 fields, 20
 * bytes of target, 100 of body.
 */
#include "guard.h"

#include "policy_rows.h"

#include <string.h>

#define HOST "host: a\n"

/* clang-format off */
static const struct {
	const char *method, *target, *version, *fields;
	size_t header_bytes;
	enum problem problem;
	const char *detail;
} refused[] = {
	{ "GET", "/", "HTTP/1.2", HOST, 0, PROBLEM_MALFORMED, "HTTP/1.1 or HTTP/1.0 is expected" },
	{ "GET", "/", "HTTP/0.9", HOST, 0, PROBLEM_MALFORMED, "HTTP/1.1 or HTTP/1.0 is expected" },
	{ "GET", "/", "http/1.1", HOST, 0, PROBLEM_MALFORMED, "HTTP/1.1 or HTTP/1.0 is expected" },
	{ "GET", "/", "HTTP/1.10", HOST, 0, PROBLEM_MALFORMED, "HTTP/1.1 or HTTP/1.0 is expected" },
	{ "GET", "/", "", HOST, 0, PROBLEM_MALFORMED, "HTTP/1.1 or HTTP/1.0 is expected" },
	{ "", "/", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the method is not a token" },
	{ "G(T", "/", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the method is not a token" },
	{ "G\tT", "/", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the method is not a token" },
	{ "GET", "/34567890123456789012", "HTTP/1.1", HOST, 0, PROBLEM_TARGET_TOO_LONG, "the target is longer than server.limits.target_bytes" },
	{ "GET", "http://a/", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "*", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "TRACE", "*", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "options", "*", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "OPTIONS", "**", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "OPTIONS", "*?a", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "OPTIONS", "*", "HTTP/1.1", "", 0, PROBLEM_MALFORMED, "there is no Host" },
	{ "GET", "", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "/a#b", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "/a%00", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "/a%2", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "/a\xc3\xa4", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the target is not of the form /path?query" },
	{ "GET", "/a/../b", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the path has a dot segment" },
	{ "GET", "/a/%2e%2e/b", "HTTP/1.1", HOST, 0, PROBLEM_MALFORMED, "the path has a dot segment" },
	{ "GET", "/", "HTTP/1.1", HOST, 201, PROBLEM_HEADER_TOO_LARGE, "the header is larger than server.limits.header_bytes" },
	{ "GET", "/", "HTTP/1.1", HOST "a: 1\nb: 1\nc: 1\nd: 1\n", 0, PROBLEM_TOO_MANY_FIELDS, "there are more fields than server.limits.fields" },
	{ "GET", "/", "HTTP/1.1", HOST "a : 1\n", 0, PROBLEM_MALFORMED, "a field name is not a token" },
	{ "GET", "/", "HTTP/1.1", HOST " a: 1\n", 0, PROBLEM_MALFORMED, "a field name is not a token" },
	{ "GET", "/", "HTTP/1.1", HOST ": 1\n", 0, PROBLEM_MALFORMED, "a field name is not a token" },
	{ "GET", "/", "HTTP/1.1", HOST "transfer-encoding : chunked\n", 0, PROBLEM_MALFORMED, "a field name is not a token" },
	{ "GET", "/", "HTTP/1.1", HOST "a: b\rc\n", 0, PROBLEM_MALFORMED, "a field value has a control character" },
	{ "GET", "/", "HTTP/1.1", HOST "a: \x01\n", 0, PROBLEM_MALFORMED, "a field value has a control character" },
	{ "GET", "/", "HTTP/1.1", HOST "a: \x7f\n", 0, PROBLEM_MALFORMED, "a field value has a control character" },
	{ "GET", "/", "HTTP/1.1", HOST HOST, 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "GET", "/", "HTTP/1.1", "HOST: a\nHost: b\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 1\ncontent-length: 1\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: chunked\ntransfer-encoding: chunked\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "GET", "/", "HTTP/1.1", HOST "authorization: a\nauthorization: b\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "GET", "/", "HTTP/1.1", HOST "range: a\naccept: a\nrange: b\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "GET", "/", "HTTP/1.1", "", 0, PROBLEM_MALFORMED, "there is no Host" },
	{ "GET", "/", "HTTP/1.1", "host: a b\n", 0, PROBLEM_MALFORMED, "Host is not a host" },
	{ "GET", "/", "HTTP/1.1", "host: a/b\n", 0, PROBLEM_MALFORMED, "Host is not a host" },
	{ "GET", "/", "HTTP/1.1", "host: a@b\n", 0, PROBLEM_MALFORMED, "Host is not a host" },
	{ "GET", "/", "HTTP/1.1", "host: a\"\n", 0, PROBLEM_MALFORMED, "Host is not a host" },
	{ "GET", "/", "HTTP/1.0", "host: a\\\n", 0, PROBLEM_MALFORMED, "Host is not a host" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 1\ntransfer-encoding: chunked\n", 0, PROBLEM_MALFORMED, "there are Content-Length and Transfer-Encoding" },
	{ "POST", "/", "HTTP/1.0", "transfer-encoding: chunked\n", 0, PROBLEM_MALFORMED, "HTTP/1.0 has no Transfer-Encoding" },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: gzip, chunked\n", 0, PROBLEM_MALFORMED, "the only transfer coding is chunked" },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: identity\n", 0, PROBLEM_MALFORMED, "the only transfer coding is chunked" },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: chunked;a\n", 0, PROBLEM_MALFORMED, "the only transfer coding is chunked" },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding:\n", 0, PROBLEM_MALFORMED, "the only transfer coding is chunked" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: +1\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: -1\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 1, 1\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 0x1\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length:\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 9223372036854775808\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 18446744073709551617\n", 0, PROBLEM_MALFORMED, "Content-Length is not a number" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 101\n", 0, PROBLEM_BODY_TOO_LARGE, "the body is larger than server.limits.body_bytes" },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 9223372036854775807\n", 0, PROBLEM_BODY_TOO_LARGE, "the body is larger than server.limits.body_bytes" },
	{ "TRACE", "/", "HTTP/1.1", HOST "content-length: 1\n", 0, PROBLEM_MALFORMED, "TRACE has no body" },
	{ "TRACE", "/", "HTTP/1.1", HOST "transfer-encoding: chunked\n", 0, PROBLEM_MALFORMED, "TRACE has no body" },
	{ "TRACE", "/", "HTTP/1.1", HOST "max-forwards: x\n", 0, PROBLEM_MALFORMED, "Max-Forwards is not a number" },
	{ "TRACE", "/", "HTTP/1.1", HOST "max-forwards:\n", 0, PROBLEM_MALFORMED, "Max-Forwards is not a number" },
	{ "TRACE", "/", "HTTP/1.1", HOST "max-forwards: -1\n", 0, PROBLEM_MALFORMED, "Max-Forwards is not a number" },
	{ "OPTIONS", "/", "HTTP/1.1", HOST "max-forwards: 1.0\n", 0, PROBLEM_MALFORMED, "Max-Forwards is not a number" },
	{ "OPTIONS", "*", "HTTP/1.1", HOST "max-forwards: 0, 1\n", 0, PROBLEM_MALFORMED, "Max-Forwards is not a number" },
	{ "OPTIONS", "/", "HTTP/1.1", HOST "max-forwards: 0\nmax-forwards: 0\n", 0, PROBLEM_MALFORMED, "a field that may stand once stands twice" },
	{ "POST", "/", "HTTP/1.1", HOST "expect: 200-ok\n", 0, PROBLEM_EXPECTATION, "the only expectation is 100-continue" },
	{ "POST", "/", "HTTP/1.1", HOST "expect:\n", 0, PROBLEM_EXPECTATION, "the only expectation is 100-continue" },
};

static const struct {
	const char *method, *target, *version, *fields;
	bool http_1_0;
	int64_t length; /* of the body; 0: none */
} taken[] = {
	{ "GET", "/", "HTTP/1.1", HOST, false, 0 },
	{ "GET", "/a?b=c", "HTTP/1.0", "", true, 0 },
	{ "GET", "/a/..b/...", "HTTP/1.0", HOST, true, 0 },
	{ "GET", "/?a=../b", "HTTP/1.1", HOST, false, 0 },
	{ "GET", "/3456789012345678901", "HTTP/1.1", HOST, false, 0 },
	{ "M-SEARCH", "/", "HTTP/1.1", HOST, false, 0 },
	{ "GET", "/", "HTTP/1.1", "host:\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", "host: [2001:db8::1]:8080\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", "host: a-b.c_d~e:1\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", HOST "a: 1\na: 2\naccept: 3\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", HOST "a: b\tc\xc3\xa4\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", HOST "range: a\nif-range: a\n", false, 0 },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 0\n", false, 0 },
	{ "POST", "/", "HTTP/1.1", HOST "content-length: 100\n", false, 100 },
	{ "POST", "/", "HTTP/1.0", "content-length: 007\n", true, 7 },
	{ "GET", "/", "HTTP/1.1", HOST "content-length: 1\n", false, 1 },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: chunked\n", false, LENGTH_UNKNOWN },
	{ "POST", "/", "HTTP/1.1", HOST "transfer-encoding: CHUNKED\n", false, LENGTH_UNKNOWN },
	{ "POST", "/", "HTTP/1.1", HOST "expect: 100-Continue\ncontent-length: 1\n", false, 1 },
	{ "OPTIONS", "*", "HTTP/1.1", HOST, false, 0 },
	{ "OPTIONS", "*", "HTTP/1.0", "", true, 0 },
	{ "OPTIONS", "/", "HTTP/1.1", HOST "max-forwards: 0\ncontent-length: 1\n", false, 1 },
	{ "OPTIONS", "/*", "HTTP/1.1", HOST "max-forwards: 99999999999999999999999\n", false, 0 },
	{ "TRACE", "/", "HTTP/1.1", HOST "max-forwards: 007\n", false, 0 },
	{ "TRACE", "/", "HTTP/1.1", HOST "content-length: 0\n", false, 0 },
	{ "GET", "/", "HTTP/1.1", HOST "max-forwards: x\n", false, 0 },
};
/* clang-format on */

static const struct guard_limits LIMITS = {
	.header_bytes = 200, .fields = 4, .target_bytes = 20, .body_bytes = 100
};

static struct request request_of(const char *method, const char *target, const char *fields)
{
	rows_begin();
	return (struct request){
		.method_text = slice_of(method),
		.method = method_lookup(slice_of(method)),
		.raw_target = slice_of(target),
		.headers = row_headers(fields),
	};
}

START_TEST(test_refused)
{
	struct request request =
		request_of(refused[_i].method, refused[_i].target, refused[_i].fields);
	const struct guard_facts facts = { slice_of(refused[_i].version), refused[_i].header_bytes,
		false };
	enum problem problem;
	const char *detail = NULL;

	ck_assert_int_eq(guard_check(&request, &facts, &LIMITS, &problem, &detail), RC_INVALID);
	ck_assert_str_eq(detail, refused[_i].detail);
	ck_assert_int_eq(problem, refused[_i].problem);
}
END_TEST

START_TEST(test_taken)
{
	struct request request = request_of(taken[_i].method, taken[_i].target, taken[_i].fields);
	const struct guard_facts facts = { slice_of(taken[_i].version), 200, false };
	enum problem problem;
	const char *detail = "";
	enum rc rc = guard_check(&request, &facts, &LIMITS, &problem, &detail);

	ck_assert_msg(rc == RC_OK, "%s", detail);
	ck_assert_int_eq(request.http_1_0, taken[_i].http_1_0);
	ck_assert_int_eq(request.content_length, taken[_i].length);
	ck_assert_int_eq(request.has_body, taken[_i].length != 0);
	ck_assert_int_eq(request.asterisk, taken[_i].target[0] == '*');
	ck_assert_int_eq(request.target.path.data[0], taken[_i].target[0]);
	ck_assert_int_eq(request.target.query.data != NULL, strchr(taken[_i].target, '?') != NULL);
}
END_TEST

/* What the library has made of the bytes can't be trusted (RFC 9112 5.2), however it looks. */
START_TEST(test_garbled)
{
	struct request request = request_of("GET", "/", HOST);
	const struct guard_facts facts = { SLICE("HTTP/1.1"), 20, true };
	enum problem problem;
	const char *detail = NULL;

	ck_assert_int_eq(guard_check(&request, &facts, &LIMITS, &problem, &detail), RC_INVALID);
	ck_assert_str_eq(detail, "there is a folded line, a NUL, or a field without a name");
	ck_assert_int_eq(problem, PROBLEM_MALFORMED);
}
END_TEST

START_TEST(test_nul_in_a_value)
{
	struct request request = request_of("GET", "/", HOST);
	const struct guard_facts facts = { SLICE("HTTP/1.1"), 20, false };
	enum problem problem;
	const char *detail = NULL;

	headers_add(&request.headers, SLICE("a"), SLICE("b\0c"));
	ck_assert_int_eq(guard_check(&request, &facts, &LIMITS, &problem, &detail), RC_INVALID);
	ck_assert_str_eq(detail, "a field value has a control character");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *tests = tcase_create("guard");

	tcase_add_loop_test(tests, test_refused, 0, ROWS(refused));
	tcase_add_loop_test(tests, test_taken, 0, ROWS(taken));
	tcase_add_test(tests, test_garbled);
	tcase_add_test(tests, test_nul_in_a_value);
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

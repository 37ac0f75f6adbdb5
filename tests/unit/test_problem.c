/* test_problem.c - the errors that larder makes: bodies (RFC 9457), Proxy-Status (RFC 9209), and which
 * of them a failed fetch is.
 */
#include "proxy/problem.h"

#include "http_fixture.h"

#include <string.h>

static struct arena arena;

static void set_up(void)
{
	arena_init(&arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

static const struct row {
	enum problem problem;
	const char *detail;
	int status;
	const char *body, *proxy_status;
} ROWS[] = {
	{ PROBLEM_MALFORMED, "", 400,
		"{\"type\":\"about:blank\",\"status\":400,\"title\":\"Malformed request\"}\n",
		"larder; error=http_request_error" },
	{ PROBLEM_CONNECT, "no \"route\"\n", 502,
		"{\"type\":\"about:blank\",\"status\":502,\"title\":\"Origin not reached\","
		"\"detail\":\"no \\\"route\\\"\\n\"}\n",
		"larder; error=connection_refused" },
	{ PROBLEM_LOOP, "x", 508,
		"{\"type\":\"about:blank\",\"status\":508,\"title\":\"Request loop\","
		"\"detail\":\"x\"}\n",
		"larder; error=proxy_loop_detected" },
};

START_TEST(test_made)
{
	const struct row *row = &ROWS[_i];
	struct headers fields;
	struct slice body;

	headers_init(&fields, &arena);
	problem_make(
		&(struct problem_told){ .problem = row->problem, .detail = slice_of(row->detail) },
		&fields, &body);
	ck_assert_int_eq(problem_status(row->problem), row->status);
	ASSERT_TEXT(body, slice_of(row->body));
	ck_assert_uint_eq(fields.count, 3);
	ASSERT_TEXT(headers_get(&fields, FIELD_CONTENT_TYPE), SLICE("application/problem+json"));
	ASSERT_TEXT(headers_get(&fields, FIELD_CACHE_CONTROL), SLICE("no-store"));
	ASSERT_TEXT(headers_get(&fields, FIELD_PROXY_STATUS), slice_of(row->proxy_status));
}
END_TEST

/* A peer sizes some of the words. */
START_TEST(test_long_detail)
{
	static char detail[100000];
	struct headers fields;
	struct slice body;

	memset(detail, 'x', sizeof(detail));
	headers_init(&fields, &arena);
	problem_make(&(struct problem_told){ .problem = PROBLEM_INTERNAL,
			     .detail = { detail, sizeof(detail) } },
		&fields, &body);
	ASSERT_TEXT(body, SLICE("{}\n"));
	ck_assert_uint_eq(fields.count, 3);
}
END_TEST

START_TEST(test_all_are_errors)
{
#define X(id, status, error, title) PROBLEM_##id,
	static const enum problem problems[] = { PROBLEM_TABLE(X) };
#undef X

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		ck_assert_int_ge(problem_status(problems[i]), 400);
		ck_assert_int_lt(problem_status(problems[i]), 600);
	}
}
END_TEST

/* clang-format off */
static const struct { enum rc rc; int status; const char *error; } FETCHES[] = {
	{ RC_DNS, 502, "dns_error" },
	{ RC_CONNECT, 502, "connection_refused" },
	{ RC_TLS, 502, "tls_protocol_error" },
	{ RC_TRUNCATED, 502, "http_response_incomplete" },
	{ RC_PROTOCOL, 502, "http_protocol_error" },
	{ RC_TOO_LARGE, 502, "http_response_header_section_size" },
	{ RC_CONNECT_TIMEOUT, 504, "connection_timeout" },
	{ RC_FIRST_BYTE_TIMEOUT, 504, "http_response_timeout" },
	{ RC_IDLE_TIMEOUT, 504, "http_response_timeout" },
	{ RC_TOTAL_TIMEOUT, 504, "http_response_timeout" },
	{ RC_STOPPED, 503, "proxy_internal_response" },
	{ RC_UNSUPPORTED, 501, "http_request_error" },
	{ RC_CANCELLED, 500, "proxy_internal_error" },
	{ RC_IO, 500, "proxy_internal_error" },
};
/* clang-format on */

START_TEST(test_fetches)
{
	enum problem problem = problem_of(FETCHES[_i].rc);
	struct headers fields;
	struct slice body, status;

	headers_init(&fields, &arena);
	problem_make(&(struct problem_told){ .problem = problem }, &fields, &body);
	status = headers_get(&fields, FIELD_PROXY_STATUS);
	ck_assert_int_eq(problem_status(problem), FETCHES[_i].status);
	ASSERT_TEXT(slice_skip(status, strlen("larder; error=")), slice_of(FETCHES[_i].error));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("problem");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, test_made, ROWS);
	tcase_add_test(tests, test_long_detail);
	tcase_add_test(tests, test_all_are_errors);
	ADD_ROWS(tests, test_fetches, FETCHES);
	return run_case("problem", tests);
}

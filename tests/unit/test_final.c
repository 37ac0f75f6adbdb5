/* test_final.c - OPTIONS and TRACE that end here, and what Max-Forwards says on those that go on. */
#include "final.h"

#include "exchange_fixture.h"

#include <string.h>

#define ALL "GET, HEAD, QUERY, OPTIONS, TRACE, POST, PUT, PATCH, DELETE"

/* A field whose name tells that TRACE is not to show it. */
#define HIDDEN(field)                                                                     \
	{                                                                                 \
		"9.3.8: not " field, "TRACE /a", field ": s\nmax-forwards: 0", 200, NULL, \
			"TRACE /a HTTP/1.1\r\nHost: larder\r\nmax-forwards: 0\r\n\r\n"    \
	}

static struct visit one;

static const struct {
	const char *what;
	const char *line, *fields;
	int status;
	const char *allow; /* NULL: none */
	const char *body;
} ended[] = {
	{ "9.3.7: of the server", "OPTIONS *", "", 204, ALL, "" },
	{ "9.3.7: of the server, with room to go on", "OPTIONS *", "max-forwards: 9", 204, ALL,
		"" },
	{ "7.6.2: OPTIONS", "OPTIONS /a", "max-forwards: 0", 204, ALL, "" },
	{ "7.6.2: written long", "OPTIONS /a", "Max-Forwards: 000", 204, ALL, "" },
	{ "7.6.2: without a route", "OPTIONS /b", "max-forwards: 0", 204, ALL, "" },
	{ "9.3.8: TRACE", "TRACE /a?b=%20", "max-forwards: 0\nVia: 1.1 x, 1.0 y", 200, NULL,
		"TRACE /a?b=%20 HTTP/1.1\r\nHost: larder\r\nmax-forwards: 0\r\n"
		"Via: 1.1 x, 1.0 y\r\n\r\n" },
	{ "9.3.8: without a route", "TRACE /b", "max-forwards: 0", 200, NULL,
		"TRACE /b HTTP/1.1\r\nHost: larder\r\nmax-forwards: 0\r\n\r\n" },
	{ "9.3.8: in its order, an empty value, twice", "TRACE /a",
		"b: 1\nmax-forwards: 0\na:\nb: 2", 200, NULL,
		"TRACE /a HTTP/1.1\r\nHost: larder\r\nb: 1\r\nmax-forwards: 0\r\na: \r\n"
		"b: 2\r\n\r\n" },
	{ "9.3.8: no credentials", "TRACE /a",
		"Authorization: Basic eA==\nmax-forwards: 0\ncookie: a=b\nCookie2: c\n"
		"Proxy-Authorization: y\nX-API-Key: z\nApiKey: z\nX-Auth-Request: u\n"
		"X-Forwarded-Access-Token: t\nPassword: p\nX-Session-Id: s\nX-Secret: s\n"
		"X-Amz-Credential: c",
		200, NULL, "TRACE /a HTTP/1.1\r\nHost: larder\r\nmax-forwards: 0\r\n\r\n" },
	HIDDEN("X-Goog-IAP-JWT-Assertion"),
	HIDDEN("DPoP"),
	HIDDEN("Client-Cert"),
	HIDDEN("X-XSRF"),
	HIDDEN("X-Csrf"),
	HIDDEN("Signature-Input"),
};

START_TEST(test_ended)
{
	struct slice allow;

	ck_assert_msg(visit_begin(&one, ended[_i].line, ended[_i].fields) == EXCHANGE_ANSWER, "%s",
		ended[_i].what);
	visit_finish(&one);
	assert_answer(&one, ended[_i].status, "larder", ended[_i].body);
	ck_assert_int_eq(one.x.answer.length, (int64_t)strlen(ended[_i].body));
	allow = headers_combined(&one.answered, SLICE("allow"), &one.arena);
	ASSERT_TEXT(allow, slice_of(ended[_i].allow));
	ASSERT_TEXT(headers_get(&one.answered, FIELD_CONTENT_TYPE),
		ended[_i].allow == NULL ? SLICE("message/http") : slice_of(NULL));
	ck_assert(one.x.answer.serial == 0);
	visit_end(&one);
}
END_TEST

/* It ends here rather than in the loop that it is there to look into. */
START_TEST(test_ended_in_a_loop)
{
	char fields[128];

	snprintf(fields, sizeof(fields), "cdn-loop: %s\nmax-forwards: 0", proxy->house->instance);
	ck_assert_int_eq(visit_begin(&one, "TRACE /a", fields), EXCHANGE_ANSWER);
	visit_finish(&one);
	ck_assert_int_eq(one.x.answer.status, 200);
	ck_assert_ptr_nonnull(strstr(one.body, proxy->house->instance));
	visit_end(&one);
}
END_TEST

START_TEST(test_body_of_what_ended)
{
	(void)visit_begin(&one, "OPTIONS /a", "content-length: 3\nmax-forwards: 0");
	ck_assert_uint_eq(exchange_upload(&one.x, "abc", 3), 3);
	exchange_upload_end(&one.x);
	visit_finish(&one);
	assert_answer(&one, 204, "larder", "");
	visit_end(&one);
}
END_TEST

/* The next request of the same connection has nothing of it. */
START_TEST(test_next_request)
{
	struct request next;

	(void)visit_begin(&one, "TRACE /a", "max-forwards: 0");
	visit_finish(&one);
	exchange_end(&one.x, true);
	next = one.request;
	next.raw_target = next.target.path = SLICE("/b");
	headers_init(&next.headers, &one.arena);
	exchange_begin(&one.x, &next);
	visit_finish(&one);
	ck_assert_int_eq(one.x.answer.status, 404);
	visit_end(&one);
}
END_TEST

static const struct {
	const char *what;
	const char *line, *value;
	const char *sent; /* NULL: none */
} passed[] = {
	{ "7.6.2: one", "OPTIONS /a", "1", "0" },
	{ "7.6.2: two", "TRACE /a", "2", "1" },
	{ "7.6.2: ten", "TRACE /a", "10", "9" },
	{ "7.6.2: written long", "TRACE /a", "0012", "11" },
	{ "7.6.2: the largest", "TRACE /a", "2147483647", "2147483646" },
	{ "7.6.2: more than the largest", "TRACE /a", "4294967296", "2147483646" },
	{ "7.6.2: more than any number", "OPTIONS /a", "18446744073709551616", "2147483646" },
	{ "7.6.2: another method", "POST /a", "0", "0" },
	{ "7.6.2: another method, not a number", "FROB /a", "x", "x" },
	{ "9.3.7: none is none", "OPTIONS /a", NULL, NULL },
};

START_TEST(test_passed)
{
	char field[64] = "", sent[64];

	if (passed[_i].value != NULL)
		snprintf(field, sizeof(field), "max-forwards: %s", passed[_i].value);
	ck_assert_int_eq(visit_begin(&one, passed[_i].line, field), EXCHANGE_WAIT);
	play_accept(&origin);
	snprintf(sent, sizeof(sent), "\r\nmax-forwards: %s\r\n",
		passed[_i].sent != NULL ? passed[_i].sent : "");
	ck_assert_msg((strstr(origin.request, sent) != NULL) == (passed[_i].sent != NULL), "%s: %s",
		passed[_i].what, origin.request);
	ck_assert_msg(passed[_i].sent != NULL || strstr(origin.request, "orwards") == NULL, "%s",
		passed[_i].what);
	play_head(&origin, 200, "", 2);
	ck_assert(play_bytes(&origin, "ok", 2));
	visit_finish(&one);
	assert_answer(&one, 200, "larder; fwd=method", "ok");
	visit_end(&one);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("final");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_ended, ended);
	tcase_add_test(tests, test_ended_in_a_loop);
	tcase_add_test(tests, test_body_of_what_ended);
	tcase_add_test(tests, test_next_request);
	ADD_ROWS(tests, test_passed, passed);
	return run_case("final", tests);
}

/* test_exchange.c - the story, told with the real policy: what a client gets, what Cache-Status calls
 * it, and what the origin was asked. Where two clients meet, each step comes at its moment.
 */
#include "exchange_fixture.h"

#include <string.h>

static struct visit one, two, three;

/* Whether the upstream counts as failing: what only a client did wrong must not say so. */
static bool is_failing(void)
{
	return atomic_load(&proxy->failing[0]);
}

START_TEST(test_miss_then_hit)
{
	visit_all(&one, "GET /a?b", "Cache-Control: max-age=60\r\nX-A: b\r\n", "hello");
	assert_answer(&one, 200, "larder; fwd=uri-miss; stored", "hello");
	ck_assert(strncmp(origin.request, "GET /a?b HTTP/1.1\r\n", 19) == 0);
	visit_end(&one);
	visit_all(&two, "GET /a?b", NULL, "");
	assert_answer(&two, 200, "larder; hit; ttl=", "hello");
	ck_assert_uint_ne(two.x.answer.serial, 0);
	ck_assert(headers_has(&two.answered, FIELD_AGE));
	visit_end(&two);
	visit_all(&two, "HEAD /a?b", NULL, "");
	assert_answer(&two, 200, "larder; hit; ttl=", "hello");
	visit_end(&two);
}
END_TEST

/* What is answered without the origin. */
static const struct local_row {
	const char *line, *fields;
	int status;
	const char *cache;
} LOCALS[] = {
	{ "GET /b", "", 404, "larder" },
	{ "CONNECT /a", "", 501, "larder" },
	{ "GET /a", "cache-control: only-if-cached", 504, "larder" },
	{ "HEAD /a", "content-length: 3", 501, NULL },
};

START_TEST(test_local)
{
	const struct local_row *row = &LOCALS[_i];

	(void)visit_begin(&one, row->line, row->fields);
	if (one.request.has_body) {
		ck_assert_uint_eq(exchange_upload(&one.x, "abc", 3), 3);
		exchange_upload_end(&one.x);
	}
	visit_finish(&one);
	ck_assert_msg(one.x.answer.status == row->status, "%s: %d", row->line, one.x.answer.status);
	ASSERT_TEXT(
		headers_get(&one.answered, FIELD_CONTENT_TYPE), SLICE("application/problem+json"));
	if (row->cache != NULL)
		ASSERT_TEXT(headers_get(&one.answered, FIELD_CACHE_STATUS), slice_of(row->cache));
	ck_assert_msg(!is_failing(), "%s: the upstream is blamed", row->line);
	visit_end(&one);
}
END_TEST

START_TEST(test_loop)
{
	char fields[128];

	snprintf(fields, sizeof(fields), "cdn-loop: other, %s", proxy->house->instance);
	(void)visit_begin(&one, "GET /a", fields);
	visit_finish(&one);
	ck_assert_int_eq(one.x.answer.status, 508);
	visit_end(&one);
}
END_TEST

START_TEST(test_origin_fails)
{
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_close(&origin);
	visit_finish(&one);
	ck_assert_int_eq(one.x.answer.status, 502);
	ASSERT_TEXT(headers_get(&one.answered, FIELD_PROXY_STATUS),
		SLICE("larder; error=http_response_incomplete"));
	visit_end(&one);
	ck_assert(is_failing());
	visit_all(&one, "GET /a", "", "hello");
	assert_answer(&one, 200, "larder; fwd=uri-miss", "hello");
	visit_end(&one);
	ck_assert(!is_failing());
}
END_TEST

START_TEST(test_collapsed)
{
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	ck_assert_int_eq(visit_begin(&two, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, "Cache-Control: max-age=60\r\nX-Request-Id: 7\r\n", 5);
	ck_assert(play_bytes(&origin, "hello", 5));
	visit_finish(&two);
	visit_finish(&one);
	assert_answer(&one, 200, "larder; fwd=uri-miss; stored", "hello");
	assert_answer(&two, 200, "larder; fwd=uri-miss; stored; collapsed", "hello");
	ck_assert(headers_has(&one.answered, FIELD_REQUEST_ID));
	ck_assert(!headers_has(&two.answered, FIELD_REQUEST_ID)); /* the leader's */
	visit_end(&one);
	visit_end(&two);
}
END_TEST

/* The follower is released, goes alone, and the key is known for it: nobody waits the next time. */
static const char *const UNSHARED[] = { "Cache-Control: private\r\n", "Cache-Control: no-store\r\n",
	"Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n", "Vary: *\r\n" };

START_TEST(test_released)
{
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	ck_assert_int_eq(visit_begin(&two, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, UNSHARED[_i], 5);
	ck_assert(play_bytes(&origin, "first", 5));
	visit_finish(&one);
	assert_answer(&one, 200, "larder; fwd=uri-miss", "first");
	visit_sleep(&two);
	ck_assert_int_eq(exchange_run(&two.x), EXCHANGE_WAIT); /* a fetch of its own */
	ck_assert_int_eq(visit_begin(&three, "GET /a", ""), EXCHANGE_WAIT);
	ck_assert(three.x.reader.leads && three.x.reader.flight->private);
	play_accept(&origin);
	play_head(&origin, 200, UNSHARED[_i], 5);
	ck_assert(play_bytes(&origin, "again", 5));
	play_accept(&origin);
	play_head(&origin, 200, UNSHARED[_i], 5);
	ck_assert(play_bytes(&origin, "again", 5));
	visit_finish(&two);
	visit_finish(&three);
	assert_answer(&two, 200, "larder; fwd=uri-miss; collapsed=?0", "again");
	assert_answer(&three, 200, "larder; fwd=uri-miss", "again");
	visit_end(&one);
	visit_end(&two);
	visit_end(&three);
}
END_TEST

/* The response is for another variant: the follower looks again and fetches its own; from then on
 * both are known apart. */
START_TEST(test_varied)
{
	ck_assert_int_eq(visit_begin(&one, "GET /a", "accept-language: en"), EXCHANGE_WAIT);
	ck_assert_int_eq(visit_begin(&two, "GET /a", "accept-language: de"), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, "Cache-Control: max-age=60\r\nVary: Accept-Language\r\n", 5);
	ck_assert(play_bytes(&origin, "hello", 5));
	visit_finish(&one);
	visit_sleep(&two);
	ck_assert_int_eq(exchange_run(&two.x), EXCHANGE_WAIT);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "ccept-language: de\r\n"));
	play_head(&origin, 200, "Cache-Control: max-age=60\r\nVary: Accept-Language\r\n", 5);
	ck_assert(play_bytes(&origin, "hallo", 5));
	visit_finish(&two);
	assert_answer(&one, 200, "larder; fwd=uri-miss; stored", "hello");
	ck_assert_str_eq(two.body, "hallo");
	ck_assert_uint_eq(two.x.found.retries, 1);
	visit_end(&one);
	visit_end(&two);
	ck_assert_int_eq(visit_begin(&one, "GET /a", "accept-language: de"), EXCHANGE_ANSWER);
	visit_finish(&one);
	assert_answer(&one, 200, "larder; hit; ttl=", "hallo");
	visit_end(&one);
	ck_assert_int_eq(visit_begin(&one, "GET /a", "accept-language: fr"), EXCHANGE_WAIT);
	ck_assert_int_eq(one.x.found.result, CACHE_RESULT_VARY_MISS);
	visit_end(&one);
}
END_TEST

/* RFC 9111 4.4: an unsafe request answered while a fetch is under way keeps it from the store. */
static const struct unsafe_row {
	const char *line;
	int status;
	bool kept;
} UNSAFE[] = {
	{ "POST /a", 200, false },
	{ "DELETE /a", 204, false },
	{ "POST /a", 404, true },
	{ "POST /a?other", 200, true },
	{ "OPTIONS /a", 200, true },
};

START_TEST(test_unsafe_meets_a_fetch)
{
	const struct unsafe_row *row = &UNSAFE[_i];
	struct played_origin beside;

	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, "Cache-Control: max-age=60\r\n", 5);
	beside = origin;
	beside.fd = -1;
	ck_assert_int_eq(visit_begin(&two, row->line, ""), EXCHANGE_WAIT);
	play_accept(&beside);
	play_head(&beside, row->status, "", row->status == 204 ? -1 : 0);
	play_close(&beside);
	visit_finish(&two);
	assert_answer(&two, row->status, "larder; fwd=method", "");
	visit_end(&two);
	ck_assert(play_bytes(&origin, "hello", 5));
	visit_finish(&one);
	ck_assert_str_eq(one.body, "hello");
	visit_end(&one);
	ck_assert_int_eq(
		visit_begin(&one, "GET /a", ""), row->kept ? EXCHANGE_ANSWER : EXCHANGE_WAIT);
	visit_end(&one);
}
END_TEST

/* Never said to be fresh, and validated for two in one: both get the body that was stored. */
START_TEST(test_validated)
{
	visit_all(&one, "GET /a", "ETag: \"1\"\r\n", "hello");
	visit_end(&one);
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	ck_assert_int_eq(visit_begin(&two, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strcasestr(origin.request, "if-none-match: \"1\"\r\n"));
	play_head(&origin, 304, "Cache-Control: max-age=60\r\nETag: \"1\"\r\n", -1);
	visit_finish(&one);
	visit_finish(&two);
	assert_answer(&one, 200, "larder; fwd=stale; fwd-status=304; stored", "hello");
	assert_answer(&two, 200, "larder; fwd=stale; fwd-status=304; stored; collapsed", "hello");
	visit_end(&one);
	visit_end(&two);
	visit_all(&one, "GET /a", NULL, "");
	assert_answer(&one, 200, "larder; hit; ttl=", "hello");
	visit_end(&one);
}
END_TEST

START_TEST(test_broken_body)
{
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, "Cache-Control: max-age=60\r\n", 10);
	ck_assert(play_bytes(&origin, "hello", 5));
	play_close(&origin);
	visit_finish(&one);
	ck_assert_int_eq(one.end, STREAM_BROKEN);
	ck_assert_str_eq(one.body, "hello");
	visit_end(&one);
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT); /* not stored */
	visit_end(&one);
}
END_TEST

START_TEST(test_upload)
{
	(void)visit_begin(&one, "POST /a", "content-length: 5\nx-a: b");
	ck_assert_uint_eq(exchange_upload(&one.x, "hello", 5), 5);
	exchange_upload_end(&one.x);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "x-a: b\r\n"));
	while (strstr(origin.request, "\r\n\r\nhello") == NULL)
		ck_assert(play_receive(&origin));
	play_head(&origin, 201, "Cache-Control: max-age=60\r\n", 2);
	ck_assert(play_bytes(&origin, "ok", 2));
	visit_finish(&one);
	assert_answer(&one, 201, "larder; fwd=method", "ok");
	visit_end(&one);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("exchange");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_miss_then_hit);
	ADD_ROWS(tests, test_local, LOCALS);
	tcase_add_test(tests, test_loop);
	tcase_add_test(tests, test_origin_fails);
	tcase_add_test(tests, test_collapsed);
	ADD_ROWS(tests, test_released, UNSHARED);
	tcase_add_test(tests, test_varied);
	ADD_ROWS(tests, test_unsafe_meets_a_fetch, UNSAFE);
	tcase_add_test(tests, test_validated);
	tcase_add_test(tests, test_broken_body);
	tcase_add_test(tests, test_upload);
	return run_case("exchange", tests);
}

/* test_part.c - parts whose bytes lie elsewhere, completed and combined (RFC 9111 3.3, 3.4); and what is
 * kept of a stored response whose body has another form than it came in.
 */
#include "deliver_fixture.h"

#include <stdio.h>

/* A stored part: bytes [0, size) of a representation of total bytes. */
static void plant_part(uint64_t size, uint64_t total, unsigned fails_at)
{
	/* as what a range of its own was asked for */
	struct field identity = { SLICE("accept-encoding"), SLICE("identity"),
		FIELD_ACCEPT_ENCODING };
	const struct headers variant = { .fields = &identity, .count = 1 };

	source = (struct fake_source){ .size = size, .fails_at = fails_at };
	plant(HEAD, (struct object_parts){
			    .variant = &variant,
			    .part = { true, 0, total },
			    .body = fake_body(&source),
		    });
}

static void play_part(uint64_t first, uint64_t last, uint64_t total)
{
	char head[256];

	snprintf(head, sizeof(head), HEAD "Content-Range: bytes %llu-%llu/%llu\r\n",
		(unsigned long long)first, (unsigned long long)last, (unsigned long long)total);
	play_head(&origin, 206, head, (long)(last - first + 1));
	origin.sent = first;
	ck_assert(play_body(&origin, last - first + 1));
}

static void assert_got(struct visit *v, int status, uint64_t first, size_t size)
{
	struct got got = get(v);

	ck_assert_int_eq(v->x.answer.status, status);
	ck_assert_uint_eq(got.size, size);
	ck_assert(holds_pattern(got.data, got.size, first));
	ck_assert_int_eq(got.end, STREAM_END);
	free(got.data);
	visit_end(v);
}

START_TEST(test_completes)
{
	plant_part(500, 1000, 0);
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "ange: bytes=500-\r\n"));
	play_part(500, 999, 1000);
	assert_got(&one, 200, 0, 1000);
	(void)visit_begin(&one, "GET /a", "");
	assert_got(&one, 200, 0, 1000);
}
END_TEST

/* The rest is there, and the begin is not any more: all of it is fetched. */
START_TEST(test_unreadable_begin)
{
	plant_part(500, 1000, 1);
	ck_assert_int_eq(visit_begin(&one, "GET /a", ""), EXCHANGE_WAIT);
	play_accept(&origin);
	play_part(500, 999, 1000);
	visit_sleep(&one);
	ck_assert_int_eq(exchange_run(&one.x), EXCHANGE_WAIT);
	play_accept(&origin);
	ck_assert_ptr_null(strstr(origin.request, "ange: bytes"));
	play_head(&origin, 200, HEAD, 1000);
	ck_assert(play_body(&origin, 1000));
	assert_got(&one, 200, 0, 1000);
}
END_TEST

static const struct combine_row {
	const char *what;
	uint64_t size; /* of what is stored */
	unsigned fails_at;
	bool combined;
} COMBINES[] = {
	{ "touching", 500, 0, true },
	{ "unreadable", 500, 1, false },
	{ "too large for memory", MIB + 1, 0, false },
};

START_TEST(test_combines)
{
	const struct combine_row *row = &COMBINES[_i];
	char fields[64];

	plant_part(row->size, 8 * MIB, row->fails_at);
	snprintf(fields, sizeof(fields), "range: bytes=%llu-%llu", (unsigned long long)row->size,
		(unsigned long long)row->size + 9);
	ck_assert_int_eq(visit_begin(&one, "GET /a", fields), EXCHANGE_WAIT);
	play_accept(&origin);
	play_part(row->size, row->size + 9, 8 * MIB);
	assert_got(&one, 206, row->size, 10);
	ck_assert_msg(visit_begin(&one, "GET /a", fields) == EXCHANGE_ANSWER, "%s", row->what);
	assert_got(&one, 206, row->size, 10);
	snprintf(fields, sizeof(fields), "range: bytes=%llu-%llu",
		(unsigned long long)row->size - 5, (unsigned long long)row->size + 4);
	ck_assert_msg((visit_begin(&one, "GET /a", fields) == EXCHANGE_ANSWER) == row->combined,
		"%s: both", row->what);
	if (row->combined)
		assert_got(&one, 206, row->size - 5, 10);
	else
		visit_end(&one);
	ck_assert_uint_eq(source.freed, 1);
}
END_TEST

/* A 304 brings fields; the body stays what it was made here. */
START_TEST(test_freshened)
{
	SCOPED(object) after = NULL;
	struct got got;

	plant_coded(OURS, FILED, 200 * KIB, NONE);
	ck_assert_int_eq(
		visit_begin(&one, "GET /a", "accept-encoding: gzip\ncache-control: no-cache"),
		EXCHANGE_WAIT);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "if-none-match: \"x\"\r\n"));
	play_head(&origin, 304, "ETag: \"x\"\r\nCache-Control: max-age=60\r\nX-New: 1\r\n", -1);
	play_close(&origin);
	got = get(&one);
	ck_assert_int_eq(one.x.answer.status, 200);
	ck_assert_uint_eq(got.size, gzip.size);
	ck_assert_int_eq(memcmp(got.data, gzip.data, gzip.size), 0);
	ASSERT_TEXT(headers_get(&one.answered, FIELD_CONTENT_ENCODING), SLICE("gzip"));
	ck_assert_int_eq(tier_get(proxy->memory, &one.x.key, NULL, &after), RC_OK);
	ck_assert(after->gzipped && after->plain_size == 200 * KIB);
	free(got.data);
	visit_end(&one);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("part");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_completes);
	tcase_add_test(tests, test_unreadable_begin);
	ADD_ROWS(tests, test_combines, COMBINES);
	tcase_add_test(tests, test_freshened);
	return run_case("part", tests);
}

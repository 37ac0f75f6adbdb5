/* test_deliver.c - what a client gets of a stored response whose body is not in memory, or was compressed
 * here: form, fields, bytes; and what happens when it can't be read any more.
 */
#include "deliver_fixture.h"

#include <fcntl.h>

#define GZIP  "accept-encoding: gzip\n"
#define WHOLE UINT64_MAX /* as much as there is */

enum sent { OF_PLAIN, OF_GZIP, IN_PARTS, NOTHING };

/* clang-format off */
static const struct row {
	const char *what;
	enum coded coded;
	enum place place;
	uint64_t size; /* plain */
	const char *line, *fields;
	int status;
	enum answer_kind kind;
	uint64_t first, length;
	enum sent bytes;
	const char *tag;
	bool vary;
} ROWS[] = {
	{ "a file", PLAIN, FILED, 200 * KIB, "GET /a", "", 200, ANSWER_FILE, 0, WHOLE, OF_PLAIN, "\"x\"", false },
	{ "pieces", PLAIN, PIECES, 200 * KIB, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", false },
	{ "one byte in pieces", PLAIN, PIECES, 1, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", false },
	{ "large pieces", PLAIN, PIECES, 3 * MIB, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", false },
	{ "HEAD", PLAIN, FILED, 200 * KIB, "HEAD /a", "", 200, ANSWER_STREAM, 0, WHOLE, NOTHING, "\"x\"", false },
	{ "304", PLAIN, FILED, 200 * KIB, "GET /a", "if-none-match: \"x\"", 304, ANSWER_EMPTY, 0, WHOLE, NOTHING, "\"x\"", false },
	{ "412 is the origin's, 304 weakly", PLAIN, PIECES, 200 * KIB, "GET /a", "if-none-match: W/\"x\"", 304, ANSWER_EMPTY, 0, WHOLE, NOTHING, "\"x\"", false },
	{ "a range of a file", PLAIN, FILED, 200 * KIB, "GET /a", "range: bytes=70000-79999", 206, ANSWER_FILE, 70000, 10000, OF_PLAIN, "\"x\"", false },
	{ "a range in pieces", PLAIN, PIECES, 200 * KIB, "GET /a", "range: bytes=70000-179999", 206, ANSWER_STREAM, 70000, 110000, OF_PLAIN, "\"x\"", false },
	{ "the last bytes", PLAIN, PIECES, 200 * KIB, "GET /a", "range: bytes=-5", 206, ANSWER_STREAM, 200 * KIB - 5, 5, OF_PLAIN, "\"x\"", false },
	{ "a HEAD of a range", PLAIN, PIECES, 200 * KIB, "HEAD /a", "range: bytes=0-4", 200, ANSWER_STREAM, 0, WHOLE, NOTHING, "\"x\"", false },
	{ "If-Range holds", PLAIN, FILED, 200 * KIB, "GET /a", "range: bytes=5-9\nif-range: \"x\"", 206, ANSWER_FILE, 5, 5, OF_PLAIN, "\"x\"", false },
	{ "If-Range does not", PLAIN, FILED, 200 * KIB, "GET /a", "range: bytes=5-9\nif-range: \"y\"", 200, ANSWER_FILE, 0, WHOLE, OF_PLAIN, "\"x\"", false },
	{ "no such range", PLAIN, FILED, 200 * KIB, "GET /a", "range: bytes=900000-", 416, ANSWER_BYTES, 0, 0, NOTHING, NULL, false },
	{ "two ranges", PLAIN, FILED, 200 * KIB, "GET /a", "range: bytes=5-9, 100-109", 206, ANSWER_BYTES, 0, 0, IN_PARTS, "\"x\"", false },
	{ "two ranges of what is large", PLAIN, FILED, 3 * MIB, "GET /a", "range: bytes=5-9, 100-109", 206, ANSWER_BYTES, 0, 0, IN_PARTS, "\"x\"", false },

	{ "ours, taken", OURS, MEMORY, 200 * KIB, "GET /a", GZIP, 200, ANSWER_BYTES, 0, WHOLE, OF_GZIP, "W/\"x\"", true },
	{ "ours, taken, a file", OURS, FILED, 3 * MIB, "GET /a", GZIP, 200, ANSWER_FILE, 0, WHOLE, OF_GZIP, "W/\"x\"", true },
	{ "ours, taken, in pieces", OURS, PIECES, 3 * MIB, "GET /a", GZIP, 200, ANSWER_STREAM, 0, WHOLE, OF_GZIP, "W/\"x\"", true },
	{ "ours, not taken", OURS, MEMORY, 200 * KIB, "GET /a", "", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, not taken, a file", OURS, FILED, 200 * KIB, "GET /a", "", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, as large as inflated before it is sent", OURS, PIECES, MIB, "GET /a", "", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, a byte more", OURS, PIECES, MIB + 1, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, large, in memory", OURS, MEMORY, 3 * MIB, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, large, a file", OURS, FILED, 3 * MIB, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, HEAD for gzip", OURS, FILED, 200 * KIB, "HEAD /a", GZIP, 200, ANSWER_STREAM, 0, WHOLE, OF_GZIP, "W/\"x\"", true },
	{ "ours, HEAD", OURS, FILED, 200 * KIB, "HEAD /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, 304", OURS, FILED, 200 * KIB, "GET /a", "if-none-match: \"x\"", 304, ANSWER_EMPTY, 0, WHOLE, NOTHING, "\"x\"", true },
	{ "ours, 304 for gzip", OURS, FILED, 200 * KIB, "GET /a", GZIP "if-none-match: W/\"x\"", 304, ANSWER_EMPTY, 0, WHOLE, OF_GZIP, "W/\"x\"", true },
	{ "ours, the client's no-transform", OURS, MEMORY, 200 * KIB, "GET /a", GZIP "cache-control: no-transform", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, a range for who takes gzip", OURS, MEMORY, 200 * KIB, "GET /a", GZIP "range: bytes=70000-79999", 206, ANSWER_BYTES, 70000, 10000, OF_PLAIN, "\"x\"", true },
	{ "ours, a range, If-Range", OURS, FILED, 200 * KIB, "GET /a", "range: bytes=5-9\nif-range: \"x\"", 206, ANSWER_BYTES, 5, 5, OF_PLAIN, "\"x\"", true },
	{ "ours, a range, If-Range, weak", OURS, FILED, 200 * KIB, "GET /a", "range: bytes=5-9\nif-range: W/\"x\"", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, two ranges", OURS, FILED, 200 * KIB, "GET /a", "range: bytes=5-9, 100-109", 206, ANSWER_BYTES, 0, 0, IN_PARTS, "\"x\"", true },
	{ "ours, a range of what is large", OURS, FILED, 3 * MIB, "GET /a", "range: bytes=2000000-2999999", 206, ANSWER_STREAM, 2000000, 1000000, OF_PLAIN, "\"x\"", true },
	{ "ours, a range of what is large, in memory", OURS, MEMORY, 3 * MIB, "GET /a", "range: bytes=5-9", 206, ANSWER_STREAM, 5, 5, OF_PLAIN, "\"x\"", true },
	{ "ours, a range from far behind", OURS, FILED, 9 * MIB, "GET /a", "range: bytes=-5", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, two ranges of what is large", OURS, FILED, 3 * MIB, "GET /a", "range: bytes=5-9, 100-109", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "\"x\"", true },
	{ "ours, no such range", OURS, FILED, 200 * KIB, "GET /a", "range: bytes=900000-", 416, ANSWER_BYTES, 0, 0, NOTHING, NULL, false },

	{ "it came so, taken", CAME, FILED, 200 * KIB, "GET /a", GZIP, 200, ANSWER_FILE, 0, WHOLE, OF_GZIP, "\"x\"", true },
	{ "it came so, not taken", CAME, FILED, 200 * KIB, "GET /a", "", 200, ANSWER_BYTES, 0, WHOLE, OF_PLAIN, "W/\"x\"", true },
	{ "it came so, large", CAME, FILED, 3 * MIB, "GET /a", "", 200, ANSWER_STREAM, 0, WHOLE, OF_PLAIN, "W/\"x\"", true },
	{ "it came so, a range of the gzip", CAME, FILED, 200 * KIB, "GET /a", GZIP "range: bytes=5-9", 206, ANSWER_FILE, 5, 5, OF_GZIP, "\"x\"", true },
};
/* clang-format on */

static uint64_t length_of(const struct row *row)
{
	if (row->length != WHOLE)
		return row->length;
	return row->bytes == OF_GZIP ? gzip.size : row->size;
}

static void assert_bytes(const struct row *row, const struct got *got)
{
	if (row->bytes == IN_PARTS) {
		ck_assert_msg(
			memmem(got->data, got->size, "bytes 5-9/", 10) != NULL, "%s", row->what);
		ck_assert_msg(memmem(got->data, got->size, "\r\n\r\nfghij\r\n", 11) != NULL,
			"%s: the bytes", row->what);
		return;
	}
	if (row->bytes == NOTHING || row->status == 304 || row->line[0] == 'H')
		return;
	ck_assert_msg(got->size == length_of(row), "%s: %zu bytes", row->what, got->size);
	if (row->bytes == OF_GZIP)
		ck_assert_msg(
			memcmp(got->data, gzip.data + row->first, got->size) == 0, "%s", row->what);
	else
		ck_assert_msg(holds_pattern(got->data, got->size, row->first), "%s", row->what);
}

static void assert_fields(const struct row *row, const struct visit *v)
{
	const struct headers *h = &v->answered;
	bool gzips = row->bytes == OF_GZIP && row->status != 304;
	bool as_came = row->coded == CAME ? row->bytes == OF_GZIP : row->bytes != OF_GZIP;

	if (row->tag == NULL)
		return;
	ASSERT_TEXT(headers_get(h, FIELD_ETAG), slice_of(row->tag));
	ASSERT_TEXT(headers_get(h, FIELD_CONTENT_ENCODING), slice_of(gzips ? "gzip" : ""));
	ASSERT_TEXT(headers_get(h, FIELD_VARY), slice_of(row->vary ? "Accept-Encoding" : ""));
	ck_assert_msg(headers_has(h, FIELD_CONTENT_DIGEST) == (as_came && row->status != 304),
		"%s: Content-Digest", row->what);
	ck_assert_msg(headers_has(h, FIELD_CONTENT_RANGE) ==
			      (row->status == 206 && row->bytes != IN_PARTS),
		"%s: Content-Range", row->what);
}

START_TEST(test_forms)
{
	const struct row *row = &ROWS[_i];
	struct got got;

	plant_coded(row->coded, row->place, row->size, NONE);
	(void)visit_begin(&one, row->line, row->fields);
	got = get(&one);
	ck_assert_msg(one.x.answer.status == row->status, "%s: %d", row->what, one.x.answer.status);
	ck_assert_msg(
		one.x.answer.kind == row->kind, "%s: kind %d", row->what, (int)one.x.answer.kind);
	ck_assert_msg(one.x.found.result == CACHE_RESULT_HIT, "%s: no hit", row->what);
	if (row->length > 0 && one.x.answer.length != LENGTH_UNKNOWN)
		ck_assert_msg((uint64_t)one.x.answer.length == length_of(row), "%s: %lld",
			row->what, (long long)one.x.answer.length);
	assert_bytes(row, &got);
	assert_fields(row, &one);
	if (row->kind == ANSWER_STREAM || row->kind == ANSWER_FILE)
		ck_assert_msg(one.x.answer.serial == 0, "%s: kept", row->what);
	if (row->line[0] == 'H' || row->status >= 300)
		ck_assert_msg(source.reads + source.opened == 0, "%s: read", row->what);
	free(got.data);
	visit_end(&one);
}
END_TEST

/* What can't be read before anything was sent costs nobody anything: it is fetched anew. */
static const struct unread_row {
	const char *what;
	enum coded coded;
	enum place place;
	uint64_t size;
	unsigned fails_at;
	enum damage damage;
	const char *fields;
} UNREADABLE[] = {
	{ "whole", PLAIN, PIECES, 200 * KIB, 1, NONE, "" },
	{ "a range", PLAIN, PIECES, 200 * KIB, 1, NONE, "range: bytes=5-9" },
	{ "two ranges", PLAIN, FILED, 200 * KIB, 1, NONE, "range: bytes=5-9, 100-109" },
	{ "ours", OURS, PIECES, 200 * KIB, 1, NONE, "" },
	{ "ours, large", OURS, PIECES, 3 * MIB, 1, NONE, "" },
	{ "ours, taken", OURS, PIECES, 200 * KIB, 1, NONE, GZIP },
	{ "ours, and no gzip", OURS, FILED, 200 * KIB, 0, MIDDLE, "" },
	{ "ours, and no gzip, in memory", OURS, MEMORY, 200 * KIB, 0, MIDDLE, "" },
	{ "it came so", CAME, FILED, 200 * KIB, 1, NONE, "" },
	{ "it came so, large", CAME, FILED, 3 * MIB, 2, NONE, "" },
};

START_TEST(test_unreadable)
{
	const struct unread_row *row = &UNREADABLE[_i];

	plant_coded(row->coded, row->place, row->size, row->damage);
	source.fails_at = row->fails_at;
	ck_assert_msg(visit_begin(&one, "GET /a", row->fields) == EXCHANGE_WAIT, "%s", row->what);
	ck_assert_msg(one.x.found.unreadable, "%s: no word of it", row->what);
	ck_assert_msg(
		row->place == MEMORY || source.freed == 1, "%s: it is still there", row->what);
	play_accept(&origin);
	play_head(&origin, 200, HEAD, 200);
	ck_assert(play_body(&origin, 200));
	visit_finish(&one);
	ck_assert_int_lt(one.x.answer.status, 300);
	ck_assert_msg(one.x.answer.status == 206 || holds_pattern(one.body, 200, 0), "%s: '%s'",
		row->what, one.body);
	visit_end(&one);
	ck_assert_msg(is_stored(row->fields), "%s: the new one is not stored", row->what);
}
END_TEST

/* Behind the head there is only breaking off; the next one is well again. */
static const struct broken_row {
	const char *what;
	enum coded coded;
	uint64_t size;
	unsigned fails_at;
	enum damage damage;
	const char *fields;
} BROKEN[] = {
	{ "pieces", PLAIN, 200 * KIB, 3, NONE, "" },
	{ "a range in pieces", PLAIN, 200 * KIB, 2, NONE, "range: bytes=70000-179999" },
	{ "the gzip", OURS, 9 * MIB, 2, NONE, GZIP },
	{ "ours, large", OURS, 9 * MIB, 2, NONE, "" },
	{ "ours, large, garbled", OURS, 3 * MIB, 0, CHECKSUM, "" },
};

START_TEST(test_broken)
{
	const struct broken_row *row = &BROKEN[_i];
	struct got got;

	plant_coded(row->coded, PIECES, row->size, row->damage);
	source.fails_at = row->fails_at;
	(void)visit_begin(&one, "GET /a", row->fields);
	got = get(&one);
	ck_assert_msg(got.end == STREAM_BROKEN, "%s: it ends with %zd", row->what, got.end);
	ck_assert_int_ge(one.x.answer.status, 200);
	free(got.data);
	visit_end(&one);
	ck_assert_msg(!is_stored(row->fields), "%s: it is still there", row->what);
}
END_TEST

/* The length is what the fields promise: a gzip of anything else is none of ours. */
START_TEST(test_other_length)
{
	plant(HEAD, (struct object_parts){
			    .gzipped = true,
			    .plain_size = 1000 + (uint64_t)_i,
			    .body = make_body(OURS, MEMORY, 1001, NONE),
		    });
	ck_assert_int_eq(
		visit_begin(&one, "GET /a", ""), _i == 1 ? EXCHANGE_ANSWER : EXCHANGE_WAIT);
	ck_assert_int_eq(one.x.found.unreadable, _i != 1);
	visit_end(&one);
}
END_TEST

/* Inflated once: the next hits find it so, with all that was known of it. */
START_TEST(test_promotes_plain)
{
	SCOPED(object) before = NULL;
	SCOPED(object) after = NULL;
	struct got got;

	plant_coded(OURS, FILED, 200 * KIB, NONE);
	(void)visit_begin(&one, "GET /a", _i == 0 ? "" : "range: bytes=5-9");
	ck_assert_int_eq(tier_get(proxy->memory, &one.x.key, NULL, &after), RC_OK);
	before = object_ref(one.x.object);
	got = get(&one);
	free(got.data);
	visit_end(&one);
	ck_assert(before->gzipped && !after->gzipped);
	ck_assert(body_in_memory(after->body));
	ck_assert_uint_eq(after->body->size, 200 * KIB);
	ck_assert(holds_pattern(after->body->data, after->body->size, 0));
	ck_assert_int_eq(
		memcmp(&before->freshness, &after->freshness, sizeof(after->freshness)), 0);
	ck_assert_uint_eq(before->epoch, after->epoch);
	ck_assert_uint_eq(before->group_count, after->group_count);
	ck_assert_uint_eq(before->groups[0], after->groups[0]);
	ck_assert_uint_eq(before->headers.count, after->headers.count);
	ASSERT_TEXT(after->source_version, SLICE("2026_01"));
	source.reads = 0;
	(void)visit_begin(&one, "GET /a", "");
	got = get(&one);
	ck_assert_uint_eq(source.reads, 0);
	ck_assert(holds_pattern(got.data, got.size, 0) && got.size == 200 * KIB);
	free(got.data);
	visit_end(&one);
}
END_TEST

/* A part of a representation that lies elsewhere: its bytes begin at its own. */
START_TEST(test_part)
{
	struct got got;

	source = (struct fake_source){ .size = 1000, .opens = _i == 0 };
	plant(HEAD, (struct object_parts){
			    .part = { true, 0, 5000 },
			    .body = fake_body(&source),
		    });
	(void)visit_begin(&one, "GET /a", "range: bytes=300-499");
	got = get(&one);
	ck_assert_int_eq(one.x.answer.status, 206);
	ck_assert_int_eq(one.x.answer.kind, _i == 0 ? ANSWER_FILE : ANSWER_STREAM);
	ck_assert_uint_eq(got.size, 200);
	ck_assert(holds_pattern(got.data, 200, 300));
	free(got.data);
	visit_end(&one);
}
END_TEST

/* Its descriptor is closed when nobody took it. */
START_TEST(test_file_is_closed)
{
	int fd;

	plant_coded(PLAIN, FILED, 200 * KIB, NONE);
	(void)visit_begin(&one, "GET /a", "");
	fd = one.x.answer.file;
	ck_assert_int_eq(one.x.answer.kind, ANSWER_FILE);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	visit_end(&one);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("deliver");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_forms, ROWS);
	ADD_ROWS(tests, test_unreadable, UNREADABLE);
	ADD_ROWS(tests, test_broken, BROKEN);
	tcase_add_loop_test(tests, test_other_length, 0, 3);
	tcase_add_loop_test(tests, test_promotes_plain, 0, 2);
	tcase_add_loop_test(tests, test_part, 0, 2);
	tcase_add_test(tests, test_file_is_closed);
	return run_case("deliver", tests);
}

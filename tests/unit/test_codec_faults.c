/* test_codec_faults.c - what lies in a record's place and is none, and what can't be written as one. */
#include "disk/codec.h"

#include "codec_fixture.h"
#include "util/alloc.h"

#include <string.h>

START_TEST(refuses_what_is_cut_short)
{
	struct codec_record got;

	ck_assert_int_eq(encode(&responses[_i]), RC_OK);
	for (size_t size = 0; size < record.size; size++) {
		/* of its own, so that a sanitizer sees a step too far */
		char *cut = xcopy(record.data, size);

		ck_assert_int_eq(
			codec_decode((struct slice){ cut, size }, &arena, &got), RC_CORRUPT);
		free(cut);
	}
	ck_assert_int_eq(bytes_append_char(&record, '\0'), RC_OK);
	ck_assert_int_eq(codec_decode(bytes_slice(&record), &arena, &got), RC_CORRUPT);
}
END_TEST

START_TEST(refuses_any_changed_bit)
{
	struct codec_record got;

	ck_assert_int_eq(encode(&responses[_i]), RC_OK);
	for (size_t bit = 0; bit < record.size * 8; bit++) {
		record.data[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_int_eq(codec_decode(bytes_slice(&record), &arena, &got), RC_CORRUPT);
		record.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	ck_assert_int_eq(codec_decode(bytes_slice(&record), &arena, &got), RC_OK);
}
END_TEST

static enum rc decode_summed(char *data, size_t size)
{
	uint64_t checksum = codec_checksum((struct slice){ data + 9, size - 9 });
	struct codec_record got;

	memcpy(data + 1, &checksum, sizeof(checksum));
	return codec_decode((struct slice){ data, size }, &arena, &got);
}

/* Cut short by who also made the sum right. */
START_TEST(refuses_what_is_cut_short_and_summed)
{
	ck_assert_int_eq(encode(&responses[_i]), RC_OK);
	for (size_t size = 9; size < record.size; size++) {
		char *cut = xcopy(record.data, size);

		ck_assert_int_eq(decode_summed(cut, size), RC_CORRUPT);
		free(cut);
	}
}
END_TEST

/* Of the layout above, with a sum that is right. */
static const struct {
	const char *what;
	size_t at;
	struct slice bytes;
	enum rc rc;
} spoils[] = {
	{ "unchanged", 0, TEXT("\1"), RC_OK },
	{ "version 0", 0, TEXT("\0"), RC_CORRUPT },
	{ "version 2", 0, TEXT("\2"), RC_CORRUPT },
	{ "a source of lifetimes that there isn't", 10, TEXT("\x79"), RC_CORRUPT },
	{ "the highest flag", 10, TEXT("\x81"), RC_CORRUPT },
	{ "status 99", 11, TEXT("\x63\0"), RC_CORRUPT },
	{ "status 100", 11, TEXT("\x64\0"), RC_OK },
	{ "status 999", 11, TEXT("\xe7\3"), RC_OK },
	{ "status 1000", 11, TEXT("\xe8\3"), RC_CORRUPT },
	{ "status 65535", 11, TEXT("\xff\xff"), RC_CORRUPT },
	{ "the last version of HTTP", 13, TEXT("\3"), RC_OK },
	{ "a version of HTTP that there isn't", 13, TEXT("\4"), RC_CORRUPT },
	{ "requested at the end of time", 14, TEXT("\0\0\0\0\0\0\x10\0"), RC_OK },
	{ "requested behind it", 14, TEXT("\1\0\0\0\0\0\x10\0"), RC_CORRUPT },
	{ "requested before it began", 14, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "responded behind it", 22, TEXT("\0\0\0\0\0\0\0\x7f"), RC_CORRUPT },
	{ "dated behind it", 30, TEXT("\0\0\0\0\0\0\0\x7f"), RC_CORRUPT },
	{ "an age below 0", 38, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), RC_CORRUPT },
	{ "a lifetime below 0", 46, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), RC_CORRUPT },
	{ "a lifetime that overflows", 46, TEXT("\xff\xff\xff\xff\xff\xff\xff\x7f"), RC_CORRUPT },
	{ "stale-while-revalidate below 0", 54, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"),
		RC_CORRUPT },
	{ "stale-if-error below 0", 62, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), RC_CORRUPT },
	{ "a first byte that overflows", 70, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "a total that overflows", 78, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "a part that is gzipped", 9, TEXT("\xc1\1"), RC_CORRUPT },
	{ "a part longer than the total", 9, TEXT("\x41\1"), RC_CORRUPT },
	{ "an epoch that overflows", 86, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "a plain size that overflows", 94, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "a size that overflows", 102, TEXT("\0\0\0\0\0\0\0\x80"), RC_CORRUPT },
	{ "another checksum of the body", 110, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), RC_OK },
	{ "a digest that isn't there", 9, TEXT("\x81\0"), RC_CORRUPT },
	{ "a key that is longer than all", 150, TEXT("\xff\xff\xff\xff"), RC_CORRUPT },
	{ "a key that ends one byte later", 150, TEXT("\4"), RC_CORRUPT },
	{ "a key without its NUL", 157, TEXT("x"), RC_CORRUPT },
	{ "more of a variant than there can be", 158, TEXT("\xff\xff"), RC_CORRUPT },
	{ "a field more of the variant", 158, TEXT("\2"), RC_CORRUPT },
	{ "none of the variant", 158, TEXT("\0"), RC_CORRUPT },
	{ "more fields than there can be", 176, TEXT("\xff\xff"), RC_CORRUPT },
	{ "a field less", 176, TEXT("\1"), RC_CORRUPT },
	{ "a field without a name", 178, TEXT("\0\0\0\0\0\7\0\0\0valuesX\0"), RC_CORRUPT },
	{ "the highest slot", 209, TEXT("\xff\xff\xff\xff"), RC_OK },
	{ "more slots than there can be", 207, TEXT("\xff\xff"), RC_CORRUPT },
	{ "a slot less", 207, TEXT("\1"), RC_CORRUPT },
	{ "a shorter version", 217, TEXT("\1"), RC_CORRUPT },
};

START_TEST(refuses_what_is_out_of_range)
{
	char *data = xcopy(layout.data, layout.size);
	enum rc rc;

	memcpy(data + spoils[_i].at, spoils[_i].bytes.data, spoils[_i].bytes.size);
	rc = decode_summed(data, layout.size);
	ck_assert_msg(rc == spoils[_i].rc, "%s: %s", spoils[_i].what, rc_text(rc));
	free(data);
}
END_TEST

/* ---- what can't be written ---- */

static const struct response unwritable[] = {
	{ .what = "no status" },
	{ .what = "a status", .parts = { .status = 1000 } },
	{ .what = "a version", .parts = { .status = 200, .http_version = HTTP_VERSION_COUNT } },
	{ .what = "a time", .parts = { .status = 200, .freshness = { .lifetime_ms = INT64_MAX } } },
	{ .what = "a size", .parts = { .status = 200 }, .body = { .size = UINT64_MAX } },
	{ .what = "a part", .parts = { .status = 206, .part = { true, 10, 19 } }, .body = { 10 } },
	{ .what = "a part, gzipped",
		.parts = { .status = 206, .part = { true, 0, 9 }, .gzipped = true } },
	{ .what = "a part behind its end", .parts = { .status = 206, .part = { true, 10, 9 } } },
	{ .what = "a field without a name", .parts = { .status = 200 }, .fields = { ": x" } },
	{ .what = "more slots given than there are",
		.parts = { .status = 200, .group_count = 1, .given_count = 2 } },
	{ .what = "more held than given",
		.parts = { .status = 200, .group_count = 3, .given_count = 1, .held_count = 2 } },
	{ .what = "it holds anything and nothing",
		.parts = { .status = 200, .group_count = 1, .given_count = 1, .holds_any = true } },
	{ .what = "a tag cut short", .parts = { .status = 200, .own_tags = TEXT("\2\0a") } },
	{ .what = "an empty tag", .parts = { .status = 200, .own_tags = TEXT("\0\0") } },
};

START_TEST(writes_nothing_that_cannot_be_read)
{
	enum rc rc = encode(&unwritable[_i]);

	ck_assert_msg(rc == RC_INVALID, "%s: %s", unwritable[_i].what, rc_text(rc));
}
END_TEST

START_TEST(is_bounded_by_its_buffer)
{
	size_t size;

	ck_assert_int_eq(encode(&responses[1]), RC_OK);
	size = record.size;
	for (size_t limit = 0; limit < size; limit++) {
		bytes_done(&record);
		bytes_init(&record, limit);
		ck_assert_int_eq(encode(&responses[1]), RC_TOO_LARGE);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("codec_faults");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, refuses_what_is_cut_short, responses);
	ADD_ROWS(tests, refuses_any_changed_bit, responses);
	ADD_ROWS(tests, refuses_what_is_cut_short_and_summed, responses);
	ADD_ROWS(tests, refuses_what_is_out_of_range, spoils);
	ADD_ROWS(tests, writes_nothing_that_cannot_be_read, unwritable);
	tcase_add_test(tests, is_bounded_by_its_buffer);
	return run_case("codec_faults", tests);
}

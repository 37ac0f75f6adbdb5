/* test_codec.c - records: byte by byte, and there and back. */
#include "disk/codec.h"

#include "codec_fixture.h"
#include "util/hash.h"

#include <string.h>

static void same_text(const char *what, struct slice got, struct slice want)
{
	ck_assert_msg(slice_equal(got, want), "%s: '" SLICE_FORMAT "'", what, SLICE_ARGS(got));
	ck_assert(got.data[got.size] == '\0');
}

static void same_fields(const char *what, const struct headers *got, const struct headers *want)
{
	ck_assert_uint_eq(got->count, want->count);
	for (uint32_t i = 0; i < want->count; i++) {
		same_text(what, got->fields[i].name, want->fields[i].name);
		same_text(what, got->fields[i].value, want->fields[i].value);
		ck_assert_int_eq(got->fields[i].id, want->fields[i].id);
	}
}

static void same_freshness(const struct freshness *got, const struct freshness *want)
{
	ck_assert_int_eq(got->requested_ms, want->requested_ms);
	ck_assert_int_eq(got->responded_ms, want->responded_ms);
	ck_assert_int_eq(got->date_ms, want->date_ms);
	ck_assert_int_eq(got->initial_age_ms, want->initial_age_ms);
	ck_assert_int_eq(got->lifetime_ms, want->lifetime_ms);
	ck_assert_int_eq(got->stale_while_revalidate_ms, want->stale_while_revalidate_ms);
	ck_assert_int_eq(got->stale_if_error_ms, want->stale_if_error_ms);
	ck_assert(got->explicit == want->explicit && got->heuristic == want->heuristic);
	ck_assert(got->revalidate_always == want->revalidate_always);
	ck_assert(got->revalidate_stale == want->revalidate_stale);
	ck_assert(got->immutable == want->immutable && got->for_all == want->for_all);
	ck_assert(got->negative == want->negative && got->source == want->source);
}

static void same_object(const char *what, const struct object *got, const struct object *want)
{
	ck_assert_int_eq(got->status, want->status);
	ck_assert_uint_eq(got->http_version, want->http_version);
	ck_assert_uint_eq(got->group_count, want->group_count);
	for (uint16_t i = 0; i < want->group_count; i++)
		ck_assert_uint_eq(got->groups[i], want->groups[i]);
	ck_assert_uint_eq(got->given_count, want->given_count);
	ck_assert_uint_eq(got->held_count, want->held_count);
	ck_assert(got->holds_any == want->holds_any);
	same_text(what, got->own_tags, want->own_tags);
	ck_assert_uint_eq(got->epoch, want->epoch);
	ck_assert(got->tagged == want->tagged);
	ck_assert(got->gzipped == want->gzipped && got->plain_size == want->plain_size);
	ck_assert(got->part.is_part == want->part.is_part);
	ck_assert(got->part.first == want->part.first && got->part.total == want->part.total);
	same_text(what, got->source_version, want->source_version);
	same_freshness(&got->freshness, &want->freshness);
	same_fields(what, &got->headers, &want->headers);
	same_fields(what, &got->variant, &want->variant);
}

/* What comes back makes the same object, and that the same record. */
START_TEST(goes_there_and_back)
{
	const struct response *r = &responses[_i];
	SCOPED(object) object = object_of(r);
	SCOPED(object) again = NULL;
	SCOPED(body) body = body_new(NULL, 0);
	struct codec_record got;
	struct bytes second;

	ck_assert_int_eq(encode(r), RC_OK);
	ck_assert_int_eq(codec_decode(bytes_slice(&record), &arena, &got), RC_OK);
	same_text(r->what, got.key, r->key);
	ck_assert_uint_eq(got.body.size, r->body.size);
	ck_assert_uint_eq(got.body.checksum, r->body.checksum);
	ck_assert(got.body.in_file == r->body.in_file);
	ck_assert_mem_eq(got.body.digest, r->body.digest, DIGEST_SIZE);
	ck_assert_ptr_null(got.parts.body);

	got.parts.body = body;
	again = object_new(&got.parts);
	same_object(r->what, again, object);
	bytes_init(&second, RECORD_MOST);
	ck_assert_int_eq(codec_encode(got.key, again, &got.body, &second), RC_OK);
	ck_assert(slice_equal(bytes_slice(&second), bytes_slice(&record)));
	bytes_done(&second);
}
END_TEST

/* Behind what is there, and with the checksum of its own bytes. */
START_TEST(appends)
{
	struct codec_record got;

	ck_assert_int_eq(bytes_append_slice(&record, SLICE("before")), RC_OK);
	ck_assert_int_eq(encode(&responses[1]), RC_OK);
	ASSERT_TEXT(((struct slice){ record.data, 6 }), SLICE("before"));
	ck_assert_int_eq(codec_decode(slice_skip(bytes_slice(&record), 6), &arena, &got), RC_OK);
}
END_TEST

static const struct response laid_out = {
	.parts = { .status = 204,
		.http_version = HTTP_2,
		.freshness = { 0x0504030201, 2, -1, 4, 5, 6, 7, .explicit = true },
		.part = { false, 8, 9 },
		.group_count = 2,
		.epoch = 10,
		.gzipped = true,
		.plain_size = 11,
		.source_version = TEXT("v1") },
	.body = { 12, 0x0102030405060708, true, "0123456789abcdef0123456789abcde" },
	.key = TEXT("k\0y"),
	.fields = { "ETag: \"a\"", "X: y" },
	.variant = { "accept:" },
	.slots = { 65535, 1 },
};

START_TEST(has_the_layout)
{
	struct response r = laid_out;
	uint64_t checksum;

	r.body.digest[31] = 'f';
	ck_assert_int_eq(encode(&r), RC_OK);
	ck_assert_uint_eq(record.size, layout.size);
	ck_assert_mem_eq(record.data + 9, layout.data + 9, layout.size - 9);
	ck_assert_int_eq(record.data[0], 1);
	memcpy(&checksum, record.data + 1, sizeof(checksum));
	ck_assert_uint_eq(checksum, hash_bytes(layout.data + 9, layout.size - 9, 0));
	ck_assert_uint_eq(checksum, codec_checksum(slice_skip(layout, 9)));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("codec");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, goes_there_and_back, responses);
	tcase_add_test(tests, appends);
	tcase_add_test(tests, has_the_layout);
	return run_case("codec", tests);
}

/* codec_fixture.h - what the tests of records share: responses to be written, and the layout.
 *
 * record and arena are new in each test.
 */
#pragma once

#include "disk/codec.h"

#include "http_fixture.h"

#define RECORD_MOST 100000

static struct arena arena;
static struct bytes record;

static void set_up(void)
{
	arena_init(&arena);
	bytes_init(&record, RECORD_MOST);
}

static void tear_down(void)
{
	arena_done(&arena);
	bytes_done(&record);
}

/* A response, with fields as "name: value" lines. */
struct response {
	const char *what;
	struct object_parts parts;
	struct codec_body body;
	struct slice key;
	const char *fields[6];
	const char *variant[3];
	uint32_t slots[4]; /* parts.group_count of them */
};

static void add_lines(struct headers *h, const char *const *lines, size_t most)
{
	headers_init(h, &arena);
	for (size_t i = 0; i < most && lines[i] != NULL; i++) {
		struct slice value = slice_of(lines[i]), name = slice_cut(&value, ':');

		headers_add_copy(h, name, slice_trim(value));
	}
}

static struct object *object_of(const struct response *r)
{
	SCOPED(body) body = body_new(NULL, 0);
	struct headers fields, variant;
	struct object_parts parts = r->parts;

	add_lines(&fields, r->fields, 6);
	add_lines(&variant, r->variant, 3);
	parts.headers = &fields;
	parts.variant = &variant;
	parts.groups = r->slots;
	parts.body = body;
	return object_new(&parts);
}

static enum rc encode(const struct response *r)
{
	SCOPED(object) object = object_of(r);

	return codec_encode(r->key, object, &r->body, &record);
}

static const struct response responses[] = {
	{ .what = "the least", .parts = { .status = 200 } },
	{ .what = "what a page has",
		.parts = { .status = 200,
			.http_version = HTTP_2,
			.freshness = { 1700000000000, 1700000000123, 1699999999000, 1123, 3600000,
				60000, 86400000, .explicit = true, .revalidate_stale = true },
			.group_count = 3,
			.epoch = 0x1122334455,
			.gzipped = true,
			.plain_size = 100000,
			.source_version = TEXT("2026_04") },
		.body = { .size = 12345, .checksum = 0xfedcba9876543210 },
		.key = TEXT("\1\0key"),
		.fields = { "Content-Type: application/json", "ETag: \"a\"",
			"X-Empty:", "Set-Cookie: a", "Set-Cookie: b" },
		.variant = { "accept: text/html", "accept-language:" },
		.slots = { 65535, 0, 7 } },
	{ .what = "in a file",
		.parts = { .status = 404, .http_version = HTTP_1_0 },
		.body = { .size = (uint64_t)1 << 40,
			.in_file = true,
			.digest = { 1, 2, 3, [31] = 255 } },
		.key = TEXT("k") },
	{ .what = "a part",
		.parts = { .status = 206, .part = { true, 10, 110 } },
		.body = { .size = 100 } },
	{ .what = "a part that is all of it",
		.parts = { .status = 206, .part = { true, 0, 100 } },
		.body = { .size = 100 } },
	{ .what = "all words of freshness",
		.parts = { .status = 999,
			.http_version = HTTP_3,
			.freshness = { .explicit = true,
				.heuristic = true,
				.revalidate_always = true,
				.revalidate_stale = true,
				.immutable = true,
				.for_all = true } } },
	{ .what = "heuristic only",
		.parts = { .status = 100, .freshness = { .heuristic = true } } },
	{ .what = "always",
		.parts = { .status = 200, .freshness = { .revalidate_always = true } } },
	{ .what = "immutable", .parts = { .status = 200, .freshness = { .immutable = true } } },
	{ .what = "for all", .parts = { .status = 200, .freshness = { .for_all = true } } },
	{ .what = "an error, by the last source",
		.parts = { .status = 404,
			.freshness = { .negative = true, .source = LIFETIME_COUNT - 1 } } },
	{ .what = "the first source",
		.parts = { .status = 200, .freshness = { .source = LIFETIME_EXPLICIT } } },
	{ .what = "a tag that was made here",
		.parts = { .status = 200, .tagged = true },
		.fields = { "ETag: \"larder-00\"" } },
	{ .what = "before 1970", .parts = { .status = 200, .freshness = { .date_ms = -1 } } },
	{ .what = "many slots",
		.parts = { .status = 200, .group_count = 4 },
		.slots = { 1, 2, 3, 4 } },
	{ .what = "tags that the configuration gave",
		.parts = { .status = 200,
			.group_count = 4,
			.given_count = 3,
			.held_count = 2,
			.own_tags = TEXT("\1\0a\3\0b\0c") },
		.slots = { 1, 2, 3, 4 } },
	{ .what = "it may hold anything",
		.parts = { .status = 200,
			.group_count = 2,
			.given_count = 1,
			.held_count = 1,
			.holds_any = true },
		.slots = { 1, 2 } },
};

/* Layout version 1: what was written by one larder is read by each later one. */
#define N8(text) text "\0\0\0\0\0\0\0"
static const struct slice layout =
	TEXT("\1"
	     "CHECKSUM"
	     "\x81\1" /* explicit, gzipped, in a file */
	     "\xcc\0"
	     "\2" /* HTTP/2 */
	     "\x01\x02\x03\x04\x05\0\0\0" N8("\2") "\xff\xff\xff\xff\xff\xff\xff\xff" N8("\4")
			N8("\5") N8("\6") N8("\7") N8("\10") N8("\11") N8("\12") N8("\13")
				N8("\14") "\x08\x07\x06\x05\x04\x03\x02\x01"
					  "0123456789abcdef0123456789abcdef"
					  "\3\0\0\0"
					  "k\0y\0"
					  "\1\0"
					  "\6\0\0\0accept\0"
					  "\0\0\0\0\0"
					  "\2\0"
					  "\4\0\0\0ETag\0"
					  "\3\0\0\0\"a\"\0"
					  "\1\0\0\0X\0"
					  "\1\0\0\0y\0"
					  "\2\0"
					  "\xff\xff\0\0"
					  "\1\0\0\0"
					  "\2\0\0\0v1\0");

/* stream_fixture.h - what the tests of proxy/flight/stream.h grow and read: rows that say how a stream
 * comes to its bytes, which are those of body_pattern.h.
 *
 * Threads: none of its own. Ownership: who calls grow() ends the stream.
 */
#pragma once

#include "flight/stream.h"

#include "body_pattern.h"
#include "http_fixture.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

static inline enum rc write_pattern(struct stream *s, size_t size)
{
	char piece[4096];

	while (size > 0) {
		size_t count = size < sizeof(piece) ? size : sizeof(piece);

		fill_pattern(piece, count, s->written);
		TRY(stream_write(s, piece, count));
		size -= count;
	}
	return RC_OK;
}

/* Reads to the end of what is published; asserts each byte and that nothing is missing. */
static inline void assert_readable(const struct stream *s, uint64_t position)
{
	char buffer[10000];

	while (position < s->total) {
		struct stream_view view = stream_view_at(s, position);
		ssize_t count = stream_copy(&view, buffer, sizeof(buffer));

		ck_assert_msg(count > 0, "nothing at %llu", (unsigned long long)position);
		ck_assert_msg(holds_pattern(buffer, (size_t)count, position), "wrong at %llu",
			(unsigned long long)position);
		position += (uint64_t)count;
	}
	ck_assert_uint_eq(stream_view_at(s, position).size, 0);
}

enum body_kind { SHARED, JOINED, NO_BODY };

static const struct grow_row {
	const char *what;
	size_t memory_limit;
	bool keep;
	int64_t expected;
	size_t total, piece;
	enum body_kind body;
} GROWS[] = {
	{ "nothing", MIB, true, 0, 0, 1, JOINED },
	{ "nothing, no memory", 0, true, LENGTH_UNKNOWN, 0, 1, JOINED },
	{ "one byte, announced", MIB, true, 1, 1, 1, SHARED },
	{ "one byte", MIB, true, LENGTH_UNKNOWN, 1, 1, JOINED },
	{ "announced, in one piece", MIB, true, 20000, 20000, 20000, SHARED },
	{ "announced, in many", MIB, true, 20000, 20000, 7, SHARED },
	{ "announced, large, kept", MIB, true, 900000, 900000, 16384, SHARED },
	{ "announced, large, not kept", MIB, false, 900000, 900000, 16384, JOINED },
	{ "announced, small, not kept", MIB, false, 200000, 200000, 16384, SHARED },
	{ "announced, as large as allowed", MIB, true, (int64_t)MIB, MIB, 16384, SHARED },
	{ "more than announced", MIB, true, 10, 5000, 100, JOINED },
	{ "less than announced", MIB, true, 5000, 10, 100, JOINED },
	{ "not announced, the first segment", MIB, true, LENGTH_UNKNOWN, 8 * KIB, 100, SHARED },
	{ "not announced, just above it", MIB, true, LENGTH_UNKNOWN, 8 * KIB + 1, 100, JOINED },
	{ "not announced", MIB, true, LENGTH_UNKNOWN, 900000, 16384, JOINED },
	{ "all that memory takes", MIB, true, LENGTH_UNKNOWN, MIB, 16384, JOINED },
	{ "a byte more", MIB, true, LENGTH_UNKNOWN, MIB + 1, 16384, NO_BODY },
	{ "announced above the limit", 64 * KIB, true, 100000, 100000, 999, NO_BODY },
	{ "most of it spooled", 64 * KIB, false, LENGTH_UNKNOWN, 3 * MIB, 16384, NO_BODY },
	{ "all of it spooled", 0, false, LENGTH_UNKNOWN, 100000, 999, NO_BODY },
	{ "no bound", SIZE_MAX, false, LENGTH_UNKNOWN, 3 * MIB, 16384, JOINED },
};

static inline void grow(struct stream *s, const struct grow_row *row)
{
	stream_init(s, &(struct stream_options){
			       .memory_limit = row->memory_limit,
			       .keep = row->keep,
			       .spool_path = "/tmp",
			       .expected = row->expected,
		       });
	while (s->written < row->total) {
		size_t left = row->total - (size_t)s->written;

		ck_assert_int_eq(write_pattern(s, left < row->piece ? left : row->piece), RC_OK);
		stream_publish(s);
	}
}

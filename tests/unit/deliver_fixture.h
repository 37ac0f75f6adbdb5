/* deliver_fixture.h - stored responses whose bodies lie elsewhere, or are gzip, and what a client gets of
 * them.
 *
 * A response is stored as by the origin, and then its body is exchanged: by one of body_pattern.h, in
 * memory or from a fake source (body_source.h). Threads and ownership: exchange_fixture.h.
 */
#pragma once

#include "exchange_fixture.h"

#include "body_source.h"
#include "util/alloc.h"

#include <zlib.h>

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)

#define HEAD                                                                       \
	"Cache-Control: max-age=60\r\nETag: \"x\"\r\nContent-Type: text/plain\r\n" \
	"Content-Digest: sha-256=:AAAA:\r\n"

/* In which coding a body came, and is stored. */
enum coded {
	PLAIN, /* as it is */
	OURS,  /* as it is, and was compressed here */
	CAME,  /* as gzip */
};

enum damage { NONE, MIDDLE, CHECKSUM }; /* of a gzip */

enum place { MEMORY, FILED, PIECES }; /* elsewhere: with a descriptor, or without */

static struct visit one, two;
static struct fake_source source;
static struct slice gzip;

static inline struct slice pattern_of(uint64_t size)
{
	char *data = xgrow(NULL, (size_t)size, 1);

	fill_pattern(data, (size_t)size, 0);
	return (struct slice){ data, (size_t)size };
}

static inline struct slice gzip_of(struct slice plain)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)plain.data, .avail_in = (uInt)plain.size };
	char *data;

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.avail_out = (uInt)deflateBound(&z, plain.size);
	data = xgrow(NULL, z.avail_out, 1);
	z.next_out = (Bytef *)data;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (struct slice){ data, z.total_out };
}

static inline struct slice copied(struct slice s)
{
	return (struct slice){ memcpy(xgrow(NULL, s.size, 1), s.data, s.size), s.size };
}

static inline void spoil(struct slice gzipped, enum damage damage)
{
	char *data = (char *)(uintptr_t)gzipped.data;

	if (damage == MIDDLE)
		memset(data + gzipped.size / 2, 'x', gzipped.size / 4);
	else if (damage == CHECKSUM)
		memset(data + gzipped.size - 8, 'x', 4);
}

/* The body that is stored; `gzip` is what it should be unless it is PLAIN. */
static inline struct body *make_body(
	enum coded coded, enum place place, uint64_t size, enum damage damage)
{
	struct slice bytes = pattern_of(size);

	gzip = (struct slice){ NULL, 0 };
	if (coded != PLAIN) {
		gzip = gzip_of(bytes);
		free((char *)(uintptr_t)bytes.data);
		bytes = copied(gzip);
		spoil(bytes, damage);
	}
	if (place == MEMORY)
		return body_new((char *)(uintptr_t)bytes.data, bytes.size);
	source = (struct fake_source){
		.bytes = bytes,
		.size = bytes.size,
		.opens = place == FILED,
	};
	return fake_body(&source);
}

/* Stores what the origin says (lines of its head), and exchanges its body. */
static inline void plant(const char *head, struct object_parts parts)
{
	SCOPED(object) stored = NULL;
	SCOPED(object) object = NULL;

	ck_assert_int_eq(visit_begin(&one, "GET /a", "accept-encoding: gzip"), EXCHANGE_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, head, 5);
	ck_assert(play_bytes(&origin, "hello", 5));
	visit_finish(&one);
	ck_assert_int_eq(tier_get(proxy->memory, &one.x.key, NULL, &stored), RC_OK);
	parts.status = parts.part.is_part ? 206 : 200;
	parts.freshness = stored->freshness;
	parts.headers = &stored->headers;
	if (parts.variant == NULL)
		parts.variant = &stored->variant;
	parts.groups = stored->groups;
	parts.group_count = stored->group_count;
	parts.epoch = stored->epoch;
	parts.source_version = SLICE("2026_01");
	object = object_new(&parts);
	ck_assert_int_eq(tier_drop(proxy->memory, &one.x.key), RC_OK);
	ck_assert_int_eq(tier_put(proxy->memory, &one.x.key, object), RC_OK);
	body_unref(parts.body);
	visit_end(&one);
}

static inline void plant_coded(
	enum coded coded, enum place place, uint64_t size, enum damage damage)
{
	plant(coded == CAME ? HEAD "Content-Encoding: gzip\r\n" : HEAD,
		(struct object_parts){
			.gzipped = coded == OURS,
			.plain_size = coded == OURS ? size : 0,
			.body = make_body(coded, place, size, damage),
		});
}

/* What of an answer's body came: up to its announced length, as a server would send it. */
struct got {
	char *data;
	size_t size;
	ssize_t end; /* of a stream */
};

static inline void get_stream(struct visit *v, struct got *got)
{
	int64_t length = v->x.answer.length;
	uint64_t most = length != LENGTH_UNKNOWN ? (uint64_t)length : 32 * MIB;
	ssize_t count = 1;

	got->data = xgrow(NULL, (size_t)most + 1, 1);
	while (got->size < most && count > 0) {
		size_t room = (size_t)most - got->size;

		count = exchange_read(&v->x, got->data + got->size, room < 65536 ? room : 65536);
		if (count == 0) { /* nothing yet */
			visit_sleep(v);
			count = 1;
			continue;
		}
		got->size += count > 0 ? (size_t)count : 0;
	}
	got->end = count > 0 ? STREAM_END : count;
}

static inline void get_file(struct visit *v, struct got *got)
{
	got->size = (size_t)v->x.answer.length;
	got->data = xgrow(NULL, got->size, 1);
	ck_assert_int_eq(pread(v->x.answer.file, got->data, got->size, (off_t)v->x.answer.offset),
		(ssize_t)got->size);
}

/* Runs to the answer, its fields, and its body but to HEAD. */
static inline struct got get(struct visit *v)
{
	struct got got = { .end = STREAM_END };

	do
		visit_sleep(v);
	while (exchange_run(&v->x) == EXCHANGE_WAIT);
	headers_init(&v->answered, &v->arena);
	exchange_fields(&v->x, &v->answered);
	if (v->request.method == METHOD_HEAD)
		return got;
	if (v->x.answer.kind == ANSWER_STREAM) {
		get_stream(v, &got);
	} else if (v->x.answer.kind == ANSWER_FILE) {
		get_file(v, &got);
	} else if (v->x.answer.kind == ANSWER_BYTES) {
		got.size = v->x.answer.body.size;
		got.data = memcpy(xgrow(NULL, got.size + 1, 1), v->x.answer.body.data, got.size);
	}
	v->end = got.end;
	return got;
}

/* Whether the next such request is a hit. */
static inline bool is_stored(const char *fields)
{
	enum exchange_state state = visit_begin(&two, "GET /a", fields);

	visit_end(&two);
	return state == EXCHANGE_ANSWER;
}

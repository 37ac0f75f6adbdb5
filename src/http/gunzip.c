/* http/gunzip.c - undoing gzip. With gzip.c the only user of zlib.h.
 *
 * zlib inflates in steps of at most STEP bytes, and the limits are looked at after each: a bomb is
 * given up soon after it has shown itself, however much room the caller has. Threads, ownership:
 * gunzip.h.
 */
#include "http/gunzip.h"

#include "util/alloc.h"
#include "util/bytes.h"

#include <assert.h>
#include <stdlib.h>

#define ZLIB_CONST /* it takes input as const */
#include <zlib.h>

#define WINDOW     (15 + 16) /* the largest one, and gzip only */
#define STEP       16384
#define RATIO_FROM (1024 * 1024)

#define MOST_RATIO 1032 /* deflate can't do better */

struct gunzip {
	z_stream stream;
	struct gunzip_limits limits;
	uint64_t taken, given;
	bool by_member;
	bool between; /* a member has ended and no other has begun */
	enum rc fault;
};

static void *allocate(void *opaque, uInt count, uInt size)
{
	return xalloc((size_t)count * size);
}

static void release(void *opaque, void *memory)
{
	free(memory);
}

struct gunzip *gunzip_new(const struct gunzip_limits *limits)
{
	struct gunzip *g = xalloc(sizeof(*g));

	assert(limits->ratio > 0);
	g->limits = *limits;
	g->stream.zalloc = allocate;
	g->stream.zfree = release;
	if (inflateInit2(&g->stream, WINDOW) != Z_OK)
		abort(); /* another zlib than we were built with */
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	inflateEnd(&g->stream);
	free(g);
}

bool gunzip_is_whole(const struct gunzip *g)
{
	return g->between && g->fault == RC_OK;
}

void gunzip_by_member(struct gunzip *g)
{
	g->by_member = true;
}

static bool over_limit(const struct gunzip *g)
{
	if (g->given > g->limits.bytes)
		return true;
	return g->given > RATIO_FROM && (g->given - 1) / g->limits.ratio >= g->taken;
}

static uInt at_most(size_t size, uInt most)
{
	return size < most ? (uInt)size : most;
}

static enum rc begin_member(struct gunzip *g)
{
	g->between = false;
	return inflateReset(&g->stream) == Z_OK ? RC_OK : RC_INVALID;
}

/* One call of inflate(); *ret_moved: whether it took or gave anything. */
static enum rc step(struct gunzip *g, struct slice *in, struct slice room, bool *ret_moved)
{
	uInt takes = at_most(in->size, STEP), gives = at_most(room.size, STEP);
	int status;

	if (g->between)
		TRY(begin_member(g));
	g->stream.next_in = (const Bytef *)in->data;
	g->stream.avail_in = takes;
	g->stream.next_out = (Bytef *)room.data;
	g->stream.avail_out = gives;
	status = inflate(&g->stream, Z_NO_FLUSH);
	takes -= g->stream.avail_in;
	gives -= g->stream.avail_out;
	*in = slice_skip(*in, takes);
	g->taken += takes;
	g->given += gives;
	g->between = status == Z_STREAM_END;
	*ret_moved = takes > 0 || gives > 0;
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return RC_INVALID;
	return over_limit(g) ? RC_TOO_LARGE : RC_OK;
}

/* zlib keeps what it could not give yet, so a step is worth it without input, too. */
static enum rc read_steps(
	struct gunzip *g, struct slice *in, char *out, size_t size, size_t *ret_count)
{
	bool moved = true;

	while (moved && *ret_count < size && (in->size > 0 || !g->between)) {
		uint64_t given = g->given;

		TRY(step(g, in, (struct slice){ out + *ret_count, size - *ret_count }, &moved));
		*ret_count += (size_t)(g->given - given);
		if (g->between && g->by_member)
			break;
	}
	return RC_OK;
}

enum rc gunzip_read(struct gunzip *g, struct slice *in, char *out, size_t size, size_t *ret_count)
{
	*ret_count = 0;
	if (g->fault == RC_OK)
		g->fault = read_steps(g, in, out, size, ret_count);
	TRY(g->fault);
	return in->size == 0 && g->between ? RC_ABSENT : RC_OK;
}

/* Until the end of data; RC_OK: it is whole. */
static enum rc read_all(struct gunzip *g, struct slice data, struct bytes *ret)
{
	char piece[STEP];
	size_t count;
	enum rc rc;

	do {
		rc = gunzip_read(g, &data, piece, sizeof(piece), &count);
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		TRY(bytes_append(ret, piece, count));
	} while (rc == RC_OK && (count > 0 || data.size > 0));
	return rc == RC_ABSENT ? RC_OK : RC_INVALID;
}

enum rc gunzip_all(struct slice data, const struct gunzip_limits *limits, struct body **ret)
{
	SCOPED(gunzip) g = gunzip_new(limits);
	struct bytes all;
	size_t size;
	enum rc rc;

	bytes_init(&all, limits->bytes < SIZE_MAX ? (size_t)limits->bytes : SIZE_MAX - 1);
	rc = read_all(g, data, &all);
	size = all.size;
	if (rc == RC_OK)
		*ret = body_new(bytes_take(&all), size);
	bytes_done(&all);
	return rc;
}

bool gunzip_comes_to(struct slice data, uint64_t size)
{
	const struct gunzip_limits limits = { .bytes = size, .ratio = MOST_RATIO };
	SCOPED(gunzip) gunzip = gunzip_new(&limits);
	char piece[16384];
	uint64_t got = 0;
	enum rc rc;

	do {
		size_t count = 0;

		rc = gunzip_read(gunzip, &data, piece, sizeof(piece), &count);
		got += count;
		if (rc == RC_OK && data.size == 0 && count < sizeof(piece))
			return false; /* cut short */
	} while (rc == RC_OK);
	return rc == RC_ABSENT && got == size;
}

/* http/gzip.c - making gzip. With gunzip.c the only user of zlib.h.
 *
 * What it is not: a judge of sizes; who calls knows from where on it pays. Threads, ownership: gzip.h.
 */
#include "http/gzip.h"

#include "util/alloc.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZLIB_CONST /* it takes input as const */
#include <zlib.h>

#define WINDOW  (15 + 16) /* the largest one, and gzip's head and tail */
#define MEMORY  8         /* zlib's own default */
#define TAKEN   65536     /* of a body at a time */
#define WRITTEN 32768

/* ---- what is worth it ---- */

enum match { WHOLE, START, END };

/* Text, whatever it is called; what is packed already (images, audio, video, archives, most of what offices
 * write) is not among them. Suffixes: RFC 6839 and its registry. */
static const struct {
	enum match match;
	struct slice text;
} worth[] = {
#define TYPE(match, text)                      \
	{                                      \
		match,                         \
		{                              \
			text, sizeof(text) - 1 \
		}                              \
	}
	TYPE(START, "text/"),
	TYPE(END, "+json"),
	TYPE(END, "+json-seq"),
	TYPE(END, "+xml"),
	TYPE(END, "+yaml"),
	TYPE(WHOLE, "application/json"),
	TYPE(WHOLE, "application/json-seq"),
	TYPE(WHOLE, "application/jsonl"),
	TYPE(WHOLE, "application/ndjson"),
	TYPE(WHOLE, "application/x-ndjson"),
	TYPE(WHOLE, "application/x-jsonlines"),
	TYPE(WHOLE, "application/xml"),
	TYPE(WHOLE, "application/javascript"),
	TYPE(WHOLE, "application/x-javascript"),
	TYPE(WHOLE, "application/yaml"),
	TYPE(WHOLE, "application/x-yaml"),
	TYPE(WHOLE, "application/n-triples"),
	TYPE(WHOLE, "application/n-quads"),
	TYPE(WHOLE, "application/trig"),
	TYPE(WHOLE, "application/x-turtle"),
	TYPE(WHOLE, "application/sparql-query"),
	TYPE(WHOLE, "application/sparql-update"),
	TYPE(WHOLE, "application/x-bibtex"),
	TYPE(WHOLE, "application/x-research-info-systems"),
	TYPE(WHOLE, "application/x-endnote-refer"),
#undef TYPE
};

static bool matches(struct slice type, enum match match, struct slice text)
{
	if (type.size < text.size)
		return false;
	if (match == START)
		type.size = text.size;
	if (match == END)
		type = slice_skip(type, type.size - text.size);
	return slice_equal_nocase(type, text);
}

static bool type_is_worth(struct slice content_type)
{
	struct slice type = slice_trim(slice_cut(&content_type, ';'));

	for (size_t i = 0; i < sizeof(worth) / sizeof(worth[0]); i++) {
		if (matches(type, worth[i].match, worth[i].text))
			return true;
	}
	return false;
}

/* RFC 9110 8.4.1: "identity" is none. */
static bool is_coded(const struct headers *response)
{
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(response, FIELD_CONTENT_ENCODING, &from)) != NULL) {
		struct slice rest = at->value, member;

		while (list_next(&rest, &member)) {
			if (!slice_equal_nocase(member, SLICE("identity")))
				return true;
		}
	}
	return false;
}

/* Which of the fields decides, and whether it is well-formed, need not be known: wherever the words stand
 * they are heeded, and all that costs is room. */
static bool forbids_transform(const struct headers *response)
{
	static const enum field_id ids[] = {
		FIELD_CACHE_CONTROL,
		FIELD_CDN_CACHE_CONTROL,
		FIELD_LARDER_CACHE_CONTROL,
		FIELD_SURROGATE_CONTROL,
	};
	const struct field *at;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		uint32_t from = 0;

		while ((at = headers_next(response, ids[i], &from)) != NULL) {
			if (strcasestr(at->value.data, "no-transform") != NULL)
				return true;
		}
	}
	return false;
}

bool gzip_is_worth(const struct headers *response)
{
	return type_is_worth(headers_get(response, FIELD_CONTENT_TYPE)) && !is_coded(response) &&
	       !headers_has(response, FIELD_CONTENT_RANGE) && !forbids_transform(response);
}

/* ---- doing it ---- */

static void *allocate(void *opaque, uInt count, uInt size)
{
	return xalloc((size_t)count * size);
}

static void release(void *opaque, void *memory)
{
	free(memory);
}

static void begin(z_stream *stream, int level)
{
	assert(level >= 1 && level <= 9);
	*stream = (z_stream){ .zalloc = allocate, .zfree = release };
	if (deflateInit2(stream, level, Z_DEFLATED, WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* another zlib than we were built with */
}

static uInt at_most(size_t size)
{
	return size < UINT_MAX ? (uInt)size : UINT_MAX;
}

/* Packs data into size bytes at out, or as far as they reach: whether it was all. */
static bool pack(z_stream *stream, struct slice data, char *out, size_t size, size_t *ret_count)
{
	const size_t room = size;
	int status;

	do {
		uInt takes = at_most(data.size), gives = at_most(size);

		stream->next_in = (const Bytef *)data.data;
		stream->avail_in = takes;
		stream->next_out = (Bytef *)out;
		stream->avail_out = gives;
		status = deflate(stream, takes == data.size ? Z_FINISH : Z_NO_FLUSH);
		data = slice_skip(data, takes - stream->avail_in);
		out += gives - stream->avail_out;
		size -= gives - stream->avail_out;
	} while (status == Z_OK && size > 0);
	*ret_count = room - size;
	return status == Z_STREAM_END;
}

enum rc gzip_whole(struct slice data, int level, size_t most, struct body **ret)
{
	z_stream stream;
	size_t room, count;
	char *out;
	bool whole;

	if (most == 0)
		return RC_TOO_LARGE;
	begin(&stream, level);
	room = deflateBound(&stream, data.size);
	if (room > most - 1)
		room = most - 1;
	out = xgrow(NULL, room > 0 ? room : 1, 1);
	whole = pack(&stream, data, out, room, &count);
	deflateEnd(&stream);
	if (!whole) {
		free(out);
		return RC_TOO_LARGE;
	}
	*ret = body_new(out, count);
	return RC_OK;
}

static enum rc write_all(int fd, struct slice data)
{
	while (data.size > 0) {
		ssize_t count = write(fd, data.data, data.size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? rc_of_errno() : RC_IO;
		data = slice_skip(data, (size_t)count);
	}
	return RC_OK;
}

/* What of a body goes through at a time. */
struct pieces {
	z_stream stream;
	char in[TAKEN], out[WRITTEN];
};

/* Writes all that comes of the input that the stream has. */
static enum rc drain(struct pieces *p, int flush, int fd)
{
	int status;

	do {
		p->stream.next_out = (Bytef *)p->out;
		p->stream.avail_out = WRITTEN;
		status = deflate(&p->stream, flush);
		assert(status != Z_STREAM_ERROR);
		TRY(write_all(fd, (struct slice){ p->out, WRITTEN - p->stream.avail_out }));
	} while (p->stream.avail_out == 0 && status != Z_STREAM_END);
	return RC_OK;
}

static enum rc pack_pieces(struct pieces *p, struct body *body, int fd)
{
	uint64_t offset = 0;

	while (offset < body->size) {
		ssize_t count = body_read(body, offset, p->in, TAKEN);

		if (count <= 0)
			return RC_IO;
		offset += (uint64_t)count;
		p->stream.next_in = (const Bytef *)p->in;
		p->stream.avail_in = (uInt)count;
		TRY(drain(p, Z_NO_FLUSH, fd));
	}
	return drain(p, Z_FINISH, fd);
}

enum rc gzip_to_fd(struct body *body, int level, int fd, uint64_t *ret_size)
{
	struct pieces *p = xalloc(sizeof(*p));
	enum rc rc;

	begin(&p->stream, level);
	rc = pack_pieces(p, body, fd);
	if (rc == RC_OK)
		*ret_size = p->stream.total_out;
	deflateEnd(&p->stream);
	free(p);
	return rc;
}

/* store/bundle/warc_source.c - the bytes of a WARC file. Threads and ownership: warc_source.h. */
#include "warc_source.h"

#include "http/gunzip.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE      ((size_t)64 * 1024)
#define MOST_RATIO 1032 /* deflate can't do better: what is inflated is never kept as a whole */

struct warc_source {
	int fd;
	struct bytes begin;
	struct slice raw;      /* of begin, or of room: read and not used */
	uint64_t taken;        /* of the file, before raw */
	struct gunzip *gunzip; /* NULL: plain */
	uint64_t member;       /* where the present one begins */
	bool in_member;
	size_t at, size;  /* of text */
	uint64_t text_at; /* where text began in the file; of gzip, its member */
	char room[PIECE];
	char text[PIECE];
};

struct warc_source *warc_source_new(int fd, struct slice begin)
{
	struct warc_source *s = xalloc(sizeof(*s));

	s->fd = fd;
	bytes_init(&s->begin, SIZE_MAX / 2);
	(void)!bytes_append_slice(&s->begin, begin); /* there is no limit */
	s->raw = bytes_slice(&s->begin);
	if (slice_starts(begin, SLICE("\x1f\x8b"))) {
		s->gunzip = gunzip_new(
			&(struct gunzip_limits){ .bytes = UINT64_MAX, .ratio = MOST_RATIO });
		gunzip_by_member(s->gunzip);
	}
	return s;
}

void warc_source_free(struct warc_source *s)
{
	gunzip_free(s->gunzip);
	bytes_done(&s->begin);
	free(s);
}

/* More of the file. RC_ABSENT: there is none. */
static enum rc read_raw(struct warc_source *s)
{
	ssize_t count = s->fd < 0 ? 0 : read(s->fd, s->room, sizeof(s->room));

	if (count < 0)
		return rc_of_errno();
	s->raw = (struct slice){ s->room, (size_t)count };
	return count > 0 ? RC_OK : RC_ABSENT;
}

static void take_raw(struct warc_source *s, size_t count)
{
	s->raw = slice_skip(s->raw, count);
	s->taken += count;
}

static void fill_plain(struct warc_source *s)
{
	size_t count = s->raw.size < sizeof(s->text) ? s->raw.size : sizeof(s->text);

	memcpy(s->text, s->raw.data, count);
	s->text_at = s->taken;
	s->size = count;
	take_raw(s, count);
}

/* May give nothing yet. */
static enum rc fill_inflated(struct warc_source *s)
{
	struct slice in = s->raw;
	enum rc rc;

	if (!s->in_member)
		s->member = s->taken;
	rc = gunzip_read(s->gunzip, &in, s->text, sizeof(s->text), &s->size);
	if (rc != RC_OK && rc != RC_ABSENT) {
		s->size = 0;
		return RC_CORRUPT;
	}
	take_raw(s, s->raw.size - in.size);
	s->in_member = !gunzip_is_whole(s->gunzip);
	s->text_at = s->member;
	return RC_OK;
}

/* More text, if there is none. */
static enum rc fill(struct warc_source *s)
{
	while (s->at == s->size) {
		enum rc rc = s->raw.size > 0 ? RC_OK : read_raw(s);

		s->at = s->size = 0;
		/* what was inflated and had no room comes without more of the file */
		if (rc == RC_ABSENT && !s->in_member)
			return RC_ABSENT;
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		if (s->gunzip == NULL)
			fill_plain(s);
		else
			TRY(fill_inflated(s));
		if (rc == RC_ABSENT && s->size == 0 && s->in_member)
			return RC_TRUNCATED;
	}
	return RC_OK;
}

enum rc warc_source_read(struct warc_source *s, char *buffer, size_t size, size_t *ret_size)
{
	TRY(fill(s));
	*ret_size = size < s->size - s->at ? size : s->size - s->at;
	memcpy(buffer, s->text + s->at, *ret_size);
	s->at += *ret_size;
	return RC_OK;
}

enum rc warc_source_line(struct warc_source *s, struct bytes *ret)
{
	bool any = false;

	for (;;) {
		enum rc rc = fill(s);
		struct slice rest = { s->text + s->at, s->size - s->at };
		ptrdiff_t end;

		if (rc == RC_ABSENT && any)
			return RC_OK;
		TRY(rc);
		any = true;
		end = slice_find(rest, '\n');
		if (end >= 0)
			rest.size = (size_t)end + 1;
		TRY(bytes_append_slice(ret, rest));
		s->at += rest.size;
		if (end >= 0)
			return RC_OK;
	}
}

uint64_t warc_source_at(struct warc_source *s)
{
	if (fill(s) != RC_OK)
		return s->taken;
	return s->gunzip != NULL ? s->text_at : s->text_at + s->at;
}

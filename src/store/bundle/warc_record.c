/* store/bundle/warc_record.c - records of a WARC file. Threads and ownership: warc_record.h. */
#include "warc_record.h"

#include "http/head.h"
#include "util/base32.h"
#include "util/octets.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_HEAD ((size_t)256 * 1024)
#define PIECE     ((size_t)64 * 1024)
#define TOLD_MOST 128 /* characters of a digest */

void warc_record_init(struct warc_record *r, struct warc_source *source)
{
	*r = (struct warc_record){ .source = source };
	arena_init(&r->arena);
}

void warc_record_done(struct warc_record *r)
{
	warc_source_free(r->source);
	arena_done(&r->arena);
}

const char *warc_record_fault(struct warc_record *r, const char *format, ...)
{
	int size = snprintf(r->why, sizeof(r->why), "record %" PRIu64 " at byte %" PRIu64 ": ",
		r->number, r->offset);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(r->why + size, sizeof(r->why) - (size_t)size, format, arguments);
	va_end(arguments);
	return r->why;
}

static enum rc cut(struct warc_record *r)
{
	warc_record_fault(r, "the file ends within it");
	return RC_TRUNCATED;
}

static enum rc no_record(struct warc_record *r, const char *why)
{
	warc_record_fault(r, "%s", why);
	return RC_CORRUPT;
}

/* What the file itself says, in the words of a record. */
static enum rc of_source(struct warc_record *r, enum rc rc)
{
	if (rc == RC_ABSENT || rc == RC_TRUNCATED)
		return cut(r);
	if (rc == RC_CORRUPT)
		return no_record(r, "the gzip is damaged");
	if (rc == RC_TOO_LARGE)
		return no_record(r, "its fields are larger than allowed");
	return rc;
}

/* ---- fields ---- */

static bool is_whole(struct slice line)
{
	return line.size > 0 && line.data[line.size - 1] == '\n';
}

static bool is_empty(struct slice line)
{
	return slice_equal(line, SLICE("\r\n"));
}

/* Each on a line, or on several, up to the empty one. */
static enum rc take_fields(struct warc_record *r, struct bytes *text)
{
	size_t left = MOST_HEAD;

	for (;;) {
		struct slice line;

		bytes_clear(text);
		TRY(of_source(r, warc_source_line(r->source, text)));
		line = bytes_slice(text);
		if (!is_whole(line))
			return cut(r);
		if (is_empty(line))
			return RC_OK;
		if (line.size > left)
			return of_source(r, RC_TOO_LARGE);
		left -= line.size;
		if (head_field(&r->fields, line) != RC_OK)
			return no_record(r, "a named field is malformed");
	}
}

static enum rc take_version(struct warc_record *r, struct bytes *text)
{
	enum rc rc = warc_source_line(r->source, text);
	struct slice line = bytes_slice(text);

	if (rc == RC_ABSENT) {
		r->number--;
		return RC_ABSENT;
	}
	TRY(of_source(r, rc));
	if (slice_equal(line, SLICE("WARC/1.1\r\n")) || slice_equal(line, SLICE("WARC/1.0\r\n")))
		return RC_OK;
	if (!is_whole(line) && line.size < sizeof("WARC/1.1\r\n"))
		return cut(r);
	return no_record(r, "no record of WARC/1.0 or WARC/1.1 begins here");
}

static enum rc take_length(struct warc_record *r)
{
	struct slice value = headers_get(&r->fields, FIELD_CONTENT_LENGTH);

	if (headers_count_of(&r->fields, FIELD_CONTENT_LENGTH) != 1 ||
		!slice_to_u64(value, &r->length) || r->length > INT64_MAX)
		return no_record(r, "one Content-Length is expected");
	return RC_OK;
}

enum rc warc_record_open(struct warc_record *r)
{
	struct bytes text;
	enum rc rc;

	arena_reset(&r->arena);
	headers_init(&r->fields, &r->arena);
	r->number++;
	r->offset = warc_source_at(r->source);
	bytes_init(&text, MOST_HEAD);
	rc = take_version(r, &text);
	if (rc == RC_OK)
		rc = take_fields(r, &text);
	bytes_done(&text);
	TRY(rc);
	return take_length(r);
}

struct slice warc_record_field(const struct warc_record *r, const char *name)
{
	uint32_t from = 0;
	const struct field *field = headers_next_named(&r->fields, slice_of(name), &from);

	return field != NULL ? field->value : (struct slice){ NULL, 0 };
}

/* ---- digests ---- */

struct told {
	enum digest_algorithm by;
	char digest[TOLD_MOST];
};

static bool parse_algorithm(struct slice name, enum digest_algorithm *ret)
{
	if (slice_equal_nocase(name, SLICE("sha1")) || slice_equal_nocase(name, SLICE("sha-1")))
		*ret = DIGEST_BY_SHA1;
	else if (slice_equal_nocase(name, SLICE("sha256")) ||
		 slice_equal_nocase(name, SLICE("sha-256")))
		*ret = DIGEST_BY_SHA256;
	else
		return false;
	return true;
}

/* The standard has an example in base32; others write hex. */
static bool parse_digest(struct slice text, struct told *ret)
{
	size_t size = digest_size(ret->by), got = 0;
	char lower[TOLD_MOST];

	if (text.size > sizeof(lower))
		return false;
	if (text.size != 2 * size)
		return base32_decode(text, ret->digest, &got) == RC_OK && got == size;
	for (size_t i = 0; i < text.size; i++)
		lower[i] = (char)(text.data[i] >= 'A' && text.data[i] <= 'F' ? text.data[i] | 0x20
									     : text.data[i]);
	return octets_from_hex((struct slice){ lower, text.size }, ret->digest);
}

/* RC_ABSENT: nothing that could be checked is told. */
static enum rc take_told(struct warc_record *r, const char *field, struct told *ret)
{
	struct slice value = warc_record_field(r, field), name = slice_cut(&value, ':');

	if (name.size == 0 || !parse_algorithm(name, &ret->by))
		return RC_ABSENT;
	if (parse_digest(value, ret))
		return RC_OK;
	warc_record_fault(r, "%s can't be read", field);
	return RC_INVALID;
}

/* Ends the digest. */
static enum rc compare(
	struct warc_record *r, const char *field, const struct told *told, struct digest *digest)
{
	size_t size = digest_size(told->by);
	unsigned char found[DIGEST_SIZE];
	char expected_text[TOLD_MOST], found_text[TOLD_MOST];
	size_t characters = base32_size(size);

	digest_end(digest, found);
	if (memcmp(found, told->digest, size) == 0)
		return RC_OK;
	base32_encode((struct slice){ told->digest, size }, expected_text);
	base32_encode((struct slice){ (const char *)found, size }, found_text);
	warc_record_fault(r, "%s: %.*s is expected, %.*s was found", field, (int)characters,
		expected_text, (int)characters, found_text);
	return RC_INVALID;
}

enum rc warc_record_check(struct warc_record *r, const char *field, struct slice data)
{
	SCOPED(digest) digest = NULL;
	struct told told;

	TRY(take_told(r, field, &told));
	digest = digest_begin_by(told.by);
	digest_update(digest, data);
	return compare(r, field, &told, digest);
}

/* ---- the block ---- */

/* digest: NULL: none. */
static enum rc copy_block(struct warc_record *r, struct bytes *ret, struct digest *digest)
{
	enum rc kept = RC_OK;
	char piece[PIECE];

	for (uint64_t left = r->length; left > 0;) {
		size_t wanted = left < sizeof(piece) ? (size_t)left : sizeof(piece), got;

		TRY(of_source(r, warc_source_read(r->source, piece, wanted, &got)));
		left -= got;
		if (digest != NULL)
			digest_update(digest, (struct slice){ piece, got });
		if (ret != NULL && kept == RC_OK)
			kept = bytes_append(ret, piece, got);
	}
	return kept;
}

static enum rc take_end(struct warc_record *r)
{
	char end[4];

	for (size_t at = 0; at < sizeof(end);) {
		size_t got;

		TRY(of_source(r, warc_source_read(r->source, end + at, sizeof(end) - at, &got)));
		at += got;
	}
	return memcmp(end, "\r\n\r\n", sizeof(end)) == 0
		       ? RC_OK
		       : no_record(r, "it is not as long as its Content-Length says");
}

enum rc warc_record_block(struct warc_record *r, struct bytes *ret)
{
	SCOPED(digest) digest = NULL;
	struct told told;
	enum rc rc = take_told(r, "WARC-Block-Digest", &told), kept;

	if (rc == RC_OK)
		digest = digest_begin_by(told.by);
	kept = copy_block(r, ret, digest);
	if (kept != RC_OK && kept != RC_TOO_LARGE)
		return kept;
	TRY(take_end(r));
	if (rc == RC_OK)
		rc = compare(r, "WARC-Block-Digest", &told, digest);
	TRY(rc == RC_ABSENT ? RC_OK : rc);
	if (kept == RC_TOO_LARGE)
		warc_record_fault(r, "it is larger than allowed");
	return kept;
}

/* store/disk/codec.c - records: one pass over a stored response, there and back. Versions 1 and 2:
 *
 *	  0  u8   version
 *	  1  u64  checksum: XXH3 of all that follows
 *	  9  u16  flags (FLAG_TABLE; bits 11-14: where the lifetime comes from); bits of none of them are 0
 *	 11  ...  numbers (NUMBER_TABLE), 107 bytes
 *	118  32   SHA-256 of the stored body: where the flags say that it is a file
 *	     text key
 *	     u16  count | (text name | text value) of the variant: under Vary
 *	     u16  count | (text name | text value) of the fields
 *	     u16  count | u32 slot: first the target's, then the tags'
 *	     text version of the data at the origin
 *	     in version 2, for what has tags that the configuration gave:
 *	     text those of its path (http/tags.h)
 *	     u16  count of the slots of all of them, at the end of the others
 *	     u16  count of the slots of what its body holds, at the end of these
 *
 *	text: u32 size | bytes | NUL, so that it can be used where it lies
 *
 * Nothing stands behind. What a build numbers as it likes, the ids of fields, is not stored: it is found
 * again by name. There is one way to write a record, so what decodes encodes to the same bytes.
 * Threads: any. Ownership: codec.h.
 */
#include "codec.h"

#include "http/tags.h"
#include "util/hash.h"

#include <endian.h>
#include <string.h>

#define PLAIN       1 /* versions */
#define GIVEN       2
#define COVERED_AT  9 /* where begins what the checksum is of */
#define COUNT_MOST  UINT16_MAX
#define LEAST_TEXT  (sizeof(uint32_t) + 1)
#define LEAST_FIELD (2 * LEAST_TEXT)

/* Sums of a few of them don't overflow. Milliseconds: 142,000 years. */
#define TIME_MOST ((int64_t)1 << 52)
#define SIZE_MOST ((int64_t)1 << 60)

/*	X(bit, member of struct codec_record) */
#define FLAG_TABLE(X)                           \
	X(0, parts.freshness.explicit)          \
	X(1, parts.freshness.heuristic)         \
	X(2, parts.freshness.revalidate_always) \
	X(3, parts.freshness.revalidate_stale)  \
	X(4, parts.freshness.immutable)         \
	X(5, parts.freshness.for_all)           \
	X(6, parts.part.is_part)                \
	X(7, parts.gzipped)                     \
	X(8, body.in_file)                      \
	X(9, parts.freshness.negative)          \
	X(10, parts.tagged)                     \
	X(15, parts.holds_any)

/* Among the flags: enum lifetime_source, whose order is for good. Records from before it had a place there
 * have LIFETIME_NONE. */
#define SOURCE_SHIFT 11
#define SOURCE_BITS  4
#define SOURCE_MASK  ((uint64_t)((1 << SOURCE_BITS) - 1))
_Static_assert(LIFETIME_COUNT <= 1 << SOURCE_BITS, "sources of lifetimes have room");

/*	X(bytes, member of struct codec_record, least, most) */
#define NUMBER_TABLE(X)                                               \
	X(2, parts.status, 100, 999)                                  \
	X(1, parts.http_version, 0, HTTP_VERSION_COUNT - 1)           \
	X(8, parts.freshness.requested_ms, -TIME_MOST, TIME_MOST)     \
	X(8, parts.freshness.responded_ms, -TIME_MOST, TIME_MOST)     \
	X(8, parts.freshness.date_ms, -TIME_MOST, TIME_MOST)          \
	X(8, parts.freshness.initial_age_ms, 0, TIME_MOST)            \
	X(8, parts.freshness.lifetime_ms, 0, TIME_MOST)               \
	X(8, parts.freshness.stale_while_revalidate_ms, 0, TIME_MOST) \
	X(8, parts.freshness.stale_if_error_ms, 0, TIME_MOST)         \
	X(8, parts.part.first, 0, SIZE_MOST)                          \
	X(8, parts.part.total, 0, SIZE_MOST)                          \
	X(8, parts.epoch, 0, INT64_MAX)                               \
	X(8, parts.plain_size, 0, SIZE_MOST)                          \
	X(8, body.size, 0, SIZE_MOST)                                 \
	X(8, body.checksum, INT64_MIN, INT64_MAX)

uint64_t codec_checksum(struct slice bytes)
{
	return hash_bytes(bytes.data, bytes.size, 0);
}

static bool is_given_sound(const struct object_parts *parts)
{
	return parts->given_count <= parts->group_count &&
	       parts->held_count <= parts->given_count &&
	       (!parts->holds_any || parts->held_count > 0) && tags_are_packed(parts->own_tags);
}

/* What no single number shows. */
static bool is_sound(const struct codec_record *record)
{
	const struct object_part *part = &record->parts.part;

	if (!part->is_part)
		return true;
	return !record->parts.gzipped && part->first <= part->total &&
	       record->body.size <= part->total - part->first;
}

/* ---- writing ---- */

static enum rc put_number(struct bytes *b, uint64_t number, size_t size)
{
	uint64_t little = htole64(number);

	return bytes_append(b, &little, size);
}

static enum rc put_text(struct bytes *b, struct slice text)
{
	if (text.size > UINT32_MAX)
		return RC_INVALID;
	TRY(put_number(b, text.size, sizeof(uint32_t)));
	TRY(bytes_append_slice(b, text));
	return bytes_append_char(b, '\0');
}

static enum rc put_fields(struct bytes *b, const struct headers *h)
{
	if (h->count > COUNT_MOST)
		return RC_INVALID;
	TRY(put_number(b, h->count, sizeof(uint16_t)));
	HEADERS_EACH(at, h) {
		if (at->name.size == 0)
			return RC_INVALID;
		TRY(put_text(b, at->name));
		TRY(put_text(b, at->value));
	}
	return RC_OK;
}

static enum rc put_slots(struct bytes *b, const uint32_t *slots, uint16_t count)
{
	TRY(put_number(b, count, sizeof(uint16_t)));
	for (uint16_t i = 0; i < count; i++)
		TRY(put_number(b, slots[i], sizeof(uint32_t)));
	return RC_OK;
}

static enum rc put_ranged(
	struct bytes *b, int64_t number, size_t size, const int64_t range[static 2])
{
	if (number < range[0] || number > range[1])
		return RC_INVALID;
	return put_number(b, (uint64_t)number, size);
}

static enum rc put_head(struct bytes *b, const struct codec_record *record)
{
	uint64_t flags = 0;

#define X(bit, what) flags |= (uint64_t)record->what << (bit);
	FLAG_TABLE(X)
#undef X
	flags |= (uint64_t)record->parts.freshness.source << SOURCE_SHIFT;
	TRY(put_number(b, flags, sizeof(uint16_t)));
#define X(size, what, least, most) \
	TRY(put_ranged(b, (int64_t)record->what, size, (const int64_t[]){ least, most }));
	NUMBER_TABLE(X)
#undef X
	if (record->body.in_file)
		TRY(bytes_append(b, record->body.digest, sizeof(record->body.digest)));
	return RC_OK;
}

static bool has_given(const struct codec_record *record)
{
	return record->parts.given_count > 0 || record->parts.own_tags.size > 0;
}

static enum rc put_given(struct bytes *b, const struct codec_record *record)
{
	TRY(put_text(b, record->parts.own_tags));
	TRY(put_number(b, record->parts.given_count, sizeof(uint16_t)));
	return put_number(b, record->parts.held_count, sizeof(uint16_t));
}

static enum rc put_record(struct bytes *b, const struct codec_record *record)
{
	size_t start = b->size;
	uint64_t checksum;

	TRY(put_number(b, has_given(record) ? GIVEN : PLAIN, 1));
	TRY(put_number(b, 0, sizeof(checksum))); /* filled in once it is known */
	TRY(put_head(b, record));
	TRY(put_text(b, record->key));
	TRY(put_fields(b, &record->variant));
	TRY(put_fields(b, &record->headers));
	TRY(put_slots(b, record->parts.groups, record->parts.group_count));
	TRY(put_text(b, record->parts.source_version));
	if (has_given(record))
		TRY(put_given(b, record));

	checksum = htole64(codec_checksum(slice_skip(bytes_slice(b), start + COVERED_AT)));
	memcpy(b->data + start + 1, &checksum, sizeof(checksum));
	return RC_OK;
}

enum rc codec_encode(struct slice key, const struct object *object, const struct codec_body *body,
	struct bytes *ret)
{
	const struct codec_record record = {
		.key = key,
		.body = *body,
		.parts = object_parts_of(object),
		.headers = object->headers,
		.variant = object->variant,
	};

	if (!is_sound(&record) || !is_given_sound(&record.parts))
		return RC_INVALID;
	return put_record(ret, &record);
}

/* ---- reading ---- */

static inline enum rc take_number(struct slice *rest, size_t size, uint64_t *ret)
{
	uint64_t little = 0;

	if (rest->size < size)
		return RC_CORRUPT;
	memcpy(&little, rest->data, size);
	*rest = (struct slice){ rest->data + size, rest->size - size };
	*ret = le64toh(little);
	return RC_OK;
}

static enum rc take_text(struct slice *rest, struct slice *ret)
{
	uint64_t size;

	TRY(take_number(rest, sizeof(uint32_t), &size));
	if (size >= rest->size || rest->data[size] != '\0')
		return RC_CORRUPT;
	*ret = (struct slice){ rest->data, (size_t)size };
	*rest = (struct slice){ rest->data + size + 1, rest->size - (size_t)size - 1 };
	return RC_OK;
}

/* The count of what takes at least so many bytes each: what follows is not worth memory otherwise. */
static enum rc take_count(struct slice *rest, size_t least, size_t *ret)
{
	uint64_t count;

	TRY(take_number(rest, sizeof(uint16_t), &count));
	if (count > rest->size / least)
		return RC_CORRUPT;
	*ret = (size_t)count;
	return RC_OK;
}

static enum rc take_fields(struct slice *rest, struct arena *arena, struct headers *ret)
{
	size_t count;

	TRY(take_count(rest, LEAST_FIELD, &count));
	headers_init(ret, arena);
	if (count > 0)
		ret->fields = arena_alloc(arena, count * sizeof(*ret->fields));
	ret->capacity = (uint32_t)count;
	while (count-- > 0) {
		struct slice name, value;

		TRY(take_text(rest, &name));
		TRY(take_text(rest, &value));
		if (name.size == 0)
			return RC_CORRUPT;
		headers_add(ret, name, value);
	}
	return RC_OK;
}

static enum rc take_slots(struct slice *rest, struct arena *arena, struct object_parts *ret)
{
	uint32_t *slots;
	size_t count;

	TRY(take_count(rest, sizeof(*slots), &count));
	slots = arena_alloc(arena, count * sizeof(*slots));
	for (size_t i = 0; i < count; i++) {
		uint64_t slot;

		TRY(take_number(rest, sizeof(*slots), &slot));
		slots[i] = (uint32_t)slot;
	}
	ret->groups = slots;
	ret->group_count = (uint16_t)count;
	return RC_OK;
}

static inline enum rc take_ranged(
	struct slice *rest, size_t size, const int64_t range[static 2], int64_t *ret)
{
	uint64_t number;

	TRY(take_number(rest, size, &number));
	*ret = (int64_t)number;
	return *ret >= range[0] && *ret <= range[1] ? RC_OK : RC_CORRUPT;
}

static enum rc take_flags(struct slice *rest, struct codec_record *ret)
{
	uint64_t flags, source, known = SOURCE_MASK << SOURCE_SHIFT;

	TRY(take_number(rest, sizeof(uint16_t), &flags));
#define X(bit, what)                      \
	ret->what = (flags >> (bit)) & 1; \
	known |= (uint64_t)1 << (bit);
	FLAG_TABLE(X)
#undef X
	source = (flags >> SOURCE_SHIFT) & SOURCE_MASK;
	ret->parts.freshness.source = (uint8_t)source;
	return (flags & ~known) == 0 && source < LIFETIME_COUNT ? RC_OK : RC_CORRUPT;
}

static enum rc take_head(struct slice *rest, struct codec_record *ret)
{
	int64_t number;

	TRY(take_flags(rest, ret));
#define X(size, what, least, most)                                               \
	TRY(take_ranged(rest, size, (const int64_t[]){ least, most }, &number)); \
	ret->what = (__typeof__(ret->what))number;
	NUMBER_TABLE(X)
#undef X
	if (!is_sound(ret))
		return RC_CORRUPT;
	if (!ret->body.in_file)
		return RC_OK;
	if (rest->size < sizeof(ret->body.digest))
		return RC_CORRUPT;
	memcpy(ret->body.digest, rest->data, sizeof(ret->body.digest));
	*rest = slice_skip(*rest, sizeof(ret->body.digest));
	return RC_OK;
}

static enum rc take_envelope(struct slice *rest, uint64_t *ret_version)
{
	uint64_t checksum;

	TRY(take_number(rest, 1, ret_version));
	TRY(take_number(rest, sizeof(checksum), &checksum));
	return (*ret_version == PLAIN || *ret_version == GIVEN) && checksum == codec_checksum(*rest)
		       ? RC_OK
		       : RC_CORRUPT;
}

static enum rc take_given(struct slice *rest, struct codec_record *ret)
{
	uint64_t given, held;

	TRY(take_text(rest, &ret->parts.own_tags));
	TRY(take_number(rest, sizeof(uint16_t), &given));
	TRY(take_number(rest, sizeof(uint16_t), &held));
	ret->parts.given_count = (uint16_t)given;
	ret->parts.held_count = (uint16_t)held;
	return has_given(ret) ? RC_OK : RC_CORRUPT;
}

enum rc codec_decode(struct slice record, struct arena *arena, struct codec_record *ret)
{
	struct slice rest = record;
	uint64_t version;

	*ret = (struct codec_record){ .parts = { .headers = &ret->headers,
					      .variant = &ret->variant } };
	TRY(take_envelope(&rest, &version));
	TRY(take_head(&rest, ret));
	TRY(take_text(&rest, &ret->key));
	TRY(take_fields(&rest, arena, &ret->variant));
	TRY(take_fields(&rest, arena, &ret->headers));
	TRY(take_slots(&rest, arena, &ret->parts));
	TRY(take_text(&rest, &ret->parts.source_version));
	if (version == GIVEN)
		TRY(take_given(&rest, ret));
	return rest.size == 0 && is_given_sound(&ret->parts) ? RC_OK : RC_CORRUPT;
}

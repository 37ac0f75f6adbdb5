/* store/bundle/parcel_body.c - the body of a stored response that is read: decoded, or compressed again, and checked.
 * Threads and ownership: store/parcel.h.
 */
#include "reading.h"

#include "http/gunzip.h"
#include "http/gzip.h"
#include "util/base64.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_MOST  ((int64_t)4 << 30) /* of a gzip inflated: seconds at the worst */
#define USUAL_LEVEL 6
#define MOST_LEVEL  9

static bool decode_body(struct reading *r)
{
	const json_t *value = json_object_get(r->root, "body");
	struct slice text = { json_string_value(value), json_string_length(value) };
	char *room;
	size_t size;

	if (!json_is_string(value))
		return reading_fails(r, "there is no body");
	room = malloc(text.size / 4 * 3 + 1);
	if (room == NULL || base64_decode(text, room, &size) != RC_OK) {
		free(room);
		return reading_fails(r, "body: base64 is expected");
	}
	r->body = body_new(room, size);
	return true;
}

/* ---- compressed again ---- */

static bool compress(struct reading *r, struct body *plain, int level)
{
	SCOPED(body) gzip = NULL;

	if (gzip_whole((struct slice){ plain->data, plain->size }, level, SIZE_MAX / 2, &gzip) !=
		RC_OK)
		return false;
	body_unref(r->body);
	r->body = GIVE(gzip);
	digest_sha256((struct slice){ r->body->data, r->body->size }, r->digest);
	return true;
}

static bool comes_to_it(struct reading *r, struct body *plain, int level, struct slice told)
{
	return compress(r, plain, level) && memcmp(r->digest, told.data, DIGEST_SIZE) == 0;
}

/* At the level that was the right one before; then each is tried, until none is. */
static bool find_level(struct reading *r, struct body *plain, struct slice told)
{
	struct gzip_again *again = r->again;

	if (comes_to_it(r, plain, again->level > 0 ? again->level : USUAL_LEVEL, told))
		return true;
	for (int level = 1; level <= MOST_LEVEL && !again->is_other; level++) {
		if (comes_to_it(r, plain, level, told)) {
			again->level = level;
			return true;
		}
	}
	again->is_other = true;
	return false;
}

/* Another zlib makes another gzip of it, which is as good where the body is known to be the one that it was. */
static bool compress_again(struct reading *r)
{
	SCOPED(body) plain = body_ref(r->body);
	struct slice told;
	int64_t size;

	if (!reading_number(r, "gzip_of", SIZE_MOST, &size) || (uint64_t)size != plain->size)
		return reading_fails(r, "gzip_of: the body has another size");
	if (!reading_hex(r, "sha256", &told) || told.size != DIGEST_SIZE)
		return reading_fails(r, "size and sha256 are expected");
	if (find_level(r, plain, told))
		return true;
	r->is_other_gzip = r->again->is_checked && compress(r, plain, USUAL_LEVEL);
	return r->is_other_gzip ||
	       reading_fails(
		       r, "its gzip can't be made again, and nothing tells what it was made of");
}

bool reading_take_body(struct reading *r)
{
	if (r->body == NULL)
		return decode_body(r);
	return r->again == NULL || json_object_get(r->root, "gzip_of") == NULL || compress_again(r);
}

/* ---- what is told of it ---- */

bool reading_check_digest(struct reading *r)
{
	struct slice told;

	if (!reading_number(r, "size", SIZE_MOST, &r->size) || !reading_hex(r, "sha256", &told) ||
		told.size != DIGEST_SIZE)
		return reading_fails(r, "size and sha256 are expected");
	if (r->is_other_gzip) {
		r->size = (int64_t)r->body->size;
		return true;
	}
	if ((uint64_t)r->size != r->body->size)
		return reading_fails(r, "the body has another size");
	digest_sha256((struct slice){ r->body->data, r->body->size }, r->digest);
	return memcmp(r->digest, told.data, DIGEST_SIZE) == 0 ||
	       reading_fails(r, "the body has another digest");
}

/* What larder compressed must come to what it says: no more is ever inflated. */
bool reading_check_gzip(struct reading *r)
{
	const json_t *value = json_object_get(r->root, "gzip_of");
	int64_t size;

	if (value == NULL)
		return true;
	if (!reading_number_of(value, 0, PLAIN_MOST, &size) || r->parts.part.is_part)
		return reading_fails(r, "gzip_of");
	if (!gunzip_comes_to((struct slice){ r->body->data, r->body->size }, (uint64_t)size))
		return reading_fails(r, "the body is no gzip of as much as it says");
	r->parts.gzipped = true;
	r->parts.plain_size = (uint64_t)size;
	return true;
}

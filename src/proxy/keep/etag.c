/* proxy/keep/etag.c - entity tags from digests.
 *
 * On the upstream loop, so what takes long isn't done: a body that is not in memory has a bound.
 */
#include "etag.h"

#include "state.h"

#include "http/validators.h"
#include "util/digest.h"

#include <string.h>

#define SPOOLED_MOST ((size_t)16 * 1024 * 1024) /* some 30 ms */
#define PIECE        ((size_t)64 * 1024)
#define TAG_BYTES    16
#define TAG_PREFIX   "\"larder-"

/* false: it can't be read. */
static bool add_spooled(struct digest *digest, struct body *body, struct arena *arena)
{
	char *piece = arena_alloc(arena, PIECE);
	uint64_t at = 0;

	while (at < body->size) {
		ssize_t count = body_read(body, at, piece, PIECE);

		if (count <= 0)
			return false;
		digest_update(digest, (struct slice){ piece, (size_t)count });
		at += (uint64_t)count;
	}
	return true;
}

/* Two representations of one target may have the same bytes, and are not the same (RFC 9110 8.8.1). */
static void add_field(struct digest *digest, const struct headers *fields, enum field_id id)
{
	struct slice value = headers_get(fields, id);

	digest_update(digest, (struct slice){ "", 1 });
	if (value.size > 0)
		digest_update(digest, value);
}

static bool digest_of(
	struct body *body, const struct headers *fields, unsigned char ret[static DIGEST_SIZE])
{
	SCOPED(digest) digest = digest_begin();

	if (body_in_memory(body))
		digest_update(digest, (struct slice){ body->data, body->size });
	else if (body->size > SPOOLED_MOST || !add_spooled(digest, body, fields->arena))
		return false;
	add_field(digest, fields, FIELD_CONTENT_TYPE);
	add_field(digest, fields, FIELD_CONTENT_ENCODING);
	digest_end(digest, ret);
	return true;
}

static struct slice tag_of(const unsigned char *digest, struct arena *arena)
{
	static const char digits[] = "0123456789abcdef";
	char text[sizeof(TAG_PREFIX) + 2 * TAG_BYTES + 1] = TAG_PREFIX;
	size_t size = sizeof(TAG_PREFIX) - 1;

	for (size_t i = 0; i < TAG_BYTES; i++) {
		text[size++] = digits[digest[i] >> 4];
		text[size++] = digits[digest[i] & 15];
	}
	text[size++] = '"';
	return arena_copy(arena, (struct slice){ text, size });
}

bool etag_add(const struct flight *flight, struct body *body, struct headers *fields)
{
	unsigned char digest[DIGEST_SIZE];

	if (!flight->proxy->config->cache.etags || flight->status != 200 ||
		headers_has(fields, FIELD_ETAG) || !digest_of(body, fields, digest))
		return false;
	headers_add(fields, SLICE("ETag"), tag_of(digest, fields->arena));
	return true;
}

static bool is_whole(const struct object *object)
{
	return object != NULL && object->status == 200 && !object->part.is_part;
}

bool etag_is_awaited(const struct flight *flight)
{
	return is_whole(flight->stale) && flight->stale->tagged;
}

/* Without tags to compare: the bytes, where both are at hand. */
static enum ttl_news compare_bytes(const struct object *before, const struct body *body)
{
	if (object_size(before) != body->size)
		return TTL_CHANGED;
	if (before->gzipped || !body_in_memory(before->body) || !body_in_memory(body))
		return TTL_UNKNOWN;
	return body->size == 0 || memcmp(before->body->data, body->data, body->size) == 0
		       ? TTL_UNCHANGED
		       : TTL_CHANGED;
}

enum ttl_news etag_compare(
	const struct flight *flight, const struct headers *fields, bool tagged, struct body *body)
{
	const struct object *before = flight->stale;
	struct etag old, new;

	if (!is_whole(before) || flight->status != 200)
		return TTL_UNKNOWN;
	if (before->tagged == tagged &&
		etag_parse(headers_get(&before->headers, FIELD_ETAG), &old) == RC_OK &&
		etag_parse(headers_get(fields, FIELD_ETAG), &new) == RC_OK)
		return etag_equal_weak(old, new) ? TTL_UNCHANGED : TTL_CHANGED;
	return compare_bytes(before, body);
}

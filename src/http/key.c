/* http/key.c - cache keys: serialising, reading back for logs, comparing.
 *
 * Numbers are big-endian, so that a key means the same on every machine that shares a store. What
 * it is not: rules that fold parameters (policy). Threads: any. Ownership: key.h.
 */
#include "http/key.h"

#include "http/uri.h"
#include "util/hash.h"

#include <assert.h>
#include <string.h>

#define KEY_VERSION 1
#define CLASS_BODY  1
#define CLASS_RULE  2
#define HEAD_SIZE   10
#define LENGTH_SIZE 4

static void store_number(char *to, uint64_t number, size_t size)
{
	for (size_t i = size; i > 0; i--) {
		to[i - 1] = (char)(number & 0xff);
		number >>= 8;
	}
}

static size_t load_length(struct slice s)
{
	size_t number = 0;

	assert(s.size >= LENGTH_SIZE);
	for (size_t i = 0; i < LENGTH_SIZE; i++)
		number = number << 8 | (unsigned char)s.data[i];
	return number;
}

/* What stands before the route. */
static enum rc append_head(const struct key_parts *parts, struct bytes *b)
{
	char head[HEAD_SIZE + LENGTH_SIZE] = { KEY_VERSION };

	head[1] = (char)((parts->method.size > 0 ? CLASS_BODY : 0) |
			 (parts->rule.size > 0 ? CLASS_RULE : 0));
	store_number(head + 2, parts->namespace_version, 8);
	store_number(head + HEAD_SIZE, parts->route.size, LENGTH_SIZE);
	return bytes_append(b, head, sizeof(head));
}

static enum rc append_counted(struct slice part, struct bytes *b)
{
	char length[LENGTH_SIZE];

	store_number(length, part.size, LENGTH_SIZE);
	TRY(bytes_append(b, length, sizeof(length)));
	return bytes_append_slice(b, part);
}

enum rc key_make(
	const struct key_parts *parts, uint64_t seed, struct bytes *buffer, struct key *ret)
{
	char length[LENGTH_SIZE] = { 0 };
	size_t start;

	bytes_clear(buffer);
	TRY(append_head(parts, buffer));
	TRY(bytes_append_slice(buffer, parts->route));
	TRY(bytes_append(buffer, length, sizeof(length))); /* filled in once it is known */
	start = buffer->size;
	TRY(target_canonical(parts->target, buffer));
	store_number(buffer->data + start - LENGTH_SIZE, buffer->size - start, LENGTH_SIZE);
	if (parts->method.size > 0) {
		TRY(append_counted(parts->method, buffer));
		TRY(append_counted(parts->digest, buffer));
	}
	if (parts->rule.size > 0)
		TRY(append_counted(parts->rule, buffer));

	ret->bytes = bytes_slice(buffer);
	ret->hash = hash_bytes(buffer->data, buffer->size, seed);
	return RC_OK;
}

struct slice key_target(struct key key)
{
	struct slice rest = slice_skip(key.bytes, HEAD_SIZE);

	rest = slice_skip(rest, LENGTH_SIZE + load_length(rest));
	return (struct slice){ rest.data + LENGTH_SIZE, load_length(rest) };
}

bool key_equal(struct key a, struct key b)
{
	return a.hash == b.hash && slice_equal(a.bytes, b.bytes);
}

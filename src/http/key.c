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

#define KEY_VERSION  1
#define CLASS_BODY   1
#define CLASS_RULE   2
#define CLASS_MARK   4
#define CLASS_TENANT 8
#define CLASSES      (CLASS_BODY | CLASS_RULE | CLASS_MARK | CLASS_TENANT)
#define HEAD_SIZE    10
#define LENGTH_SIZE  4

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

static bool eat_counted(struct slice *rest, struct slice *ret)
{
	size_t size;

	if (rest->size < LENGTH_SIZE)
		return false;
	size = load_length(*rest);
	*rest = slice_skip(*rest, LENGTH_SIZE);
	if (size > rest->size)
		return false;
	*ret = (struct slice){ rest->data, size };
	*rest = slice_skip(*rest, size);
	return true;
}

/* A part that makes the class is never empty. */
static bool eat_class(struct slice *rest, unsigned char class, struct key_parts *ret)
{
	if ((class & CLASS_BODY) && (!eat_counted(rest, &ret->method) || ret->method.size == 0 ||
					    !eat_counted(rest, &ret->digest)))
		return false;
	if ((class & CLASS_RULE) && (!eat_counted(rest, &ret->rule) || ret->rule.size == 0))
		return false;
	if ((class & CLASS_MARK) && (!eat_counted(rest, &ret->mark) || ret->mark.size == 0))
		return false;
	if ((class & CLASS_TENANT) && (!eat_counted(rest, &ret->tenant) || ret->tenant.size == 0))
		return false;
	return (class & ~CLASSES) == 0;
}

enum rc key_split(struct key key, struct key_parts *ret)
{
	struct slice rest = key.bytes;
	struct key_parts parts = { 0 };
	unsigned char class;

	if (rest.size < HEAD_SIZE || rest.data[0] != KEY_VERSION)
		return RC_INVALID;
	class = (unsigned char)rest.data[1];
	for (size_t i = 2; i < HEAD_SIZE; i++)
		parts.namespace_version =
			parts.namespace_version << 8 | (unsigned char)rest.data[i];
	rest = slice_skip(rest, HEAD_SIZE);
	if (!eat_counted(&rest, &parts.route) || !eat_counted(&rest, &parts.target) ||
		!eat_class(&rest, class, &parts) || rest.size > 0)
		return RC_INVALID;
	*ret = parts;
	return RC_OK;
}

/* What stands before the route. */
static enum rc append_head(const struct key_parts *parts, struct bytes *b)
{
	char head[HEAD_SIZE + LENGTH_SIZE] = { KEY_VERSION };

	head[1] = (char)((parts->method.size > 0 ? CLASS_BODY : 0) |
			 (parts->rule.size > 0 ? CLASS_RULE : 0) |
			 (parts->mark.size > 0 ? CLASS_MARK : 0) |
			 (parts->tenant.size > 0 ? CLASS_TENANT : 0));
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

/* What the class announces, in the order of its bits. */
static enum rc append_class(const struct key_parts *parts, struct bytes *b)
{
	if (parts->method.size > 0) {
		TRY(append_counted(parts->method, b));
		TRY(append_counted(parts->digest, b));
	}
	if (parts->rule.size > 0)
		TRY(append_counted(parts->rule, b));
	if (parts->mark.size > 0)
		TRY(append_counted(parts->mark, b));
	if (parts->tenant.size > 0)
		TRY(append_counted(parts->tenant, b));
	return RC_OK;
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
	TRY(append_class(parts, buffer));

	ret->bytes = bytes_slice(buffer);
	ret->hash = hash_bytes(buffer->data, buffer->size, seed);
	return RC_OK;
}

struct slice key_tenant(struct key key)
{
	struct key_parts parts;

	/* nobody's, as most are: no need to take it apart */
	if (key.bytes.size < HEAD_SIZE || !((unsigned char)key.bytes.data[1] & CLASS_TENANT) ||
		key_split(key, &parts) != RC_OK)
		return (struct slice){ 0 };
	return parts.tenant;
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

/* http/tags.c - the tags of a response: four fields, three ways to separate names.
 *
 * Distinct tags are few, so that each is compared to those before it. Threads, ownership: tags.h.
 */
#include "http/tags.h"

#include "http/cache_groups.h"

#include <string.h>

#define PACKED_HEAD 2

struct tags {
	struct slice *names; /* room for TAGS_MOST */
	size_t count;
	bool too_many;
};

static bool has(const struct tags *tags, struct slice name)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (slice_equal(tags->names[i], name))
			return true;
	}
	return false;
}

static void add(struct tags *tags, struct slice name)
{
	if (has(tags, name))
		return;
	if (tags->count == TAGS_MOST || name.size > TAG_SIZE_MOST)
		tags->too_many = true;
	else
		tags->names[tags->count++] = name;
}

/* The size of what stands before the first of the separators. */
static size_t name_size(struct slice s, const char *separators)
{
	size_t size = 0;

	while (size < s.size && (s.data[size] == '\0' || strchr(separators, s.data[size]) == NULL))
		size++;
	return size;
}

static void add_separated(struct tags *tags, struct slice rest, const char *separators)
{
	while (rest.size > 0 && !tags->too_many) {
		size_t size = name_size(rest, separators);
		struct slice name = slice_trim((struct slice){ rest.data, size });

		if (name.size > 0)
			add(tags, name);
		rest = slice_skip(rest, size + 1);
	}
}

#define SEPARATED 3
static const struct {
	struct slice name;
	const char *separators;
} fields[SEPARATED] = {
	{ { "surrogate-key", 13 }, " \t" },
	{ { "xkey", 4 }, " \t," },
	{ { "cache-tag", 9 }, "," },
};

static void add_fields(struct tags *tags, const struct headers *response)
{
	const struct field *at;

	for (size_t i = 0; i < SEPARATED; i++) {
		uint32_t from = 0;

		while ((at = headers_next_named(response, fields[i].name, &from)) != NULL)
			add_separated(tags, at->value, fields[i].separators);
	}
}

/* RFC 9651 2: a field that is no list of strings is ignored; one that is longer than we read is not. */
static void add_groups(struct tags *tags, const struct headers *response, struct arena *arena)
{
	struct slice combined = headers_combined(response, SLICE("cache-groups"), arena), *names;
	size_t count;
	enum rc rc;

	if (combined.data == NULL)
		return;
	rc = cache_groups_parse(combined, arena, &names, &count);
	tags->too_many |= rc == RC_TOO_LARGE;
	for (size_t i = 0; rc == RC_OK && i < count && !tags->too_many; i++)
		add(tags, names[i]);
}

size_t tags_of(
	const struct headers *response, struct arena *arena, struct slice **ret, bool *ret_too_many)
{
	struct tags tags = { .names = arena_alloc(arena, TAGS_MOST * sizeof(*tags.names)) };

	add_fields(&tags, response);
	add_groups(&tags, response, arena);
	*ret = tags.names;
	*ret_too_many = tags.too_many;
	return tags.count;
}

static bool is_void(struct slice value, const char *separators)
{
	while (value.size > 0) {
		size_t size = name_size(value, separators);

		if (slice_trim((struct slice){ value.data, size }).size > 0)
			return false;
		value = slice_skip(value, size + 1);
	}
	return true;
}

bool tags_unread(const struct headers *head, struct arena *arena)
{
	struct slice groups = headers_combined(head, SLICE("cache-groups"), arena), *names;
	size_t count;

	for (size_t i = 0; i < SEPARATED; i++) {
		struct slice value = headers_combined(head, fields[i].name, arena);

		if (value.data != NULL && is_void(value, fields[i].separators))
			return true;
	}
	return groups.data != NULL &&
	       (cache_groups_parse(groups, arena, &names, &count) != RC_OK || count == 0);
}

/* ---- packed ---- */

/* Cuts the first off *rest; false: it is not there as a whole. */
static bool unpack(struct slice *rest, struct slice *ret)
{
	size_t size;

	if (rest->size < PACKED_HEAD)
		return false;
	size = (size_t)(unsigned char)rest->data[0] | (size_t)(unsigned char)rest->data[1] << 8;
	if (size == 0 || size > TAG_SIZE_MOST || size > rest->size - PACKED_HEAD)
		return false;
	*ret = (struct slice){ rest->data + PACKED_HEAD, size };
	*rest = slice_skip(*rest, PACKED_HEAD + size);
	return true;
}

struct slice tags_packed(const struct slice *tags, size_t count, struct arena *arena)
{
	struct slice packed = { NULL, 0 };
	size_t room = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		room += PACKED_HEAD + tags[i].size;
	at = arena_alloc(arena, room + 1);
	packed.data = at;
	for (size_t i = 0; i < count; i++) {
		size_t size = tags[i].size;

		if (size == 0 || size > TAG_SIZE_MOST)
			continue;
		*at++ = (char)(size & 0xff);
		*at++ = (char)(size >> 8);
		memcpy(at, tags[i].data, size);
		at += size;
	}
	packed.size = (size_t)(at - packed.data);
	return packed;
}

bool tags_are_packed(struct slice packed)
{
	struct slice tag;

	while (packed.size > 0) {
		if (!unpack(&packed, &tag))
			return false;
	}
	return true;
}

size_t tags_of_stored(const struct headers *response, struct slice packed, struct arena *arena,
	struct slice **ret, bool *ret_too_many)
{
	struct tags tags = { .names = NULL };
	size_t given = packed.size / PACKED_HEAD; /* at most */
	struct slice tag, *of_fields;

	tags.count = tags_of(response, arena, &of_fields, ret_too_many);
	tags.names = arena_alloc(arena, (tags.count + given + 1) * sizeof(*tags.names));
	for (size_t i = 0; i < tags.count; i++)
		tags.names[i] = of_fields[i];
	while (unpack(&packed, &tag)) {
		if (!has(&tags, tag))
			tags.names[tags.count++] = tag;
	}
	*ret = tags.names;
	return tags.count;
}

bool tags_have(const struct headers *response, struct slice packed, struct slice tag)
{
	struct arena arena;
	struct tags tags = { 0 };
	bool found;

	arena_init(&arena);
	tags.count = tags_of_stored(response, packed, &arena, &tags.names, &tags.too_many);
	found = has(&tags, tag);
	arena_done(&arena);
	return found;
}

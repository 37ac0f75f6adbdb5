/* http/headers.c - the list of a message's header fields, and lists inside of their values.
 *
 * What it is not: the table of known fields (fields.c). The array grows inside of the arena: the
 * smaller ones are left there until the arena goes. Threads and ownership: headers.h.
 */
#include "http/headers.h"

#include <assert.h>
#include <string.h>

#define FIRST_CAPACITY 16

void headers_init(struct headers *h, struct arena *arena)
{
	*h = (struct headers){ .arena = arena };
}

static void grow(struct headers *h)
{
	uint32_t capacity = h->capacity > 0 ? h->capacity * 2 : FIRST_CAPACITY;
	struct field *fields;

	assert(h->arena != NULL); /* a stored object's list can't grow */
	fields = arena_alloc(h->arena, capacity * sizeof(*fields));
	if (h->count > 0)
		memcpy(fields, h->fields, h->count * sizeof(*fields));
	h->fields = fields;
	h->capacity = capacity;
}

static void add(struct headers *h, struct field field)
{
	if (h->count == h->capacity)
		grow(h);
	h->fields[h->count++] = field;
}

void headers_add(struct headers *h, struct slice name, struct slice value)
{
	add(h, (struct field){ name, value, field_lookup(name) });
}

void headers_add_copy(struct headers *h, struct slice name, struct slice value)
{
	headers_add(h, arena_copy(h->arena, name), arena_copy(h->arena, value));
}

void headers_add_known(struct headers *h, enum field_id id, struct slice value)
{
	assert(id != FIELD_OTHER);
	add(h, (struct field){ field_name(id), value, id });
}

const struct field *headers_next(const struct headers *h, enum field_id id, uint32_t *from)
{
	while (*from < h->count) {
		const struct field *at = &h->fields[(*from)++];

		if (at->id == id)
			return at;
	}
	return NULL;
}

const struct field *headers_next_named(const struct headers *h, struct slice name, uint32_t *from)
{
	enum field_id id = field_lookup(name);
	const struct field *at;

	while ((at = headers_next(h, id, from)) != NULL) {
		if (id != FIELD_OTHER || slice_equal_nocase(at->name, name))
			return at;
	}
	return NULL;
}

struct slice headers_get(const struct headers *h, enum field_id id)
{
	uint32_t from = 0;
	const struct field *at = headers_next(h, id, &from);

	return at != NULL ? at->value : (struct slice){ NULL, 0 };
}

struct slice field_bearer(struct slice authorization)
{
	struct slice scheme = slice_cut(&authorization, ' ');

	if (!slice_equal_nocase(scheme, SLICE("Bearer")) || authorization.data == NULL)
		return (struct slice){ NULL, 0 };
	return slice_trim(authorization);
}

bool headers_has(const struct headers *h, enum field_id id)
{
	uint32_t from = 0;

	return headers_next(h, id, &from) != NULL;
}

size_t headers_count_of(const struct headers *h, enum field_id id)
{
	uint32_t from = 0;
	size_t count = 0;

	while (headers_next(h, id, &from) != NULL)
		count++;
	return count;
}

static size_t combined_size(const struct headers *h, struct slice name, size_t *ret_count)
{
	const struct field *at;
	uint32_t from = 0;
	size_t size = 0;

	*ret_count = 0;
	while ((at = headers_next_named(h, name, &from)) != NULL) {
		size += at->value.size + 2;
		(*ret_count)++;
	}
	return size;
}

static char *put(char *to, struct slice text)
{
	if (text.size > 0)
		memcpy(to, text.data, text.size);
	return to + text.size;
}

struct slice headers_combined(const struct headers *h, struct slice name, struct arena *arena)
{
	const struct field *at;
	uint32_t from = 0;
	size_t count;
	size_t size = combined_size(h, name, &count);
	char *text, *end;

	if (count == 0)
		return (struct slice){ NULL, 0 };
	if (count == 1)
		return headers_next_named(h, name, &from)->value;
	text = end = arena_alloc(arena, size);
	while ((at = headers_next_named(h, name, &from)) != NULL) {
		if (end != text)
			end = put(end, SLICE(", "));
		end = put(end, at->value);
	}
	*end = '\0';
	return (struct slice){ text, (size_t)(end - text) };
}

bool headers_lists(const struct headers *h, enum field_id id, struct slice member)
{
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(h, id, &from)) != NULL) {
		struct slice rest = at->value, found;

		while (list_next(&rest, &found)) {
			if (slice_equal_nocase(found, member))
				return true;
		}
	}
	return false;
}

bool headers_connection_names(const struct headers *h, struct slice name)
{
	return headers_lists(h, FIELD_CONNECTION, name);
}

size_t headers_size(const struct headers *h)
{
	size_t size = 0;

	HEADERS_EACH(at, h)
		size += at->name.size + at->value.size + 4; /* ": " and CR LF */
	return size;
}

/* Length of the member at the start of s, up to a comma that isn't inside of a quoted string. A
 * string without an end reaches to the end of s. */
static size_t member_size(struct slice s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.size; i++) {
		if (quoted && s.data[i] == '\\')
			i++; /* quoted-pair (RFC 9110 5.6.4) */
		else if (s.data[i] == '"')
			quoted = !quoted;
		else if (s.data[i] == ',' && !quoted)
			return i;
	}
	return s.size;
}

bool list_next(struct slice *rest, struct slice *ret_member)
{
	while (rest->size > 0) {
		size_t size = member_size(*rest);
		struct slice member = slice_trim((struct slice){ rest->data, size });

		*rest = slice_skip(*rest, size + 1);
		if (member.size > 0) {
			*ret_member = member;
			return true;
		}
	}
	return false;
}

/* http/structured.c - Structured Fields: items, lists and dictionaries (RFC 9651 4.2).
 *
 * What it is not: the grammar of bare items (bare.c). Arrays grow inside of the arena by doubling.
 * Threads: any, each with its own arena. Ownership: structured.h.
 */
#include "http/structured.h"

#include "bare.h"

#include <string.h>

#define MOST_MEMBERS    1024
#define MOST_INNER      256
#define MOST_PARAMETERS 256

struct reader {
	struct slice rest;
	struct arena *arena;
};

static bool at_char(const struct reader *r, char c)
{
	return r->rest.size > 0 && r->rest.data[0] == c;
}

static bool eat_char(struct reader *r, char c)
{
	if (!at_char(r, c))
		return false;
	r->rest = slice_skip(r->rest, 1);
	return true;
}

static void eat_spaces(struct reader *r)
{
	while (eat_char(r, ' '))
		;
}

static void eat_blanks(struct reader *r)
{
	while (eat_char(r, ' ') || eat_char(r, '\t'))
		;
}

/* An array with room for one more than count: a new one whenever count is a power of two. */
static void *room_for_one(struct arena *arena, void *items, size_t count, size_t size)
{
	void *more;

	if ((count & (count - 1)) != 0)
		return items;
	more = arena_alloc(arena, (count > 0 ? 2 * count : 1) * size);
	if (count > 0)
		memcpy(more, items, count * size);
	return more;
}

static bool is_key_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || c == '*')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.');
}

/* RFC 9651 4.2.3.3 */
static enum rc read_key(struct reader *r, struct slice *ret)
{
	size_t size = 0;

	while (size < r->rest.size && is_key_char(r->rest.data[size], size == 0))
		size++;
	if (size == 0)
		return RC_INVALID;
	*ret = arena_copy(r->arena, (struct slice){ r->rest.data, size });
	r->rest = slice_skip(r->rest, size);
	return RC_OK;
}

const struct sf_bare *sf_parameter_find(const struct sf_parameters *p, struct slice key)
{
	for (size_t i = 0; i < p->count; i++) {
		if (slice_equal(p->items[i].key, key))
			return &p->items[i].value;
	}
	return NULL;
}

static enum rc set_parameter(
	struct reader *r, struct sf_parameters *p, const struct sf_parameter *parameter)
{
	struct sf_bare *old = (struct sf_bare *)sf_parameter_find(p, parameter->key);

	if (old != NULL) {
		*old = parameter->value;
		return RC_OK;
	}
	if (p->count == MOST_PARAMETERS)
		return RC_TOO_LARGE;
	p->items = room_for_one(r->arena, p->items, p->count, sizeof(*p->items));
	p->items[p->count++] = *parameter;
	return RC_OK;
}

/* RFC 9651 4.2.3.2 */
static enum rc read_parameters(struct reader *r, struct sf_parameters *ret)
{
	*ret = (struct sf_parameters){ 0 };
	while (eat_char(r, ';')) {
		struct sf_parameter parameter = { .value = { .kind = SF_BOOLEAN, .number = 1 } };

		eat_spaces(r);
		TRY(read_key(r, &parameter.key));
		if (eat_char(r, '='))
			TRY(bare_read(&r->rest, r->arena, &parameter.value));
		TRY(set_parameter(r, ret, &parameter));
	}
	return RC_OK;
}

/* RFC 9651 4.2.3 */
static enum rc read_item(struct reader *r, struct sf_item *ret)
{
	TRY(bare_read(&r->rest, r->arena, &ret->bare));
	return read_parameters(r, &ret->parameters);
}

/* RFC 9651 4.2.1.2, behind the "(" */
static enum rc read_inner_list(struct reader *r, struct sf_member *ret)
{
	ret->is_inner_list = true;
	for (;;) {
		eat_spaces(r);
		if (eat_char(r, ')'))
			return read_parameters(r, &ret->item.parameters);
		if (ret->inner_count == MOST_INNER)
			return RC_TOO_LARGE;
		ret->inner =
			room_for_one(r->arena, ret->inner, ret->inner_count, sizeof(*ret->inner));
		TRY(read_item(r, &ret->inner[ret->inner_count++]));
		if (!at_char(r, ' ') && !at_char(r, ')'))
			return RC_INVALID;
	}
}

/* RFC 9651 4.2.1.1 */
static enum rc read_member(struct reader *r, struct sf_member *ret)
{
	return eat_char(r, '(') ? read_inner_list(r, ret) : read_item(r, &ret->item);
}

/* RFC 9651 4.2.2, steps 2.1 to 2.3 */
static enum rc read_entry(struct reader *r, struct sf_member *ret)
{
	TRY(read_key(r, &ret->key));
	if (eat_char(r, '='))
		return read_member(r, ret);
	ret->item.bare = (struct sf_bare){ .kind = SF_BOOLEAN, .number = 1 };
	return read_parameters(r, &ret->item.parameters);
}

/* What stands between two members; *ret_more false: the field has ended. */
static enum rc read_comma(struct reader *r, bool *ret_more)
{
	eat_blanks(r);
	*ret_more = r->rest.size > 0;
	if (!*ret_more)
		return RC_OK;
	if (!eat_char(r, ','))
		return RC_INVALID;
	eat_blanks(r);
	return r->rest.size > 0 ? RC_OK : RC_INVALID;
}

const struct sf_member *sf_member_find(const struct sf_members *m, struct slice key)
{
	for (size_t i = 0; i < m->count; i++) {
		if (slice_equal(m->items[i].key, key))
			return &m->items[i];
	}
	return NULL;
}

static enum rc add_member(struct reader *r, struct sf_members *m, const struct sf_member *member)
{
	struct sf_member *old = NULL;

	if (member->key.size > 0) /* those of lists have none */
		old = (struct sf_member *)sf_member_find(m, member->key);
	if (old != NULL) {
		*old = *member;
		return RC_OK;
	}
	if (m->count == MOST_MEMBERS)
		return RC_TOO_LARGE;
	m->items = room_for_one(r->arena, m->items, m->count, sizeof(*m->items));
	m->items[m->count++] = *member;
	return RC_OK;
}

static enum rc read_members(struct slice text, struct arena *arena,
	enum rc (*read)(struct reader *, struct sf_member *), struct sf_members *ret)
{
	struct reader r = { .rest = text, .arena = arena };
	struct sf_members members = { 0 };
	bool more;

	eat_spaces(&r);
	for (more = r.rest.size > 0; more;) {
		struct sf_member member = { .is_inner_list = false };

		TRY(read(&r, &member));
		TRY(add_member(&r, &members, &member));
		TRY(read_comma(&r, &more));
	}
	*ret = members;
	return RC_OK;
}

enum rc sf_parse_list(struct slice text, struct arena *arena, struct sf_members *ret)
{
	return read_members(text, arena, read_member, ret);
}

enum rc sf_parse_dictionary(struct slice text, struct arena *arena, struct sf_members *ret)
{
	return read_members(text, arena, read_entry, ret);
}

enum rc sf_parse_item(struct slice text, struct arena *arena, struct sf_item *ret)
{
	struct reader r = { .rest = text, .arena = arena };
	struct sf_item item;

	eat_spaces(&r);
	TRY(read_item(&r, &item));
	eat_spaces(&r);
	if (r.rest.size > 0)
		return RC_INVALID;
	*ret = item;
	return RC_OK;
}

static size_t escapes(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == '"' || text.data[i] == '\\';
	return count;
}

/* RFC 9651 4.1.6 */
enum rc sf_append_string(struct bytes *b, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return RC_INVALID;
	}
	if (text.size + escapes(text) + 2 > b->limit - b->size)
		return RC_TOO_LARGE;
	TRY(bytes_append_char(b, '"'));
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			TRY(bytes_append_char(b, '\\'));
		TRY(bytes_append_char(b, text.data[i]));
	}
	return bytes_append_char(b, '"');
}

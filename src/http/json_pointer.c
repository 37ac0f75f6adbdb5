/* http/json_pointer.c - JSON Pointer.
 *
 * jansson says whether the document is JSON and reads strings; but it makes numbers of numbers, and what was
 * written can't be had from those. So the value is looked for in the text, by steps that may rely on it to
 * be JSON. Threads, ownership: json_pointer.h.
 */
#include "http/json_pointer.h"

#include <jansson.h>
#include <string.h>

/* As an integer that fits none of ours is JSON all the same, and so is U+0000. */
#define FLAGS (JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL)

/* ---- the document; valid, so that no step looks for its end ---- */

static struct slice skip_blanks(struct slice s)
{
	while (s.size > 0 && strchr(" \t\r\n", s.data[0]) != NULL)
		s = slice_skip(s, 1);
	return s;
}

/* s begins with its quote. */
static size_t string_size(struct slice s)
{
	size_t size = 1;

	while (s.data[size] != '"')
		size += s.data[size] == '\\' ? 2 : 1;
	return size + 1;
}

static size_t scalar_size(struct slice s)
{
	size_t size = 0;

	while (size < s.size && strchr(",]} \t\r\n", s.data[size]) == NULL)
		size++;
	return size;
}

static size_t nested_size(struct slice s)
{
	size_t size = 0, depth = 0;

	do {
		char c = s.data[size];

		if (c == '"') {
			size += string_size(slice_skip(s, size));
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		size++;
	} while (depth > 0);
	return size;
}

/* Takes the value at the start of *rest, and the blanks behind it. */
static struct slice eat_value(struct slice *rest)
{
	struct slice value = *rest;

	if (value.data[0] == '"')
		value.size = string_size(value);
	else if (value.data[0] == '{' || value.data[0] == '[')
		value.size = nested_size(value);
	else
		value.size = scalar_size(value);
	*rest = skip_blanks(slice_skip(*rest, value.size));
	return value;
}

static struct slice skip_mark(struct slice s)
{
	return skip_blanks(slice_skip(s, 1));
}

/* ---- the pointer ---- */

/* RFC 6901 3: tokens with "/" in front; "~" only as "~0" or "~1". */
static bool pointer_valid(struct slice pointer)
{
	if (pointer.size > 0 && pointer.data[0] != '/')
		return false;
	for (size_t i = 0; i < pointer.size; i++) {
		if (pointer.data[i] == '~' &&
			(++i == pointer.size || (pointer.data[i] != '0' && pointer.data[i] != '1')))
			return false;
	}
	return true;
}

/* RFC 6901 4: the token with "~1" and "~0" undone is that name. */
static bool token_is(struct slice token, struct slice name)
{
	size_t at = 0;

	for (size_t i = 0; i < token.size; i++, at++) {
		char c = token.data[i];

		if (c == '~')
			c = token.data[++i] == '1' ? '/' : '~';
		if (at >= name.size || name.data[at] != c)
			return false;
	}
	return at == name.size;
}

/* RFC 6901 4: no zeros in front; "-" is behind the last. */
static bool token_index(struct slice token, uint64_t *ret)
{
	return slice_to_u64(token, ret) && (token.size == 1 || token.data[0] != '0');
}

/* ---- both ---- */

/* quoted: a string of the document. */
static bool names(struct slice token, struct slice quoted)
{
	json_t *name = json_loadb(quoted.data, quoted.size, FLAGS, NULL);
	bool same = token_is(
		token, (struct slice){ json_string_value(name), json_string_length(name) });

	json_decref(name);
	return same;
}

/* RFC 8259 4 leaves open which of two equal names counts: the last, as for most who read JSON. */
static enum rc find_member(struct slice object, struct slice token, struct slice *ret)
{
	struct slice rest = skip_mark(object);
	enum rc rc = RC_ABSENT;

	while (rest.data[0] != '}') {
		struct slice name = eat_value(&rest), value;

		rest = skip_mark(rest);
		value = eat_value(&rest);
		if (names(token, name)) {
			*ret = value;
			rc = RC_OK;
		}
		if (rest.data[0] == ',')
			rest = skip_mark(rest);
	}
	return rc;
}

static enum rc find_element(struct slice array, struct slice token, struct slice *ret)
{
	struct slice rest = skip_mark(array);
	uint64_t index;

	if (!token_index(token, &index))
		return RC_ABSENT;
	for (uint64_t i = 0; rest.data[0] != ']'; i++) {
		struct slice value = eat_value(&rest);

		if (i == index) {
			*ret = value;
			return RC_OK;
		}
		if (rest.data[0] == ',')
			rest = skip_mark(rest);
	}
	return RC_ABSENT;
}

static enum rc find(struct slice document, struct slice pointer, struct slice *ret)
{
	struct slice rest = skip_blanks(document), value = eat_value(&rest);

	(void)slice_cut(&pointer, '/'); /* the "" in front of the first */
	while (pointer.data != NULL) {
		struct slice token = slice_cut(&pointer, '/');

		if (value.data[0] == '{')
			TRY(find_member(value, token, &value));
		else if (value.data[0] == '[')
			TRY(find_element(value, token, &value));
		else
			return RC_ABSENT;
	}
	*ret = value;
	return RC_OK;
}

static bool document_valid(struct slice document)
{
	json_t *root = json_loadb(document.data, document.size, FLAGS, NULL);
	bool valid = root != NULL;

	json_decref(root);
	return valid;
}

static enum rc append_string(struct slice quoted, struct bytes *ret)
{
	json_t *string = json_loadb(quoted.data, quoted.size, FLAGS, NULL);
	enum rc rc = bytes_append(ret, json_string_value(string), json_string_length(string));

	json_decref(string);
	return rc;
}

enum rc json_pointer_text(struct slice document, struct slice pointer, struct bytes *ret)
{
	struct slice value;

	if (!pointer_valid(pointer) || !document_valid(document))
		return RC_INVALID;
	TRY(find(document, pointer, &value));
	switch (value.data[0]) {
	case '{':
	case '[':
		return RC_UNSUPPORTED;
	case 'n':
		return RC_ABSENT;
	case '"':
		return append_string(value, ret);
	default:
		return bytes_append_slice(ret, value);
	}
}

/* http/json_canonical.c - JSON texts that mean the same, as the same bytes.
 *
 * jansson makes numbers of numbers, so a look at the text comes first: what would not be written as it was
 * read is refused. Threads, ownership: json_canonical.h.
 */
#include "http/json_canonical.h"

#include "util/bytes.h"

#include <jansson.h>

#define MOST_DEPTH  64
#define MOST_DIGITS 18
#define GROWTH      6 /* one byte as \u00XX */

/* s begins with its quote; it may lack the other. */
static size_t string_size(struct slice s)
{
	size_t size = 1;

	while (size < s.size && s.data[size] != '"')
		size += s.data[size] == '\\' ? 2 : 1;
	return size < s.size ? size + 1 : s.size;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Eats an integer; false: there is more to the number, or it is too long to be the same for all. */
static bool eat_integer(struct slice *rest)
{
	bool negative = rest->data[0] == '-';
	struct slice digits = slice_skip(*rest, negative ? 1 : 0);
	size_t size = 0;

	while (size < digits.size && is_digit(digits.data[size]))
		size++;
	*rest = slice_skip(digits, size);
	if (size == 0 || size > MOST_DIGITS || (negative && digits.data[0] == '0'))
		return false;
	return rest->size == 0 || (rest->data[0] != '.' && (rest->data[0] | 0x20) != 'e');
}

static bool is_plain(struct slice rest)
{
	size_t depth = 0;

	while (rest.size > 0) {
		char c = rest.data[0];

		if (c == '-' || is_digit(c)) {
			if (!eat_integer(&rest))
				return false;
			continue;
		}
		if ((c == '[' || c == '{') && ++depth > MOST_DEPTH)
			return false;
		if ((c == ']' || c == '}') && depth > 0)
			depth--;
		rest = slice_skip(rest, c == '"' ? string_size(rest) : 1);
	}
	return true;
}

static int write_piece(const char *piece, size_t size, void *arg)
{
	return bytes_append(arg, piece, size) == RC_OK ? 0 : -1;
}

enum rc json_canonical(struct slice text, struct arena *arena, struct slice *ret)
{
	struct bytes written;
	json_t *value;
	bool whole;

	if (!is_plain(text))
		return RC_INVALID;
	value = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	if (value == NULL)
		return RC_INVALID;
	bytes_init(&written, GROWTH * text.size);
	whole = json_dump_callback(value, write_piece, &written,
			JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) == 0;
	json_decref(value);
	if (whole)
		*ret = arena_copy(arena, bytes_slice(&written));
	bytes_done(&written);
	return whole ? RC_OK : RC_INVALID;
}

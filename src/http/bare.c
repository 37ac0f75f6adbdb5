/* http/bare.c - bare items of Structured Fields, by the algorithms of RFC 9651 4.2.4 to 4.2.10.
 *
 * Byte sequences: "=" at the end may be left out altogether, but not be wrong in number; pad bits
 * that aren't zero are taken (4.2.7 asks for both). Display strings must be UTF-8 (RFC 3629): no
 * overlong forms, no surrogates. Threads: any. Ownership: texts lie in the arena.
 */
#include "bare.h"

#include "http/headers.h"
#include "util/octets.h"

#define INTEGER_DIGITS  15
#define WHOLE_DIGITS    12 /* of a decimal */
#define FRACTION_DIGITS 3

static bool eat_char(struct slice *rest, char c)
{
	if (rest->size == 0 || rest->data[0] != c)
		return false;
	*rest = slice_skip(*rest, 1);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

/* VCHAR or SP */
static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* ---- numbers ---- */

/* Takes all digits off the front of *rest: at least one and at most `most`. */
static enum rc eat_digits(struct slice *rest, size_t most, size_t *ret_count, int64_t *ret)
{
	int64_t value = 0;
	size_t count = 0;

	while (count < rest->size && is_digit(rest->data[count])) {
		if (count == most)
			return RC_INVALID;
		value = value * 10 + (rest->data[count++] - '0');
	}
	if (count == 0)
		return RC_INVALID;
	*rest = slice_skip(*rest, count);
	*ret_count = count;
	*ret = value;
	return RC_OK;
}

/* RFC 9651 4.2.4 */
static enum rc read_number(struct slice *rest, struct sf_bare *ret)
{
	bool negative = eat_char(rest, '-');
	int64_t value, fraction;
	size_t count;

	TRY(eat_digits(rest, INTEGER_DIGITS, &count, &value));
	ret->kind = SF_INTEGER;
	if (eat_char(rest, '.')) {
		if (count > WHOLE_DIGITS)
			return RC_INVALID;
		TRY(eat_digits(rest, FRACTION_DIGITS, &count, &fraction));
		for (; count < FRACTION_DIGITS; count++)
			fraction *= 10;
		ret->kind = SF_DECIMAL;
		value = value * 1000 + fraction;
	}
	ret->number = negative ? -value : value;
	return RC_OK;
}

/* RFC 9651 4.2.9 */
static enum rc read_date(struct slice *rest, struct sf_bare *ret)
{
	*rest = slice_skip(*rest, 1);
	TRY(read_number(rest, ret));
	if (ret->kind == SF_DECIMAL)
		return RC_INVALID;
	ret->kind = SF_DATE;
	return RC_OK;
}

/* RFC 9651 4.2.8 */
static enum rc read_boolean(struct slice *rest, struct sf_bare *ret)
{
	*rest = slice_skip(*rest, 1);
	ret->kind = SF_BOOLEAN;
	ret->number = eat_char(rest, '1');
	return ret->number == 1 || eat_char(rest, '0') ? RC_OK : RC_INVALID;
}

/* ---- strings and tokens ---- */

/* The length of a quoted string's inside; s begins behind its first quote. */
static enum rc inside_size(struct slice s, size_t *ret)
{
	for (size_t i = 0; i < s.size && is_printable(s.data[i]); i++) {
		if (s.data[i] == '"') {
			*ret = i;
			return RC_OK;
		}
		if (s.data[i] != '\\')
			continue;
		i++;
		if (i == s.size || (s.data[i] != '"' && s.data[i] != '\\'))
			return RC_INVALID;
	}
	return RC_INVALID;
}

/* RFC 9651 4.2.5 */
static enum rc read_string(struct slice *rest, struct arena *arena, struct sf_bare *ret)
{
	struct slice s = slice_skip(*rest, 1);
	size_t size, used = 0;
	char *text;

	TRY(inside_size(s, &size));
	text = arena_alloc(arena, size + 1);
	for (size_t i = 0; i < size; i++) {
		i += s.data[i] == '\\';
		text[used++] = s.data[i];
	}
	text[used] = '\0';
	*ret = (struct sf_bare){ .kind = SF_STRING, .text = { text, used } };
	*rest = slice_skip(s, size + 1);
	return RC_OK;
}

static bool is_token_char(char c)
{
	return c == ':' || c == '/' || field_name_valid((struct slice){ &c, 1 });
}

size_t bare_token_size(struct slice s)
{
	size_t size = 0;

	if (s.size == 0 || (!is_alpha(s.data[0]) && s.data[0] != '*'))
		return 0;
	while (size < s.size && is_token_char(s.data[size]))
		size++;
	return size;
}

/* RFC 9651 4.2.6 */
static enum rc read_token(struct slice *rest, struct arena *arena, struct sf_bare *ret)
{
	struct slice token = { rest->data, bare_token_size(*rest) };

	if (token.size == 0)
		return RC_INVALID;
	*ret = (struct sf_bare){ .kind = SF_TOKEN, .text = arena_copy(arena, token) };
	*rest = slice_skip(*rest, token.size);
	return RC_OK;
}

/* ---- display strings ---- */

/* Lower case only. */
static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes "%xx"; to has room for all of s. */
static enum rc decode_percent(struct slice s, char *to, size_t *ret_size)
{
	size_t size = 0;

	for (size_t i = 0; i < s.size; i++) {
		if (!is_printable(s.data[i]))
			return RC_INVALID;
		if (s.data[i] != '%') {
			to[size++] = s.data[i];
			continue;
		}
		if (s.size - i < 3 || hex_value(s.data[i + 1]) < 0 || hex_value(s.data[i + 2]) < 0)
			return RC_INVALID;
		to[size++] = (char)(hex_value(s.data[i + 1]) * 16 + hex_value(s.data[i + 2]));
		i += 2;
	}
	*ret_size = size;
	return RC_OK;
}

/* RFC 9651 4.2.10 */
static enum rc read_display(struct slice *rest, struct arena *arena, struct sf_bare *ret)
{
	struct slice s = slice_skip(*rest, 1), inside;
	ptrdiff_t end;
	size_t size;
	char *text;

	if (!eat_char(&s, '"'))
		return RC_INVALID;
	end = slice_find(s, '"');
	if (end < 0)
		return RC_INVALID;
	inside = (struct slice){ s.data, (size_t)end };
	text = arena_alloc(arena, inside.size + 1);
	TRY(decode_percent(inside, text, &size));
	text[size] = '\0';
	if (!octets_are_utf8((struct slice){ text, size }))
		return RC_INVALID;
	*ret = (struct sf_bare){ .kind = SF_DISPLAY, .text = { text, size } };
	*rest = slice_skip(s, inside.size + 1);
	return RC_OK;
}

/* ---- byte sequences ---- */

static int base64_value(char c)
{
	if (is_digit(c))
		return c - '0' + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	if (!is_alpha(c))
		return -1;
	return c >= 'a' ? c - 'a' + 26 : c - 'A';
}

/* Takes the padding off. */
static enum rc unpad(struct slice *s)
{
	size_t pads = 0;

	while (s->size > 0 && s->data[s->size - 1] == '=') {
		s->size--;
		pads++;
	}
	if (s->size % 4 == 1 || pads > 2 || (pads > 0 && (s->size + pads) % 4 != 0))
		return RC_INVALID;
	return RC_OK;
}

/* RFC 9651 4.2.7 */
static enum rc read_binary(struct slice *rest, struct arena *arena, struct sf_bare *ret)
{
	struct slice s = slice_skip(*rest, 1), inside;
	ptrdiff_t end = slice_find(s, ':');
	uint32_t bits = 0;
	size_t size = 0;
	char *data;

	if (end < 0)
		return RC_INVALID;
	inside = (struct slice){ s.data, (size_t)end };
	TRY(unpad(&inside));
	data = arena_alloc(arena, inside.size + 1);
	for (size_t i = 0; i < inside.size; i++) {
		int value = base64_value(inside.data[i]);

		if (value < 0)
			return RC_INVALID;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0) /* 6, 12, 18, 24 bits: the first alone makes no byte */
			data[size++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	data[size] = '\0';
	*ret = (struct sf_bare){ .kind = SF_BINARY, .text = { data, size } };
	*rest = slice_skip(s, (size_t)end + 1);
	return RC_OK;
}

enum rc bare_read(struct slice *rest, struct arena *arena, struct sf_bare *ret)
{
	*ret = (struct sf_bare){ .kind = SF_INTEGER };
	if (rest->size == 0)
		return RC_INVALID;
	switch (rest->data[0]) {
	case '"':
		return read_string(rest, arena, ret);
	case ':':
		return read_binary(rest, arena, ret);
	case '?':
		return read_boolean(rest, ret);
	case '@':
		return read_date(rest, ret);
	case '%':
		return read_display(rest, arena, ret);
	default:
		break;
	}
	if (rest->data[0] == '-' || is_digit(rest->data[0]))
		return read_number(rest, ret);
	return read_token(rest, arena, ret);
}

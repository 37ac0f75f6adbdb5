/* util/slice.c - pieces of borrowed text. */
#include "util/slice.h"

#include <string.h>
#include <strings.h>

struct slice slice_of(const char *text)
{
	return (struct slice){ text, text != NULL ? strlen(text) : 0 };
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
	return a.size == b.size && (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.size >= prefix.size &&
	       (prefix.size == 0 || memcmp(s.data, prefix.data, prefix.size) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.size > 0 && is_blank(s.data[0])) {
		s.data++;
		s.size--;
	}
	while (s.size > 0 && is_blank(s.data[s.size - 1]))
		s.size--;
	return s;
}

ptrdiff_t slice_find(struct slice s, char c)
{
	const char *at = s.size > 0 ? memchr(s.data, c, s.size) : NULL;

	return at != NULL ? at - s.data : -1;
}

struct slice slice_skip(struct slice s, size_t count)
{
	if (count > s.size)
		count = s.size;
	return (struct slice){ s.data + count, s.size - count };
}

struct slice slice_cut(struct slice *rest, char separator)
{
	struct slice part = *rest;
	ptrdiff_t at = slice_find(*rest, separator);

	if (at < 0) {
		*rest = (struct slice){ NULL, 0 };
		return part;
	}
	part.size = (size_t)at;
	*rest = slice_skip(*rest, part.size + 1);
	return part;
}

bool slice_to_u64(struct slice s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s.size == 0)
		return false;
	for (size_t i = 0; i < s.size; i++) {
		unsigned digit = (unsigned)(s.data[i] - '0');

		if (s.data[i] < '0' || digit > 9)
			return false;
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

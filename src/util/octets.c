/* util/octets.c - percent-encoded octets, hex digits, and UTF-8.
 *
 * What it is not: a decoder of text; whether '+' is a blank is for those to know who read forms.
 * Threads: any.
 */
#include "util/octets.h"

/* Value of a hex digit in lower case, or -1. */
static int lower_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The same in either case. */
static int hex_value(char c)
{
	return lower_hex_value(c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c);
}

int octets_decode(struct slice s)
{
	int high, low;

	if (s.size < 3 || s.data[0] != '%')
		return -1;
	high = hex_value(s.data[1]);
	low = hex_value(s.data[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool octets_from_hex(struct slice text, char *ret)
{
	if (text.size % 2 != 0)
		return false;
	for (size_t i = 0; i < text.size; i += 2) {
		int high = lower_hex_value(text.data[i]), low = lower_hex_value(text.data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i / 2] = (char)(high << 4 | low);
	}
	return true;
}

/* RFC 3986 2.3 */
static bool is_unreserved(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

enum rc octets_append(struct bytes *b, int octet)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[3] = { '%', digits[octet / 16], digits[octet % 16] };

	return is_unreserved(octet) ? bytes_append_char(b, (char)octet) : bytes_append(b, text, 3);
}

/* How many bytes the character at the start of s takes; 0: it is not UTF-8. */
static size_t utf8_size(struct slice s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s.data[0];
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t point = first & (0xffU >> (size + 1));

	if (first < 0x80)
		return 1;
	if (first < 0xc0 || first > 0xf7 || s.size < size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		unsigned char next = (unsigned char)s.data[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (next & 0x3f);
	}
	if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return size;
}

bool octets_are_utf8(struct slice s)
{
	while (s.size > 0) {
		size_t size = utf8_size(s);

		if (size == 0)
			return false;
		s = slice_skip(s, size);
	}
	return true;
}

struct slice octets_decoded(struct slice text, struct arena *arena)
{
	char *to = arena_alloc(arena, text.size + 1);
	size_t size = 0;

	while (text.size > 0) {
		int octet = octets_decode(text);

		to[size++] = octet < 0 ? text.data[0] : (char)octet;
		text = slice_skip(text, octet < 0 ? 1 : 3);
	}
	to[size] = '\0';
	return (struct slice){ to, size };
}

/* util/base64.c - octets as base64 (RFC 4648 4), and back. */
#include "util/base64.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define PADDING '='

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three octets as four characters. */
static void encode_group(const unsigned char *from, size_t count, char *to)
{
	unsigned bits = (unsigned)from[0] << 16;

	if (count > 1)
		bits |= (unsigned)from[1] << 8;
	if (count > 2)
		bits |= from[2];
	to[0] = alphabet[bits >> 18];
	to[1] = alphabet[bits >> 12 & 63];
	to[2] = count > 1 ? alphabet[bits >> 6 & 63] : PADDING;
	to[3] = count > 2 ? alphabet[bits & 63] : PADDING;
}

size_t base64_encode(struct slice data, char *ret)
{
	const unsigned char *from = (const unsigned char *)data.data;
	char *to = ret;

	for (size_t left = data.size; left > 0; to += 4) {
		size_t count = left < 3 ? left : 3;

		encode_group(from, count, to);
		from += count;
		left -= count;
	}
	return (size_t)(to - ret);
}

enum rc base64_append(struct bytes *b, struct slice data)
{
	size_t size = base64_size(data.size);
	char *text;
	enum rc rc;

	if (size > b->limit - b->size)
		return RC_TOO_LARGE;
	text = xalloc(size + 1);
	rc = bytes_append(b, text, base64_encode(data, text));
	free(text);
	return rc;
}

/* -1: none of the alphabet. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Four characters, of which the last ones may be padding: the octets, or 0. */
static size_t decode_group(const char *from, bool is_last, char *to)
{
	size_t padded = 0;
	unsigned bits = 0;

	if (is_last && from[3] == PADDING)
		padded = from[2] == PADDING ? 2 : 1;
	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padded ? value_of(from[i]) : 0;

		if (value < 0)
			return 0;
		bits = bits << 6 | (unsigned)value;
	}
	if ((padded == 1 && (bits & 0xff) != 0) || (padded == 2 && (bits & 0xffff) != 0))
		return 0;
	to[0] = (char)(bits >> 16);
	if (padded < 2)
		to[1] = (char)(bits >> 8 & 0xff);
	if (padded < 1)
		to[2] = (char)(bits & 0xff);
	return 3 - padded;
}

enum rc base64_decode(struct slice text, char *ret, size_t *ret_size)
{
	char *to = ret;

	if (text.size % 4 != 0)
		return RC_INVALID;
	for (size_t at = 0; at < text.size; at += 4) {
		size_t count = decode_group(text.data + at, at + 4 == text.size, to);

		if (count == 0)
			return RC_INVALID;
		to += count;
	}
	*ret_size = (size_t)(to - ret);
	return RC_OK;
}

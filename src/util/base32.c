/* util/base32.c - octets as base32 (RFC 4648 6), and back. */
#include "util/base32.h"

#include <string.h>

#define PADDING '='
#define GROUP   8 /* characters, of 5 octets */

size_t base32_encode(struct slice data, char *ret)
{
	static const char alphabet[33] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const unsigned char *from = (const unsigned char *)data.data;
	unsigned bits = 0, count = 0;
	char *to = ret;

	for (size_t i = 0; i < data.size; i++) {
		bits = (bits << 8 | from[i]) & 0xfff;
		for (count += 8; count >= 5; count -= 5)
			*to++ = alphabet[bits >> (count - 5) & 31];
	}
	if (count > 0)
		*to++ = alphabet[bits << (5 - count) & 31];
	while ((to - ret) % GROUP != 0)
		*to++ = PADDING;
	return (size_t)(to - ret);
}

/* -1: none of the alphabet. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static struct slice without_padding(struct slice text)
{
	if (text.size % GROUP == 0) {
		for (unsigned i = 0; i < 6 && text.size > 0 && text.data[text.size - 1] == PADDING;
			i++)
			text.size--;
	}
	return text;
}

enum rc base32_decode(struct slice text, char *ret, size_t *ret_size)
{
	unsigned bits = 0, count = 0;
	size_t size = 0;

	text = without_padding(text);
	for (size_t i = 0; i < text.size; i++) {
		int value = value_of(text.data[i]);

		if (value < 0)
			return RC_INVALID;
		bits = (bits << 5 | (unsigned)value) & 0xfff;
		count += 5;
		if (count >= 8) {
			count -= 8;
			ret[size++] = (char)(bits >> count & 0xff);
		}
	}
	if (count >= 5 || (bits & ((1U << count) - 1)) != 0)
		return RC_INVALID;
	*ret_size = size;
	return RC_OK;
}

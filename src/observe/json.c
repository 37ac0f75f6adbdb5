/* json.c - escaping of JSON strings, and what is valid UTF-8 (RFC 3629 4).
 *
 * Stateless. A byte that can't begin or go on with a character is replaced on its own, so that one
 * bad byte never swallows the good ones behind it.
 */
#include "observe/json.h"

#include <stdio.h>
#include <string.h>

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

size_t json_plain_prefix(struct slice text)
{
	size_t n = 0;

	while (n < text.size && is_plain((unsigned char)text.data[n]))
		n++;
	return n;
}

/* The second byte's range is narrower after four lead bytes: no overlong forms, no surrogates,
 * nothing above U+10FFFF. */
static bool is_second(unsigned char lead, unsigned char c)
{
	switch (lead) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	default:
		return c >= 0x80 && c <= 0xbf;
	}
}

static size_t sequence_size(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* Size of the multi-byte character that text begins with; 0: it is none. */
static size_t utf8_size(struct slice text)
{
	const unsigned char *at = (const unsigned char *)text.data;
	size_t size = sequence_size(at[0]);

	if (size == 0 || size > text.size || !is_second(at[0], at[1]))
		return 0;
	for (size_t i = 2; i < size; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return size;
}

static const char *short_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static size_t escape_ascii(unsigned char c, char *out)
{
	const char *text = short_escape(c);
	char hex[JSON_ESCAPE_MOST + 1];

	if (is_plain(c)) {
		out[0] = (char)c;
		return 1;
	}
	if (text != NULL) {
		memcpy(out, text, 2);
		return 2;
	}
	snprintf(hex, sizeof(hex), "\\u%04x", c);
	memcpy(out, hex, JSON_ESCAPE_MOST);
	return JSON_ESCAPE_MOST;
}

size_t json_escape_next(struct slice *text, char out[static JSON_ESCAPE_MOST])
{
	unsigned char first = (unsigned char)text->data[0];
	size_t size;

	if (first < 0x80) {
		*text = slice_skip(*text, 1);
		return escape_ascii(first, out);
	}
	size = utf8_size(*text);
	if (size == 0) {
		*text = slice_skip(*text, 1);
		memcpy(out, "\\ufffd", JSON_ESCAPE_MOST);
		return JSON_ESCAPE_MOST;
	}
	memcpy(out, text->data, size);
	*text = slice_skip(*text, size);
	return size;
}

enum rc json_append_string(struct bytes *b, struct slice text)
{
	char escaped[JSON_ESCAPE_MOST];

	TRY(bytes_append_char(b, '"'));
	while (text.size > 0) {
		size_t plain = json_plain_prefix(text);

		TRY(bytes_append(b, text.data, plain));
		text = slice_skip(text, plain);
		if (text.size > 0)
			TRY(bytes_append(b, escaped, json_escape_next(&text, escaped)));
	}
	return bytes_append_char(b, '"');
}

/* http/chunked.c - undoing the chunked transfer coding. See http/chunked.h. */
#include "http/chunked.h"

#include <string.h>

#define MOST_DIGITS 15 /* no sum of such sizes overflows */

/* The next line without its end, which is CRLF and nothing else. */
static enum rc take_line(struct slice *rest, struct slice *ret)
{
	ptrdiff_t end = slice_find(*rest, '\n');

	if (end < 0)
		return RC_TRUNCATED;
	if (end == 0 || rest->data[end - 1] != '\r')
		return RC_INVALID;
	*ret = (struct slice){ rest->data, (size_t)end - 1 };
	*rest = slice_skip(*rest, (size_t)end + 1);
	return RC_OK;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* chunk-size [ chunk-ext ] */
static enum rc parse_size(struct slice line, size_t *ret)
{
	struct slice digits = slice_trim(slice_cut(&line, ';'));
	size_t size = 0;

	if (digits.size == 0 || digits.size > MOST_DIGITS)
		return RC_INVALID;
	for (size_t i = 0; i < digits.size; i++) {
		int digit = digit_of(digits.data[i]);

		if (digit < 0)
			return RC_INVALID;
		size = size << 4 | (size_t)digit;
	}
	*ret = size;
	return RC_OK;
}

static enum rc take_size(struct slice *rest, size_t *ret)
{
	struct slice line;

	TRY(take_line(rest, &line));
	return parse_size(line, ret);
}

static enum rc take_trailer(struct slice *rest)
{
	struct slice line;

	do
		TRY(take_line(rest, &line));
	while (line.size > 0);
	return rest->size == 0 ? RC_OK : RC_INVALID;
}

enum rc chunked_decode(char *data, size_t size, size_t *ret_size)
{
	struct slice rest = { data, size }, line;
	size_t content = 0;

	for (;;) {
		size_t chunk;

		TRY(take_size(&rest, &chunk));
		if (chunk == 0)
			break;
		if (chunk >= rest.size)
			return RC_TRUNCATED;
		memmove(data + content, rest.data, chunk);
		content += chunk;
		rest = slice_skip(rest, chunk);
		TRY(take_line(&rest, &line));
		if (line.size > 0)
			return RC_INVALID;
	}
	TRY(take_trailer(&rest));
	*ret_size = content;
	return RC_OK;
}

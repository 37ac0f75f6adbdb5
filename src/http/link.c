/* http/link.c - Link values, walked from target to target (RFC 8288 3).
 *
 * Commas and brackets in quoted strings are none (RFC 9110 5.6.4). Threads, ownership: link.h.
 */
#include "http/link.h"

static bool is_between(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

/* Behind the quoted string that begins at `at`. */
static size_t skip_quoted(struct slice value, size_t at)
{
	for (at++; at < value.size && value.data[at] != '"'; at++) {
		if (value.data[at] == '\\')
			at++;
	}
	return at + 1;
}

/* At the comma that ends the link whose parameters begin at `at`, or at the end. */
static size_t skip_parameters(struct slice value, size_t at)
{
	while (at < value.size && value.data[at] != ',')
		at = value.data[at] == '"' ? skip_quoted(value, at) : at + 1;
	return at;
}

bool link_next(struct slice value, size_t *at, struct slice *ret_target)
{
	size_t from = *at;

	while (from < value.size) {
		struct slice rest;
		ptrdiff_t end;

		while (from < value.size && is_between(value.data[from]))
			from++;
		rest = slice_skip(value, from + 1);
		if (from >= value.size)
			break;
		if (value.data[from] != '<') { /* no link: up to the next */
			from = skip_parameters(value, from);
			continue;
		}
		end = slice_find(rest, '>');
		if (end < 0)
			break;
		*ret_target = (struct slice){ rest.data, (size_t)end };
		*at = skip_parameters(value, from + (size_t)end + 2);
		return true;
	}
	return false;
}

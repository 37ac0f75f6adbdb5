/* cli/terminal/terminal.c - size and colours of a terminal; text that is safe there. Threads: terminal.h. */
#include "terminal.h"

#include "util/octets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_COLUMNS 80
#define USUAL_LINES   24

/* ---- the terminal ---- */

static int number_of(const FILE *file)
{
	return fileno((FILE *)(uintptr_t)file);
}

bool terminal_is(const FILE *file)
{
	return isatty(number_of(file)) == 1;
}

bool terminal_has_colour(const FILE *file)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	return terminal_is(file) && (no == NULL || no[0] == '\0') && kind != NULL &&
	       strcmp(kind, "dumb") != 0;
}

/* One of a serial line doesn't know its size: 0. */
static struct winsize size_of(const FILE *file)
{
	struct winsize size = { 0 };

	if (ioctl(number_of(file), TIOCGWINSZ, &size) != 0)
		size = (struct winsize){ 0 };
	if (size.ws_col == 0)
		size.ws_col = USUAL_COLUMNS;
	if (size.ws_row == 0)
		size.ws_row = USUAL_LINES;
	return size;
}

size_t terminal_columns(const FILE *file)
{
	return terminal_is(file) ? size_of(file).ws_col : 0;
}

size_t terminal_lines(const FILE *file)
{
	return terminal_is(file) ? size_of(file).ws_row : 0;
}

/* ---- letters ---- */

/* The octets of the letter that text begins with; 1 and *ret -1: it is no UTF-8. */
static size_t letter(struct slice text, int32_t *ret)
{
	unsigned char first = (unsigned char)text.data[0];
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*ret = -1;
	if (size > text.size || !octets_are_utf8((struct slice){ text.data, size }))
		return 1;
	*ret = size == 1 ? first : first & (0xff >> (size + 1));
	for (size_t i = 1; i < size; i++)
		*ret = *ret << 6 | (text.data[i] & 0x3f);
	return size;
}

struct span {
	int32_t first;
	int32_t last;
};

static bool is_within(const struct span *spans, size_t count, int32_t c)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= spans[i].first && c <= spans[i].last)
			return true;
	}
	return false;
}

/* What does something instead of being seen: controls, directions of writing, line and paragraph ends, and those
 * that nobody can see (Unicode 15, general categories Cc, Cf, Zl, Zp in part). */
static bool is_command(int32_t c)
{
	static const struct span spans[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x61c, 0x61c }, { 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff } };

	return is_within(spans, sizeof(spans) / sizeof(spans[0]), c);
}

static bool combines(int32_t c)
{
	static const struct span spans[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd },
		{ 0x64b, 0x65f }, { 0x93c, 0x93c }, { 0x94d, 0x94d }, { 0xe31, 0xe31 },
		{ 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
		{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };

	return is_within(spans, sizeof(spans) / sizeof(spans[0]), c);
}

/* Unicode's East Asian Width W and F, in blocks. */
static bool is_wide(int32_t c)
{
	static const struct span spans[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd } };

	return is_within(spans, sizeof(spans) / sizeof(spans[0]), c);
}

/* ---- text ---- */

void terminal_append(struct bytes *to, struct slice text)
{
	while (text.size > 0) {
		int32_t c;
		size_t size = letter(text, &c);

		if (c >= 0 && !is_command(c))
			(void)!bytes_append(to, text.data, size);
		else if (c < 0x80)
			(void)!bytes_format(to, "\\x%02x", (unsigned char)text.data[0]);
		else
			(void)!bytes_format(to, "\\u{%x}", (unsigned)c);
		text = slice_skip(text, size);
	}
}

struct slice terminal_cut(struct slice text, size_t columns)
{
	struct slice rest = text;
	size_t used = 0;

	while (rest.size > 0) {
		int32_t c;
		size_t size = letter(rest, &c);

		used += combines(c) ? 0 : is_wide(c) ? 2 : 1;
		if (used > columns)
			break;
		rest = slice_skip(rest, size);
	}
	return (struct slice){ text.data, text.size - rest.size };
}

size_t terminal_width(struct slice text)
{
	size_t used = 0;

	while (text.size > 0) {
		int32_t c;
		size_t size = letter(text, &c);

		used += combines(c) ? 0 : is_wide(c) ? 2 : 1;
		text = slice_skip(text, size);
	}
	return used;
}

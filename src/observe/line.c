/* line.c - one JSON line in a buffer of fixed size.
 *
 * The buffer is the caller's, as a rule on its stack. Not for several threads at once.
 */
#include "line.h"

#include "observe/json.h"
#include "util/moment.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CUT_MARK "..."

void line_init(struct line *l, char *buffer, size_t capacity)
{
	*l = (struct line){ .data = buffer, .capacity = capacity };
}

static void append(struct line *l, const char *data, size_t size)
{
	assert(size <= l->capacity - l->size);
	if (size > 0)
		memcpy(l->data + l->size, data, size);
	l->size += size;
}

void line_raw(struct line *l, const char *text)
{
	append(l, text, strlen(text));
}

void line_number(struct line *l, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	line_raw(l, text);
}

void line_open(struct line *l, size_t budget)
{
	line_raw(l, "\"");
	l->stop = l->size + budget;
	l->cut = false;
}

/* Whole or not at all: an escape is never cut in two. */
static bool append_within(struct line *l, const char *data, size_t size)
{
	if (size > l->stop - l->size) {
		l->cut = true;
		return false;
	}
	append(l, data, size);
	return true;
}

void line_text(struct line *l, struct slice text)
{
	char escaped[JSON_ESCAPE_MOST];

	while (text.size > 0 && !l->cut) {
		size_t plain = json_plain_prefix(text);

		if (plain > l->stop - l->size) {
			append(l, text.data, l->stop - l->size);
			l->cut = true;
			return;
		}
		append(l, text.data, plain);
		text = slice_skip(text, plain);
		if (text.size > 0)
			append_within(l, escaped, json_escape_next(&text, escaped));
	}
}

void line_close(struct line *l)
{
	line_raw(l, l->cut ? CUT_MARK "\"" : "\"");
}

void line_string(struct line *l, struct slice text, size_t budget)
{
	line_open(l, budget);
	line_text(l, text);
	line_close(l);
}

void line_time(struct line *l, int64_t wall_ms)
{
	char text[MOMENT_TEXT];

	line_raw(l, "\"");
	line_raw(l, moment_write(wall_ms, text));
	line_raw(l, "\"");
}

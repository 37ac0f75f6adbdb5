/* line.c - one JSON line in a buffer of fixed size.
 *
 * The buffer is the caller's, as a rule on its stack. Not for several threads at once.
 */
#include "line.h"

#include "observe/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
	time_t seconds = (time_t)(wall_ms / 1000);
	char text[64];
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL) {
		line_raw(l, "null");
		return;
	}
	snprintf(text, sizeof(text), "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		(int)(wall_ms % 1000));
	line_raw(l, text);
}

/* line.h - one JSON line in a buffer of fixed size: no allocation, no failure.
 *
 * What is too long is cut, never the line's end: raw text is ours and short, strings take a budget.
 * The sum of the budgets must stay below the capacity (an assert sees to it).
 */
#pragma once

#include "util/slice.h"

struct line {
	char *data;
	size_t capacity;
	size_t size;
	size_t stop; /* of the open string */
	bool cut;
};

void line_init(struct line *l, char *buffer, size_t capacity);

/* As it is: for keys and punctuation. */
void line_raw(struct line *l, const char *text);
void line_number(struct line *l, int64_t value);

/* A string: its pieces are escaped, and end with "..." where they exceed budget bytes. */
void line_open(struct line *l, size_t budget);
void line_text(struct line *l, struct slice text);
void line_close(struct line *l);

/* open, text, close. */
void line_string(struct line *l, struct slice text, size_t budget);

/* "2026-01-31T23:59:59.123Z" with its quotes (RFC 3339). */
void line_time(struct line *l, int64_t wall_ms);

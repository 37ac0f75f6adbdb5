/* policy_rows.h - what the policy tests' tables are written in: fields as text, times as dates.
 *
 * A row's fields are "name: value" lines; NULL is none. Each test program has one arena, emptied
 * for each row by rows_begin(). All rows happen around one moment, NOW.
 */
#pragma once

#include "http/headers.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Sun, 06 Nov 1994 08:49:37 GMT: the RFC's own example. */
#define NOW       784111777000LL
#define DATE_NOW  "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_1H   "Sun, 06 Nov 1994 07:49:37 GMT" /* an hour before */
#define DATE_10H  "Sat, 05 Nov 1994 22:49:37 GMT"
#define DATE_NEXT "Sun, 06 Nov 1994 09:49:37 GMT" /* an hour later */
#define HOUR      3600000LL

#define ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static struct arena row_arena;

static inline void rows_begin(void)
{
	arena_done(&row_arena);
	arena_init(&row_arena);
}

static inline struct headers row_headers(const char *text)
{
	struct slice rest = slice_of(text);
	struct headers h;

	headers_init(&h, &row_arena);
	while (rest.size > 0) {
		struct slice value = slice_cut(&rest, '\n');
		struct slice name = slice_cut(&value, ':');

		headers_add_copy(&h, name, slice_trim(value));
	}
	return h;
}

/* The other way: lines, the last without a line feed. */
static inline const char *row_text(const struct headers *h)
{
	struct slice text = SLICE("");

	HEADERS_EACH(at, h)
		text = arena_format(&row_arena, "%s%s" SLICE_FORMAT ": " SLICE_FORMAT, text.data,
			text.size > 0 ? "\n" : "", SLICE_ARGS(at->name), SLICE_ARGS(at->value));
	return text.data;
}

static inline int rows_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_done(&row_arena);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

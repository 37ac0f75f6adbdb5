/* cli/client/pages.h - lists of the admin API that come in pages, from the first to as far as is wanted.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "client.h"
#include "view.h"

#define PAGES_USUAL 100 /* rows of a table, where nobody said how many */

struct pages {
	const char *path;          /* with its filters, without limit and cursor */
	const char *const *values; /* of the command */
	size_t limit; /* items that are shown; 0: 100 in a table, all of them with --json */
	const struct view *view;
	bool (*wanted)(const void *arg, const json_t *item); /* NULL: all are */
	const void *arg;
};

/* A table, heading first, or with --json an object a line. Tells on standard error that there is more where nobody
 * said how many. The exit code. */
int pages_print(struct client *client, const struct pages *pages);

/* Calls take() with each item until it says false or there are no more. */
int pages_each(
	struct client *client, const char *path, bool (*take)(void *arg, json_t *item), void *arg);

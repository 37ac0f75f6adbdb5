/* cli/client/view.h - what the admin API says, for people: JSON as tables and as lines of facts, by rows that say how.
 *
 *	static const struct view_row rows[] = { { "SIZE", "size", VIEW_SIZE }, { "P99", "latency.p99_us", VIEW_US } };
 *	view_print(&VIEW(rows), json_object_get(answer, "items"), stdout);
 *
 * What isn't there is shown as "-". Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "terminal/table.h"

#include <jansson.h>

enum view_kind {
	VIEW_TEXT,
	VIEW_LIST,  /* of texts, or an object's members as name=value: one behind the other */
	VIEW_STATE, /* a word, in its colour */
	VIEW_RARE,  /* text; where no object of a table has any, there is no column */
	VIEW_COUNT, /* from here on: numbers, on the right */
	VIEW_SIZE,  /* bytes */
	VIEW_S,     /* durations */
	VIEW_MS,
	VIEW_US,
	VIEW_SHARE, /* 0 to 1, in percent */
	VIEW_NUMBER /* with a fraction */
};

struct view_row {
	const char *heading;
	const char *member; /* "latency.p99_us": of the member `latency` */
	enum view_kind kind;
	bool gives; /* table_column */
};

struct view {
	const struct view_row *rows;
	size_t count;
};

#define VIEW(rows) ((const struct view){ (rows), sizeof(rows) / sizeof((rows)[0]) })

/* A list of objects as a table. */
void view_print(const struct view *view, const json_t *items, FILE *to);
void view_write(const struct view *view, const json_t *items, const struct table_form *form,
	struct bytes *to);

/* An object as a line a fact; those that aren't there are left out. */
void view_facts(const struct view *view, const json_t *object, FILE *to);

/* The member that a path with dots leads to, or NULL. */
json_t *view_member(const json_t *object, const char *path);

/* Appends one value, as it is read in a cell. */
void view_value(enum view_kind kind, const json_t *value, struct bytes *to);

/* A member that is text; data NULL: it isn't. */
struct slice view_text(const json_t *object, const char *path);
/* A member that is a number; 0: it isn't. */
int64_t view_number(const json_t *object, const char *path);

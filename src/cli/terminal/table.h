/* cli/terminal/table.h - columns of text for people.
 *
 *	STATE  STATUS     SIZE  TARGET
 *	fresh     200   5.0KiB  /rest/search?query=malaria&for…
 *
 * As wide as what stands in them; on a terminal that is narrower, those that give are cut. Cells are foreign text: they
 * are made safe (terminal.h). Numbers stand on the right.
 *
 * Threads: one. Ownership: cells are copied; table_free().
 */
#pragma once

#include "util/bytes.h"
#include "util/scope.h"

#include <stdio.h>

enum table_side { TABLE_LEFT, TABLE_RIGHT };
enum table_colour { TABLE_PLAIN, TABLE_GOOD, TABLE_WARN, TABLE_BAD, TABLE_DIM };

struct table_column {
	const char *heading;
	enum table_side side;
	bool gives; /* is cut where there is no room */
};

struct table;

/* columns is borrowed. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);
SCOPE_DEFINE(table, table_free)

/* The next cell, row by row. */
void table_add(struct table *table, struct slice text, enum table_colour colour);

size_t table_rows(const struct table *table);

struct table_form {
	size_t columns; /* of the terminal; 0: any number */
	size_t lines;   /* at most so many, heading included; 0: all */
	bool colour;
};

/* Appends heading and rows; what doesn't fit the buffer is left out. */
void table_write(const struct table *table, const struct table_form *form, struct bytes *to);

/* The same, to a file in the form that it takes. */
void table_print(const struct table *table, FILE *to);

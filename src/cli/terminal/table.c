/* cli/terminal/table.c - lays out columns. Threads and ownership: table.h. */
#include "table.h"

#include "terminal.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define GAP       "  "
#define CUT_MARK  "\xe2\x80\xa6" /* an ellipsis */
#define LEAST     8              /* columns of one that gives */
#define MOST_CELL ((size_t)1 << 20)
#define MOST_TEXT ((size_t)1 << 30)
#define MOST_SIDE 24 /* columns of a table */

struct cell {
	char *text; /* safe */
	size_t width;
	enum table_colour colour;
};

struct table {
	const struct table_column *columns;
	size_t count;
	struct cell *cells;
	size_t used;
	size_t room;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = xalloc(sizeof(*table));

	table->columns = columns;
	table->count = count < MOST_SIDE ? count : MOST_SIDE;
	return table;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->used; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

void table_add(struct table *table, struct slice text, enum table_colour colour)
{
	struct cell *cell;
	struct bytes safe;

	if (table->used == table->room) {
		table->room = table->room > 0 ? 2 * table->room : 256;
		table->cells = xgrow(table->cells, table->room, sizeof(*table->cells));
	}
	bytes_init(&safe, MOST_CELL);
	terminal_append(&safe, text);
	cell = &table->cells[table->used++];
	cell->colour = colour;
	cell->width = terminal_width(bytes_slice(&safe));
	cell->text = safe.size > 0 ? bytes_take(&safe) : xcopy("", 0);
}

size_t table_rows(const struct table *table)
{
	return table->used / table->count;
}

/* ---- widths ---- */

static size_t sum_of(const struct table *table, const size_t *widths)
{
	size_t sum = strlen(GAP) * (table->count - 1);

	for (size_t i = 0; i < table->count; i++)
		sum += widths[i];
	return sum;
}

/* Takes what is too much from those that give, the widest first. */
static void narrow(const struct table *table, size_t columns, size_t *widths)
{
	while (sum_of(table, widths) > columns) {
		size_t widest = table->count;

		for (size_t i = 0; i < table->count; i++) {
			if (table->columns[i].gives && widths[i] > LEAST &&
				(widest == table->count || widths[i] >= widths[widest]))
				widest = i;
		}
		if (widest == table->count)
			return;
		widths[widest]--;
	}
}

static void measure(const struct table *table, const struct table_form *form, size_t *widths)
{
	for (size_t i = 0; i < table->count; i++)
		widths[i] = strlen(table->columns[i].heading);
	for (size_t i = 0; i < table->used; i++) {
		size_t *width = &widths[i % table->count];

		if (table->cells[i].width > *width)
			*width = table->cells[i].width;
	}
	if (form->columns > 0)
		narrow(table, form->columns, widths);
}

/* ---- lines ---- */

static const char *code_of(enum table_colour colour)
{
	static const char *const codes[] = {
		[TABLE_PLAIN] = "",
		[TABLE_GOOD] = "\033[32m",
		[TABLE_WARN] = "\033[33m",
		[TABLE_BAD] = "\033[31m",
		[TABLE_DIM] = "\033[2m",
	};

	return codes[colour];
}

static void append(struct bytes *to, struct slice text)
{
	(void)!bytes_append_slice(to, text);
}

static void pad(struct bytes *to, size_t columns)
{
	while (columns-- > 0)
		(void)!bytes_append_char(to, ' ');
}

struct writing {
	const struct table *table;
	const struct table_form *form;
	size_t widths[MOST_SIDE];
	struct bytes *to;
};

/* Without the blanks at the end of a line. */
static void write_cell(const struct writing *w, size_t column, const struct cell *cell)
{
	size_t width = w->widths[column], used = cell->width;
	struct slice text = slice_of(cell->text);
	bool is_cut = used > width, is_last = column + 1 == w->table->count;
	bool is_right = w->table->columns[column].side == TABLE_RIGHT;
	const char *code = w->form->colour ? code_of(cell->colour) : "";

	if (is_cut) {
		text = terminal_cut(text, width > 0 ? width - 1 : 0);
		used = terminal_width(text) + 1;
	}
	pad(w->to, is_right ? width - used : 0);
	append(w->to, slice_of(code));
	append(w->to, text);
	if (is_cut)
		append(w->to, slice_of(CUT_MARK));
	append(w->to, slice_of(code[0] != '\0' ? "\033[0m" : ""));
	if (!is_last)
		pad(w->to, (is_right ? 0 : width - used) + strlen(GAP));
}

static void write_heading(const struct writing *w)
{
	append(w->to, slice_of(w->form->colour ? "\033[1m" : ""));
	for (size_t i = 0; i < w->table->count; i++) {
		const struct cell cell = {
			.text = (char *)(uintptr_t)w->table->columns[i].heading,
			.width = strlen(w->table->columns[i].heading),
		};

		write_cell(w, i, &cell);
	}
	append(w->to, slice_of(w->form->colour ? "\033[0m\n" : "\n"));
}

void table_write(const struct table *table, const struct table_form *form, struct bytes *to)
{
	struct writing w = { .table = table, .form = form, .to = to };
	size_t rows = table_rows(table);

	measure(table, form, w.widths);
	write_heading(&w);
	if (form->lines > 0 && rows > form->lines - 1)
		rows = form->lines - 1;
	for (size_t i = 0; i < rows * table->count; i++) {
		write_cell(&w, i % table->count, &table->cells[i]);
		if ((i + 1) % table->count == 0)
			append(to, SLICE("\n"));
	}
}

void table_print(const struct table *table, FILE *to)
{
	const struct table_form form = { .columns = terminal_columns(to),
		.colour = terminal_has_colour(to) };
	struct bytes text;

	bytes_init(&text, MOST_TEXT);
	table_write(table, &form, &text);
	if (text.size > 0)
		fwrite(text.data, 1, text.size, to);
	bytes_done(&text);
}

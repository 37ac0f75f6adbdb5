/* cli/client/view.c - JSON as tables and facts. Threads and ownership: view.h. */
#include "view.h"

#include "terminal/terminal.h"

#include "util/alloc.h"
#include "util/readable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_VALUE ((size_t)1 << 20)

/* ---- members ---- */

json_t *view_member(const json_t *object, const char *path)
{
	size_t size = strcspn(path, ".");
	json_t *member = json_object_getn(object, path, size);

	return path[size] == '.' ? view_member(member, path + size + 1) : member;
}

static struct slice text_of(const json_t *value)
{
	if (!json_is_string(value))
		return (struct slice){ NULL, 0 };
	return (struct slice){ json_string_value(value), json_string_length(value) };
}

struct slice view_text(const json_t *object, const char *path)
{
	return text_of(view_member(object, path));
}

int64_t view_number(const json_t *object, const char *path)
{
	const json_t *value = view_member(object, path);

	return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

/* ---- values ---- */

static void append_us(double us, struct bytes *to)
{
	char text[READABLE_TEXT];

	if (us < 1000)
		(void)!bytes_format(to, "%.0fus", us);
	else if (us < 1000000)
		(void)!bytes_format(to, us < 10000 ? "%.1fms" : "%.0fms", us / 1000);
	else
		(void)!bytes_append_slice(
			to, slice_of(readable_duration((int64_t)(us / 1000), text)));
}

static void append_number(enum view_kind kind, double number, struct bytes *to)
{
	char text[READABLE_TEXT];

	if (kind == VIEW_SIZE)
		(void)!bytes_append_slice(
			to, slice_of(readable_size(number > 0 ? (uint64_t)number : 0, text)));
	else if (kind == VIEW_MS || kind == VIEW_S)
		(void)!bytes_append_slice(
			to, slice_of(readable_duration(
				    (int64_t)(kind == VIEW_S ? number * 1000 : number), text)));
	else if (kind == VIEW_US)
		append_us(number, to);
	else if (kind == VIEW_SHARE)
		(void)!bytes_format(to, "%.1f%%", 100 * number);
	else if (kind == VIEW_NUMBER)
		(void)!bytes_format(to, "%.6g", number);
	else
		(void)!bytes_format(to, "%.0f", number);
}

static void append_plain(const json_t *value, struct bytes *to)
{
	if (json_is_string(value))
		(void)!bytes_append_slice(to, text_of(value));
	else if (json_is_integer(value))
		(void)!bytes_format(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		append_number(VIEW_NUMBER, json_real_value(value), to);
	else if (json_is_boolean(value))
		(void)!bytes_append_slice(to, slice_of(json_is_true(value) ? "yes" : "no"));
}

static void append_list(const json_t *value, struct bytes *to)
{
	const char *name;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
	{
		if (i > 0)
			(void)!bytes_append_slice(to, SLICE(", "));
		append_plain(member, to);
	}
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		if (to->size > 0)
			(void)!bytes_append_char(to, ' ');
		(void)!bytes_format(to, "%s=", name);
		append_plain(member, to);
	}
}

void view_value(enum view_kind kind, const json_t *value, struct bytes *to)
{
	size_t before = to->size;

	if (json_is_number(value) && kind > VIEW_COUNT)
		append_number(kind, json_number_value(value), to);
	else if (json_is_array(value) || json_is_object(value))
		append_list(value, to);
	else
		append_plain(value, to);
	if (to->size == before)
		(void)!bytes_append_char(to, '-');
}

/* ---- tables ---- */

static enum table_colour colour_of(enum view_kind kind, struct slice text)
{
	static const struct {
		const char *word;
		enum table_colour colour;
	} words[] = {
		{ "fresh", TABLE_GOOD },
		{ "stale", TABLE_WARN },
		{ "expired", TABLE_DIM },
		{ "purged", TABLE_DIM },
		{ "closed", TABLE_GOOD }, /* of a breaker: requests go */
		{ "half-open", TABLE_WARN },
		{ "open", TABLE_BAD },
	};

	for (size_t i = 0; kind == VIEW_STATE && i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_equal(text, slice_of(words[i].word)))
			return words[i].colour;
	}
	return TABLE_PLAIN;
}

static void add_row(const struct view *view, const json_t *item, struct table *table)
{
	for (size_t i = 0; i < view->count; i++) {
		struct bytes text;

		bytes_init(&text, MOST_VALUE);
		view_value(view->rows[i].kind, view_member(item, view->rows[i].member), &text);
		table_add(table, bytes_slice(&text),
			colour_of(view->rows[i].kind, bytes_slice(&text)));
		bytes_done(&text);
	}
}

static bool has_any(const struct view_row *row, const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (view_text(item, row->member).size > 0)
			return true;
	}
	return false;
}

/* The rows of a view that these items have: from malloc. */
static struct view_row *rows_of(const struct view *view, const json_t *items, size_t *ret_count)
{
	struct view_row *rows = xalloc(view->count * sizeof(*rows));

	*ret_count = 0;
	for (size_t i = 0; i < view->count; i++) {
		if (view->rows[i].kind != VIEW_RARE || has_any(&view->rows[i], items))
			rows[(*ret_count)++] = view->rows[i];
	}
	return rows;
}

static struct table_column *columns_of(const struct view *view)
{
	struct table_column *columns = xalloc(view->count * sizeof(*columns));

	for (size_t i = 0; i < view->count; i++)
		columns[i] = (struct table_column){
			.heading = view->rows[i].heading,
			.side = view->rows[i].kind >= VIEW_COUNT ? TABLE_RIGHT : TABLE_LEFT,
			.gives = view->rows[i].gives,
		};
	return columns;
}

/* A table, and what it borrows. */
struct drawn {
	struct view_row *rows;
	struct table_column *columns;
	struct table *table;
};

static void draw(const struct view *view, const json_t *items, struct drawn *ret)
{
	struct view shown;
	json_t *item;
	size_t i;

	ret->rows = rows_of(view, items, &shown.count);
	shown.rows = ret->rows;
	ret->columns = columns_of(&shown);
	ret->table = table_new(ret->columns, shown.count);
	json_array_foreach(items, i, item) add_row(&shown, item, ret->table);
}

static void drawn_done(struct drawn *drawn)
{
	table_free(drawn->table);
	free(drawn->columns);
	free(drawn->rows);
}

void view_write(const struct view *view, const json_t *items, const struct table_form *form,
	struct bytes *to)
{
	struct drawn drawn;

	draw(view, items, &drawn);
	table_write(drawn.table, form, to);
	drawn_done(&drawn);
}

void view_print(const struct view *view, const json_t *items, FILE *to)
{
	struct drawn drawn;

	draw(view, items, &drawn);
	table_print(drawn.table, to);
	drawn_done(&drawn);
}

/* ---- facts ---- */

static void print_fact(const struct view_row *row, const json_t *value, int width, FILE *to)
{
	struct bytes text, safe;

	bytes_init(&text, MOST_VALUE);
	bytes_init(&safe, 8 * MOST_VALUE);
	view_value(row->kind, value, &text);
	terminal_append(&safe, bytes_slice(&text));
	fprintf(to, "%-*s  %s\n", width, row->heading, safe.size > 0 ? safe.data : "-");
	bytes_done(&text);
	bytes_done(&safe);
}

void view_facts(const struct view *view, const json_t *object, FILE *to)
{
	int width = 0;

	for (size_t i = 0; i < view->count; i++) {
		if (view_member(object, view->rows[i].member) != NULL &&
			(int)strlen(view->rows[i].heading) > width)
			width = (int)strlen(view->rows[i].heading);
	}
	for (size_t i = 0; i < view->count; i++) {
		const json_t *value = view_member(object, view->rows[i].member);

		if (value != NULL)
			print_fact(&view->rows[i], value, width, to);
	}
}

/* cli/purge/purge_values.c - the values of a purge, from the command line, a file or standard input. Threads and ownership:
 * purge.h. */
#include "purge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Scopes that are all there is to say. */
static bool takes_value(const char *scope)
{
	static const char *const without[] = { "all", "negative", "stale" };

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		if (strcmp(scope, without[i]) == 0)
			return false;
	}
	return true;
}

static int add(struct purge_order *order, struct slice value)
{
	json_t *item = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "scope", order->scope,
		"mode", order->mode, "route", order->route, "tenant", order->tenant, "at",
		order->at, "every", order->every);
	json_t *text = value.data != NULL ? json_stringn(value.data, value.size) : NULL;

	if (item == NULL || (value.data != NULL && text == NULL)) {
		json_decref(item);
		json_decref(text);
		fprintf(stderr, "larder purge: a value isn't UTF-8\n");
		return EXIT_USAGE;
	}
	if (text != NULL)
		json_object_set_new(item, "value", text);
	json_array_append_new(order->items, item);
	return EXIT_DONE;
}

static int add_words(struct purge_order *order, const char *words)
{
	struct slice rest = slice_of(words);
	int code = EXIT_DONE;

	while (code == EXIT_DONE && rest.data != NULL)
		code = add(order, slice_cut(&rest, '\n'));
	return code;
}

/* One a line; empty lines are none. */
static int add_lines(struct purge_order *order, FILE *from)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	int code = EXIT_DONE;

	while (code == EXIT_DONE && (size = getline(&line, &room, from)) >= 0) {
		struct slice value = { line, (size_t)size };

		while (value.size > 0 && strchr("\r\n", value.data[value.size - 1]) != NULL)
			value.size--;
		if (value.size > 0)
			code = add(order, value);
	}
	free(line);
	if (code == EXIT_DONE && ferror(from)) {
		fprintf(stderr, "larder purge: --file: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}

static int add_file(struct purge_order *order, const char *file)
{
	FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	int code;

	if (from == NULL) {
		fprintf(stderr, "larder purge: --file %s: %s\n", file, strerror(errno));
		return EXIT_USAGE;
	}
	code = add_lines(order, from);
	if (from != stdin)
		fclose(from);
	return code;
}

int purge_collect(struct purge_order *order, const char *words, const char *file)
{
	/* the whole route, where --route alone says which */
	bool is_route = strcmp(order->scope, "route") == 0 && order->route != NULL;
	int code = EXIT_DONE;

	order->items = json_array();
	if (!takes_value(order->scope) && (words != NULL || file != NULL)) {
		fprintf(stderr, "larder purge: %s takes no value\n", order->scope);
		return EXIT_USAGE;
	}
	if (!takes_value(order->scope) || (is_route && words == NULL && file == NULL))
		return add(order, (struct slice){ NULL, 0 });
	if (words != NULL)
		code = add_words(order, words);
	if (code == EXIT_DONE && file != NULL)
		code = add_file(order, file);
	if (code == EXIT_DONE && json_array_size(order->items) == 0) {
		fprintf(stderr, "larder purge: %s: a value is expected\n", order->scope);
		code = EXIT_USAGE;
	}
	return code;
}

void purge_order_done(struct purge_order *order)
{
	json_decref(order->items);
}

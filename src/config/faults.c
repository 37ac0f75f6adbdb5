/* config/faults.c - the list of faults, sorted by place when it leaves. */
#include "faults.h"

#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a fault quotes of a value. */
#define QUOTED_BYTES 60

struct fault {
	const char *source; /* as a node has it; NULL: it concerns no node of a file */
	bool is_own;        /* of the file itself: those come first */
	int line;
	int column;
	size_t number; /* keeps the order of faults at one place */
	const char *text;
};

void faults_init(struct faults *f, const char *name)
{
	*f = (struct faults){ .name = name };
	arena_init(&f->arena);
}

void faults_done(struct faults *f)
{
	arena_done(&f->arena);
	free(f->items);
	*f = (struct faults){ .name = f->name };
}

/* The place in front of the text: "name:3:9" or "name". */
static struct slice place_text(struct faults *f, const struct node *at)
{
	if (at == NULL || at->line == 0)
		return arena_format(&f->arena, "%s", f->name);
	return arena_format(&f->arena, "%s:%d:%d", at->source, at->line, at->column);
}

void fault_add(struct faults *f, const struct node *at, const char *format, ...)
{
	struct slice place = place_text(f, at);
	char *text = NULL;
	struct fault *fault;
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		abort();
	f->items = xgrow(f->items, f->count + 1, sizeof(*f->items));
	fault = &f->items[f->count];
	*fault = (struct fault){ .number = f->count };
	f->count++;
	if (at != NULL && at->line != 0) {
		fault->source = at->source;
		fault->line = at->line;
		fault->column = at->column;
	}
	fault->text = arena_format(&f->arena, "%s: %s", place.data, text).data;
	free(text);
}

bool fault_stands(const struct faults *f, const struct node *at)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->items[i].source == at->source && f->items[i].line == at->line &&
			f->items[i].column == at->column)
			return true;
	}
	return false;
}

const char *fault_quote(struct faults *f, const char *text)
{
	size_t size = strlen(text);
	const char *more = "";

	if (size > QUOTED_BYTES) {
		size = QUOTED_BYTES;
		more = "...";
		/* Back to the first byte of a character: its others are 10xxxxxx. */
		while (size > 0 && (text[size] & 0xC0) == 0x80)
			size--;
	}
	return arena_format(&f->arena, "\"%.*s%s\"", (int)size, text, more).data;
}

static int by_place(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->is_own != y->is_own)
		return x->is_own ? -1 : 1;
	if (!x->is_own && x->source != y->source)
		return strcmp(x->source, y->source);
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

enum rc faults_give(struct faults *f, struct config_faults *ret)
{
	*ret = (struct config_faults){ NULL, 0 };
	if (f->count == 0)
		return RC_OK;
	for (size_t i = 0; i < f->count; i++)
		f->items[i].is_own = f->items[i].source == NULL || f->items[i].source == f->name;
	qsort(f->items, f->count, sizeof(*f->items), by_place);
	ret->items = xgrow(NULL, f->count, sizeof(*ret->items));
	for (size_t i = 0; i < f->count; i++) {
		const char *text = f->items[i].text;

		/* One mistake in a profile, or in a setting that goes to many routes, is one. */
		if (i == 0 || strcmp(text, f->items[i - 1].text) != 0)
			ret->items[ret->count++] = xcopy(text, strlen(text));
	}
	return RC_INVALID;
}

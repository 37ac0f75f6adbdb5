/* config/outline.c - indentation, headings and keys. */
#include "outline.h"

#include "util/slice.h"

#include <string.h>

static int depth_of(const char *name)
{
	int depth = 0;

	for (; *name != '\0'; name++)
		depth += *name == '.';
	return depth;
}

static void indent(const struct outline *o, int depth)
{
	fprintf(o->to, "%*s", 2 * (o->indent + depth), "");
}

/* As indent(), with the dash of a list's member on its first line. */
static void lead(struct outline *o, int depth)
{
	if (o->is_item)
		fprintf(o->to, "%*s- ", 2 * (o->indent + depth - 1), "");
	else
		indent(o, depth);
	o->is_item = false;
}

void outline_headings(struct outline *o, const char *name)
{
	struct slice rest = slice_of(name), above = slice_of(o->above);
	bool is_below = o->above != NULL;
	int last = depth_of(name);

	for (int depth = 0; depth < last; depth++) {
		struct slice part = slice_cut(&rest, '.'), other = slice_cut(&above, '.');

		is_below = is_below && slice_equal(part, other);
		if (is_below)
			continue;
		if (o->is_spaced && depth == 0)
			fputc('\n', o->to);
		lead(o, depth);
		fprintf(o->to, SLICE_FORMAT ":\n", SLICE_ARGS(part));
	}
}

void outline_comment(const struct outline *o, const char *name)
{
	/* A comment before a list's first line stands with its dash. */
	indent(o, depth_of(name) - (o->is_item ? 1 : 0));
	fputs("# ", o->to);
}

void outline_key(struct outline *o, const char *name)
{
	const char *dot = strrchr(name, '.');

	lead(o, depth_of(name));
	fprintf(o->to, "%s: ", dot != NULL ? dot + 1 : name);
	o->above = name;
}

/* config/outline.h - settings as nested YAML: the headings of sections as their names come up.
 *
 * Rows of one scope in the order of the table, which keeps sections together. For dump and
 * reference; one thread, no ownership.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct outline {
	FILE *to;
	int indent;        /* levels, of the scope itself */
	bool is_item;      /* the scope is a list's member: "- " before its first line */
	bool is_spaced;    /* an empty line before each heading of the first level */
	const char *above; /* the name that came before; NULL: none */
};

/* The headings that lead to name and differ from those above. */
void outline_headings(struct outline *o, const char *name);

/* The indentation of a comment on name. */
void outline_comment(const struct outline *o, const char *name);

/* "    last-part: ", for the value to follow; name counts as above from now on. */
void outline_key(struct outline *o, const char *name);

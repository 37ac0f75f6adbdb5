/* config/reference.c - config/reference.yaml: every setting with its preset and what it is for. */
#include "config/config.h"

#include "kinds.h"
#include "outline.h"
#include "schema.h"

#include <string.h>

static const char header[] =
	"# Every setting of larder with its preset. Written by `larder check --reference`; what\n"
	"# units, environment and faults are about is told in docs/config.md.\n"
	"#\n"
	"# A configuration needs an upstream and a route. All else may be left out.\n";

static void write_range(const struct setting *row, FILE *to)
{
	const char *unit = kind_facts(row->kind)->form == FORM_TEXTS ? " entries" : "";

	if (row->kind == WORD)
		fprintf(to, ": %s", row->words);
	else if (row->least != NULL && row->most != NULL)
		fprintf(to, ", %s to %s%s", row->least, row->most, unit);
	else if (row->most != NULL)
		fprintf(to, ", at most %s%s", row->most, unit);
}

static void write_scope(struct outline *o, enum scope scope);

/* Of a collection in a section: one item. */
static void write_item(struct outline *o, const struct setting *row)
{
	struct outline item = { .to = o->to, .indent = 3, .is_item = true };

	write_scope(&item, schema_collection_at(row->path));
}

static void write_setting(struct outline *o, const struct setting *row)
{
	const char *name = schema_name(row);

	outline_headings(o, name);
	outline_comment(o, name);
	fprintf(o->to, "%s\n", row->about);
	outline_comment(o, name);
	fputs(kind_facts(row->kind)->name, o->to);
	write_range(row, o->to);
	fputc('\n', o->to);
	if (row->kind == COLLECTION) {
		outline_headings(o, row->words);
		write_item(o, row);
		return;
	}
	outline_key(o, name);
	fprintf(o->to, "%s\n", row->preset != NULL ? row->preset : row->words);
}

static void write_scope(struct outline *o, enum scope scope)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) == scope)
			write_setting(o, row);
	}
}

static void write_collection(enum scope scope, FILE *to)
{
	const struct collection *c = schema_collection(scope);
	struct outline item = { .to = to, .indent = 2, .is_item = c->example == NULL };

	fprintf(to, "\n# %s\n%s:\n", c->about, c->path);
	if (c->example != NULL)
		fprintf(to, "  %s:\n", c->example);
	write_scope(&item, scope);
}

void config_write_reference(FILE *to)
{
	struct outline top = { .to = to, .is_spaced = true };

	fputs(header, to);
	write_scope(&top, SCOPE_CONFIG);
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		/* those of a section stand there */
		if (strchr(schema_collection(scope)->path, '.') == NULL)
			write_collection(scope, to);
	}
}

/* config/dump.c - the effective configuration as YAML that is read back to the same. */
#include "config/config.h"

#include "outline.h"
#include "schema.h"
#include "setting.h"
#include "text.h"

#include <string.h>

/* An upstream has its address once: as url, or in urls where it has several. */
static bool is_implied(const struct setting *row, const void *base)
{
	const struct config_upstream *upstream = base;

	if (row->kind == URL)
		return upstream->origins.count > 1;
	return row->kind == ORIGINS && upstream->origins.count == 1;
}

struct dump {
	const struct config *config;
	bool masked;
	FILE *to;
};

static void dump_items(const struct dump *d, enum scope scope, int indent);

static void dump_setting(const struct dump *d, const struct setting *row, const void *base)
{
	if (d->masked && row->kind == SECRET)
		fputs("\"***\"", d->to);
	else
		setting_write(row, base, d->to);
	fputc('\n', d->to);
}

/* The settings of a scope whose struct is base. */
static void dump_scope(const struct dump *d, struct outline *o, enum scope scope, const void *base)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) != scope || is_implied(row, base))
			continue;
		if (row->kind == COLLECTION) {
			outline_headings(o, row->words);
			dump_items(d, schema_collection_at(row->path), 3);
			continue;
		}
		outline_headings(o, schema_name(row));
		outline_key(o, schema_name(row));
		dump_setting(d, row, base);
	}
}

static void dump_item(const struct dump *d, enum scope scope, struct outline *o, void *item)
{
	const struct collection *c = schema_collection(scope);

	o->is_item = c->example == NULL;
	o->above = NULL;
	if (c->example != NULL) {
		fputs("  ", d->to);
		text_write(d->to, *collection_name(c, item));
		fputs(":\n", d->to);
	}
	dump_scope(d, o, scope, item);
}

static void dump_items(const struct dump *d, enum scope scope, int indent)
{
	const struct collection *c = schema_collection(scope);
	struct outline o = { .to = d->to, .indent = indent };

	for (size_t i = 0; i < collection_count(c, d->config); i++)
		dump_item(d, scope, &o, collection_item(c, d->config, i));
}

static void dump(const struct dump *d)
{
	struct outline top = { .to = d->to };

	dump_scope(d, &top, SCOPE_CONFIG, d->config);
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		const char *path = schema_collection(scope)->path;

		if (strchr(path, '.') != NULL)
			continue; /* in its section */
		fprintf(d->to, "%s:\n", path);
		dump_items(d, scope, 2);
	}
}

void config_dump(const struct config *config, FILE *to)
{
	dump(&(struct dump){ .config = config, .to = to });
}

void config_dump_masked(const struct config *config, FILE *to)
{
	dump(&(struct dump){ .config = config, .to = to, .masked = true });
}

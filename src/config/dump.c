/* config/dump.c - the effective configuration as YAML that is read back to the same. */
#include "config/config.h"

#include "outline.h"
#include "schema.h"
#include "setting.h"
#include "text.h"

/* An upstream has its address once: as url, or in urls where it has several. */
static bool is_implied(const struct setting *row, const void *base)
{
	const struct config_upstream *upstream = base;

	if (row->kind == URL)
		return upstream->origins.count > 1;
	return row->kind == ORIGINS && upstream->origins.count == 1;
}

/* The settings of a scope whose struct is base. */
static void dump_scope(struct outline *o, enum scope scope, const void *base)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) != scope || is_implied(row, base))
			continue;
		outline_headings(o, schema_name(row));
		outline_key(o, schema_name(row));
		setting_write(row, base, o->to);
		fputc('\n', o->to);
	}
}

static void dump_item(enum scope scope, const void *item, const char *name, FILE *to)
{
	struct outline o = { .to = to, .indent = 2, .is_item = name == NULL };

	if (name != NULL) {
		fputs("  ", to);
		text_write(to, name);
		fputs(":\n", to);
	}
	dump_scope(&o, scope, item);
}

static void dump_collection(enum scope scope, const struct config *config, FILE *to)
{
	const struct collection *c = schema_collection(scope);
	size_t count = collection_count(c, config);

	fprintf(to, "%s:\n", c->path);
	for (size_t i = 0; i < count; i++) {
		void *item = collection_item(c, config, i);

		dump_item(scope, item, c->example != NULL ? *collection_name(c, item) : NULL, to);
	}
}

void config_dump(const struct config *config, FILE *to)
{
	struct outline top = { .to = to };

	dump_scope(&top, SCOPE_CONFIG, config);
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++)
		dump_collection(scope, config, to);
}

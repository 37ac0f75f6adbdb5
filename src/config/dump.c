/* config/dump.c - the effective configuration as YAML that is read back to the same. */
#include "config/config.h"

#include "kinds.h"
#include "outline.h"
#include "schema.h"
#include "setting.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
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
	bool for_replay;    /* only what stored responses are found and delivered by */
	const bool *routes; /* which of them, with their upstreams; NULL: all */
	FILE *to;
};

/* Of routes: what asks origins, or names what isn't written. */
static bool is_beside_replay(const struct setting *row)
{
	static const char *const names[] = { "routes.*.class", "routes.*.profile",
		"routes.*.source_version_url", "routes.*.source_version_pointer",
		"routes.*.source_version_interval", "routes.*.key.verify" };

	if (schema_scope(row) == SCOPE_UPSTREAM)
		return row->kind != URL && row->kind != ORIGINS;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(row->path, names[i]) == 0)
			return true;
	}
	return false;
}

static void dump_items(const struct dump *d, enum scope scope, int indent);

static void dump_setting(const struct dump *d, const struct setting *row, const void *base)
{
	if (d->masked && kind_facts(row->kind)->secrecy == SECRECY_WHOLE)
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
		if (schema_scope(row) != scope || is_implied(row, base) ||
			(d->for_replay && is_beside_replay(row)))
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
	if (d->for_replay && scope == SCOPE_UPSTREAM)
		fputs("    offline: true\n", d->to);
	dump_scope(d, o, scope, item);
}

static bool is_route_wanted(const struct dump *d, size_t index)
{
	return d->routes == NULL || d->routes[index];
}

static bool is_wanted(const struct dump *d, enum scope scope, size_t index)
{
	bool is = scope != SCOPE_UPSTREAM;

	if (scope == SCOPE_ROUTE)
		return is_route_wanted(d, index);
	if (d->routes == NULL)
		return true;
	for (size_t i = 0; i < d->config->route_count; i++)
		is |= is_route_wanted(d, i) && d->config->routes[i].upstream_index == index;
	return is;
}

static void dump_items(const struct dump *d, enum scope scope, int indent)
{
	const struct collection *c = schema_collection(scope);
	struct outline o = { .to = d->to, .indent = indent };

	for (size_t i = 0; i < collection_count(c, d->config); i++) {
		if (is_wanted(d, scope, i))
			dump_item(d, scope, &o, collection_item(c, d->config, i));
	}
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

/* No configuration is without a route. */
static bool is_empty(const struct config *config, const bool *routes)
{
	bool any = routes == NULL;

	for (size_t i = 0; !any && i < config->route_count; i++)
		any = routes[i];
	return !any;
}

void config_dump_for_replay(const struct config *config, const bool *routes, FILE *to)
{
	const struct dump d = {
		.config = config, .to = to, .masked = true, .for_replay = true, .routes = routes
	};

	fprintf(to, "cache:\n  namespace_version: %" PRId64 "\nupstreams:\n",
		config->cache.namespace_version);
	if (is_empty(config, routes)) {
		fputs("  nothing: { url: \"http://nothing.invalid\", offline: true }\n"
		      "routes:\n  - { path: /, upstream: nothing }\n",
			to);
		return;
	}
	dump_items(&d, SCOPE_UPSTREAM, 2);
	fputs("routes:\n", to);
	dump_items(&d, SCOPE_ROUTE, 2);
}

enum rc config_for_replay(
	struct slice text, const char *listen, struct config **ret, struct config_faults *faults)
{
	struct config *told = NULL;
	char *own = NULL;
	size_t own_size = 0;
	FILE *to;
	enum rc rc;

	TRY(config_parse_foreign("manifest", text, &told, faults));
	to = open_memstream(&own, &own_size);
	if (to == NULL)
		abort();
	fputs("server:\n  listen: [", to);
	text_write(to, listen);
	fputs("]\nadmin:\n  listen: []\n", to);
	config_dump_for_replay(told, NULL, to);
	fclose(to);
	config_faults_done(faults);
	rc = config_parse("replay", own, own_size, ret, faults);
	config_free(told);
	free(own);
	return rc;
}

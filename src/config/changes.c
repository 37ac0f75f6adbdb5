/* config/changes.c - what is different between two configurations, and what of it has to wait for a restart.
 *
 * By the table: settings are compared as they are written. Pure, but for `to`, which takes over what is fixed.
 */
#include "config/config.h"

#include "schema.h"
#include "setting.h"
#include "tree.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

static char *written(const struct setting *row, const void *base)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		abort();
	setting_write(row, base, to);
	fclose(to);
	return text;
}

static bool is_same(const struct setting *row, const void *a, const void *b)
{
	char *one = written(row, a), *other = written(row, b);
	bool same = strcmp(one, other) == 0;

	free(one);
	free(other);
	return same;
}

static bool are_same(enum scope scope, const void *a, const void *b)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) == scope && row->kind != COLLECTION && !is_same(row, a, b))
			return false;
	}
	return true;
}

bool config_same_upstream(const struct config_upstream *a, const struct config_upstream *b)
{
	return are_same(SCOPE_UPSTREAM, a, b);
}

uint64_t config_key_form(const struct config_route *route, uint64_t seed)
{
	SETTINGS_EACH(row)
	{
		char *text;

		if (schema_scope(row) != SCOPE_ROUTE || row->kind == COLLECTION ||
			strncmp(schema_name(row), "key.", 4) != 0)
			continue;
		text = written(row, route);
		seed = hash_bytes(schema_name(row), strlen(schema_name(row)), seed);
		seed = hash_bytes(text, strlen(text), seed);
		free(text);
	}
	return seed;
}

static void add(struct text_list *list, const char *path, const char *name)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s%s", path, name[0] != '\0' ? "." : "", name) < 0)
		abort();
	list->items = xgrow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = text;
}

void config_texts_done(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){ NULL, 0 };
}

/* The setting as it was: what was written is read back to the same. */
static void keep(const struct setting *row, const void *from, void *to)
{
	struct faults faults;
	struct tree tree;
	char *text = written(row, from);

	faults_init(&faults, row->path);
	if (tree_parse(slice_of(text), &faults, &tree) == RC_OK)
		setting_read(row, tree.root, to, &faults);
	tree_done(&tree);
	faults_done(&faults);
	free(text);
}

/* What an item is called. Routes, upstreams and tokens are known by path and name. */
static const char *name_of(enum scope scope, void *item)
{
	const struct collection *c = schema_collection(scope);

	if (c->example != NULL)
		return *collection_name(c, item);
	return scope == SCOPE_ROUTE ? ((const struct config_route *)item)->path
				    : ((const struct config_token *)item)->name;
}

static void *find_item(enum scope scope, const struct config *config, const char *name)
{
	const struct collection *c = schema_collection(scope);

	for (size_t i = 0; i < collection_count(c, config); i++) {
		void *item = collection_item(c, config, i);

		if (strcmp(name_of(scope, item), name) == 0)
			return item;
	}
	return NULL;
}

/* Items of a that b hasn't, or, where `differ`, has in another form. */
static void compare_items(
	enum scope scope, const struct config *const pair[2], bool differ, struct text_list *ret)
{
	const struct collection *c = schema_collection(scope);

	for (size_t i = 0; i < collection_count(c, pair[0]); i++) {
		void *item = collection_item(c, pair[0], i);
		const char *name = name_of(scope, item);
		const void *other = find_item(scope, pair[1], name);

		if (other == NULL || (differ && !are_same(scope, item, other)))
			add(ret, c->path, name);
	}
}

void config_cap_headers(struct config *config, int64_t most, struct text_list *kept)
{
	for (size_t i = 0; i < config->upstream_count; i++) {
		struct config_upstream *upstream = &config->upstreams[i];
		char *path = NULL;

		if (upstream->max_header_bytes <= most)
			continue;
		upstream->max_header_bytes = most;
		if (asprintf(&path, "upstreams.%s", upstream->name) < 0)
			abort();
		add(kept, path, "max_header_bytes");
		free(path);
	}
}

void config_take_over(const struct config *from, struct config *to, struct text_list *changed,
	struct text_list *kept)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) != SCOPE_CONFIG || row->kind == COLLECTION ||
			is_same(row, from, to))
			continue;
		add(row->fixed ? kept : changed, row->path, "");
		if (row->fixed)
			keep(row, from, to);
	}
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		compare_items(scope, (const struct config *const[]){ to, from }, true, changed);
		compare_items(scope, (const struct config *const[]){ from, to }, false, changed);
	}
}

/* config/load.c - from a file, a text or the command line to the configuration. */
#include "config/config.h"

#include "expand.h"
#include "faults.h"
#include "profiles.h"
#include "schema.h"
#include "setting.h"
#include "text.h"
#include "tree.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "verify.h"
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Far above what anybody writes, far below what hurts. */
#define MOST_FILE_BYTES ((size_t)1024 * 1024)

/* What `larder serve --upstream URL` calls its upstream. */
#define ONLY_UPSTREAM "default"

/* Hands out what a load came to: the configuration, or the faults. */
static enum rc finish(struct config *config, struct faults *faults, struct config **ret,
	struct config_faults *ret_faults)
{
	enum rc rc = faults_give(faults, ret_faults);

	faults_done(faults);
	if (rc != RC_OK) {
		config_free(config);
		return rc;
	}
	*ret = config;
	return RC_OK;
}

/* From the tree that was made of its text, if one could be made. */
static void read_tree(struct tree *tree, enum rc made, struct config *config, struct faults *faults)
{
	struct profiles profiles;

	profiles_init(&profiles, faults);
	if (made == RC_OK) {
		expand_profiles(tree, &profiles, faults);
		walk_file(tree->root, config, faults);
		verify_config(tree->root, config, faults);
	}
	profiles_done(&profiles);
}

static enum rc parse(struct slice text,
	enum rc (*make)(struct slice, struct faults *, struct tree *), struct faults *faults,
	struct config **ret, struct config_faults *ret_faults)
{
	struct config *config = xalloc(sizeof(*config));
	struct tree tree;

	if (text.size > MOST_FILE_BYTES) {
		fault_add(faults, NULL, "more than %zu bytes; expected less", MOST_FILE_BYTES);
	} else {
		read_tree(&tree, make(text, faults, &tree), config, faults);
		tree_done(&tree);
	}
	return finish(config, faults, ret, ret_faults);
}

enum rc config_parse(const char *name, const char *text, size_t size, struct config **ret,
	struct config_faults *ret_faults)
{
	struct faults faults;

	faults_init(&faults, name);
	return parse((struct slice){ text, size }, tree_parse, &faults, ret, ret_faults);
}

enum rc config_parse_foreign(
	const char *name, struct slice text, struct config **ret, struct config_faults *ret_faults)
{
	struct faults faults;

	faults_init(&faults, name);
	return parse(text, tree_parse_foreign, &faults, ret, ret_faults);
}

/* One byte more than may be, so that config_parse() sees it. */
static enum rc read_all(FILE *from, struct bytes *text)
{
	char part[8192];
	size_t size;

	while (text->size <= MOST_FILE_BYTES && (size = fread(part, 1, sizeof(part), from)) > 0)
		TRY(bytes_append(text, part, size));
	return ferror(from) ? RC_IO : RC_OK;
}

/* A file that can't be read is a fault like any other. */
static enum rc unreadable(const char *name, int error, struct config_faults *ret)
{
	struct faults faults;
	enum rc rc;

	faults_init(&faults, name);
	fault_add(&faults, NULL, "%s; expected a file to read", strerror(error));
	rc = faults_give(&faults, ret);
	faults_done(&faults);
	return rc;
}

enum rc config_load(const char *path, struct config **ret, struct config_faults *ret_faults)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	FILE *from = is_stdin ? stdin : fopen(path, "re");
	struct bytes text;
	enum rc rc;

	if (from == NULL)
		return unreadable(name, errno, ret_faults);
	bytes_init(&text, MOST_FILE_BYTES * 2);
	errno = 0;
	rc = read_all(from, &text);
	/* A directory can be opened: it is the first read that fails. */
	if (rc != RC_OK)
		rc = unreadable(name, errno, ret_faults);
	else
		rc = config_parse(name, bytes_slice(&text).data, text.size, ret, ret_faults);
	bytes_done(&text);
	if (!is_stdin)
		fclose(from);
	return rc;
}

/* A setting from the command line; faults->name is the option. */
static void read_option(
	const struct setting *row, const char *text, void *base, struct faults *faults)
{
	struct node node = { .kind = NODE_SCALAR, .text = text };

	if (text_clean(slice_of(text)))
		setting_read(row, &node, base, faults);
	else
		fault_add(faults, NULL,
			"text with a control character or broken UTF-8; expected clean text");
}

/* One upstream, one route for all there is; the options fill in the rest. */
static struct config *config_bare(void)
{
	struct config *config = xalloc(sizeof(*config));

	walk_presets(SCOPE_CONFIG, config);
	config->upstream_count = 1;
	config->upstreams = xalloc(sizeof(*config->upstreams));
	config->upstreams[0].name = xcopy(ONLY_UPSTREAM, strlen(ONLY_UPSTREAM));
	walk_presets(SCOPE_UPSTREAM, &config->upstreams[0]);
	config->route_count = 1;
	config->routes = xalloc(sizeof(*config->routes));
	config->routes[0].path = xcopy("/", 1);
	config->routes[0].upstream = xcopy(ONLY_UPSTREAM, strlen(ONLY_UPSTREAM));
	walk_presets(SCOPE_ROUTE, &config->routes[0]);
	return config;
}

enum rc config_for_upstream(
	const struct config_options *options, struct config **ret, struct config_faults *ret_faults)
{
	bool has_admin = options->admin == NULL || strcmp(options->admin, "off") != 0;
	const struct {
		const char *name, *text, *path;
	} rows[] = {
		{ "--listen", options->listen, "server.listen" },
		{ "--admin", has_admin ? options->admin : NULL, "admin.listen" },
		{ "--disk", options->disk, "cache.disk.path" },
	};
	struct config *config = config_bare();
	struct faults faults;

	faults_init(&faults, "--upstream");
	read_option(schema_find(SCOPE_UPSTREAM, SLICE("url")), options->upstream, config->upstreams,
		&faults);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		faults.name = rows[i].name;
		if (rows[i].text != NULL)
			read_option(schema_find(SCOPE_CONFIG, slice_of(rows[i].path)), rows[i].text,
				config, &faults);
	}
	if (!has_admin)
		setting_release(schema_find(SCOPE_CONFIG, SLICE("admin.listen")), config);
	walk_normalise(config);
	faults.name = "command line"; /* it may take two options to be wrong */
	verify_config(NULL, config, &faults);
	return finish(config, &faults, ret, ret_faults);
}

static void free_items(enum scope scope, struct config *config)
{
	const struct collection *c = schema_collection(scope);
	size_t count = collection_count(c, config);

	for (size_t i = 0; i < count; i++) {
		void *item = collection_item(c, config, i);

		walk_release(scope, item);
		if (c->example != NULL)
			free(*collection_name(c, item));
	}
	free(collection_item(c, config, 0));
}

struct config *config_ref(struct config *config)
{
	atomic_fetch_add(&config->references, 1);
	return config;
}

/* references counts those beyond the first. */
void config_free(struct config *config)
{
	if (config == NULL || atomic_fetch_sub(&config->references, 1) > 0)
		return;
	if (config->let_go != NULL)
		config->let_go(config);
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++)
		free_items(scope, config);
	walk_release(SCOPE_CONFIG, config);
	free(config);
}

void config_faults_done(struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		free(faults->items[i]);
	free(faults->items);
	*faults = (struct config_faults){ NULL, 0 };
}

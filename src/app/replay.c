/* app/replay.c - `larder replay`: answers from an export alone.
 *
 * All is as with `larder serve`, but the lowest tier is the bundle, upstreams ask nothing, and what is stored is served
 * however old it is. JSON lines and WARC files are made a bundle first, in a directory of its own, which is gone as soon
 * as it is open.
 *
 * Threads: serve.c's. Ownership: bundle and shelf are freed here, when all has stopped.
 */
#include "replay.h"

#include "cli/load.h"
#include "cli/passed.h"
#include "observe/log.h"
#include "proxy/importing.h"
#include "proxy/why.h"
#include "store/bundle.h"
#include "store/parcels.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL_LISTEN "127.0.0.1:8080"

enum { FILE_NAME, LISTEN, CONFIG, TENANT };

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "larder replay: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* ---- the configuration ---- */

static struct config *config_of_bundle(const struct bundle *bundle, const char *listen)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	struct config_faults faults;
	struct config *config = NULL;

	(void)!config_for_replay(
		manifest->config, listen != NULL ? listen : USUAL_LISTEN, &config, &faults);
	for (size_t i = 0; i < faults.count; i++)
		fprintf(stderr, "%s\n", faults.items[i]);
	config_faults_done(&faults);
	return config;
}

/* As it is, but that nothing is asked and nothing is kept. */
static struct config *config_of_file(const char *file)
{
	struct config *config = load_or_tell(file, NULL);

	if (config == NULL)
		return NULL;
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstreams[i].offline = true;
	config->cache.disk.path[0] = '\0';
	return config;
}

/* What is in the bundle may be of a larder, or of a time, with any limit. */
static void make_room(struct config *config)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstreams[i].max_header_bytes = CONFIG_MOST_HEADER_BYTES;
}

/* ---- the bundle ---- */

struct copying {
	struct parcels *from;
	struct bundle *to;
	const struct proxy *routes; /* by which what others archived is taken; NULL: nothing is */
	uint64_t refused;
	struct passed passed;
	const char *why; /* where it ended, if it isn't whole */
};

static enum rc adopt(struct copying *c, const struct parcel *bare)
{
	struct parcel parcel;
	struct arena arena;
	const char *why;
	enum rc rc;

	arena_init(&arena);
	rc = importing_adopt(c->routes, bare, &arena, &parcel, &why);
	if (rc == RC_OK) {
		rc = bundle_add(c->to, &parcel);
		parcel_done(&parcel);
	} else {
		passed_note(&c->passed, why, 1);
	}
	arena_done(&arena);
	return rc;
}

/* What is not to be used is passed over, and counted. */
static enum rc copy(struct copying *c)
{
	struct parcel_end end = { 0 };

	for (;;) {
		struct parcel parcel;
		enum rc rc;

		c->why = "";
		rc = parcels_next(c->from, &parcel, &c->why);
		if (rc == RC_ABSENT)
			break;
		if (rc == RC_INVALID) {
			c->refused++;
			continue;
		}
		TRY(rc);
		if (!parcel_is_bare(&parcel))
			rc = bundle_add(c->to, &parcel);
		else
			rc = c->routes != NULL ? adopt(c, &parcel) : RC_ABSENT;
		parcel_done(&parcel);
		TRY(rc == RC_ABSENT ? RC_OK : rc);
		end.entries += rc == RC_OK;
	}
	return bundle_finish(c->to, parcels_manifest(c->from), &end);
}

static enum rc copy_to(struct copying *c, const char *path, struct bundle **ret)
{
	SCOPED(bundle) made = NULL;

	TRY(bundle_create(path, &made));
	c->to = made;
	TRY(copy(c));
	passed_note_records(&c->passed, c->from);
	passed_tell(&c->passed, "replay");
	if (c->refused > 0)
		fprintf(stderr, "larder replay: %" PRIu64 " entries can't be used\n", c->refused);
	return bundle_open(path, ret);
}

static enum rc open_copy(struct copying *c, struct bundle **ret)
{
	const char *temporary = getenv("TMPDIR");
	char directory[PATH_MAX], path[PATH_MAX + 16];
	enum rc rc;

	snprintf(directory, sizeof(directory), "%s/larder-replay-XXXXXX",
		temporary != NULL && temporary[0] == '/' ? temporary : "/tmp");
	if (mkdtemp(directory) == NULL)
		return rc_of_errno();
	snprintf(path, sizeof(path), "%s/bundle.sqlite", directory);
	rc = copy_to(c, path, ret);
	unlink(path);
	rmdir(directory);
	return rc;
}

static int tell_fault(const char *path, enum rc rc, const char *why)
{
	if (why[0] != '\0')
		return fail(path, why);
	return fail(
		path, rc == RC_INVALID
			      ? "no export of larder, or one that wasn't finished, nor a WARC file"
		      : rc == RC_TRUNCATED ? "it ends before its end"
					   : rc_text(rc));
}

/* Of others' archives the routes of the configuration say what is what. */
static int open_archive(const char *const *values, struct copying *c, struct bundle **ret)
{
	struct config *config;
	struct proxy *routes;
	enum rc rc;

	if (values[CONFIG] == NULL)
		return fail(values[FILE_NAME],
			"larder didn't write it, so it has no routes: --config FILE is expected");
	config = config_of_file(values[CONFIG]);
	if (config == NULL)
		return EXIT_USAGE;
	c->routes = routes = proxy_sketch(config, NULL);
	rc = open_copy(c, ret);
	proxy_unref(routes);
	config_free(config);
	return rc == RC_OK ? EXIT_DONE : tell_fault(values[FILE_NAME], rc, c->why);
}

static int open_any(const char *const *values, struct bundle **ret)
{
	SCOPED(parcels) from = NULL;
	const char *path = values[FILE_NAME];
	struct copying copying = { .why = "" };
	enum rc rc = parcels_open(path, &from);

	if (rc == RC_OK && parcels_is_bundle(from)) {
		rc = bundle_open(path, ret);
	} else if (rc == RC_OK) {
		copying.from = from;
		if (parcels_manifest(from)->config.size == 0)
			return open_archive(values, &copying, ret);
		rc = open_copy(&copying, ret);
	}
	return rc == RC_OK ? EXIT_DONE : tell_fault(path, rc, copying.why);
}

/* ---- the command ---- */

/* With --tenant, its entries are everybody's. */
static void know_rule(void *arg, const struct key_parts *parts)
{
	const struct serve *serve = arg;
	struct key_parts shown = *parts;

	if (serve->replayed_tenant[0] != '\0') {
		if (!slice_equal(parts->tenant, slice_of(serve->replayed_tenant)))
			return;
		shown.tenant = SLICE("");
	}
	importing_know_rule(serve->proxy, &shown);
}

void replay_know_rules(struct serve *serve)
{
	if (bundle_rules(serve->bundle, know_rule, serve) != RC_OK)
		log_event(LOG_LEVEL_WARN, "replay", "%s", bundle_fault(serve->bundle));
}

static int replay(struct bundle *bundle, const char *const *values)
{
	struct serve serve = {
		.bundle = bundle,
		.replayed_tenant = values[TENANT] != NULL ? values[TENANT] : "",
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.reloading = PTHREAD_MUTEX_INITIALIZER,
	};
	int code;

	serve.config = values[CONFIG] != NULL ? config_of_file(values[CONFIG])
					      : config_of_bundle(bundle, values[LISTEN]);
	if (serve.config == NULL)
		return EXIT_USAGE;
	make_room(serve.config);
	serve.shelf = bundle_tier(bundle, slice_of(serve.replayed_tenant));
	code = serve_run(&serve);
	tier_free(serve.shelf);
	return code;
}

static int run(const char *const *values)
{
	SCOPED(bundle) bundle = NULL;
	int code;

	if (values[CONFIG] != NULL && values[LISTEN] != NULL) {
		fputs("larder replay: a configuration has server.listen: --listen goes without\n",
			stderr);
		return EXIT_USAGE;
	}
	code = open_any(values, &bundle);
	return code == EXIT_DONE ? replay(bundle, values) : code;
}

const struct command replay_command = {
	.name = "replay",
	.about = "Answer from an export alone, as its larder did; nothing is asked.",
	.options = {
		[FILE_NAME] = { "FILE", NULL, "an SQLite bundle, JSON lines, or WARC, also gzip" },
		[LISTEN] = { "--listen", "ADDR", "127.0.0.1:8080 if not given" },
		[CONFIG] = { "--config", "FILE", "routes and listeners of this one, instead of the export's own routes" },
		[TENANT] = { "--tenant", "NAME", "everybody gets what is stored for this tenant" },
	},
	.run = run,
};

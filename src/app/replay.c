/* app/replay.c - `larder replay`: answers from an export alone.
 *
 * All is as with `larder serve`, but the lowest tier is the bundle, upstreams ask nothing, and what is stored is served
 * however old it is. JSON lines are made a bundle first, in a directory of its own, which is gone as soon as it is open.
 *
 * Threads: serve.c's. Ownership: bundle and shelf are freed here, when all has stopped.
 */
#include "replay.h"

#include "cli/load.h"
#include "observe/log.h"
#include "proxy/importing.h"
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

/* ---- the bundle ---- */

/* What is not to be used is passed over, and counted. */
static enum rc copy(struct parcels *from, struct bundle *to, uint64_t *ret_refused)
{
	struct parcel_end end = { 0 };

	for (;;) {
		struct parcel parcel;
		const char *why;
		enum rc rc = parcels_next(from, &parcel, &why);

		if (rc == RC_ABSENT)
			break;
		if (rc == RC_INVALID) {
			++*ret_refused;
			continue;
		}
		TRY(rc);
		rc = bundle_add(to, &parcel);
		parcel_done(&parcel);
		TRY(rc);
		end.entries++;
	}
	return bundle_finish(to, parcels_manifest(from), &end);
}

static enum rc copy_to(struct parcels *from, const char *path, struct bundle **ret)
{
	SCOPED(bundle) made = NULL;
	uint64_t refused = 0;

	TRY(bundle_create(path, &made));
	TRY(copy(from, made, &refused));
	if (refused > 0)
		fprintf(stderr, "larder replay: %" PRIu64 " entries can't be used\n", refused);
	return bundle_open(path, ret);
}

static enum rc open_copy(struct parcels *from, struct bundle **ret)
{
	const char *temporary = getenv("TMPDIR");
	char directory[PATH_MAX], path[PATH_MAX + 16];
	enum rc rc;

	snprintf(directory, sizeof(directory), "%s/larder-replay-XXXXXX",
		temporary != NULL && temporary[0] == '/' ? temporary : "/tmp");
	if (mkdtemp(directory) == NULL)
		return rc_of_errno();
	snprintf(path, sizeof(path), "%s/bundle.sqlite", directory);
	rc = copy_to(from, path, ret);
	unlink(path);
	rmdir(directory);
	return rc;
}

static int open_any(const char *path, struct bundle **ret)
{
	SCOPED(parcels) from = NULL;
	enum rc rc = parcels_open(path, &from);

	if (rc == RC_OK)
		rc = parcels_is_bundle(from) ? bundle_open(path, ret) : open_copy(from, ret);
	if (rc == RC_OK)
		return EXIT_DONE;
	return fail(path, rc == RC_INVALID     ? "no export of larder, or one that wasn't finished"
			  : rc == RC_TRUNCATED ? "it ends before its end"
					       : rc_text(rc));
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
	code = open_any(values[FILE_NAME], &bundle);
	return code == EXIT_DONE ? replay(bundle, values) : code;
}

const struct command replay_command = {
	.name = "replay",
	.about = "Answer from an export alone, as its larder did; nothing is asked.",
	.options = {
		[FILE_NAME] = { "FILE", NULL, "an SQLite bundle, or JSON lines" },
		[LISTEN] = { "--listen", "ADDR", "127.0.0.1:8080 if not given" },
		[CONFIG] = { "--config", "FILE", "routes and listeners of this one, instead of the export's own routes" },
		[TENANT] = { "--tenant", "NAME", "everybody gets what is stored for this tenant" },
	},
	.run = run,
};

/* cli/exchange/import.c - `larder import`: a file of `larder export` into a larder.
 *
 * Into one that runs, or into a directory that no larder serves from. Each entry is checked on its own: what is refused is named, and the
 * others go in.
 */
#include "cli/command.h"

#include "client/from_server.h"
#include "terminal/progress.h"
#include "shelf.h"

#include "cli/load.h"
#include "cli/passed.h"
#include "observe/log.h"
#include "proxy/importing.h"
#include "store/parcels.h"
#include "util/alloc.h"
#include "util/readable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MOST  20
#define MOST_WORDS 4096

enum { FILE_NAME = API_OPTION_COUNT, DISK };

struct import {
	const char *file;
	bool json;
	uint64_t stored;
	uint64_t kept;
	uint64_t refused;
	struct passed passed;
	struct progress progress;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "larder import: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* ---- the configuration ---- */

static struct config *config_of_manifest(const char *file, const struct manifest *manifest)
{
	struct config_faults faults;
	struct config *config = NULL;

	if (config_for_replay(manifest->config, "127.0.0.1:0", &config, &faults) != RC_OK)
		fail(file, faults.count > 0 ? faults.items[0] : "its manifest has no routes");
	config_faults_done(&faults);
	return config;
}

/* Nothing is asked, nothing is kept in memory. */
static void quieten(struct config *config, const char *disk)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstreams[i].offline = true;
	config->cache.memory.size = 0;
	if (disk == NULL)
		return;
	free(config->cache.disk.path);
	config->cache.disk.path = xcopy(disk, strlen(disk));
}

/* ---- entries ---- */

static void tell_refused(struct import *import, const struct parcels *from,
	const struct parcel *parcel, const char *why)
{
	struct bytes target;

	if (++import->refused > TOLD_MOST)
		return;
	progress_clear(&import->progress);
	bytes_init(&target, MOST_WORDS);
	if (parcel != NULL)
		readable_append(&target, parcel->parts.target);
	fprintf(stderr, "larder import: %s:%" PRIu64 ": %s%s%s\n", import->file,
		parcels_place(from), target.size > 0 ? target.data : "",
		target.size > 0 ? ": " : "", why);
	bytes_done(&target);
}

static enum rc take_one(struct import *import, struct importing *importing,
	const struct parcels *from, const struct parcel *parcel)
{
	const char *why = "";
	enum rc rc = importing_take(importing, parcel, &why);

	if (rc == RC_OK)
		import->stored++;
	else if (rc == RC_BUSY)
		import->kept++;
	else if (rc == RC_INVALID)
		tell_refused(import, from, parcel, why);
	else if (rc == RC_ABSENT)
		passed_note(&import->passed, why, 1);
	else
		return rc;
	return RC_OK;
}

/* ret_why: where the file ended, if it isn't whole. */
static enum rc take_all(struct import *import, struct importing *importing, struct parcels *from,
	const char **ret_why)
{
	TRY(importing_finish(importing)); /* the tier is there */
	for (;;) {
		struct parcel parcel;
		const char *why = "";
		enum rc rc = parcels_next(from, &parcel, &why), flushed;

		if (rc == RC_OK) {
			rc = take_one(import, importing, from, &parcel);
			parcel_done(&parcel);
		} else if (rc == RC_INVALID) {
			tell_refused(import, from, NULL, why);
			rc = RC_OK;
		}
		if (rc != RC_OK) {
			*ret_why = why;
			flushed = importing_finish(importing);
			return rc == RC_ABSENT ? flushed : rc;
		}
		progress_show(&import->progress, "entries",
			import->stored + import->kept + import->refused +
				passed_count(&import->passed),
			parcels_total(from));
	}
}

static int print_counts(const struct import *import)
{
	uint64_t passed = passed_count(&import->passed);

	if (import->json) {
		printf("{\"stored\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"refused\":%" PRIu64
		       ",\"passed\":%" PRIu64 "}\n",
			import->stored, import->kept, import->refused, passed);
	} else {
		printf("%" PRIu64 " stored, %" PRIu64 " there already, %" PRIu64 " refused",
			import->stored, import->kept, import->refused);
		if (passed > 0)
			printf(", %" PRIu64 " passed over", passed);
		putchar('\n');
	}
	return shelf_finish("import", import->refused > 0 ? EXIT_FAILED : EXIT_DONE);
}

static int tell_end(const struct import *import, enum rc rc, const char *why)
{
	int code;

	if (import->refused > TOLD_MOST)
		fprintf(stderr, "larder import: and %" PRIu64 " more are refused\n",
			import->refused - TOLD_MOST);
	passed_tell(&import->passed, "import");
	code = print_counts(import);
	if (rc == RC_OK)
		return code;
	if (why[0] == '\0')
		why = rc == RC_TRUNCATED ? "it ends before its end: there were more" : rc_text(rc);
	return fail(import->file, why);
}

static int import_into(struct config *config, struct parcels *from, const struct import *options)
{
	struct import import = *options;
	struct importing *importing;
	struct proxy *proxy = NULL;
	const char *why = "";
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, MOST_WORDS);
	rc = proxy_start(&(struct proxy_options){ .config = config }, &proxy, &fault);
	if (rc != RC_OK)
		fail(config->cache.disk.path, fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	if (rc != RC_OK)
		return EXIT_FAILED;
	importing = importing_new(proxy, parcels_manifest(from)->groups);
	rc = take_all(&import, importing, from, &why);
	passed_note_records(&import.passed, from);
	progress_clear(&import.progress);
	importing_free(importing);
	proxy_stop(proxy);
	proxy_unref(proxy);
	return tell_end(&import, rc, why);
}

static int import_disk(const char *const *values, struct parcels *from)
{
	struct config *config;
	int code = EXIT_USAGE;

	if (values[API_CONFIG] == NULL && parcels_manifest(from)->config.size == 0)
		return fail(values[FILE_NAME],
			"larder didn't write it, so it has no routes: --config FILE is expected");
	config = values[API_CONFIG] != NULL
			 ? load_or_tell(values[API_CONFIG], NULL)
			 : config_of_manifest(values[FILE_NAME], parcels_manifest(from));
	if (config == NULL)
		return EXIT_USAGE;
	quieten(config, values[DISK]);
	if (config->cache.disk.path[0] == '\0')
		fail(values[API_CONFIG], "cache.disk.path is not set: there is no store");
	else
		code = import_into(config, from,
			&(struct import){
				.file = values[FILE_NAME], .json = values[API_JSON] != NULL });
	config_free(config);
	return code;
}

static int import_server(const char *const *values, struct parcels *from)
{
	struct import import = { .file = values[FILE_NAME], .json = values[API_JSON] != NULL };
	struct to_server told;
	struct client *client;
	int code = client_open("import", values, &client), counts;

	if (code != EXIT_DONE)
		return code;
	code = to_server_import(client, from, &told);
	client_close(client);
	import.stored = told.stored;
	import.kept = told.kept;
	import.refused = told.refused;
	passed_note(&import.passed, "that it has no use for", told.passed);
	passed_note_records(&import.passed, from);
	passed_tell(&import.passed, "import");
	counts = print_counts(&import);
	return code != EXIT_DONE ? code : counts;
}

static int run(const char *const *values)
{
	SCOPED(parcels) from = NULL;
	enum rc rc;

	if (values[DISK] != NULL && (values[API_ADMIN] != NULL || values[API_CONFIG] != NULL)) {
		fputs("larder import: --disk goes without --admin and --config\n", stderr);
		return EXIT_USAGE;
	}
	log_set_level(LOG_LEVEL_WARN);
	rc = parcels_open(values[FILE_NAME], &from);
	if (rc == RC_INVALID)
		return fail(values[FILE_NAME],
			"no export of larder, or one that wasn't finished, nor a WARC file");
	if (rc == RC_TRUNCATED)
		return fail(values[FILE_NAME], "it ends before its first entry");
	if (rc != RC_OK)
		return fail(values[FILE_NAME], rc_text(rc));
	return from_server_is_disk(values, values[DISK]) ? import_disk(values, from)
							 : import_server(values, from);
}

const struct command import_command = {
	.name = "import",
	.about = "Take what `larder export` wrote, or a WARC file, into a larder.",
	.details = "Into a larder that runs; with --disk, or --config where that has a cache.disk, into the store's "
		   "directory, on which no larder may run. Ages stay what they were; what is there already and as "
		   "recent stays, and what was purged there stays gone. Of a WARC file that others wrote, responses of "
		   "status 200 to GET go to the routes that would have fetched them, as if that had been when they were "
		   "archived. Exit 1 where entries are refused.",
	.options = {
		API_OPTIONS,
		[FILE_NAME] = { "FILE", NULL, "JSON lines, an SQLite bundle, or WARC, also gzip; - is standard input, of lines or WARC" },
		[DISK] = { "--disk", "DIR", "a store's directory; made if it is missing" },
	},
	.run = run,
};

/* cli/exchange/export.c - `larder export`: what is stored, into a file.
 *
 * From a larder that runs, or from the directory of a disk tier, whether a larder serves from it or not. Without a
 * configuration, routes are those that entries have.
 */
#include "cli/command.h"

#include "client/from_server.h"
#include "terminal/progress.h"
#include "shelf.h"
#include "sink.h"

#include "cli/load.h"
#include "observe/json.h"
#include "proxy/exporting.h"
#include "proxy/why.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/moment.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CONFIG ((size_t)4 << 20)
#define MOST_QUERY  ((size_t)64 << 10)

enum { FILE_NAME = API_OPTION_COUNT, DISK, FORMAT, ROUTE, PREFIX, TAG, TENANT, SINCE, UNTIL };

static int fail(const char *why)
{
	fprintf(stderr, "larder export: %s\n", why);
	return EXIT_USAGE;
}

/* ---- a configuration made of what is there ---- */

struct routes {
	struct bytes text;
	char **names;
	size_t count;
	uint64_t namespace_version;
};

static bool note_route(void *arg, const struct depot_entry *entry)
{
	struct routes *r = arg;

	r->namespace_version = entry->namespace_version;
	for (size_t i = 0; i < r->count; i++) {
		if (slice_equal(slice_of(r->names[i]), entry->route))
			return true;
	}
	r->names = xgrow(r->names, r->count + 1, sizeof(*r->names));
	r->names[r->count++] = xcopy(entry->route.data, entry->route.size);
	return true;
}

static enum rc write_routes(struct routes *r)
{
	TRY(bytes_format(&r->text,
		"cache: { namespace_version: %" PRIu64 " }\n"
		"upstreams:\n  unknown: { url: \"http://unknown.invalid\", offline: true }\n"
		"routes:\n",
		r->namespace_version));
	for (size_t i = 0; i < r->count; i++) {
		TRY(bytes_append_slice(&r->text, SLICE("  - { upstream: unknown, path: ")));
		TRY(json_append_string(&r->text, slice_of(r->names[i])));
		TRY(bytes_append_slice(&r->text, SLICE(" }\n")));
	}
	return r->count > 0 ? RC_OK
			    : bytes_append_slice(
				      &r->text, SLICE("  - { upstream: unknown, path: / }\n"));
}

static struct config *config_of_entries(struct depot *depot)
{
	struct routes routes = { .namespace_version = 1 };
	struct config_faults faults;
	struct config *config = NULL;
	enum rc rc;

	bytes_init(&routes.text, MOST_CONFIG);
	rc = depot_list(depot, &(struct depot_filter){ 0 }, note_route, &routes);
	if (rc == RC_OK)
		rc = write_routes(&routes);
	if (rc == RC_OK) {
		rc = config_for_replay(bytes_slice(&routes.text), "127.0.0.1:0", &config, &faults);
		config_faults_done(&faults);
	}
	for (size_t i = 0; i < routes.count; i++)
		free(routes.names[i]);
	free(routes.names);
	bytes_done(&routes.text);
	return rc == RC_OK ? config : NULL;
}

/* ---- exporting ---- */

static int write_all(struct exporting *exporting, struct sink *sink)
{
	struct progress progress = { 0 };
	struct parcel parcel;
	struct parcel_end end;
	enum rc rc;

	while ((rc = exporting_next(exporting, &parcel)) == RC_OK) {
		int code = sink_add(sink, &parcel);

		parcel_done(&parcel);
		if (code != EXIT_DONE)
			return code;
		progress_show(&progress, "entries", exporting_end(exporting).entries, 0);
	}
	progress_clear(&progress);
	if (rc != RC_ABSENT) {
		fprintf(stderr, "larder export: %s\n", rc_text(rc));
		return EXIT_FAILED;
	}
	end = exporting_end(exporting);
	TRY(sink_finish(sink, &end) == EXIT_DONE ? RC_OK : RC_IO);
	fprintf(stderr, "larder export: %" PRIu64 " entries, %" PRIu64 " left out\n", end.entries,
		end.left_out);
	return EXIT_DONE;
}

static int export_with(const struct exporting_options *options, struct sink_options *to)
{
	SCOPED(exporting) exporting = exporting_new(options);
	SCOPED(sink) sink = NULL;
	struct manifest manifest;
	int code;

	exporting_manifest(exporting, &manifest);
	to->manifest = &manifest;
	code = sink_open(to, &sink);
	return code == EXIT_DONE ? write_all(exporting, sink) : code;
}

static int export_disk(
	const char *const *values, const struct parcel_filter *filter, struct sink_options *to)
{
	const struct shelf_choice choice = { "export", values[API_CONFIG], values[DISK] };
	struct exporting_options options = { .filter = *filter,
		.has_origins = values[API_CONFIG] != NULL };
	struct config *config;
	int code = shelf_open(&choice, DEPOT_LOOK, &options.depot);

	if (code != EXIT_DONE)
		return code;
	config = values[API_CONFIG] != NULL ? load_or_tell(values[API_CONFIG], NULL)
					    : config_of_entries(options.depot);
	if (config == NULL) {
		depot_close(options.depot);
		return EXIT_FAILED;
	}
	options.proxy = proxy_sketch(config, options.depot);
	code = export_with(&options, to);
	proxy_unref(options.proxy);
	config_free(config);
	return code;
}

/* ---- what was asked for ---- */

/* A moment, or how long ago. */
static bool parse_moment(const char *text, int64_t *ret_ms)
{
	int64_t ago_ms;

	if (text == NULL || moment_parse(slice_of(text), ret_ms) == RC_OK)
		return true;
	if (units_parse_duration(slice_of(text), &ago_ms) != RC_OK)
		return false;
	*ret_ms = clock_wall_ms() - ago_ms;
	return true;
}

static bool take_filter(const char *const *values, struct parcel_filter *ret)
{
	*ret = (struct parcel_filter){
		.route = slice_of(values[ROUTE]),
		.prefix = slice_of(values[PREFIX]),
		.tag = slice_of(values[TAG]),
		.tenant = slice_of(values[TENANT]),
		.since_ms = INT64_MIN,
		.until_ms = INT64_MAX,
	};
	return parse_moment(values[SINCE], &ret->since_ms) &&
	       parse_moment(values[UNTIL], &ret->until_ms);
}

static int export_server(const char *const *values, struct sink_options *to)
{
	static const struct {
		const char *name;
		int at;
	} parameters[] = { { "route", ROUTE }, { "prefix", PREFIX }, { "tag", TAG },
		{ "tenant", TENANT }, { "since", SINCE }, { "until", UNTIL } };
	struct client *client;
	struct bytes query;
	int code = client_open("export", values, &client);

	if (code != EXIT_DONE)
		return code;
	bytes_init(&query, MOST_QUERY);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		client_query(&query, parameters[i].name, values[parameters[i].at]);
	code = from_server_export(client, query.size > 0 ? query.data : "", to);
	bytes_done(&query);
	client_close(client);
	return code;
}

static const char *format_of(const char *const *values)
{
	return values[API_JSON] != NULL ? "jsonl" : values[FORMAT];
}

static int run(const char *const *values)
{
	struct parcel_filter filter;
	struct sink_options to = {
		.command = "export",
		.path = values[FILE_NAME],
		.format = sink_format_of(format_of(values), values[FILE_NAME]),
	};
	bool is_warc = to.format == SINK_WARC || to.format == SINK_WARC_GZ;

	if (values[DISK] != NULL && (values[API_ADMIN] != NULL || values[API_CONFIG] != NULL))
		return fail("--disk goes without --admin and --config");
	if (to.format == SINK_FORMATS)
		return fail("the format is not known: --format jsonl, sqlite, warc or warc.gz, or "
			    "a name that ends so, is expected");
	if (is_warc && values[DISK] != NULL)
		return fail("a WARC file has the origins' addresses: --config or --admin is "
			    "expected");
	if (!take_filter(values, &filter))
		return fail("--since, --until: a moment (2027-01-31T12:00:00Z) or how long ago "
			    "(12h) is expected");
	return from_server_is_disk(values, values[DISK]) ? export_disk(values, &filter, &to)
							 : export_server(values, &to);
}

const struct command export_command = {
	.name = "export",
	.about = "Write what is stored into a file: JSON lines, an SQLite bundle, or WARC/1.1.",
	.details = "A larder that runs is asked; with --disk, or --config where that has a cache.disk, the store's "
		   "directory is read, whether a larder runs on it or not. Left out: what was purged, and what holds a "
		   "credential. The file has its name once it is whole.",
	.options = {
		API_PLACE_OPTIONS,
		[API_JSON] = { "--json", NULL, "the same as --format jsonl" },
		[FILE_NAME] = { "FILE", NULL, "ends with .jsonl, .sqlite, .warc or .warc.gz; - is standard output" },
		[DISK] = { "--disk", "DIR", "what lies in this directory of a store" },
		[FORMAT] = { "--format", "FORMAT", "where the name doesn't say", .choices = "jsonl sqlite warc warc.gz" },
		[ROUTE] = { "--route", "PATH", "of this route only" },
		[PREFIX] = { "--prefix", "TARGET", "whose target begins so" },
		[TAG] = { "--tag", "TAG", "with this tag" },
		[TENANT] = { "--tenant", "NAME", "of this tenant" },
		[SINCE] = { "--since", "WHEN", "that came then or later: a moment, or how long ago (12h)" },
		[UNTIL] = { "--until", "WHEN", "that came before" },
	},
	.run = run,
};

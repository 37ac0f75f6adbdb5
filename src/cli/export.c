/* cli/export.c - `larder export`: what is stored, into a file.
 *
 * From the directory of a disk tier, whether a larder serves from it or not. Without a configuration, routes are
 * those that entries have.
 */
#include "cli/command.h"

#include "shelf.h"
#include "sink.h"

#include "cli/load.h"
#include "observe/json.h"
#include "proxy/exporting.h"
#include "proxy/why.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CONFIG ((size_t)4 << 20)

enum { FILE_NAME, CONFIG, DISK, FORMAT, ROUTE, PREFIX, TAG, TENANT, SINCE, UNTIL };

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
		rc = config_for_replay(routes.text.data, routes.text.size, &config, &faults);
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
	struct parcel parcel;
	struct parcel_end end;
	enum rc rc;

	while ((rc = exporting_next(exporting, &parcel)) == RC_OK) {
		int code = sink_add(sink, &parcel);

		parcel_done(&parcel);
		if (code != EXIT_DONE)
			return code;
	}
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
	const struct shelf_choice choice = { "export", values[CONFIG], values[DISK] };
	struct exporting_options options = { .filter = *filter,
		.has_origins = values[CONFIG] != NULL };
	struct config *config;
	int code = shelf_open(&choice, DEPOT_LOOK, &options.depot);

	if (code != EXIT_DONE)
		return code;
	config = values[CONFIG] != NULL ? load_or_tell(values[CONFIG], NULL)
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

	if (text == NULL)
		return true;
	if (units_parse_duration(slice_of(text), &ago_ms) != RC_OK)
		return false;
	*ret_ms = clock_wall_ms() - ago_ms;
	return true;
}

static int run(const char *const *values)
{
	struct parcel_filter filter = {
		.route = slice_of(values[ROUTE]),
		.prefix = slice_of(values[PREFIX]),
		.tag = slice_of(values[TAG]),
		.tenant = slice_of(values[TENANT]),
		.since_ms = INT64_MIN,
		.until_ms = INT64_MAX,
	};
	struct sink_options to = {
		.command = "export",
		.path = values[FILE_NAME],
		.format = sink_format_of(values[FORMAT], values[FILE_NAME]),
	};

	if (to.format == SINK_FORMATS)
		return fail("the format is not known: --format jsonl, sqlite, warc or warc.gz, or "
			    "a name that ends so, is expected");
	if ((to.format == SINK_WARC || to.format == SINK_WARC_GZ) && values[CONFIG] == NULL)
		return fail("a WARC file has the origins' addresses: --config FILE is expected");
	if (!parse_moment(values[SINCE], &filter.since_ms) ||
		!parse_moment(values[UNTIL], &filter.until_ms))
		return fail("--since, --until: a moment (2027-01-31T12:00:00Z) or how long ago "
			    "(12h) is expected");
	return export_disk(values, &filter, &to);
}

const struct command export_command = {
	.name = "export",
	.about = "Write what is stored into a file: JSON lines, an SQLite bundle, or WARC/1.1.",
	.options = {
		[FILE_NAME] = { "FILE", NULL, "ends with .jsonl, .sqlite, .warc or .warc.gz; - is standard output" },
		[CONFIG] = { "--config", "FILE", "the configuration: cache.disk, routes, upstreams" },
		[DISK] = { "--disk", "DIR", "or the store's directory" },
		[FORMAT] = { "--format", "FORMAT", "jsonl, sqlite, warc or warc.gz, where the name doesn't say" },
		[ROUTE] = { "--route", "PATH", "of this route only" },
		[PREFIX] = { "--prefix", "TARGET", "whose target begins so" },
		[TAG] = { "--tag", "TAG", "with this tag" },
		[TENANT] = { "--tenant", "NAME", "of this tenant" },
		[SINCE] = { "--since", "WHEN", "that came then or later: a moment, or how long ago (12h)" },
		[UNTIL] = { "--until", "WHEN", "that came before" },
	},
	.run = run,
};

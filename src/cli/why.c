/* cli/why.c - `larder why`: what would become of a request, and why.
 *
 * A larder that runs is asked; where none answers, the configuration and what lies on the disk explain as
 * much as they can: what is in memory, and how the upstream is, nobody knows then.
 */
#include "why.h"

#include "shelf.h"

#include "cli/command.h"
#include "cli/load.h"
#include "http/json_pointer.h"
#include "proxy/why.h"
#include "util/readable.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_REPORT ((size_t)64 << 20)
#define MOST_LINE   ((size_t)1 << 20)

enum { CONFIG, SERVER, HEADER, JSON, URL };

struct question {
	const char *url;
	struct arena arena;
	struct headers fields;
	struct config *config; /* or NULL */
	struct bytes report;
};

/* ---- the report ---- */

static enum rc print_line(struct slice report, size_t index)
{
	char pointer[32];
	struct bytes line, safe;
	enum rc rc;

	snprintf(pointer, sizeof(pointer), "/text/%zu", index);
	bytes_init(&line, MOST_LINE);
	bytes_init(&safe, 4 * MOST_LINE);
	rc = json_pointer_text(report, slice_of(pointer), &line);
	if (rc == RC_OK) {
		readable_append(&safe, bytes_slice(&line));
		printf("%s\n", safe.size > 0 ? safe.data : "");
	}
	bytes_done(&line);
	bytes_done(&safe);
	return rc;
}

static int print(const struct question *q, bool json)
{
	struct slice report = bytes_slice(&q->report);
	size_t lines = 0;

	if (json) {
		fwrite(report.data, 1, report.size, stdout);
		return shelf_finish("why", EXIT_DONE);
	}
	while (print_line(report, lines) == RC_OK)
		lines++;
	if (lines == 0)
		fputs("larder why: what came is no report\n", stderr);
	return shelf_finish("why", lines > 0 ? EXIT_DONE : EXIT_FAILED);
}

/* ---- without a server ---- */

static int sketch(struct question *q)
{
	const char *path = q->config->cache.disk.path;
	SCOPED(depot) depot = NULL;
	struct proxy *proxy;
	enum rc rc;

	/* what keeps it from being read is told; without it there is less to say */
	if (path[0] != '\0')
		(void)shelf_open(&(struct shelf_choice){ "why", NULL, path }, DEPOT_LOOK, &depot);
	proxy = proxy_sketch(q->config, depot);
	rc = proxy_why(proxy,
		&(struct why_asked){
			.url = slice_of(q->url), .headers = &q->fields, .depot = depot },
		&q->report);
	proxy_unref(proxy);
	if (rc == RC_OK)
		return EXIT_DONE;
	fprintf(stderr, "larder why: %s: %s\n", q->url,
		rc == RC_INVALID ? "neither a target nor a URL" : rc_text(rc));
	return rc == RC_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

/* ---- a server ---- */

static int judge_status(const struct why_place *place, int status)
{
	if (status == 200)
		return EXIT_DONE;
	fprintf(stderr, "larder why: %s%s: %d: %s\n", place->base, place->path, status,
		status == 400   ? "what is asked about is neither a target nor a URL"
		: status == 403 ? "not from this address (server.why_from)"
				: "no report; is that its server.why?");
	return status == 400 ? EXIT_USAGE : EXIT_FAILED;
}

/* Finds out, from whoever knows. */
static int find_out(struct question *q, const struct why_place *place)
{
	int status;
	enum rc rc = RC_ABSENT;

	if (place != NULL) {
		rc = why_ask(place, q->url, &q->fields, &status, &q->report);
		if (rc == RC_OK)
			return judge_status(place, status);
		fprintf(stderr, "larder why: %s%s: %s\n", place->base, place->path, rc_text(rc));
	} else {
		fputs("larder why: server.why is off, or no listener has a known port: no larder "
		      "is asked\n",
			stderr);
	}
	if (q->config == NULL)
		return EXIT_FAILED;
	fputs("larder why: explained by the configuration and the disk alone; what is in memory is "
	      "not known\n",
		stderr);
	bytes_clear(&q->report);
	return sketch(q);
}

static int find_place(struct question *q, const char *server)
{
	struct why_place place;

	if (server == NULL)
		return find_out(q, why_place_of_config(q->config, &place) == RC_OK ? &place : NULL);
	if (why_place_of_url(server, &place) == RC_OK)
		return find_out(q, &place);
	fprintf(stderr, "larder why: --server %s: a URL with the path of server.why is expected\n",
		server);
	return EXIT_USAGE;
}

/* ---- the question ---- */

/* One a line. */
static bool parse_fields(const char *text, struct headers *ret)
{
	struct slice rest = slice_of(text);

	while (rest.size > 0) {
		struct slice value = slice_cut(&rest, '\n'), line = value;
		struct slice name = slice_cut(&value, ':');

		value = slice_trim(value);
		if (!field_name_valid(name) || slice_find(line, ':') < 0 ||
			!field_value_valid(value)) {
			fprintf(stderr, "larder why: --header " SLICE_FORMAT ": %s\n",
				SLICE_ARGS(line), "'Name: value' is expected");
			return false;
		}
		headers_add_copy(ret, name, value);
	}
	return true;
}

static int answer(struct question *q, const char *const *values)
{
	int code;

	if (values[HEADER] != NULL && !parse_fields(values[HEADER], &q->fields))
		return EXIT_USAGE;
	if (values[CONFIG] != NULL && (q->config = load_or_tell(values[CONFIG], NULL)) == NULL)
		return EXIT_USAGE;
	code = find_place(q, values[SERVER]);
	return code == EXIT_DONE ? print(q, values[JSON] != NULL) : code;
}

static int run(const char *const *values)
{
	struct question q = { .url = values[URL] };
	int code;

	if (values[CONFIG] == NULL && values[SERVER] == NULL) {
		fputs("larder why: --config FILE or --server URL is expected\n", stderr);
		return EXIT_USAGE;
	}
	arena_init(&q.arena);
	headers_init(&q.fields, &q.arena);
	bytes_init(&q.report, MOST_REPORT);
	code = answer(&q, values);
	bytes_done(&q.report);
	arena_done(&q.arena);
	if (q.config != NULL)
		config_free(q.config);
	return code;
}

const struct command why_command = {
	.name = "why",
	.about = "Tell what would become of a request for one URL, and why.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration: its first listener and server.why are asked" },
		[SERVER] = { "--server", "URL", "or this one: http://127.0.0.1:8080/why" },
		[HEADER] = { "--header", "FIELD", "'Accept: text/html': a field of the request; any number", .repeats = true },
		[JSON] = { "--json", NULL, "the report as one JSON object" },
		[URL] = { "URL", NULL, "/path?query, or a whole URL" },
	},
	.run = run,
};

/* cli/why.c - `larder why`: what would become of a request, and why.
 *
 * A larder that runs is asked; where none answers, the configuration and what lies on the disk explain as
 * much as they can: what is in memory, and how the upstream is, nobody knows then.
 */
#include "why.h"

#include "client/client.h"
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

static int print(const struct why_question *q, bool json)
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

static int sketch(struct why_question *q, struct config *config)
{
	const char *path = config->cache.disk.path, *url = q->values[WHY_URL];
	SCOPED(depot) depot = NULL;
	struct proxy *proxy;
	enum rc rc;

	fputs("larder why: explained by the configuration and the disk alone; what is in memory is "
	      "not known\n",
		stderr);
	/* what keeps it from being read is told; without it there is less to say */
	if (path[0] != '\0')
		(void)shelf_open(&(struct shelf_choice){ "why", NULL, path }, DEPOT_LOOK, &depot);
	proxy = proxy_sketch(config, depot);
	rc = proxy_why(proxy,
		&(struct why_asked){ .url = slice_of(url), .headers = &q->fields, .depot = depot },
		&q->report);
	proxy_unref(proxy);
	if (rc == RC_OK)
		return EXIT_DONE;
	fprintf(stderr, "larder why: %s: %s\n", url,
		rc == RC_INVALID ? "neither a target nor a URL" : rc_text(rc));
	return rc == RC_INVALID ? EXIT_USAGE : EXIT_FAILED;
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

/* By a configuration: its page, which tells most, else its admin API. */
static int ask_configured(struct why_question *q, const struct config *config, bool *ret_away)
{
	if (config->server.why[0] != '\0')
		return why_ask_listener(q, config, ret_away);
	if (client_has_place(q->values))
		return why_ask_api(q, ret_away);
	fputs("larder why: server.why is off, and no admin.listen can be known: no larder is "
	      "asked\n",
		stderr);
	*ret_away = true;
	return EXIT_FAILED;
}

static int ask(struct why_question *q, const struct config *config, bool *ret_away)
{
	if (q->values[WHY_SERVER] != NULL)
		return why_ask_page(q, ret_away);
	if (q->values[API_ADMIN] != NULL || config == NULL)
		return why_ask_api(q, ret_away);
	return ask_configured(q, config, ret_away);
}

/* Where nobody is there the file explains. */
static int find_out(struct why_question *q)
{
	const char *file = q->values[API_CONFIG];
	struct config *config = file != NULL ? load_or_tell(file, NULL) : NULL;
	bool away = false;
	int code;

	if (file != NULL && config == NULL)
		return EXIT_USAGE;
	code = ask(q, config, &away);
	if (away && config != NULL) {
		bytes_clear(&q->report);
		code = sketch(q, config);
	}
	if (config != NULL)
		config_free(config);
	return code;
}

static int run(const char *const *values)
{
	struct why_question q = { .values = values };
	struct arena arena;
	int code = EXIT_USAGE;

	arena_init(&arena);
	headers_init(&q.fields, &arena);
	bytes_init(&q.report, MOST_REPORT);
	if (values[WHY_HEADER] == NULL || parse_fields(values[WHY_HEADER], &q.fields))
		code = find_out(&q);
	if (code == EXIT_DONE)
		code = print(&q, values[API_JSON] != NULL);
	bytes_done(&q.report);
	arena_done(&arena);
	return code;
}

const struct command why_command = {
	.name = "why",
	.about = "Tell what would become of a request for one URL, and why.",
	.details = "A larder that runs is asked: with --server at its server.why, else by its admin API. By --config it is found at\n"
		   "either; where nobody answers, the file and what lies on the disk explain as much as they can.",
	.options = {
		API_PLACE_OPTIONS,
		[API_JSON] = { "--json", NULL, "the report as one JSON object", .is_common = true },
		[WHY_SERVER] = { "--server", "URL", "its server.why: http://127.0.0.1:8080/why" },
		[WHY_HEADER] = { "--header", "FIELD", "'Accept: text/html': a field of the request; any number", .repeats = true },
		[WHY_URL] = { "URL", NULL, "/path?query, or a whole URL" },
	},
	.run = run,
};

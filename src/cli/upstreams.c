/* cli/upstreams.c - `larder upstreams`: how the origins are, and by hand what their breakers do by themselves.
 * Threads: one. */
#include "client/client.h"
#include "client/view.h"

#include "util/readable.h"

#include <inttypes.h>
#include <stdio.h>

#define MOST_PATH ((size_t)64 << 10)

enum { NAME = API_OPTION_COUNT };

static const struct view_row rows[] = {
	{ "UPSTREAM", "name", VIEW_TEXT, true },
	{ "BREAKER", "breaker", VIEW_STATE, false },
	{ "LEFT", "left", VIEW_MS, false },
	{ "ORIGINS", "up", VIEW_TEXT, false },
	{ "UNDER WAY", "in_flight", VIEW_COUNT, false },
	{ "WAITING", "waiting.client", VIEW_COUNT, false },
	{ "BEHIND", "waiting.revalidation", VIEW_COUNT, false },
	{ "RATE", "limit", VIEW_TEXT, false },
	{ "TOKENS", "tokens", VIEW_NUMBER, false },
	{ "LEARNED", "learned", VIEW_TEXT, false },
	{ "URL", "url", VIEW_TEXT, true },
};

/* What takes more than one member to tell, as one: `up`, `left`, `limit`. */
static void sum_up(json_t *upstream)
{
	const json_t *origins = json_object_get(upstream, "origins");
	bool is_closed = slice_equal(view_text(upstream, "breaker"), SLICE("closed"));
	int64_t most = view_number(upstream, "rate.count");
	char period[READABLE_TEXT];
	size_t up = 0, i;
	json_t *origin;

	json_array_foreach(origins, i, origin) up += json_is_true(json_object_get(origin, "up"));
	json_object_set_new(
		upstream, "up", json_sprintf("%zu of %zu", up, json_array_size(origins)));
	if (json_is_true(json_object_get(upstream, "held")))
		json_object_set_new(upstream, "left", json_string("held"));
	else if (!is_closed)
		json_object_set(upstream, "left", json_object_get(upstream, "breaker_left_ms"));
	if (most > 0)
		json_object_set_new(upstream, "limit",
			json_sprintf("%" PRId64 "/%s", most,
				readable_duration(
					view_number(upstream, "rate.period_ms"), period)));
}

static int show(const json_t *answer)
{
	json_t *items = json_object_get(answer, "items"), *upstream;
	size_t i;

	json_array_foreach(items, i, upstream) sum_up(upstream);
	view_print(&VIEW(rows), items, stdout);
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	return client_run("upstreams", values,
		&(struct client_call){ .method = "GET", .path = "/upstreams", .member = "items" },
		show);
}

const struct command upstreams_command = {
	.name = "upstreams",
	.about = "List the upstreams: breakers, origins, what is under way, what waits, their "
		 "rates.",
	.options = { API_OPTIONS },
	.run = run,
};

/* ---- by hand ---- */

static int show_changed(const json_t *answer)
{
	json_t *items = json_object_get(answer, "items");
	json_t *one = items == NULL ? json_pack("[O]", answer) : json_incref(items), *upstream;
	size_t i;

	json_array_foreach(one, i, upstream) sum_up(upstream);
	view_print(&VIEW(rows), one, stdout);
	json_decref(one);
	return EXIT_DONE;
}

static int change(const char *command, const char *verb, const char *const *values)
{
	struct bytes path;
	int code;

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/upstreams/"));
	client_encode(&path, values[NAME]);
	(void)!bytes_format(&path, "/%s", verb);
	code = client_run(command, values,
		&(struct client_call){ .method = "POST", .path = path.data, .member = "breaker" },
		show_changed);
	bytes_done(&path);
	return code;
}

static int run_open(const char *const *values)
{
	return change("upstreams open", "open", values);
}

static int run_close(const char *const *values)
{
	return change("upstreams close", "close", values);
}

static int run_reset(const char *const *values)
{
	return change("upstreams reset", "reset", values);
}

const struct command upstreams_open_command = {
	.name = "upstreams open",
	.about = "Open an upstream's breaker: it is asked nothing until it is closed.",
	.options = { API_OPTIONS, [NAME] = { "NAME", NULL, "the upstream" } },
	.run = run_open,
};

const struct command upstreams_close_command = {
	.name = "upstreams close",
	.about = "Close an upstream's breaker: it is asked again at once.",
	.options = { API_OPTIONS, [NAME] = { "NAME", NULL, "the upstream" } },
	.run = run_close,
};

const struct command upstreams_reset_command = {
	.name = "upstreams reset",
	.about = "Forget what an upstream's failures have taught: breaker, learned rate, ejected "
		 "origins.",
	.options = { API_OPTIONS, [NAME] = { "NAME", NULL, "the upstream" } },
	.run = run_reset,
};

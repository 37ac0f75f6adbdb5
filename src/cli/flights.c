/* cli/flights.c - `larder flights`: fetches that are under way. Threads: one. */
#include "client/client.h"
#include "client/view.h"

static const struct view_row rows[] = {
	{ "STATE", "state", VIEW_TEXT, false },
	{ "AGE", "age_ms", VIEW_MS, false },
	{ "READERS", "readers", VIEW_COUNT, false },
	{ "BYTES", "bytes", VIEW_SIZE, false },
	{ "ROUTE", "route", VIEW_TEXT, true },
	{ "TENANT", "tenant", VIEW_TEXT, false },
	{ "TARGET", "target", VIEW_TEXT, true },
};

static int show(const json_t *answer)
{
	view_print(&VIEW(rows), json_object_get(answer, "items"), stdout);
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	return client_run("flights", values,
		&(struct client_call){ .method = "GET", .path = "/flights", .member = "items" },
		show);
}

const struct command flights_command = {
	.name = "flights",
	.about = "List the fetches that are under way, and how many clients wait for each.",
	.options = { API_OPTIONS },
	.run = run,
};

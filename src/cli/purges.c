/* cli/purges.c - `larder purge list`, `schedule`, `cancel`: what was purged, and what will be. Threads: one. */
#include "client.h"
#include "limit.h"
#include "pages.h"
#include "shelf.h"

#define MOST_PATH ((size_t)64 << 10)

enum { LIMIT = API_OPTION_COUNT };
enum { ID = API_OPTION_COUNT };

static const struct view_row past[] = {
	{ "AT", "at", VIEW_TEXT, false },
	{ "TRIGGER", "trigger", VIEW_TEXT, false },
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_LIST, true },
	{ "MODE", "mode", VIEW_TEXT, false },
	{ "WHO", "who", VIEW_TEXT, true },
	{ "ENTRIES", "entries", VIEW_COUNT, false },
	{ "ID", "id", VIEW_TEXT, false },
};

static const struct view_row coming[] = {
	{ "NEXT", "next_at", VIEW_TEXT, false },
	{ "EVERY", "every", VIEW_TEXT, false },
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_LIST, true },
	{ "ROUTE", "route", VIEW_TEXT, true },
	{ "MODE", "mode", VIEW_TEXT, false },
	{ "WHO", "who", VIEW_TEXT, true },
	{ "ID", "id", VIEW_TEXT, false },
};

static int run_list(const char *const *values)
{
	struct pages pages = { .path = "/purges", .values = values, .view = &VIEW(past) };
	struct client *client = NULL;
	int code = limit_take("purge list", values[LIMIT], &pages.limit);

	if (code == EXIT_DONE)
		code = client_open("purge list", values, &client);
	if (code == EXIT_DONE)
		code = pages_print(client, &pages);
	client_close(client);
	return shelf_finish("purge list", code);
}

const struct command purge_list_command = {
	.name = "purge list",
	.about = "List the latest purges, by whomever and whatever they were caused.",
	.options = {
		API_OPTIONS,
		[LIMIT] = { "--limit", "N", "at most so many; else 100, with --json all" },
	},
	.run = run_list,
};

static int show_schedule(const json_t *answer)
{
	view_print(&VIEW(coming), json_object_get(answer, "items"), stdout);
	return EXIT_DONE;
}

static int run_schedule(const char *const *values)
{
	return client_run("purge schedule", values,
		&(struct client_call){ .method = "GET", .path = "/purges/schedule" },
		show_schedule);
}

const struct command purge_schedule_command = {
	.name = "purge schedule",
	.about = "List the purges that are to come: those of --at and --every.",
	.options = { API_OPTIONS },
	.run = run_schedule,
};

static int run_cancel(const char *const *values)
{
	struct client *client = NULL;
	struct bytes path;
	int code = client_open("purge cancel", values, &client);

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/purges/schedule/"));
	client_encode(&path, values[ID]);
	if (code == EXIT_DONE)
		code = client_print(
			client, &(struct client_call){ .method = "DELETE", .path = path.data });
	bytes_done(&path);
	client_close(client);
	return shelf_finish("purge cancel", code);
}

const struct command purge_cancel_command = {
	.name = "purge cancel",
	.about = "Take a purge off the schedule.",
	.options = { API_OPTIONS, [ID] = { "ID", NULL, "as purge schedule tells it" } },
	.run = run_cancel,
};

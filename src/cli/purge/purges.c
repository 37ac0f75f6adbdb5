/* cli/purge/purges.c - `larder purge list`, `schedule`, `cancel`: what was purged, and what will be. Threads: one. */
#include "client/client.h"
#include "client/view.h"

#define MOST_PATH ((size_t)64 << 10)

enum { ID = API_OPTION_COUNT };

static const struct view_row past[] = {
	{ "AT", "at", VIEW_TEXT, false },
	{ "TRIGGER", "trigger", VIEW_TEXT, false },
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_LIST, true },
	{ "MODE", "mode", VIEW_TEXT, false },
	{ "TENANT", "tenant", VIEW_TEXT, true },
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

static int show_past(const json_t *answer)
{
	view_print(&VIEW(past), json_object_get(answer, "items"), stdout);
	return EXIT_DONE;
}

static int run_list(const char *const *values)
{
	return client_run("purge list", values,
		&(struct client_call){ .method = "GET", .path = "/purges", .member = "items" },
		show_past);
}

const struct command purge_list_command = {
	.name = "purge list",
	.about = "List the last purges, a thousand at most, by whomever and whatever they were "
		 "caused, the "
		 "latest first.",
	.options = { API_OPTIONS },
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
		&(struct client_call){
			.method = "GET", .path = "/purges/schedule", .member = "items" },
		show_schedule);
}

const struct command purge_schedule_command = {
	.name = "purge schedule",
	.about = "List the purges that are to come: those of --at and --every.",
	.options = { API_OPTIONS },
	.run = run_schedule,
};

/* There is nothing more to say. */
static int show_nothing(const json_t *answer)
{
	(void)answer;
	return EXIT_DONE;
}

static int run_cancel(const char *const *values)
{
	struct bytes path;
	int code;

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/purges/schedule/"));
	client_encode(&path, values[ID]);
	code = client_run("purge cancel", values,
		&(struct client_call){ .method = "DELETE", .path = path.data, .member = "id" },
		show_nothing);
	bytes_done(&path);
	return code;
}

const struct command purge_cancel_command = {
	.name = "purge cancel",
	.about = "Take a purge off the schedule.",
	.options = { API_OPTIONS, [ID] = { "ID", NULL, "as purge schedule tells it" } },
	.run = run_cancel,
};

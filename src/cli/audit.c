/* cli/audit.c - `larder audit`: who changed what, and who was refused, the latest first. Threads: one. */
#include "limit.h"
#include "client/pages.h"
#include "shelf.h"

enum { LIMIT = API_OPTION_COUNT };

static const struct view_row rows[] = {
	{ "AT", "at", VIEW_TEXT, false },
	{ "WHO", "who", VIEW_TEXT, true },
	{ "ROLE", "role", VIEW_TEXT, false },
	{ "TENANT", "tenant", VIEW_TEXT, true },
	{ "FROM", "from", VIEW_TEXT, false },
	{ "STATUS", "status", VIEW_COUNT, false },
	{ "METHOD", "method", VIEW_TEXT, false },
	{ "PATH", "path", VIEW_TEXT, true },
	{ "TOLD", "told", VIEW_LIST, true },
	{ "PROBLEM", "problem", VIEW_TEXT, true },
};

static int run(const char *const *values)
{
	struct pages pages = { .path = "/audit", .values = values, .view = &VIEW(rows) };
	struct client *client = NULL;
	int code = limit_take("audit", values[LIMIT], &pages.limit);

	if (code == EXIT_DONE)
		code = client_open("audit", values, &client);
	if (code == EXIT_DONE)
		code = pages_print(client, &pages);
	client_close(client);
	return shelf_finish("audit", code);
}

const struct command audit_command = {
	.name = "audit",
	.about = "List the calls that changed something or were refused, the latest first.",
	.options = {
		API_OPTIONS,
		[LIMIT] = { "--limit", "N", "at most so many; else 100, with --json all" },
	},
	.run = run,
};

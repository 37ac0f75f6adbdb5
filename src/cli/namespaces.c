/* cli/namespaces.c - `larder namespace`: versions of keys; with a new one all of the old is gone at once.
 * Threads: one. */
#include "client/client.h"
#include "terminal/confirm.h"
#include "client/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YES = API_OPTION_COUNT, SCOPE, NAME };

static const struct view_row rows[] = {
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "NAME", "name", VIEW_TEXT, true },
	{ "VERSION", "version", VIEW_COUNT, false },
};

static int show_list(const json_t *answer)
{
	view_print(&VIEW(rows), json_object_get(answer, "items"), stdout);
	return EXIT_DONE;
}

static int run_list(const char *const *values)
{
	return client_run("namespace list", values,
		&(struct client_call){ .method = "GET", .path = "/namespaces", .member = "items" },
		show_list);
}

const struct command namespace_list_command = {
	.name = "namespace list",
	.about = "List the namespaces of keys, and their versions.",
	.options = { API_OPTIONS },
	.run = run_list,
};

/* ---- bump ---- */

static int show_bumped(const json_t *answer)
{
	json_t *items = json_pack("[O]", answer);

	view_print(&VIEW(rows), items, stdout);
	json_decref(items);
	return EXIT_DONE;
}

static int check(const char *const *values)
{
	bool is_all = strcmp(values[SCOPE], "all") == 0;
	char question[512];

	if (is_all == (values[NAME] != NULL)) {
		fprintf(stderr, "larder namespace bump: %s\n",
			is_all ? "all has no name"
			       : "the route's path or the tenant's name is expected");
		return EXIT_USAGE;
	}
	if (values[YES] != NULL)
		return EXIT_DONE;
	snprintf(question, sizeof(question), "All that is stored%s%s %.200s%swill be gone. Go on?",
		is_all ? "" : " of ", is_all ? "" : values[SCOPE], is_all ? "" : values[NAME],
		is_all ? "" : " ");
	return confirm("namespace bump", question);
}

static int bump(const char *const *values, json_t *asked)
{
	char *body = json_dumps(asked, JSON_COMPACT);
	int code = client_run("namespace bump", values,
		&(struct client_call){ .method = "POST",
			.path = "/namespaces",
			.member = "version",
			.body = slice_of(body) },
		show_bumped);

	free(body);
	return code;
}

static int run_bump(const char *const *values)
{
	int code = check(values);
	json_t *asked;

	if (code != EXIT_DONE)
		return code;
	asked = json_pack("{s:s, s:s*}", "scope", values[SCOPE], "name", values[NAME]);
	if (asked == NULL) {
		fputs("larder namespace bump: the name isn't UTF-8\n", stderr);
		return EXIT_USAGE;
	}
	code = bump(values, asked);
	json_decref(asked);
	return code;
}

const struct command namespace_bump_command = {
	.name = "namespace bump",
	.about = "Begin a new version: all that is stored under the old one is gone at once.",
	.options = {
		API_OPTIONS,
		[YES] = { "--yes", NULL, "don't ask" },
		[SCOPE] = { "SCOPE", NULL, "of what", .choices = "all route tenant" },
		[NAME] = { "NAME", NULL, "the route's path, or the tenant's name", .optional = true },
	},
	.run = run_bump,
};

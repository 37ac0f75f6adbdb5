/* cli/reload.c - `larder reload`: a larder reads its configuration anew, and says what came of it. Threads: one. */
#include "client/client.h"
#include "client/view.h"

#include "terminal/terminal.h"

#include <stdio.h>

#define MOST_NAME ((size_t)64 << 10)

static void print_names(const char *heading, const json_t *names)
{
	size_t i;
	json_t *name;

	if (json_array_size(names) > 0)
		printf("%s\n", heading);
	json_array_foreach(names, i, name)
	{
		struct bytes text, safe;

		bytes_init(&text, MOST_NAME);
		bytes_init(&safe, 8 * MOST_NAME);
		view_value(VIEW_TEXT, name, &text);
		terminal_append(&safe, bytes_slice(&text));
		printf("  %s\n", safe.size > 0 ? safe.data : "");
		bytes_done(&text);
		bytes_done(&safe);
	}
}

static int show(const json_t *answer)
{
	const json_t *changed = json_object_get(answer, "changed");
	const json_t *kept = json_object_get(answer, "kept");

	print_names("changed:", changed);
	print_names("kept until a restart:", kept);
	if (json_array_size(changed) + json_array_size(kept) == 0)
		puts("nothing has changed");
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	return client_run("reload", values,
		&(struct client_call){ .method = "POST", .path = "/reload", .member = "changed" },
		show);
}

const struct command reload_command = {
	.name = "reload",
	.about = "Have a larder read its configuration anew.",
	.details = "Exit 2 where the configuration has faults, which are told: nothing has changed "
		   "then.",
	.options = { API_OPTIONS },
	.run = run,
};

/* cli/config.c - `larder config`: the configuration by which a larder runs, secrets starred out. Threads: one. */
#include "client/client.h"

#include "terminal/terminal.h"

#include <stdio.h>

#define MOST_LINE ((size_t)1 << 20)

/* Nothing changes in what larder writes: that is escaped already. */
static void print_line(struct slice line)
{
	struct bytes safe;

	bytes_init(&safe, MOST_LINE);
	terminal_append(&safe, line);
	if (safe.size > 0)
		fwrite(safe.data, 1, safe.size, stdout);
	bytes_done(&safe);
}

static int show(const json_t *answer)
{
	const json_t *yaml = json_object_get(answer, "yaml");
	struct slice rest = { json_string_value(yaml), json_string_length(yaml) };

	while (rest.size > 0) {
		ptrdiff_t end = slice_find(rest, '\n');

		print_line(end < 0 ? rest : (struct slice){ rest.data, (size_t)end });
		if (end >= 0)
			putchar('\n');
		rest = slice_skip(rest, end < 0 ? rest.size : (size_t)end + 1);
	}
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	return client_run("config", values,
		&(struct client_call){ .method = "GET", .path = "/config", .member = "yaml" },
		show);
}

const struct command config_command = {
	.name = "config",
	.about = "Print the configuration by which a larder runs, secrets starred out.",
	.options = { API_OPTIONS },
	.run = run,
};

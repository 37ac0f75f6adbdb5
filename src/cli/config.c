/* cli/config.c - `larder config`: the configuration by which a larder runs, secrets starred out. Threads: one. */
#include "client.h"

#include <stdio.h>

static int show(const json_t *answer)
{
	const json_t *yaml = json_object_get(answer, "yaml");

	if (json_is_string(yaml))
		fwrite(json_string_value(yaml), 1, json_string_length(yaml), stdout);
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

/* cli/config.c - `larder config`: the configuration by which a larder runs, secrets starred out. */
#include "client.h"
#include "shelf.h"

#include <stdio.h>

static int print_yaml(struct client *client)
{
	json_t *answer = NULL;
	int code = client_get(client, "/config", &answer);
	const json_t *yaml = json_object_get(answer, "yaml");

	if (code == EXIT_DONE && json_is_string(yaml))
		fwrite(json_string_value(yaml), 1, json_string_length(yaml), stdout);
	json_decref(answer);
	return code;
}

static int run(const char *const *values)
{
	struct client *client;
	int code = client_open("config", values, &client);

	if (code == EXIT_DONE && values[API_JSON] != NULL)
		code = client_print(
			client, &(struct client_call){ .method = "GET", .path = "/config" });
	else if (code == EXIT_DONE)
		code = print_yaml(client);
	client_close(client);
	return shelf_finish("config", code);
}

const struct command config_command = {
	.name = "config",
	.about = "Print the configuration by which a larder runs, secrets starred out.",
	.options = { API_OPTIONS },
	.run = run,
};

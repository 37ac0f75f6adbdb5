/* cli/reload.c - `larder reload`: a larder reads its configuration anew, and says what came of it. */
#include "client.h"
#include "shelf.h"
#include "terminal.h"

#include <stdio.h>

#define MOST_LINE ((size_t)64 << 10)

static void print_names(const char *heading, const json_t *names)
{
	size_t i;
	json_t *name;

	if (json_array_size(names) == 0)
		return;
	printf("%s\n", heading);
	json_array_foreach(names, i, name)
	{
		struct bytes safe;

		bytes_init(&safe, MOST_LINE);
		if (json_is_string(name))
			terminal_append(&safe, (struct slice){ json_string_value(name),
						       json_string_length(name) });
		printf("  %s\n", safe.size > 0 ? safe.data : "");
		bytes_done(&safe);
	}
}

static int reload(struct client *client)
{
	json_t *answer = NULL;
	int code = client_post(client, "/reload", NULL, &answer);

	if (code != EXIT_DONE)
		return code;
	print_names("changed:", json_object_get(answer, "changed"));
	print_names("kept until a restart:", json_object_get(answer, "kept"));
	if (json_array_size(json_object_get(answer, "changed")) +
			json_array_size(json_object_get(answer, "kept")) ==
		0)
		puts("nothing has changed");
	json_decref(answer);
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	struct client *client;
	int code = client_open("reload", values, &client);

	if (code == EXIT_DONE && values[API_JSON] != NULL)
		code = client_print(
			client, &(struct client_call){ .method = "POST", .path = "/reload" });
	else if (code == EXIT_DONE)
		code = reload(client);
	client_close(client);
	return shelf_finish("reload", code);
}

const struct command reload_command = {
	.name = "reload",
	.about = "Have a larder read its configuration anew.",
	.details = "Exit 2 where the configuration has faults, which are told: nothing has changed "
		   "then.",
	.options = { API_OPTIONS },
	.run = run,
};

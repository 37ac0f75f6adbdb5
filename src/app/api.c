/* app/api.c - `larder api`: the admin API's own description, without a server.
 *
 * Here and not among the other commands, which don't see control.
 */
#include "api.h"

#include "control/document.h"

enum { MARKDOWN };

static int run(const char *const *values)
{
	if (values[MARKDOWN] != NULL)
		document_write_markdown(stdout);
	else
		document_write_json(stdout);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command api_command = {
	.name = "api",
	.about = "Print what the admin API offers, as OpenAPI 3.1.",
	.options = {
		[MARKDOWN] = { "--markdown", NULL, "print docs/api.md instead" },
	},
	.run = run,
};

/* cli/check.c - `larder check`: is a configuration right, and what does it come to?
 *
 * Also writes the generated documents, so that they come from the same table.
 */
#include "cli/command.h"
#include "cli/load.h"

enum { CONFIG, REFERENCE, MARKDOWN };

static int run(const char *const *values)
{
	struct config *config;

	if ((values[CONFIG] != NULL) + (values[REFERENCE] != NULL) + (values[MARKDOWN] != NULL) !=
		1) {
		fputs("larder check: one of --config FILE, --reference, --markdown is expected\n",
			stderr);
		return EXIT_USAGE;
	}
	if (values[REFERENCE] != NULL) {
		config_write_reference(stdout);
	} else if (values[MARKDOWN] != NULL) {
		config_write_markdown(stdout);
	} else {
		config = load_or_tell(values[CONFIG], NULL);
		if (config == NULL)
			return EXIT_USAGE;
		config_dump(config, stdout);
		config_free(config);
	}
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command check_command = {
	.name = "check",
	.about = "Say what is wrong with a configuration, or print what it comes to.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration; - reads standard input" },
		[REFERENCE] = { "--reference", NULL, "print config/reference.yaml: every setting" },
		[MARKDOWN] = { "--markdown", NULL, "print docs/config.md" },
	},
	.run = run,
};

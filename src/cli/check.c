/* cli/check.c - `larder check`: is a configuration right, and what does it come to?
 *
 * Also writes the generated documents, so that they come from the same table, and the profiles that
 * are built in.
 */
#include "cli/command.h"
#include "cli/load.h"

enum { CONFIG, REFERENCE, MARKDOWN, PROFILE, MODES };

static int check_config(const char *path)
{
	struct config *config = load_or_tell(path, NULL);

	if (config == NULL)
		return EXIT_USAGE;
	config_dump(config, stdout);
	config_free(config);
	return EXIT_DONE;
}

static int print_profile(const char *name)
{
	if (config_write_profile(name, stdout))
		return EXIT_DONE;
	fprintf(stderr, "larder check: no profile is named %s; expected one of: ", name);
	config_list_profiles(stderr);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static int run(const char *const *values)
{
	int code = EXIT_DONE, modes = 0;

	for (int i = 0; i < MODES; i++)
		modes += values[i] != NULL;
	if (modes != 1) {
		fputs("larder check: one of --config FILE, --profile NAME, --reference, "
		      "--markdown is expected\n",
			stderr);
		return EXIT_USAGE;
	}
	if (values[CONFIG] != NULL)
		code = check_config(values[CONFIG]);
	else if (values[PROFILE] != NULL)
		code = print_profile(values[PROFILE]);
	else if (values[REFERENCE] != NULL)
		config_write_reference(stdout);
	else
		config_write_markdown(stdout);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}

const struct command check_command = {
	.name = "check",
	.about = "Say what is wrong with a configuration, or print what it comes to.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration; - reads standard input" },
		[REFERENCE] = { "--reference", NULL, "print config/reference.yaml: every setting" },
		[PROFILE] = { "--profile", "NAME", "print a profile that comes with larder" },
		[MARKDOWN] = { "--markdown", NULL, "print docs/config.md" },
	},
	.run = run,
};

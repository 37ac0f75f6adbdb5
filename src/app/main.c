/* app/main.c - the table of subcommands. */
#include "serve.h"

#include "util/clock.h"

static const struct command *const commands[] = {
	&serve_command,
	&check_command,
	&entries_command,
	&inspect_command,
	&why_command,
	&config_command,
	&reload_command,
	&verify_command,
	&gc_command,
	&export_command,
	&import_command,
	&bench_command,
	&metrics_command,
	NULL,
};

int main(int argc, char **argv)
{
	clock_init();
	return command_run(commands, argc, argv);
}

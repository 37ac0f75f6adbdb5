/* app/main.c - the table of subcommands. */
#include "api.h"
#include "replay.h"
#include "serve.h"

#include "util/clock.h"

static const struct command *const commands[] = {
	&serve_command,
	&check_command,
	&stats_command,
	&top_command,
	&entries_command,
	&inspect_command,
	&why_command,
	&purge_command,
	&purge_list_command,
	&purge_schedule_command,
	&purge_cancel_command,
	&namespace_list_command,
	&namespace_bump_command,
	&upstreams_command,
	&upstreams_open_command,
	&upstreams_close_command,
	&upstreams_reset_command,
	&flights_command,
	&reload_command,
	&config_command,
	&audit_command,
	&audit_verify_command,
	&token_new_command,
	&verify_command,
	&gc_command,
	&export_command,
	&import_command,
	&replay_command,
	&bench_command,
	&metrics_command,
	&api_command,
	&completion_command,
	NULL,
};

int main(int argc, char **argv)
{
	clock_init();
	return command_run(commands, argc, argv);
}

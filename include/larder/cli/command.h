/* cli/command.h - the subcommands of `larder`, one table: parsing, --help, completions and the man page come from it.
 *
 *	larder audit verify [options] FILE	a name may have several words: the longest that fits is meant
 *
 * Each command has a file of its own. Options are long ones, and the words that a command takes stand
 * among them in the order in which they are given. Exit codes: 0 done, 1 failed, 2 usage or configuration.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define COMMAND_OPTIONS 32

struct option_row {
	const char *name;     /* "--config"; "URL|KEY": a word, without a name of its own */
	const char *argument; /* "FILE", "DIR": a path, to completion as well; NULL: a switch */
	const char *about;
	const char *choices; /* "hard soft": one of these, or usage is told; NULL: anything */
	bool repeats;        /* may be given several times: with line feeds between the arguments */
	bool optional;       /* a word that may be left out; options always may */
	bool is_common;      /* many commands have it: told behind the command's own */
};

struct command {
	const char *name; /* "purge", "purge list" */
	const char *about;
	const char *details; /* more of it, in paragraphs with an empty line between; NULL: none */
	struct option_row options[COMMAND_OPTIONS];
	/* values: one a row of options: the argument or word, "" for a switch that was given, or NULL. */
	int (*run)(const char *const *values);
};

/* The commands that need no server in this process. */
extern const struct command audit_command;
extern const struct command audit_verify_command;
extern const struct command bench_command;
extern const struct command check_command;
extern const struct command completion_command;
extern const struct command config_command;
extern const struct command entries_command;
extern const struct command export_command;
extern const struct command flights_command;
extern const struct command gc_command;
extern const struct command import_command;
extern const struct command inspect_command;
extern const struct command metrics_command;
extern const struct command namespace_bump_command;
extern const struct command namespace_list_command;
extern const struct command purge_cancel_command;
extern const struct command purge_command;
extern const struct command purge_list_command;
extern const struct command purge_schedule_command;
extern const struct command reload_command;
extern const struct command stats_command;
extern const struct command token_new_command;
extern const struct command top_command;
extern const struct command upstreams_command;
extern const struct command upstreams_close_command;
extern const struct command upstreams_command;
extern const struct command upstreams_open_command;
extern const struct command upstreams_reset_command;
extern const struct command verify_command;
extern const struct command why_command;

/* Runs the command that argv names: 0, 1 or 2. Answers --help and --version itself; what is wrong
 * is told on standard error. commands ends with NULL and outlives the call. */
int command_run(const struct command *const *commands, int argc, char **argv);

/* The table that command_run() runs one of. */
const struct command *const *command_table(void);

static inline bool option_is_word(const struct option_row *row)
{
	return row->name[0] != '-';
}

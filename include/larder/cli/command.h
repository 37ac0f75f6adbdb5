/* cli/command.h - the subcommands of `larder`, one table.
 *
 * Each command has a file of its own. Options are long ones; the table of each command says them,
 * and the word that it must be given where there is one, for parsing and for --help alike. Exit codes: 0 done, 1 failed, 2 usage or configuration.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define COMMAND_OPTIONS 16

struct option_row {
	const char *name;     /* "--config"; "URL|KEY": a word that must be given, without a name */
	const char *argument; /* "FILE"; NULL: a switch */
	const char *about;
	bool repeats; /* it may be given several times: with line feeds between the arguments */
};

struct command {
	const char *name;
	const char *about;
	struct option_row options[COMMAND_OPTIONS];
	/* values: one a row of options: the argument or word, "" for a switch that was given, or NULL. */
	int (*run)(const char *const *values);
};

/* The commands that need no server in this process. */
extern const struct command bench_command;
extern const struct command check_command;
extern const struct command entries_command;
extern const struct command gc_command;
extern const struct command inspect_command;
extern const struct command metrics_command;
extern const struct command verify_command;
extern const struct command why_command;

/* Runs the command that argv names: 0, 1 or 2. Answers --help and --version itself; what is wrong
 * is told on standard error. */
int command_run(const struct command *const *commands, int argc, char **argv);

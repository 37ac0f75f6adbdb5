/* cli/command.c - finds the command, reads its options and words, runs it. Threads: one. */
#include "cli/command.h"

#include "usage.h"

#include "util/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const *table; /* what command_run() was given */

const struct command *const *command_table(void)
{
	return table;
}

/* ---- faults ---- */

static int usage_fault(const struct command *command, const char *what, const char *word)
{
	fprintf(stderr, "larder %s: %s: %s\n", command->name, word, what);
	usage_print(command, stderr);
	return EXIT_USAGE;
}

/* ---- arguments ---- */

static bool is_choice(const char *choices, const char *argument)
{
	size_t size = strlen(argument);

	for (const char *at = choices; *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (length == size && strncmp(at, argument, size) == 0)
			return true;
		at += length;
	}
	return false;
}

/* Behind those that were given before. */
static void take_again(const char **value, const char *argument)
{
	char *all = NULL;

	if (*value == NULL) {
		*value = xcopy(argument, strlen(argument));
		return;
	}
	if (asprintf(&all, "%s\n%s", *value, argument) < 0)
		abort();
	free((void *)(uintptr_t)*value);
	*value = all;
}

/* false: usage was told. */
static bool take_argument(const struct command *command, const struct option_row *row,
	const char *argument, const char **values)
{
	const char **value = &values[row - command->options];

	if (row->choices != NULL && !is_choice(row->choices, argument)) {
		fprintf(stderr, "larder %s: %s %s: one of these is expected: %s\n", command->name,
			row->name, argument, row->choices);
		return false;
	}
	if (row->repeats)
		take_again(value, argument);
	else
		*value = argument;
	return true;
}

/* What take_again() made. */
static void forget_repeated(const struct command *command, const char *const *values)
{
	for (size_t i = 0; command->options[i].name != NULL; i++) {
		if (command->options[i].repeats)
			free((void *)(uintptr_t)values[i]);
	}
}

/* ---- words and options ---- */

static const struct option_row *find_option(
	const struct command *command, const char *word, size_t size)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (strlen(row->name) == size && strncmp(row->name, word, size) == 0)
			return row;
	}
	return NULL;
}

/* The first that isn't there yet, or takes more. */
static const struct option_row *next_word(const struct command *command, const char *const *values)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) && (values[row - command->options] == NULL || row->repeats))
			return row;
	}
	return NULL;
}

static int take_word(const struct command *command, const char *word, const char **values)
{
	const struct option_row *row = next_word(command, values);

	if (row == NULL) {
		usage_fault(command, "one too many", word);
		return 0;
	}
	return take_argument(command, row, word, values) ? 1 : 0;
}

/* "--name value" or "--name=value". Returns the words it took, 0 after telling a fault. */
static int take_option(const struct command *command, char **words, int left, const char **values)
{
	const char *equals = strchr(words[0], '=');
	size_t size = equals != NULL ? (size_t)(equals - words[0]) : strlen(words[0]);
	const struct option_row *row = find_option(command, words[0], size);

	if (row == NULL) {
		usage_fault(command, "no such option", words[0]);
		return 0;
	}
	if (values[row - command->options] != NULL && !row->repeats) {
		usage_fault(command, "given twice", row->name);
		return 0;
	}
	if (row->argument == NULL && equals != NULL) {
		usage_fault(command, "takes no argument", row->name);
		return 0;
	}
	if (row->argument == NULL || equals != NULL)
		return take_argument(command, row, equals != NULL ? equals + 1 : "", values) ? 1
											     : 0;
	if (left < 2) {
		usage_fault(command, "an argument is missing", row->name);
		return 0;
	}
	return take_argument(command, row, words[1], values) ? 2 : 0;
}

static int take_all(const struct command *command, int argc, char **argv, const char **values)
{
	bool only_words = false; /* behind -- */

	for (int i = 0; i < argc;) {
		int taken = 1;

		if (!only_words && strcmp(argv[i], "--") == 0)
			only_words = true;
		else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
			taken = take_word(command, argv[i], values);
		else
			taken = take_option(command, argv + i, argc - i, values);
		if (taken == 0)
			return EXIT_USAGE;
		i += taken;
	}
	return EXIT_DONE;
}

static int take_and_run(const struct command *command, int argc, char **argv, const char **values)
{
	int code = take_all(command, argc, argv, values);

	if (code != EXIT_DONE)
		return code;
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) && !row->optional && values[row - command->options] == NULL)
			return usage_fault(command, "is missing", row->name);
	}
	return command->run(values);
}

/* ---- commands ---- */

/* How many words of argv are the name; 0: it is another. */
static int match(const char *name, int argc, char **argv)
{
	int count = 0;

	for (; *name != '\0'; count++) {
		size_t size = strcspn(name, " ");

		if (count == argc || strlen(argv[count]) != size ||
			strncmp(argv[count], name, size) != 0)
			return 0;
		name += size;
		name += strspn(name, " ");
	}
	return count;
}

/* The one with the longest name; *ret_words: of argv. */
static const struct command *find_command(int argc, char **argv, int *ret_words)
{
	const struct command *found = NULL;
	int most = 0;

	for (const struct command *const *at = table; *at != NULL; at++) {
		int count = match((*at)->name, argc, argv);

		if (count > most) {
			most = count;
			found = *at;
		}
	}
	*ret_words = most;
	return found;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return true;
	}
	return false;
}

static int no_command(const char *word)
{
	fprintf(stderr, "larder: %s: no such command\n", word);
	usage_print_all(table, "", stderr);
	return EXIT_USAGE;
}

/* What there is of that name: the command, and those below it. */
static int print_help(const struct command *command, const char *word)
{
	size_t below = 0;

	if (command == NULL)
		return usage_print_all(table, word, stdout) > 0 ? EXIT_DONE : no_command(word);
	usage_print(command, stdout);
	for (const struct command *const *at = table; *at != NULL; at++) {
		if (*at != command && usage_is_below((*at)->name, command->name))
			printf("%s  larder %s: %s\n", below++ == 0 ? "\n" : "", (*at)->name,
				(*at)->about);
	}
	return EXIT_DONE;
}

static int run_with(const struct command *command, int argc, char **argv)
{
	const char *values[COMMAND_OPTIONS] = { NULL };
	int code = take_and_run(command, argc, argv, values);

	forget_repeated(command, values);
	return code;
}

static int run_named(int argc, char **argv)
{
	int words;
	const struct command *command = find_command(argc, argv, &words);

	if (asks_for_help(argc, argv))
		return print_help(command, argv[0]);
	if (command != NULL)
		return run_with(command, argc - words, argv + words);
	if (usage_print_all(table, argv[0], stderr) > 0)
		return EXIT_USAGE;
	return no_command(argv[0]);
}

int command_run(const struct command *const *commands, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	int words;

	table = commands;
	if (strcmp(name, "--version") == 0) {
		puts("larder " LARDER_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(name, "help") == 0 && argc > 2)
		return print_help(find_command(argc - 2, argv + 2, &words), argv[2]);
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		usage_print_all(commands, "", stdout);
		return EXIT_DONE;
	}
	if (name[0] != '\0')
		return run_named(argc - 1, argv + 1);
	usage_print_all(commands, "", stderr);
	return EXIT_USAGE;
}

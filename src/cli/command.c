/* cli/command.c - finds the command, reads its options, tells how it is used. */
#include "cli/command.h"

#include "util/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_options(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", row->name,
			row->argument != NULL ? row->argument : "");
		fprintf(to, "  %-20s %s\n", left, row->about);
	}
}

static bool is_word(const struct option_row *row)
{
	return row->name[0] != '-';
}

static const struct option_row *find_word(const struct command *command)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (is_word(row))
			return row;
	}
	return NULL;
}

static void print_command(const struct command *command, FILE *to)
{
	const struct option_row *word = find_word(command);

	fprintf(to, "usage: larder %s [options]%s%s\n\n%s\n\n", command->name,
		word != NULL ? " " : "", word != NULL ? word->name : "", command->about);
	print_options(command, to);
}

static void print_all(const struct command *const *commands, FILE *to)
{
	fputs("usage: larder COMMAND [options]\n\n"
	      "A caching reverse proxy for REST APIs.\n\n",
		to);
	for (; *commands != NULL; commands++)
		fprintf(to, "  %-10s %s\n", (*commands)->name, (*commands)->about);
	fputs("\n  larder COMMAND --help tells more; larder --version tells the version.\n", to);
}

static const struct option_row *find_option(
	const struct command *command, const char *word, size_t size)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (strlen(row->name) == size && strncmp(row->name, word, size) == 0)
			return row;
	}
	return NULL;
}

static int usage_fault(const struct command *command, const char *what, const char *word)
{
	fprintf(stderr, "larder %s: %s: %s\n", command->name, word, what);
	print_command(command, stderr);
	return EXIT_USAGE;
}

static int take_word(const struct command *command, const char *word, const char **values)
{
	const struct option_row *row = find_word(command);

	if (row == NULL || values[row - command->options] != NULL) {
		usage_fault(command, row == NULL ? "no such option" : "one too many", word);
		return 0;
	}
	values[row - command->options] = word;
	return 1;
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

static void take_argument(const struct option_row *row, const char *argument, const char **value)
{
	if (row->repeats)
		take_again(value, argument);
	else
		*value = argument;
}

/* What take_again() made. */
static void forget_repeated(const struct command *command, const char *const *values)
{
	for (size_t i = 0; command->options[i].name != NULL; i++) {
		if (command->options[i].repeats)
			free((void *)(uintptr_t)values[i]);
	}
}

/* "--name value" or "--name=value". Returns the words it took, 0 after telling a fault. */
static int take_option(const struct command *command, char **words, int left, const char **values)
{
	const char *equals = strchr(words[0], '=');
	size_t size = equals != NULL ? (size_t)(equals - words[0]) : strlen(words[0]);
	const struct option_row *row = find_option(command, words[0], size);
	const char **value;

	if (words[0][0] != '-')
		return take_word(command, words[0], values);
	if (row == NULL) {
		usage_fault(command, "no such option", words[0]);
		return 0;
	}
	value = &values[row - command->options];
	if (*value != NULL && !row->repeats) {
		usage_fault(command, "given twice", row->name);
		return 0;
	}
	if (row->argument == NULL && equals != NULL) {
		usage_fault(command, "takes no argument", row->name);
		return 0;
	}
	if (row->argument == NULL || equals != NULL) {
		take_argument(row, equals != NULL ? equals + 1 : "", value);
		return 1;
	}
	if (left < 2) {
		usage_fault(command, "an argument is missing", row->name);
		return 0;
	}
	take_argument(row, words[1], value);
	return 2;
}

static int take_and_run(const struct command *command, int argc, char **argv, const char **values)
{
	const struct option_row *word = find_word(command);

	for (int i = 0; i < argc;) {
		int taken;

		if (strcmp(argv[i], "--help") == 0) {
			print_command(command, stdout);
			return EXIT_DONE;
		}
		taken = take_option(command, argv + i, argc - i, values);
		if (taken == 0)
			return EXIT_USAGE;
		i += taken;
	}
	if (word != NULL && values[word - command->options] == NULL)
		return usage_fault(command, "is missing", word->name);
	return command->run(values);
}

static int run_with(const struct command *command, int argc, char **argv)
{
	const char *values[COMMAND_OPTIONS] = { NULL };
	int code = take_and_run(command, argc, argv, values);

	forget_repeated(command, values);
	return code;
}

int command_run(const struct command *const *commands, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--version") == 0) {
		puts("larder " LARDER_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		print_all(commands, stdout);
		return EXIT_DONE;
	}
	for (const struct command *const *at = commands; *at != NULL; at++) {
		if (strcmp((*at)->name, name) == 0)
			return run_with(*at, argc - 2, argv + 2);
	}
	if (name[0] != '\0')
		fprintf(stderr, "larder: %s: no such command\n", name);
	print_all(commands, stderr);
	return EXIT_USAGE;
}

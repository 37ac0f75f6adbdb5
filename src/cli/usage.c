/* cli/usage.c - --help: one command, or the table of all. Threads and ownership: usage.h. */
#include "usage.h"

#include <string.h>

#define OPTION_WIDTH 20
#define MOST_LEFT    96

static void print_row(const struct option_row *row, FILE *to)
{
	char left[MOST_LEFT];

	snprintf(left, sizeof(left), "%s%s%s", row->name, row->argument != NULL ? " " : "",
		row->argument != NULL ? row->argument : "");
	fprintf(to, "  %-*s %s", OPTION_WIDTH, left, row->about);
	if (row->choices != NULL)
		fprintf(to, ": %s", row->choices);
	fputc('\n', to);
}

/* Words first, as they are given; then its own options; then those that others have, too. */
static void print_rows(const struct command *command, bool words, bool common, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) == words && row->is_common == common)
			print_row(row, to);
	}
}

void usage_print_words(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row))
			fprintf(to, " %s%s%s%s", row->optional ? "[" : "", row->name,
				row->repeats ? "..." : "", row->optional ? "]" : "");
	}
}

void usage_print(const struct command *command, FILE *to)
{
	fprintf(to, "usage: larder %s [options]", command->name);
	usage_print_words(command, to);
	fprintf(to, "\n\n%s\n", command->about);
	if (command->details != NULL)
		fprintf(to, "\n%s\n", command->details);
	fputc('\n', to);
	print_rows(command, true, false, to);
	print_rows(command, false, false, to);
	print_rows(command, false, true, to);
}

bool usage_is_below(const char *name, const char *words)
{
	size_t size = strlen(words);

	return size == 0 ||
	       (strncmp(name, words, size) == 0 && (name[size] == '\0' || name[size] == ' '));
}

size_t usage_print_all(const struct command *const *commands, const char *words, FILE *to)
{
	size_t count = 0, width = 0;

	for (const struct command *const *at = commands; *at != NULL; at++) {
		if (!usage_is_below((*at)->name, words))
			continue;
		if (strlen((*at)->name) > width)
			width = strlen((*at)->name);
		count++;
	}
	if (count == 0)
		return 0;
	fprintf(to, "usage: larder %s [options]\n\n%s", words[0] != '\0' ? words : "COMMAND",
		words[0] != '\0' ? "" : "A caching reverse proxy for REST APIs.\n\n");
	for (; *commands != NULL; commands++) {
		if (usage_is_below((*commands)->name, words))
			fprintf(to, "  %-*s  %s\n", (int)width, (*commands)->name,
				(*commands)->about);
	}
	fputs("\n  larder COMMAND --help tells more; larder --version tells the version.\n", to);
	return count;
}

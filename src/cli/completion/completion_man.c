/* cli/completion/completion_man.c - larder(1) in scdoc(5). completion.h. */
#include "completion.h"

#include <string.h>

/* What scdoc takes for emphasis or a macro is a letter. */
static void print_text(const char *text, FILE *to)
{
	for (; *text != '\0'; text++) {
		if (strchr("*_\\#[]<>~`|", *text) != NULL)
			fputc('\\', to);
		fputc(*text, to);
	}
}

static void print_row(const struct option_row *row, FILE *to)
{
	fputc('*', to);
	print_text(row->name, to);
	fputc('*', to);
	if (row->argument != NULL) {
		fputs(" _", to);
		print_text(row->argument, to);
		fputc('_', to);
	}
	fputs("\n\t", to);
	print_text(row->about, to);
	if (row->choices != NULL) {
		fputs(": ", to);
		print_text(row->choices, to);
	}
	fputs("\n\n", to);
}

static void print_rows(const struct command *command, bool words, bool common, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) == words && row->is_common == common)
			print_row(row, to);
	}
}

static void print_words(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (!option_is_word(row))
			continue;
		fputs(row->optional ? " \\[" : " ", to);
		fputc('_', to);
		print_text(row->name, to);
		fputc('_', to);
		fputs(row->repeats ? "..." : "", to);
		fputs(row->optional ? "\\]" : "", to);
	}
}

static void print_command(const struct command *command, FILE *to)
{
	fprintf(to, "## larder %s\n\n*larder %s* [options]", command->name, command->name);
	print_words(command, to);
	fputs("\n\n", to);
	print_text(command->about, to);
	if (command->details != NULL) {
		fputc(' ', to);
		print_text(command->details, to);
	}
	fputs("\n\n", to);
	print_rows(command, true, false, to);
	print_rows(command, false, false, to);
	print_rows(command, false, true, to);
}

void completion_man(const struct command *const *commands, FILE *to)
{
	fputs("LARDER(1)\n\n# NAME\n\nlarder - a caching reverse proxy for REST APIs\n\n"
	      "# SYNOPSIS\n\n*larder* _command_ [options]\n\n"
	      "*larder* _command_ *--help*\n\n*larder* *--version*\n\n"
	      "# DESCRIPTION\n\n"
	      "*larder serve* answers requests, from its store where it can be. The other commands "
	      "look at a larder "
	      "that runs, by its admin API, or at what it has stored, and change either.\n\n"
	      "An option's argument follows it, or stands behind an equals sign; what follows *--* "
	      "is no option.\n\n"
	      "# COMMANDS\n\n",
		to);
	for (; *commands != NULL; commands++)
		print_command(*commands, to);
	fputs("# EXIT STATUS\n\n*0*\n\tdone\n\n*1*\n\tfailed\n\n*2*\n\twrong usage or "
	      "configuration\n\n"
	      "# ENVIRONMENT\n\n"
	      "*LARDER\\_ADMIN*\n\twhere the admin API is, if *--admin* isn't given\n\n"
	      "*LARDER\\_TOKEN*\n\tthe token that is sent to it; over plain HTTP to this machine "
	      "only\n\n"
	      "*NO\\_COLOR*\n\tno colours, if it is set\n\n"
	      "# FILES\n\n_/etc/larder/larder.yaml_\n\tthe configuration of the service\n",
		to);
}

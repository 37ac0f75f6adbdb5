/* cli/completion/completion_zsh.c - zsh: a function for fpath, which describes what may follow. completion.h. */
#include "completion.h"

#include <string.h>

/* 'name:what it is' */
static void print_item(const char *name, size_t size, const char *about, FILE *to)
{
	fprintf(to, " '%.*s:", (int)size, name);
	completion_print_quoted(about, ":", to);
	fputc('\'', to);
}

static void print_next(void *arg, const char *word, size_t size, const struct command *command)
{
	print_item(word, size, command != NULL ? command->about : "several commands", arg);
}

static void print_rows(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (!option_is_word(row))
			print_item(row->name, strlen(row->name), row->about, to);
	}
}

static void print_choices(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) && row->choices != NULL)
			fprintf(to, " %s", row->choices);
	}
}

static void print_arguments(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) || row->argument == NULL)
			continue;
		fprintf(to, "\t'%s %s') ", command->name, row->name);
		if (row->choices != NULL)
			fprintf(to, "compadd -- %s", row->choices);
		else
			fputs(completion_is_path(row) ? "_files" : ":", to);
		fputs("; return ;;\n", to);
	}
}

static void print_case(
	const struct command *const *commands, const struct completion_head *head, FILE *to)
{
	fprintf(to, "\t'%.*s') items=(", (int)head->size, head->name);
	completion_next(commands, *head, print_next, to);
	if (head->command != NULL) {
		print_choices(head->command, to);
		print_rows(head->command, to);
	}
	fputs(") ;;\n", to);
}

void completion_zsh(const struct command *const *commands, FILE *to)
{
	struct completion_head head = { 0 };

	fputs("#compdef larder\n# zsh completion of larder, made by: larder completion zsh\n"
	      "_larder() {\n"
	      "\tlocal command='' i\n"
	      "\tlocal -a items\n"
	      "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	      "\t\tcase \"${command:+$command }${words[i]}\" in\n\t\t",
		to);
	completion_heads(commands, " | ", to);
	fputs(") command=\"${command:+$command }${words[i]}\" ;;\n"
	      "\t\t*) break ;;\n\t\tesac\n\tdone\n\tcase \"$command ${words[CURRENT-1]}\" in\n",
		to);
	for (const struct command *const *at = commands; *at != NULL; at++)
		print_arguments(*at, to);
	fputs("\tesac\n\tcase \"$command\" in\n\t'') items=(", to);
	completion_next(commands, head, print_next, to);
	fputs(" 'help:tell how a command is used') ;;\n", to);
	while (completion_each(commands, &head))
		print_case(commands, &head, to);
	fputs("\tesac\n\t_describe -o larder items || _files\n}\n_larder \"$@\"\n", to);
}

/* cli/completion/completion_bash.c - bash: one function, with a case for each command and each of its options. completion.h. */
#include "completion.h"

#include <string.h>

static void print_choices(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) && row->choices != NULL)
			fprintf(to, "%s ", row->choices);
	}
}

static void print_options(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (!option_is_word(row))
			fprintf(to, "%s ", row->name);
	}
}

/* What may follow each option with an argument. */
static void print_arguments(const struct command *command, FILE *to)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (option_is_word(row) || row->argument == NULL)
			continue;
		fprintf(to, "\t'%s %s')", command->name, row->name);
		if (row->choices != NULL)
			fprintf(to, " kind=-W words='%s'", row->choices);
		else if (strcmp(row->argument, "DIR") == 0)
			fputs(" kind=-d", to);
		else
			fputs(completion_is_path(row) ? " kind=-f" : " kind=none", to);
		fputs(" ;;\n", to);
	}
}

static void print_next(void *arg, const char *word, size_t size, const struct command *command)
{
	(void)command;
	fprintf(arg, "%.*s ", (int)size, word);
}

static void print_case(
	const struct command *const *commands, const struct completion_head *head, FILE *to)
{
	fprintf(to, "\t'%.*s') words='", (int)head->size, head->name);
	completion_next(commands, *head, print_next, to);
	if (head->command != NULL)
		print_choices(head->command, to);
	fputs("' options='", to);
	if (head->command != NULL)
		print_options(head->command, to);
	fputs("--help' ;;\n", to);
}

void completion_bash(const struct command *const *commands, FILE *to)
{
	struct completion_head head = { 0 };

	fputs("# bash completion of larder, made by: larder completion bash\n"
	      "_larder() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal command='' words='' options='' kind='' i\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase \"${command:+$command }${COMP_WORDS[i]}\" in\n\t\t",
		to);
	completion_heads(commands, " | ", to);
	fputs(") command=${command:+$command }${COMP_WORDS[i]} ;;\n"
	      "\t\t*) break ;;\n\t\tesac\n\tdone\n\tcase \"$command $prev\" in\n",
		to);
	for (const struct command *const *at = commands; *at != NULL; at++)
		print_arguments(*at, to);
	fputs("\tesac\n\tcase $kind$command in\n\t'') words='", to);
	completion_next(commands, head, print_next, to);
	fputs("help' options='--help --version' ;;\n", to);
	while (completion_each(commands, &head))
		print_case(commands, &head, to);
	fputs("\tesac\n"
	      "\t[[ -z $kind && $cur == -* ]] && words=$options\n"
	      "\tcase $kind in\n"
	      "\tnone) COMPREPLY=() ;;\n"
	      "\t-f | -d) compopt -o filenames; mapfile -t COMPREPLY < <(compgen $kind -- "
	      "\"$cur\") ;;\n"
	      "\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -o bashdefault -F _larder larder\n",
		to);
}

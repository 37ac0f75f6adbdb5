/* cli/completion/completion_fish.c - fish: a condition for each head, and a line for each word and option behind it. completion.h. */
#include "completion.h"

#include <stdint.h>

struct at {
	const struct completion_head *head;
	FILE *to;
};

static void print_condition(const struct completion_head *head, FILE *to)
{
	fprintf(to, "complete -c larder -n '__larder_at \"%.*s\"'", (int)head->size,
		head->size > 0 ? head->name : "");
}

static void print_about(const char *about, FILE *to)
{
	fputs(" -d '", to);
	completion_print_quoted(about, "", to);
	fputs("'\n", to);
}

static void print_next(void *arg, const char *word, size_t size, const struct command *command)
{
	const struct at *at = arg;

	print_condition(at->head, at->to);
	fprintf(at->to, " -a '%.*s'", (int)size, word);
	print_about(command != NULL ? command->about : "several commands", at->to);
}

static void print_row(const struct completion_head *head, const struct option_row *row, FILE *to)
{
	if (option_is_word(row) && row->choices == NULL && !completion_is_path(row))
		return;
	print_condition(head, to);
	if (!option_is_word(row))
		fprintf(to, " -l %s", row->name + 2);
	if (completion_is_path(row))
		fputs(option_is_word(row) ? " -F" : " -r -F", to);
	else if (row->argument != NULL)
		fputs(" -x", to);
	if (row->choices != NULL)
		fprintf(to, " -a '%s'", row->choices);
	print_about(row->about, to);
}

void completion_fish(const struct command *const *commands, FILE *to)
{
	struct completion_head head = { 0 };
	const struct at at = { &head, to };

	fputs("# fish completion of larder, made by: larder completion fish\n"
	      "function __larder_at\n"
	      "\tset -l words (commandline -opc)\n"
	      "\tset -l command ''\n"
	      "\tfor word in $words[2..-1]\n"
	      "\t\tswitch (string trim -- \"$command $word\")\n\t\t\tcase ",
		to);
	completion_heads(commands, " ", to);
	fputs("\n\t\t\t\tset command (string trim -- \"$command $word\")\n"
	      "\t\t\tcase '*'\n\t\t\t\tbreak\n\t\tend\n\tend\n"
	      "\ttest \"$command\" = \"$argv[1]\"\nend\n"
	      "complete -c larder -f\n"
	      "complete -c larder -l help -d 'tell how it is used'\n",
		to);
	completion_next(commands, head, print_next, (void *)(uintptr_t)&at);
	while (completion_each(commands, &head)) {
		completion_next(commands, head, print_next, (void *)(uintptr_t)&at);
		for (const struct option_row *row = head.command != NULL ? head.command->options
									 : NULL;
			row != NULL && row->name != NULL; row++)
			print_row(&head, row, to);
	}
}

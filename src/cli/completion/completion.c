/* cli/completion/completion.c - `larder completion`: what a shell needs to complete larder's commands, from the one table of them.
 *
 * Each script has the table's words in it, and asks nobody while it completes. Threads: one.
 */
#include "completion.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>

enum { SHELL };

bool completion_is_path(const struct option_row *row)
{
	static const char *const paths[] = { "FILE", "DIR" };
	const char *what = option_is_word(row) ? row->name : row->argument;

	for (size_t i = 0; what != NULL && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i], what) == 0)
			return true;
	}
	return false;
}

void completion_print_quoted(const char *text, const char *marked, FILE *to)
{
	for (; *text != '\0'; text++) {
		if (strchr(marked, *text) != NULL)
			fputc('\\', to);
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	}
}

/* Whether an earlier command begins with the same word. */
static bool is_known_group(const struct command *const *commands, size_t at)
{
	size_t size = strcspn(commands[at]->name, " ");

	for (size_t i = 0; i < at; i++) {
		if (strcspn(commands[i]->name, " ") == size &&
			strncmp(commands[i]->name, commands[at]->name, size) == 0)
			return true;
	}
	return false;
}

bool completion_each(const struct command *const *commands, struct completion_head *head)
{
	const struct command *command = commands[head->at];
	size_t first;

	if (command == NULL)
		return false;
	first = strcspn(command->name, " ");
	head->name = command->name;
	if (command->name[first] == ' ' && !head->group_done &&
		!is_known_group(commands, head->at)) {
		head->size = first;
		head->command = NULL;
		head->group_done = true;
		return true;
	}
	head->size = strlen(command->name);
	head->command = command;
	head->group_done = false;
	head->at++;
	return true;
}

void completion_heads(const struct command *const *commands, const char *separator, FILE *to)
{
	struct completion_head head = { 0 };
	const char *before = "";

	while (completion_each(commands, &head)) {
		fprintf(to, "%s'%.*s'", before, (int)head.size, head.name);
		before = separator;
	}
}

void completion_next(const struct command *const *commands, struct completion_head head,
	void (*take)(void *arg, const char *word, size_t size, const struct command *command),
	void *arg)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *word = commands[i]->name;
		size_t size;

		if (head.size > 0 &&
			(strncmp(word, head.name, head.size) != 0 || word[head.size] != ' '))
			continue;
		word += head.size > 0 ? head.size + 1 : 0;
		size = strcspn(word, " ");
		if (word[size] == '\0' || !is_known_group(commands, i))
			take(arg, word, size, word[size] == '\0' ? commands[i] : NULL);
	}
}

static int run(const char *const *values)
{
	static const struct {
		const char *shell;
		void (*print)(const struct command *const *commands, FILE *to);
	} shells[] = {
		{ "bash", completion_bash },
		{ "zsh", completion_zsh },
		{ "fish", completion_fish },
		{ "man", completion_man },
	};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, values[SHELL]) == 0)
			shells[i].print(command_table(), stdout);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : EXIT_FAILED;
}

const struct command completion_command = {
	.name = "completion",
	.about = "Print a shell's completion of larder's commands, or the source of the man page.",
	.details = "bash: source <(larder completion bash); fish: larder completion fish | source; "
		   "zsh: into a file _larder of fpath.\n"
		   "man is docs/larder.1.scd, for scdoc.",
	.options = { [SHELL] = { "SHELL", NULL, "for which", .choices = "bash zsh fish man" } },
	.run = run,
};

/* cli/completion/completion.h - what the files of `larder completion` share: a writer a shell, the man page's, and what follows what.
 *
 * A head is what a command line begins with: the name of a command, or the first word of several ("namespace").
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "cli/command.h"

#include <stdio.h>

void completion_bash(const struct command *const *commands, FILE *to);
void completion_zsh(const struct command *const *commands, FILE *to);
void completion_fish(const struct command *const *commands, FILE *to);
/* completion_man.c: in scdoc(5). */
void completion_man(const struct command *const *commands, FILE *to);

struct completion_head {
	const char *name; /* its first `size` bytes; size 0: the line is empty */
	size_t size;
	const struct command *command; /* NULL: only others begin so */
	size_t at;                     /* of completion_each() */
	bool group_done;
};

/* The next one, from { 0 } on; false: there are no more. */
bool completion_each(const struct command *const *commands, struct completion_head *head);

/* All heads in quotes, with a separator between them. */
void completion_heads(const struct command *const *commands, const char *separator, FILE *to);

/* Each word that may follow a head in names; command: the one that is whole with it, or NULL. */
void completion_next(const struct command *const *commands, struct completion_head head,
	void (*take)(void *arg, const char *word, size_t size, const struct command *command),
	void *arg);

/* Whether an option's argument, or a word, is a path. */
bool completion_is_path(const struct option_row *row);

/* As it stands between single quotes, with a backslash before each of `marked`. */
void completion_print_quoted(const char *text, const char *marked, FILE *to);

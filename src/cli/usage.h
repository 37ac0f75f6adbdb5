/* cli/usage.h - how the commands are used, as --help tells it.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "cli/command.h"

#include <stdio.h>

/* One command: its line, what it is about, its options. */
void usage_print(const struct command *command, FILE *to);

/* Those whose names begin with the words; "": all. Returns how many there are. */
size_t usage_print_all(const struct command *const *commands, const char *words, FILE *to);

/* " [SCOPE] [VALUE...]": what follows the options. */
void usage_print_words(const struct command *command, FILE *to);

/* Whether name is words, or begins with them and a blank: "audit verify" and "audit". */
bool usage_is_below(const char *name, const char *words);

/* cli/terminal/terminal.h - what is known of where output goes, and how foreign text gets there unharmed.
 *
 * Text is UTF-8. What a terminal could take for a command never reaches it: control characters, those that turn
 * the direction of writing, and octets that are no UTF-8 are shown as escapes.
 *
 * Threads: any.
 */
#pragma once

#include "util/bytes.h"

#include <stdio.h>

/* Whether somebody looks at it. */
bool terminal_is(const FILE *file);

/* Somebody does, who takes colours: NO_COLOR is empty or unset (https://no-color.org), TERM isn't dumb. */
bool terminal_has_colour(const FILE *file);

/* Columns of it; 0: it is no terminal, lines may be of any length. */
size_t terminal_columns(const FILE *file);

/* Lines of it; 0: it is no terminal. */
size_t terminal_lines(const FILE *file);

/* Appends text so that it is safe. What doesn't fit the buffer is left out. */
void terminal_append(struct bytes *to, struct slice text);

/* Columns that safe text takes: none for what combines with the letter before it, two for wide letters. */
size_t terminal_width(struct slice text);

/* The longest beginning of safe text that takes at most so many columns. */
struct slice terminal_cut(struct slice text, size_t columns);

/* cli/terminal/confirm.h - asks whoever sits there before much of the cache goes. Threads: one. */
#pragma once

/* Writes the question on standard error and reads the answer from standard input. EXIT_DONE: yes; EXIT_FAILED: no, as was
 * told; EXIT_USAGE: neither is a terminal's, and --yes is expected. */
int confirm(const char *command, const char *question);

/* cli/limit.h - --limit N of commands that list. Threads: any. */
#pragma once

#include <stddef.h>

/* A number from 1 on; text NULL: *ret stays. EXIT_DONE, or EXIT_USAGE after telling. */
int limit_take(const char *command, const char *text, size_t *ret);

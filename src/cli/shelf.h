/* cli/shelf.h - the store that a command is about: --config FILE or --disk DIR.
 *
 * Tells what is wrong on standard error. Threads: one.
 */
#pragma once

#include "store/depot.h"

struct shelf_choice {
	const char *command; /* for what is told */
	const char *config;  /* or NULL */
	const char *disk;    /* or NULL */
};

/* EXIT_DONE and *ret, or the exit code: EXIT_USAGE also where there is no store, EXIT_FAILED where it can't be
 * used. */
int shelf_open(const struct shelf_choice *choice, enum depot_use use, struct depot **ret);

/* Tells a fault of the store; the exit code. */
int shelf_failed(const char *command, const struct depot *depot, enum rc rc);

/* Standard output is complete: code, or EXIT_FAILED. */
int shelf_finish(const char *command, int code);

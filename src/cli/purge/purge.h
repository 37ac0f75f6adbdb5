/* cli/purge/purge.h - what the files of `larder purge` share: the purges that were asked for.
 *
 * Threads: one. Ownership: purge_order_done() frees the list; words are borrowed from the command line.
 */
#pragma once

#include "client/client.h"

struct purge_order {
	const char *const *values;
	const char *scope;
	const char *route;  /* below which values are; or NULL */
	const char *tenant; /* whose alone; or NULL */
	const char *mode;
	const char *at;
	const char *every;
	json_t *items; /* purge objects, without dry_run */
};

/* purge_values.c: one object for each value of the command line (line feeds between) and of a file (NULL; "-": standard
 * input). EXIT_DONE, or EXIT_USAGE or EXIT_FAILED after telling. */
int purge_collect(struct purge_order *order, const char *words, const char *file);
void purge_order_done(struct purge_order *order);

/* purge_send.c: all of them, some at a time, in their order. Appends what the server said of each to results, a list. EXIT_DONE where
 * all were done. Where one can't be sent the rest isn't. */
int purge_send(
	struct client *client, const struct purge_order *order, bool dry_run, json_t *results);

/* Entries that the results speak of, in all tiers. */
int64_t purge_sum(const json_t *results);

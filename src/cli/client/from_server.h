/* cli/client/from_server.h - `larder export` and `larder import` by the admin API of a larder that runs.
 *
 * Threads: the command's, and the client's. Ownership: all is borrowed.
 */
#pragma once

#include "client.h"
#include "exchange/sink.h"

/* Whether a directory is meant: one that is named (disk), or that of a configuration which has one; else who answers is
 * asked. */
bool from_server_is_disk(const char *const *values, const char *disk);

/* The export of the query (or "") goes to `to`; its manifest is the server's. The exit code. */
int from_server_export(struct client *client, const char *query, struct sink_options *to);

struct parcels;

struct to_server {
	uint64_t stored;
	uint64_t kept;
	uint64_t refused;
	uint64_t passed; /* what others archived, and is of no use to it */
};

/* All of it, in calls of some MiB; what is refused is told. The exit code. */
int to_server_import(struct client *client, struct parcels *from, struct to_server *ret);

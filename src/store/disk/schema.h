/* store/disk/schema.h - the tables of the database, from version to version.
 *
 * user_version of the file is the number of migrations that it has been through; application_id says
 * that it is larder's. What tables and columns there must be is not written down twice: it is what the
 * migrations make of an empty database in memory.
 *
 * Threads: that of the connection. Ownership: all is borrowed.
 */
#pragma once

#include "util/bytes.h"
#include "util/rc.h"

#include <stdint.h>

struct sqlite3;

struct schema {
	int64_t application;
	int64_t version;               /* how many migrations there are */
	const char *const *migrations; /* SQL: the n-th makes version n + 1 of version n */
};

/* Ours. */
extern const struct schema schema_larder;

/* Its version; 0: nothing was made in it yet. Changes nothing. RC_UNSUPPORTED: newer than we know.
 * RC_CORRUPT: it isn't larder's, or no database. fault: words. */
NODISCARD enum rc schema_look(struct sqlite3 *handle, const struct schema *schema,
	struct bytes *fault, int64_t *ret_version);

/* Brings it to our version, in one transaction: all steps or none. */
NODISCARD enum rc schema_migrate(
	struct sqlite3 *handle, const struct schema *schema, struct bytes *fault);

/* RC_CORRUPT: something that ought to be there isn't; fault says what. More than that may be there. */
NODISCARD enum rc schema_validate(
	struct sqlite3 *handle, const struct schema *schema, struct bytes *fault);

/* Drops everything and makes it anew, in the transaction under way or one of its own. */
NODISCARD enum rc schema_reset(struct sqlite3 *handle, const struct schema *schema);

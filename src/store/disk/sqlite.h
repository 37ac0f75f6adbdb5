/* store/disk/sqlite.h - SQLite's result codes as ours, and the short calls that database.c and schema.c
 * share: the border. Not for prepared statements, which are database.c's.
 *
 * Threads: one at a time for each connection. Ownership: all is borrowed.
 */
#pragma once

#include "util/rc.h"

#include <stdint.h>

struct sqlite3;

/* What code, just returned by a call on it, stands for: never RC_ABSENT. Aborts when memory is out, as
 * xalloc() does. */
enum rc sqlite_rc(struct sqlite3 *handle, int code);

/* Statements that give no rows of interest; all of the text or up to the one that fails. */
NODISCARD enum rc sqlite_run(struct sqlite3 *handle, const char *sql);

/* The first column of the only row. */
NODISCARD enum rc sqlite_number(struct sqlite3 *handle, const char *sql, int64_t *ret);

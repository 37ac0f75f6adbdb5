/* store/disk/connection.h - what database.c (opening, transactions) and query.c (statements) share. For
 * nobody else. Threads and ownership: database.h.
 */
#pragma once

#include "database.h"

#include "util/breath.h"

#include <stdbool.h>

#define DATABASE_WAIT_MS 2000 /* for others' locks, of who may */

struct sqlite3;
struct sqlite3_stmt;

struct query {
	struct database *database;
	struct sqlite3_stmt *statement; /* NULL: not prepared yet */
	bool used;
};

struct database {
	struct sqlite3 *handle;
	char fault[256];      /* SQLite's own words go with its next call */
	struct breath breath; /* where it breathes */
	struct query queries[STATEMENT_COUNT];
};

/* What code, just returned by a call on it, stands for; keeps the words where it is a fault. */
enum rc connection_note(struct database *database, int code);

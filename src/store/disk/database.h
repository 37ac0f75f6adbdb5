/* store/disk/database.h - a connection to the database, and its statements. Behind it only sqlite.c and
 * schema.c know SQLite's calls and codes.
 *
 * A fault may have ended the transaction: who gets one calls database_rollback() and begins again.
 *
 * Threads: a connection is one thread's at a time. Ownership: database_open() gives it to the caller; a
 * query borrows its connection and is reset when it ends.
 */
#pragma once

#include "util/bytes.h"
#include "util/rc.h"
#include "util/scope.h"

#include <stdbool.h>
#include <stdint.h>

struct database;
struct query;

enum database_use {
	DATABASE_WRITER, /* makes and migrates it */
	DATABASE_READER, /* of this process: read-only, never waits */
	DATABASE_VISITOR /* of another process: read-only, may wait a little */
};

struct database_options {
	const char *path; /* of the file */
	enum database_use use;
	bool sync_always; /* PRAGMA synchronous = FULL */
	bool sync_never;  /* OFF; neither: NORMAL */
};

/* RC_UNSUPPORTED: made by a newer larder, and left as it is. RC_CORRUPT: no database, or its tables are
 * not ours. RC_ABSENT (readers): there is none. RC_FULL, RC_READ_ONLY, RC_DENIED, RC_LOCKED, RC_IO.
 * fault: words. */
NODISCARD enum rc database_open(
	const struct database_options *options, struct database **ret, struct bytes *fault);
void database_close(struct database *database); /* may be NULL */
SCOPE_DEFINE(database, database_close)

/* Words for the last fault on it. */
const char *database_fault(struct database *database);

/* Prepared when first used, kept with the connection. */
enum statement {
#define STATEMENT(id, sql) STATEMENT_##id,
#include "statements.def"
#undef STATEMENT
	STATEMENT_COUNT
};

/* The statement, unbound. One use of each at a time. */
NODISCARD enum rc query_begin(
	struct database *database, enum statement statement, struct query **ret);
void query_end(struct query *query);
SCOPE_DEFINE(query, query_end)

/* Parameters count from 1. Blobs are borrowed until query_end(). */
NODISCARD enum rc query_bind_number(struct query *query, int at, int64_t number);
NODISCARD enum rc query_bind_blob(struct query *query, int at, struct slice blob);
NODISCARD enum rc query_bind_null(struct query *query, int at);

/* The next row. RC_ABSENT: there is none (the end of what changes, too). */
NODISCARD enum rc query_row(struct query *query);

/* For what gives no rows. */
NODISCARD enum rc query_run(struct query *query);

/* Columns count from 0; views hold until the next row. */
int64_t query_number(struct query *query, int column);
struct slice query_blob(struct query *query, int column); /* text, too; empty for NULL */
bool query_is_null(struct query *query, int column);

/* What looks at much lets others have the core in between, from now on or no more. */
void database_breathe(struct database *database, bool breathes);
/* A reader waits a little for others' locks, as a writer does: on a thread that answers no client. */
void database_wait(struct database *database, bool waits);

/* What is read from now on is as it is now, until database_rollback(). */
NODISCARD enum rc database_snapshot(struct database *database);

/* BEGIN IMMEDIATE, COMMIT, ROLLBACK. Begin, RC_IO: the file was moved or removed under us; what is
 * written to it would be lost. */
NODISCARD enum rc database_begin(struct database *database);
NODISCARD enum rc database_commit(struct database *database);
void database_rollback(struct database *database); /* no fault where nothing was begun */

/* Drops all tables and makes them anew, in the transaction under way or one of its own. */
NODISCARD enum rc database_reset(struct database *database);

/* Rows that the last statement changed, triggers' aside. */
uint64_t database_changes(struct database *database);

/* PRAGMA quick_check, as long as go_on(arg) is true; it isn't asked while SQLite walks the pages of one
 * tree. RC_CORRUPT: fault says what. RC_IO: it can't be read. RC_CANCELLED. A snapshot is held, so the WAL grows meanwhile. */
NODISCARD enum rc database_check(
	struct database *database, bool (*go_on)(void *arg), void *arg, struct bytes *fault);

/* store/disk/sqlite.c - one table from SQLite's codes to ours. Threads and ownership: sqlite.h. */
#include "sqlite.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

/* Primary codes; where the system's own error is known it says more (by_errno). What isn't here is RC_IO. */
static const struct {
	int code;
	enum rc rc;
	bool by_errno;
} codes[] = {
	{ SQLITE_OK, RC_OK, false },
	{ SQLITE_ROW, RC_OK, false },
	{ SQLITE_DONE, RC_OK, false },
	{ SQLITE_ERROR, RC_CORRUPT, false }, /* a statement that the tables don't fit */
	{ SQLITE_SCHEMA, RC_CORRUPT, false },
	{ SQLITE_CORRUPT, RC_CORRUPT, false },
	{ SQLITE_NOTADB, RC_CORRUPT, false },
	{ SQLITE_CONSTRAINT, RC_CORRUPT, false }, /* an index and its table that disagree */
	{ SQLITE_MISMATCH, RC_CORRUPT, false },
	{ SQLITE_FULL, RC_FULL, false },
	{ SQLITE_READONLY, RC_READ_ONLY, false },
	{ SQLITE_PERM, RC_DENIED, false },
	{ SQLITE_AUTH, RC_DENIED, false },
	{ SQLITE_BUSY, RC_LOCKED, false },
	{ SQLITE_LOCKED, RC_LOCKED, false },
	{ SQLITE_PROTOCOL, RC_LOCKED, false }, /* a race for the WAL's locks, lost for too long */
	{ SQLITE_TOOBIG, RC_TOO_LARGE, false },
	{ SQLITE_INTERRUPT, RC_CANCELLED, false },
	{ SQLITE_CANTOPEN, RC_IO, true },
	{ SQLITE_IOERR, RC_IO, true },
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static enum rc of_errno(struct sqlite3 *handle)
{
	enum rc rc;

	errno = sqlite3_system_errno(handle);
	rc = rc_of_errno();
	return rc != RC_ABSENT ? rc : RC_IO; /* "no row" is another thing than "no file" */
}

enum rc sqlite_rc(struct sqlite3 *handle, int code)
{
	if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
		abort();
	assert((code & 0xff) != SQLITE_MISUSE && (code & 0xff) != SQLITE_RANGE);
	if (code == SQLITE_CONSTRAINT_TRIGGER)
		return RC_INVALID; /* a trigger of ours refused what it was asked for */
	if (code == SQLITE_READONLY_DIRECTORY)
		return RC_DENIED; /* the WAL can't be made */
	if (code == SQLITE_READONLY_DBMOVED)
		return RC_IO;
	for (size_t i = 0; i < CODES; i++)
		if (codes[i].code == (code & 0xff))
			return codes[i].by_errno ? of_errno(handle) : codes[i].rc;
	return RC_IO;
}

enum rc sqlite_run(struct sqlite3 *handle, const char *sql)
{
	return sqlite_rc(handle, sqlite3_exec(handle, sql, NULL, NULL, NULL));
}

enum rc sqlite_number(struct sqlite3 *handle, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
	int64_t number = 0;
	enum rc rc;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	rc = sqlite_rc(handle, code);
	sqlite3_finalize(statement);
	if (rc == RC_OK)
		*ret = number;
	return rc;
}

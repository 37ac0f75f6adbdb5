/* store/disk/query.c - statements: prepared once, bound, stepped, and the check of all pages.
 *
 * Threads and ownership: database.h.
 */
#include "connection.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#define CHECK_STEPS  10000 /* of SQLite's machine, between questions whether to go on */
#define BREATH_STEPS 500   /* a row is some ten of them */

static const char *const statements[] = {
#define STATEMENT(id, sql) [STATEMENT_##id] = (sql),
#include "statements.def"
#undef STATEMENT
};

enum rc query_begin(struct database *database, enum statement statement, struct query **ret)
{
	struct query *query = &database->queries[statement];

	assert(!query->used);
	if (query->statement == NULL) {
		TRY(connection_note(
			database, sqlite3_prepare_v3(database->handle, statements[statement], -1,
					  SQLITE_PREPARE_PERSISTENT, &query->statement, NULL)));
		query->database = database;
	}
	query->used = true;
	*ret = query;
	return RC_OK;
}

/* What reset returns is the fault that the last step told. */
void query_end(struct query *query)
{
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement); /* they point at what is the caller's */
	query->used = false;
}

enum rc query_bind_number(struct query *query, int at, int64_t number)
{
	return connection_note(query->database, sqlite3_bind_int64(query->statement, at, number));
}

/* Without bytes it is an empty blob, not NULL, wherever it points. */
enum rc query_bind_blob(struct query *query, int at, struct slice blob)
{
	return connection_note(
		query->database, sqlite3_bind_blob64(query->statement, at,
					 blob.size > 0 ? blob.data : "", blob.size, SQLITE_STATIC));
}

enum rc query_bind_null(struct query *query, int at)
{
	return connection_note(query->database, sqlite3_bind_null(query->statement, at));
}

enum rc query_row(struct query *query)
{
	int code = sqlite3_step(query->statement);

	if (code == SQLITE_ROW)
		return RC_OK;
	return code == SQLITE_DONE ? RC_ABSENT : connection_note(query->database, code);
}

enum rc query_run(struct query *query)
{
	enum rc rc = query_row(query);

	return rc == RC_ABSENT ? RC_OK : rc;
}

int64_t query_number(struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

/* The size after the bytes: in this order nothing is converted in between. */
struct slice query_blob(struct query *query, int column)
{
	const char *data = sqlite3_column_blob(query->statement, column);

	return (struct slice){ data != NULL ? data : "",
		(size_t)sqlite3_column_bytes(query->statement, column) };
}

bool query_is_null(struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

uint64_t database_changes(struct database *database)
{
	return (uint64_t)sqlite3_changes64(database->handle);
}

static int breathe(void *arg)
{
	breath_take(arg);
	return 0;
}

void database_breathe(struct database *database, bool breathes)
{
	database->breath = (struct breath){ 0 };
	sqlite3_progress_handler(database->handle, breathes ? BREATH_STEPS : 0,
		breathes ? breathe : NULL, &database->breath);
}

void database_wait(struct database *database, bool waits)
{
	sqlite3_busy_timeout(database->handle, waits ? DATABASE_WAIT_MS : 0);
}

/* It is taken by the first read. */
static enum rc read_something(struct database *database)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_TOTALS, &query));
	return query_row(query);
}

enum rc database_snapshot(struct database *database)
{
	TRY(connection_note(database, sqlite3_exec(database->handle, "BEGIN", NULL, NULL, NULL)));
	return read_something(database);
}

struct asking {
	bool (*go_on)(void *arg);
	void *arg;
};

static int asked(void *arg)
{
	struct asking *asking = arg;

	return asking->go_on(asking->arg) ? 0 : 1;
}

static const char *find(struct slice words, const char *mark)
{
	return memmem(words.data, words.size, mark, strlen(mark));
}

/* What can't be read is told among what is wrong: with SQLite's code or without one. */
static enum rc rc_of_words(struct slice words)
{
	static const char mark[] = "error code";
	const char *found = find(words, mark);
	struct slice code;
	uint64_t number;

	if (find(words, "ailed to read ptrmap") != NULL || find(words, "ailed to get page") != NULL)
		return RC_IO;
	if (found == NULL)
		return RC_CORRUPT;
	code = slice_skip(
		words, (size_t)(found - words.data) + sizeof(mark)); /* and = or a space */
	if (!slice_to_u64(slice_cut(&code, '\n'), &number))
		return RC_CORRUPT;
	return (number & 0xff) == SQLITE_CORRUPT ? RC_CORRUPT : RC_IO;
}

/* One row, "ok", or a row for each thing that is wrong. */
static enum rc check(struct database *database, struct bytes *fault)
{
	SCOPED(query) query = NULL;
	struct slice words;
	enum rc cut;

	TRY(query_begin(database, STATEMENT_CHECK, &query));
	TRY(query_row(query));
	words = query_blob(query, 0);
	if (slice_equal(words, SLICE("ok")))
		return RC_OK;
	bytes_clear(fault);
	cut = bytes_append_slice(fault, words);
	(void)cut;
	return rc_of_words(words);
}

enum rc database_check(
	struct database *database, bool (*go_on)(void *arg), void *arg, struct bytes *fault)
{
	struct asking asking = { go_on, arg };
	enum rc rc;

	sqlite3_progress_handler(database->handle, CHECK_STEPS, asked, &asking);
	rc = check(database, fault);
	sqlite3_progress_handler(database->handle, 0, NULL, NULL);
	return rc;
}

/* store/bundle/bundle.c - an export as one SQLite file: written, and read as if by an enemy's hand.
 *
 * Threads and ownership: store/bundle.h.
 */
#include "inside.h"

#include "disk/sqlite.h"

#include "util/alloc.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_SQL "CREATE TABLE manifest(name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID"
#define ENTRIES_SQL                                                                               \
	"CREATE TABLE entries(id INTEGER PRIMARY KEY, key BLOB NOT NULL, url TEXT NOT NULL, "     \
	"source TEXT NOT NULL, route TEXT NOT NULL, tenant TEXT NOT NULL, status INTEGER NOT "    \
	"NULL, "                                                                                  \
	"fetched_ms INTEGER NOT NULL, date_ms INTEGER NOT NULL, source_version TEXT NOT NULL, "   \
	"rule TEXT NOT NULL, gzip_of INTEGER, size INTEGER NOT NULL, sha256 BLOB NOT NULL, head " \
	"TEXT NOT NULL, "                                                                         \
	"body BLOB NOT NULL)"
#define INDEX_SQL "CREATE INDEX entries_by_key ON entries(key)"

#define LENGTH_MOST (PARCEL_BODY_MOST + PARCEL_HEAD_MOST)
#define LINE_MOST   ((size_t)16 << 20)

static enum rc rc_of(const struct bundle *bundle, int code)
{
	return sqlite_rc(bundle->handle, code);
}

static enum rc prepare(struct bundle *bundle, const char *sql, sqlite3_stmt **ret)
{
	return rc_of(bundle,
		sqlite3_prepare_v3(bundle->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL));
}

static struct bundle *make(void)
{
	struct bundle *bundle = xalloc(sizeof(*bundle));

	arena_init(&bundle->arena);
	pthread_mutex_init(&bundle->lock, NULL);
	return bundle;
}

static enum rc open_file(struct bundle *bundle, const char *path, int flags)
{
	int code = sqlite3_open_v2(
		path, &bundle->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (bundle->handle == NULL)
		abort(); /* no memory */
	TRY(rc_of(bundle, code));
	sqlite3_limit(bundle->handle, SQLITE_LIMIT_LENGTH, (int)LENGTH_MOST);
	sqlite3_db_config(bundle->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(bundle->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite_run(bundle->handle, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0");
}

void bundle_close(struct bundle *bundle)
{
	sqlite3_finalize(bundle->statement);
	sqlite3_finalize(bundle->by_key);
	sqlite3_close(bundle->handle);
	pthread_mutex_destroy(&bundle->lock);
	arena_done(&bundle->arena);
	free(bundle);
}

const char *bundle_fault(const struct bundle *bundle)
{
	return sqlite3_errmsg(bundle->handle);
}

/* ---- writing ---- */

enum rc bundle_create(const char *path, struct bundle **ret)
{
	static const char begin[] =
		"PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL; "
		"BEGIN EXCLUSIVE; " MANIFEST_SQL "; " ENTRIES_SQL "; " INDEX_SQL;
	SCOPED(bundle) bundle = make();

	TRY(open_file(bundle, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
	TRY(sqlite_run(bundle->handle, begin));
	TRY(prepare(bundle,
		"INSERT INTO entries(key, url, source, route, tenant, status, fetched_ms, date_ms, "
		"source_version, gzip_of, size, sha256, head, body, rule) "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
		&bundle->statement));
	*ret = GIVE(bundle);
	return RC_OK;
}

static void bind_text(sqlite3_stmt *statement, int at, struct slice text)
{
	sqlite3_bind_text(
		statement, at, text.size > 0 ? text.data : "", (int)text.size, SQLITE_STATIC);
}

static void bind_blob(sqlite3_stmt *statement, int at, struct slice bytes)
{
	if (bytes.size == 0)
		sqlite3_bind_zeroblob(statement, at, 0);
	else
		sqlite3_bind_blob64(statement, at, bytes.data, bytes.size, SQLITE_STATIC);
}

static void bind_all(sqlite3_stmt *s, const struct parcel *parcel, struct slice head)
{
	const struct object *o = parcel->object;

	bind_blob(s, 1, bytes_slice(&parcel->key));
	bind_text(s, 2, parcel->parts.target);
	bind_text(s, 3, parcel->source);
	bind_text(s, 4, parcel->parts.route);
	bind_text(s, 5, parcel->parts.tenant);
	sqlite3_bind_int(s, 6, o->status);
	sqlite3_bind_int64(s, 7, o->freshness.responded_ms);
	sqlite3_bind_int64(s, 8, o->freshness.date_ms);
	bind_text(s, 9, o->source_version);
	if (o->gzipped)
		sqlite3_bind_int64(s, 10, (sqlite3_int64)o->plain_size);
	else
		sqlite3_bind_null(s, 10);
	sqlite3_bind_int64(s, 11, (sqlite3_int64)o->body->size);
	bind_blob(s, 12, (struct slice){ (const char *)parcel->digest, DIGEST_SIZE });
	bind_text(s, 13, head);
	bind_text(s, 15, parcel->parts.rule);
}

enum rc bundle_add(struct bundle *bundle, const struct parcel *parcel)
{
	SCOPED(body) body = NULL;
	struct bytes head;
	enum rc rc;

	if (parcel_is_bare(parcel))
		return RC_INVALID;
	TRY(body_load(parcel->object->body, &body));
	bytes_init(&head, PARCEL_HEAD_MOST);
	rc = parcel_head(parcel, &head);
	if (rc == RC_OK) {
		bind_all(bundle->statement, parcel, bytes_slice(&head));
		bind_blob(bundle->statement, 14, (struct slice){ body->data, body->size });
		sqlite3_step(bundle->statement);
		rc = rc_of(bundle, sqlite3_reset(bundle->statement));
		sqlite3_clear_bindings(bundle->statement);
	}
	bytes_done(&head);
	return rc;
}

static enum rc put_value(struct bundle *bundle, const char *name, sqlite3_stmt *statement)
{
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_step(statement);
	return rc_of(bundle, sqlite3_reset(statement));
}

static enum rc put_manifest(struct bundle *bundle, struct slice line, const struct parcel_end *end)
{
	sqlite3_stmt *statement;
	enum rc rc;

	TRY(prepare(bundle, "INSERT INTO manifest VALUES(?1, ?2)", &statement));
	bind_text(statement, 2, line);
	rc = put_value(bundle, "line", statement);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)end->entries);
	if (rc == RC_OK)
		rc = put_value(bundle, "entries", statement);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)end->left_out);
	if (rc == RC_OK)
		rc = put_value(bundle, "left_out", statement);
	sqlite3_finalize(statement);
	return rc;
}

enum rc bundle_finish(
	struct bundle *bundle, const struct manifest *manifest, const struct parcel_end *end)
{
	struct bytes line;
	enum rc rc;

	bytes_init(&line, LINE_MOST);
	rc = manifest_write(manifest, &line);
	if (rc == RC_OK)
		rc = put_manifest(bundle, bytes_slice(&line), end);
	bytes_done(&line);
	return rc == RC_OK ? sqlite_run(bundle->handle, "COMMIT") : rc;
}

/* ---- reading ---- */

/* Just our tables, word for word: no view, no trigger, no column that is computed. */
static enum rc check_schema(struct bundle *bundle)
{
	static const char *const known[] = { ENTRIES_SQL, INDEX_SQL, MANIFEST_SQL };
	sqlite3_stmt *statement;
	size_t count = 0;
	bool same = true;
	int code;

	TRY(prepare(bundle, "SELECT sql FROM sqlite_schema ORDER BY name", &statement));
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(statement, 0);

		same = same && count < 3 && sql != NULL && strcmp(sql, known[count]) == 0;
		count++;
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE)
		return rc_of(bundle, code);
	return same && count == 3 ? RC_OK : RC_INVALID;
}

static enum rc number_of(struct bundle *bundle, const char *sql, uint64_t *ret)
{
	int64_t number = -1;

	TRY(sqlite_number(bundle->handle, sql, &number));
	*ret = (uint64_t)number;
	return number >= 0 ? RC_OK : RC_INVALID;
}

static enum rc read_manifest(struct bundle *bundle)
{
	sqlite3_stmt *statement;
	enum rc rc = RC_INVALID;

	TRY(prepare(bundle, "SELECT value FROM manifest WHERE name = 'line'", &statement));
	if (sqlite3_step(statement) == SQLITE_ROW &&
		sqlite3_column_type(statement, 0) == SQLITE_TEXT) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		rc = manifest_parse(
			(struct slice){ text, (size_t)sqlite3_column_bytes(statement, 0) },
			&bundle->arena, &bundle->manifest);
	}
	sqlite3_finalize(statement);
	TRY(rc);
	TRY(number_of(
		bundle, "SELECT value FROM manifest WHERE name = 'entries'", &bundle->end.entries));
	return number_of(bundle, "SELECT value FROM manifest WHERE name = 'left_out'",
		&bundle->end.left_out);
}

enum rc bundle_open(const char *path, struct bundle **ret)
{
	SCOPED(bundle) bundle = make();
	enum rc rc = open_file(bundle, path, SQLITE_OPEN_READONLY);

	if (rc != RC_OK)
		return rc == RC_CORRUPT ? RC_INVALID : rc;
	TRY(check_schema(bundle));
	TRY(read_manifest(bundle));
	TRY(prepare(bundle, "SELECT head, body, id FROM entries WHERE id > ?1 ORDER BY id LIMIT 1",
		&bundle->statement));
	TRY(prepare(bundle,
		"SELECT head, body FROM entries WHERE key = ?1 ORDER BY date_ms DESC, id DESC",
		&bundle->by_key));
	*ret = GIVE(bundle);
	return RC_OK;
}

const struct manifest *bundle_manifest(const struct bundle *bundle)
{
	return &bundle->manifest;
}

struct parcel_end bundle_end(const struct bundle *bundle)
{
	return bundle->end;
}

enum rc bundle_row(
	sqlite3_stmt *statement, struct arena *arena, struct parcel *ret, const char **ret_why)
{
	const char *head = (const char *)sqlite3_column_text(statement, 0);
	size_t head_size = (size_t)sqlite3_column_bytes(statement, 0);
	const char *data = sqlite3_column_blob(statement, 1);
	size_t size = (size_t)sqlite3_column_bytes(statement, 1);
	SCOPED(body) body = body_new(xcopy(data, data != NULL ? size : 0), data != NULL ? size : 0);

	TRY(parcel_parse((struct slice){ head != NULL ? head : "", head != NULL ? head_size : 0 },
		body, arena, ret, ret_why));
	if (!parcel_is_bare(ret))
		return RC_OK;
	/* what is in a bundle is answered as it is, and that of others has all fields that came */
	parcel_done(ret);
	*ret_why = "it has no key";
	return RC_INVALID;
}

enum rc bundle_next(struct bundle *bundle, int64_t *cursor, struct arena *arena, struct parcel *ret,
	const char **ret_why)
{
	sqlite3_stmt *statement = bundle->statement;
	enum rc rc = RC_ABSENT;
	int code;

	sqlite3_bind_int64(statement, 1, *cursor);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*cursor = sqlite3_column_int64(statement, 2);
		rc = bundle_row(statement, arena, ret, ret_why);
	}
	code = sqlite3_reset(statement);
	if (code != SQLITE_OK) {
		if (rc == RC_OK)
			parcel_done(ret);
		return rc_of(bundle, code);
	}
	return rc;
}

enum rc bundle_rules(
	struct bundle *bundle, void (*show)(void *arg, const struct key_parts *parts), void *arg)
{
	sqlite3_stmt *statement;
	int code;

	TRY(prepare(bundle, "SELECT DISTINCT tenant, url, rule FROM entries WHERE rule <> ''",
		&statement));
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct key_parts parts = {
			.tenant = slice_of((const char *)sqlite3_column_text(statement, 0)),
			.target = slice_of((const char *)sqlite3_column_text(statement, 1)),
			.rule = slice_of((const char *)sqlite3_column_text(statement, 2)),
		};

		show(arg, &parts);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? RC_OK : rc_of(bundle, code);
}

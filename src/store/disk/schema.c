/* store/disk/schema.c - the migrations, how they are run, and how a file is compared with them.
 *
 * A migration that was released is never changed: another one follows it. Rows are narrow where many are
 * looked at (entries); values that are bytes of others are BLOBs, which compare as memcmp() does.
 *
 * Threads and ownership: schema.h.
 */
#include "schema.h"

#include "sqlite.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LARDER 0x6c617264 /* "lard" */

/* clang-format off */
static const char *const migrations[] = {
	/* 1: ids of artifacts are never used again: who has read an id finds that file or none. */
	"CREATE TABLE facts (name BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1),"
	" entries INTEGER NOT NULL, inline_bytes INTEGER NOT NULL, artifacts INTEGER NOT NULL,"
	" artifact_bytes INTEGER NOT NULL, body_bytes INTEGER NOT NULL) STRICT;"
	"INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0);"
	"CREATE TABLE routes (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE artifacts (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" refs INTEGER NOT NULL DEFAULT 0 CHECK (refs >= 0), size INTEGER NOT NULL,"
	" digest BLOB NOT NULL UNIQUE, sums BLOB NOT NULL) STRICT;"
	"CREATE INDEX artifacts_unreferenced ON artifacts (id) WHERE refs = 0;"
	"CREATE TABLE entries (id INTEGER PRIMARY KEY, route INTEGER NOT NULL, tenant INTEGER NOT NULL,"
	" namespace_version INTEGER NOT NULL, slot INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" status INTEGER NOT NULL, stored_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" used_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, body_bytes INTEGER NOT NULL,"
	" artifact INTEGER, source_version BLOB NOT NULL, target BLOB NOT NULL, key BLOB NOT NULL) STRICT;"
	"CREATE INDEX entries_by_expiry ON entries (expires_ms);"
	"CREATE INDEX entries_by_use ON entries (used_ms);"
	"CREATE INDEX entries_by_target ON entries (route, target);"
	"CREATE TABLE records (id INTEGER PRIMARY KEY, artifact INTEGER, record BLOB NOT NULL,"
	" body BLOB NOT NULL) STRICT;"
	"CREATE TABLE tags (tag BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (tag, entry))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX tags_by_entry ON tags (entry);"
	"CREATE TRIGGER entry_without_artifact BEFORE INSERT ON entries WHEN new.artifact IS NOT NULL"
	" AND NOT EXISTS (SELECT 1 FROM artifacts WHERE id = new.artifact) BEGIN"
	" SELECT RAISE(ABORT, 'no such artifact'); END;"
	"CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN"
	" UPDATE totals SET entries = entries + 1, inline_bytes = inline_bytes + new.bytes,"
	"  body_bytes = body_bytes + new.body_bytes;"
	" UPDATE artifacts SET refs = refs + 1 WHERE id = new.artifact; END;"
	"CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN"
	" UPDATE totals SET entries = entries - 1, inline_bytes = inline_bytes - old.bytes,"
	"  body_bytes = body_bytes - old.body_bytes;"
	" UPDATE artifacts SET refs = refs - 1 WHERE id = old.artifact;"
	" DELETE FROM records WHERE id = old.id;"
	" DELETE FROM tags WHERE entry = old.id; END;"
	"CREATE TRIGGER artifact_added AFTER INSERT ON artifacts BEGIN"
	" UPDATE totals SET artifacts = artifacts + 1, artifact_bytes = artifact_bytes + new.size; END;"
	"CREATE TRIGGER artifact_removed AFTER DELETE ON artifacts BEGIN"
	" UPDATE totals SET artifacts = artifacts - 1, artifact_bytes = artifact_bytes - old.size; END;",
	/* 2: whose entries are, and what each tenant has: 0 is nobody, of whom there is no row. */
	"CREATE TABLE tenants (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL DEFAULT 0,"
	" bytes INTEGER NOT NULL DEFAULT 0, name BLOB NOT NULL UNIQUE) STRICT;"
	"CREATE INDEX entries_by_tenant ON entries (tenant, used_ms) WHERE tenant <> 0;"
	"CREATE TRIGGER tenant_entry_added AFTER INSERT ON entries WHEN new.tenant <> 0 BEGIN"
	" UPDATE tenants SET entries = entries + 1,"
	"  bytes = bytes + new.bytes + iif(new.artifact IS NULL, 0, new.body_bytes)"
	"  WHERE id = new.tenant; END;"
	"CREATE TRIGGER tenant_entry_removed AFTER DELETE ON entries WHEN old.tenant <> 0 BEGIN"
	" UPDATE tenants SET entries = entries - 1,"
	"  bytes = bytes - old.bytes - iif(old.artifact IS NULL, 0, old.body_bytes)"
	"  WHERE id = old.tenant; END;",
};
/* clang-format on */

const struct schema schema_larder = {
	.application = LARDER,
	.version = sizeof(migrations) / sizeof(migrations[0]),
	.migrations = migrations,
};

/* Words that don't fit are cut: the code says it, too. */
static enum rc told(struct bytes *fault, enum rc rc, const char *words)
{
	enum rc cut;

	bytes_clear(fault);
	cut = bytes_append_slice(fault, slice_of(words));
	(void)cut;
	return rc;
}

static enum rc of_handle(struct sqlite3 *handle, struct bytes *fault, enum rc rc)
{
	return rc == RC_OK ? rc : told(fault, rc, sqlite3_errmsg(handle));
}

static enum rc newer(int64_t version, const struct schema *schema, struct bytes *fault)
{
	char words[128];

	snprintf(words, sizeof(words),
		"made by a newer larder: its schema is version %" PRId64
		", this one knows versions up to %" PRId64,
		version, schema->version);
	return told(fault, RC_UNSUPPORTED, words);
}

enum rc schema_look(struct sqlite3 *handle, const struct schema *schema, struct bytes *fault,
	int64_t *ret_version)
{
	int64_t application = 0, version = 0, objects = 0;
	enum rc rc = sqlite_number(handle, "PRAGMA application_id", &application);

	if (rc == RC_OK)
		rc = sqlite_number(handle, "PRAGMA user_version", &version);
	if (rc == RC_OK && application == 0 && version == 0)
		rc = sqlite_number(handle, "SELECT count(*) FROM sqlite_schema", &objects);
	if (rc != RC_OK)
		return of_handle(handle, fault, rc);
	if (application == schema->application && version > schema->version)
		return newer(version, schema, fault);
	if (application != schema->application ? objects > 0 || application != 0 || version != 0
					       : version <= 0)
		return told(fault, RC_CORRUPT, "a database of another program");
	*ret_version = version;
	return RC_OK;
}

static enum rc steps(struct sqlite3 *handle, const struct schema *schema, int64_t version)
{
	char stamp[96];

	for (; version < schema->version; version++)
		TRY(sqlite_run(handle, schema->migrations[version]));
	snprintf(stamp, sizeof(stamp),
		"PRAGMA application_id = %" PRId64 "; PRAGMA user_version = %" PRId64,
		schema->application, schema->version);
	return sqlite_run(handle, stamp);
}

/* The version is read inside the transaction: another process may just have done it. */
static enum rc migrate_in_transaction(
	struct sqlite3 *handle, const struct schema *schema, struct bytes *fault)
{
	int64_t version = 0;
	enum rc rc;

	TRY(schema_look(handle, schema, fault, &version));
	if (version == schema->version)
		return RC_OK;
	rc = steps(handle, schema, version);
	return of_handle(handle, fault, rc);
}

enum rc schema_migrate(struct sqlite3 *handle, const struct schema *schema, struct bytes *fault)
{
	enum rc rc = of_handle(handle, fault, sqlite_run(handle, "BEGIN IMMEDIATE"));

	if (rc != RC_OK)
		return rc;
	rc = migrate_in_transaction(handle, schema, fault);
	if (rc == RC_OK)
		rc = of_handle(handle, fault, sqlite_run(handle, "COMMIT"));
	if (rc != RC_OK && sqlite3_get_autocommit(handle) == 0)
		sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Tables with their columns, indexes and triggers, one a row and in order. */
#define OBJECTS                                                                                \
	"SELECT m.type || ' ' || m.name || ifnull(' (' || c.name || ' ' || c.type || ')', '')" \
	" FROM sqlite_schema AS m LEFT JOIN pragma_table_info(m.name) AS c"                    \
	" ON m.type = 'table' ORDER BY 1"

static const char *next_object(sqlite3_stmt *statement)
{
	return sqlite3_step(statement) == SQLITE_ROW
		       ? (const char *)sqlite3_column_text(statement, 0)
		       : NULL;
}

/* Both are in order: what is only in found is passed over. */
static enum rc compare(sqlite3_stmt *expected, sqlite3_stmt *found, struct bytes *fault)
{
	const char *have = next_object(found);
	char words[256];

	for (const char *want = next_object(expected); want != NULL; want = next_object(expected)) {
		while (have != NULL && strcmp(have, want) < 0)
			have = next_object(found);
		if (have != NULL && strcmp(have, want) == 0)
			continue;
		snprintf(words, sizeof(words), "%s is missing", want);
		return told(fault, RC_CORRUPT, words);
	}
	return RC_OK;
}

static enum rc compare_with(struct sqlite3 *handle, struct sqlite3 *model, struct bytes *fault)
{
	sqlite3_stmt *expected = NULL, *found = NULL;
	int code = sqlite3_prepare_v2(handle, OBJECTS, -1, &found, NULL);
	enum rc rc = of_handle(handle, fault, sqlite_rc(handle, code));

	if (rc == RC_OK) {
		code = sqlite3_prepare_v2(model, OBJECTS, -1, &expected, NULL);
		rc = of_handle(model, fault, sqlite_rc(model, code));
	}
	if (rc == RC_OK)
		rc = compare(expected, found, fault);
	sqlite3_finalize(expected);
	code = sqlite3_finalize(found); /* what ended the rows, where it wasn't their end */
	return code == SQLITE_OK ? rc : of_handle(handle, fault, sqlite_rc(handle, code));
}

enum rc schema_validate(struct sqlite3 *handle, const struct schema *schema, struct bytes *fault)
{
	struct sqlite3 *model = NULL;
	int code = sqlite3_open(":memory:", &model);
	enum rc rc = sqlite_rc(model, code);

	if (rc == RC_OK)
		rc = schema_migrate(model, schema, fault);
	if (rc == RC_OK)
		rc = compare_with(handle, model, fault);
	sqlite3_close(model);
	return rc;
}

/* The names of what is to be dropped change while it is: one at a time. Indexes and triggers go with their
 * tables; sqlite_sequence can't be dropped, but empties itself. */
static enum rc drop_one(struct sqlite3 *handle, bool *ret_dropped)
{
	sqlite3_stmt *statement = NULL;
	char sql[128] = "";
	int code = sqlite3_prepare_v2(handle,
		"SELECT 'DROP TABLE \"' || name || '\"' FROM sqlite_schema"
		" WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' LIMIT 1",
		-1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		snprintf(sql, sizeof(sql), "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	*ret_dropped = code == SQLITE_ROW;
	return code == SQLITE_ROW ? sqlite_run(handle, sql) : sqlite_rc(handle, code);
}

static enum rc reset(struct sqlite3 *handle, const struct schema *schema)
{
	bool dropped = true;

	while (dropped)
		TRY(drop_one(handle, &dropped));
	return steps(handle, schema, 0);
}

enum rc schema_reset(struct sqlite3 *handle, const struct schema *schema)
{
	enum rc rc;

	TRY(sqlite_run(handle, "SAVEPOINT reset"));
	rc = reset(handle, schema);
	if (rc == RC_OK)
		return sqlite_run(handle, "RELEASE reset");
	sqlite3_exec(handle, "ROLLBACK TO reset; RELEASE reset", NULL, NULL, NULL);
	return rc;
}

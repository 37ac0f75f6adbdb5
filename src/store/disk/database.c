/* store/disk/database.c - opening the file without touching what isn't ours; transactions.
 *
 * Before the file is opened for writing its header is read through a connection that takes it for
 * immutable: that one makes no -wal, no -shm and no lock. (Not by open() and read(): closing any
 * descriptor of a file drops all POSIX locks that the process has on it, SQLite's too.) A newer version
 * that stands in the WAL only is found by the second look, before anything was written.
 *
 * Threads and ownership: database.h.
 */
#include "database.h"

#include "connection.h"
#include "schema.h"
#include "sqlite.h"

#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LIMIT (16 * 1024)

/* Larger pages waste less of records of some KiB and make the chains of long ones short. Nothing is mapped:
 * that made reads a tenth quicker (docs/storage.md), but a page that can't be read, or a file that somebody
 * cuts short, would end the process by a signal instead of being a fault. */
#define SETTINGS                       \
	"PRAGMA temp_store = MEMORY;"  \
	"PRAGMA trusted_schema = OFF;" \
	"PRAGMA cell_size_check = ON;" \
	"PRAGMA mmap_size = 0;"        \
	"PRAGMA cache_size = -%d;"     \
	"PRAGMA synchronous = %s"
#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 8192

/* Debian's SQLite overwrites what is deleted: twice the writing, for what a cache may well leave there. The
 * WAL is copied back at 4 MiB and cut to 64 MiB after a long reader has let it grow. */
#define WRITER_SETTINGS                    \
	"PRAGMA page_size = 8192;"         \
	"PRAGMA secure_delete = OFF;"      \
	"PRAGMA wal_autocheckpoint = 512;" \
	"PRAGMA journal_size_limit = 67108864"

static enum rc say(struct bytes *fault, enum rc rc, const char *words)
{
	enum rc cut;

	bytes_clear(fault);
	cut = bytes_append_slice(fault, slice_of(words));
	(void)cut;
	return rc;
}

enum rc connection_note(struct database *database, int code)
{
	enum rc rc = sqlite_rc(database->handle, code);

	if (rc != RC_OK)
		snprintf(database->fault, sizeof(database->fault), "%s",
			sqlite3_errmsg(database->handle));
	return rc;
}

/* "file:...?immutable=1", what would end the path escaped. */
static enum rc immutable_uri(const char *path, struct bytes *ret)
{
	TRY(bytes_append_slice(ret, SLICE("file:")));
	for (; *path != '\0'; path++) {
		if (strchr("%?#", *path) != NULL)
			TRY(bytes_format(ret, "%%%02x", (unsigned char)*path));
		else
			TRY(bytes_append_char(ret, *path));
	}
	return bytes_append_slice(ret, SLICE("?immutable=1"));
}

/* RC_ABSENT: no file. RC_UNSUPPORTED: a newer one. Whatever else is wrong the real opening finds; a file
 * whose last changes are in the WAL may look torn from here. */
static enum rc peek(const char *path, struct bytes *fault)
{
	struct bytes uri;
	sqlite3 *handle = NULL;
	int64_t version;
	enum rc rc;
	int code;

	bytes_init(&uri, PATH_LIMIT);
	rc = immutable_uri(path, &uri);
	if (rc != RC_OK) {
		bytes_done(&uri);
		return say(fault, rc, "the path is too long");
	}
	code = sqlite3_open_v2(uri.data, &handle,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	rc = code == SQLITE_OK ? schema_look(handle, &schema_larder, fault, &version)
			       : sqlite_rc(handle, code);
	if (rc != RC_UNSUPPORTED) {
		bytes_clear(fault);
		rc = rc != RC_OK && sqlite3_system_errno(handle) == ENOENT ? RC_ABSENT : RC_OK;
	}
	sqlite3_close(handle);
	bytes_done(&uri);
	return rc;
}

/* SQLite would let everybody read it; -wal and -shm take after it. */
static enum rc make_file(const char *path, struct bytes *fault)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd < 0) {
		enum rc rc = rc_of_errno();

		return say(fault, rc == RC_ABSENT ? RC_IO : rc, strerror(errno));
	}
	close(fd); /* nobody has it yet, so no lock is lost */
	return RC_OK;
}

/* SQLite opens what can't be written for reading instead. */
static enum rc writable(struct database *database, const char *path)
{
	if (sqlite3_db_readonly(database->handle, "main") == 0)
		return RC_OK;
	snprintf(database->fault, sizeof(database->fault), "the database can't be written");
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 && errno == EACCES ? RC_DENIED
										   : RC_READ_ONLY;
}

static enum rc run(struct database *database, const char *sql)
{
	return connection_note(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL));
}

static enum rc set_up(struct database *database, const struct database_options *options)
{
	bool writes = options->use == DATABASE_WRITER;
	char settings[512];

	snprintf(settings, sizeof(settings), SETTINGS, writes ? WRITER_CACHE_KIB : READER_CACHE_KIB,
		options->sync_always  ? "FULL"
		: options->sync_never ? "OFF"
				      : "NORMAL");
	TRY(run(database, settings));
	return writes ? run(database, WRITER_SETTINGS) : RC_OK;
}

/* journal_mode says what it is now: the old one, where it can't be changed. */
static enum rc write_ahead(struct database *database)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(
		database->handle, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
	bool wal;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	wal = code == SQLITE_ROW &&
	      strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
	if (code != SQLITE_ROW || wal) {
		enum rc rc = connection_note(database, code);

		sqlite3_finalize(statement);
		return rc;
	}
	sqlite3_finalize(statement);
	snprintf(database->fault, sizeof(database->fault), "no write-ahead log can be had here");
	return RC_IO;
}

/* Only what is ours may be changed, and be it by copying its WAL back when we close it. */
static enum rc take_over(struct database *database, int64_t version, struct bytes *fault)
{
	if (version == 0) /* can only be said before there is anything in it */
		TRY(run(database, "PRAGMA auto_vacuum = INCREMENTAL"));
	TRY(write_ahead(database));
	if (version < schema_larder.version)
		TRY(schema_migrate(database->handle, &schema_larder, fault));
	sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return RC_OK;
}

static enum rc only_read(int64_t version, struct bytes *fault)
{
	char words[128];

	if (version == schema_larder.version)
		return RC_OK;
	if (version == 0)
		return say(fault, RC_ABSENT, "nothing was stored yet");
	snprintf(words, sizeof(words),
		"made by an older larder: its schema is version %" PRId64
		", this one migrates it to %" PRId64 " when it serves",
		version, schema_larder.version);
	return say(fault, RC_UNSUPPORTED, words);
}

static enum rc prepare(
	struct database *database, const struct database_options *options, struct bytes *fault)
{
	bool writes = options->use == DATABASE_WRITER;
	int64_t version = 0;

	sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(
		database->handle, options->use == DATABASE_READER ? 0 : DATABASE_WAIT_MS);
	TRY(set_up(database, options));
	TRY(schema_look(database->handle, &schema_larder, fault, &version));
	if (writes)
		TRY(writable(database, options->path));
	TRY(writes ? take_over(database, version, fault) : only_read(version, fault));
	return schema_validate(database->handle, &schema_larder, fault);
}

enum rc database_open(
	const struct database_options *options, struct database **ret, struct bytes *fault)
{
	bool writes = options->use == DATABASE_WRITER;
	SCOPED(database) database = NULL;
	enum rc rc;

	rc = peek(options->path, fault);
	if (rc == RC_ABSENT && writes)
		rc = make_file(options->path, fault);
	if (rc != RC_OK)
		return fault->size > 0 ? rc : say(fault, rc, rc_text(rc));
	database = xalloc(sizeof(*database));
	rc = connection_note(
		database, sqlite3_open_v2(options->path, &database->handle,
				  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
					  (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY),
				  NULL));
	if (rc == RC_OK)
		rc = prepare(database, options, fault);
	if (rc != RC_OK)
		return fault->size > 0 ? rc : say(fault, rc, database->fault);
	*ret = GIVE(database);
	return RC_OK;
}

void database_close(struct database *database)
{
	if (database == NULL)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(database->queries[i].statement);
	sqlite3_close(database->handle);
	free(database);
}

const char *database_fault(struct database *database)
{
	return database->fault;
}

enum rc database_begin(struct database *database)
{
	int moved = 0;

	sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved != 0) {
		snprintf(database->fault, sizeof(database->fault),
			"the database was moved or removed");
		return RC_IO;
	}
	return run(database, "BEGIN IMMEDIATE");
}

enum rc database_commit(struct database *database)
{
	if (sqlite3_get_autocommit(database->handle) != 0)
		return RC_IO; /* an earlier fault ended it, and was told */
	return run(database, "COMMIT");
}

void database_rollback(struct database *database)
{
	if (sqlite3_get_autocommit(database->handle) == 0)
		sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum rc database_reset(struct database *database)
{
	enum rc rc = schema_reset(database->handle, &schema_larder);

	if (rc != RC_OK)
		snprintf(database->fault, sizeof(database->fault), "%s",
			sqlite3_errmsg(database->handle));
	return rc;
}

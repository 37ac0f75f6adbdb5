/* test_database.c - opening: what is made, what is left alone, what is refused and with which code.
 */
#include "database_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

START_TEST(test_made_and_found_again)
{
	struct database *writer = opened_for(DATABASE_WRITER), *reader;
	struct stat found;

	ck_assert_int_eq(stat(path, &found), 0);
	ck_assert_int_eq(found.st_mode & 07007, 0); /* what is stored is nobody else's business */
	ck_assert_int_eq(set_fact(writer, "name", 5), RC_OK);
	reader = opened_for(DATABASE_READER);
	ck_assert_int_eq(fact(reader, "name"), 5);
	ck_assert_int_eq(fact(reader, "other"), -1);
	ck_assert_int_eq(set_fact(reader, "other", 1), RC_READ_ONLY);
	ck_assert_ptr_nonnull(strstr(database_fault(reader), "readonly"));
	ck_assert_int_eq(set_fact(writer, "empty", 0), RC_OK);
	ck_assert_int_eq(fact(reader, "empty"), 0);
	database_close(reader);
	database_close(writer);
	writer = opened_for(DATABASE_WRITER);
	ck_assert_int_eq(fact(writer, "name"), 5);
	database_close(writer);
	reader = opened_for(DATABASE_VISITOR); /* of one that nobody has open */
	ck_assert_int_eq(fact(reader, "name"), 5);
	database_close(reader);
}
END_TEST

static int64_t setting(struct database *database, const char *pragma)
{
	sqlite3_stmt *statement = NULL;
	int64_t value;

	ck_assert_int_eq(
		sqlite3_prepare_v2(database->handle, pragma, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static const struct {
	bool always, never;
	int64_t synchronous;
} modes[] = { { false, false, 1 }, { true, false, 2 }, { false, true, 0 } };

START_TEST(test_settings)
{
	struct database *database = NULL;
	const struct database_options options = {
		.path = path,
		.use = DATABASE_WRITER,
		.sync_always = modes[_i].always,
		.sync_never = modes[_i].never,
	};

	ck_assert_int_eq(database_open(&options, &database, &fault), RC_OK);
	ck_assert_int_eq(setting(database, "PRAGMA synchronous"), modes[_i].synchronous);
	ck_assert_int_eq(setting(database, "PRAGMA mmap_size"), 0);
	ck_assert_int_eq(setting(database, "PRAGMA secure_delete"), 0);
	ck_assert_int_eq(
		setting(database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	database_close(database);
}
END_TEST

START_TEST(test_readers_of_nothing)
{
	const enum database_use uses[] = { DATABASE_READER, DATABASE_VISITOR };
	struct database *database = NULL;
	uint64_t before = fingerprint(true);
	int fd;

	ck_assert_int_eq(open_for(uses[_i], &database), RC_ABSENT);
	ck_assert_uint_eq(fingerprint(true), before);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(open_for(uses[_i], &database), RC_ABSENT); /* nothing in it yet */
	ck_assert_str_eq(fault.data, "nothing was stored yet");
	ck_assert_ptr_null(database);
	database_close(database);
}
END_TEST

static const struct {
	const char *what;
	const char *sql;
	enum rc rc;
	const char *words;
} foreign[] = {
	{ "newer", "PRAGMA user_version = 9", RC_UNSUPPORTED,
		"made by a newer larder: its schema is version 9, this one knows versions up to "
		"2" },
	{ "newer, without WAL", "PRAGMA journal_mode = DELETE; PRAGMA user_version = 3",
		RC_UNSUPPORTED, "version 3" },
	{ "newer, with other tables", "DROP TABLE entries; PRAGMA user_version = 3", RC_UNSUPPORTED,
		"version 3" },
	{ "another program's", "PRAGMA application_id = 5", RC_CORRUPT, "another program" },
};

/* For each use: nothing that was there changes, nothing is added. */
START_TEST(test_foreign_is_untouched)
{
	struct database *database = NULL;
	uint64_t before;

	make_one();
	outside(foreign[_i].sql);
	before = fingerprint(true);
	for (int use = DATABASE_WRITER; use <= DATABASE_VISITOR; use++) {
		ck_assert_msg(open_for((enum database_use)use, &database) == foreign[_i].rc,
			"%s: %s", foreign[_i].what, fault.data);
		ck_assert_ptr_nonnull(strstr(fault.data, foreign[_i].words));
		if (foreign[_i].rc == RC_UNSUPPORTED)
			ck_assert_msg(fingerprint(true) == before, "%s", foreign[_i].what);
	}
	ck_assert_ptr_null(database);
}
END_TEST

/* Killed right after the migration: the new version stands in the WAL only, and stays there. */
START_TEST(test_newer_in_the_wal)
{
	struct database *database = opened_for(DATABASE_WRITER), *other = NULL;
	uint64_t before;

	sqlite3_exec(database->handle, "PRAGMA user_version = 3", NULL, NULL, NULL);
	as_if_killed();
	before = fingerprint(false);
	for (int use = DATABASE_WRITER; use <= DATABASE_VISITOR; use++) {
		ck_assert_int_eq(open_for((enum database_use)use, &other), RC_UNSUPPORTED);
		ck_assert_ptr_nonnull(strstr(fault.data, "version 3"));
		ck_assert_uint_eq(fingerprint(false), before);
	}
	database_close(database);
}
END_TEST

static const struct {
	const char *what;
	off_t size;       /* cut there, or -1 */
	off_t at;         /* overwritten there, or -1 */
	const char *with; /* 16 bytes */
	const char *sql;  /* or this is done to it */
	enum rc rc;
} damages[] = {
	{ "whole", -1, -1, NULL, NULL, RC_OK },
	{ "nothing left: begun anew", 0, -1, NULL, NULL, RC_OK },
	{ "two bytes left", 2, -1, NULL, NULL, RC_CORRUPT }, /* one: SQLite takes it for none */
	{ "half of the header", 50, -1, NULL, NULL, RC_CORRUPT },
	{ "the header", 100, -1, NULL, NULL, RC_CORRUPT },
	{ "half of the first page", 4096, -1, NULL, NULL, RC_CORRUPT },
	{ "the first page", 8192, -1, NULL, NULL, RC_CORRUPT },
	{ "all but the last page", -2, -1, NULL, NULL, RC_CORRUPT },
	{ "another magic", -1, 0, "larder format 9\0", NULL, RC_CORRUPT },
	{ "another page size", -1, 16, "\7\7\2\2\0\100\40\40\0\0\0\3\0\0\0\77", NULL, RC_CORRUPT },
	{ "a first page of nothing", -1, 100, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL,
		RC_CORRUPT },
	{ "a missing table", -1, -1, NULL, "DROP TABLE totals", RC_CORRUPT },
	{ "a missing column", -1, -1, NULL, "ALTER TABLE entries DROP COLUMN epoch", RC_CORRUPT },
	{ "a missing trigger", -1, -1, NULL, "DROP TRIGGER entry_removed", RC_CORRUPT },
	{ "no name", -1, -1, NULL, "PRAGMA application_id = 0", RC_CORRUPT },
	{ "no version", -1, -1, NULL, "PRAGMA user_version = 0", RC_CORRUPT },
};

static void damage(int row)
{
	int fd;

	if (damages[row].sql != NULL)
		outside(damages[row].sql);
	fd = open(path, O_RDWR);
	if (damages[row].size != -1)
		ck_assert_int_eq(
			ftruncate(fd, damages[row].size >= 0 ? damages[row].size
							     : lseek(fd, 0, SEEK_END) - 8192),
			0);
	if (damages[row].at >= 0)
		ck_assert_int_eq(pwrite(fd, damages[row].with, 16, damages[row].at), 16);
	close(fd);
}

START_TEST(test_damage)
{
	struct database *database = NULL;
	enum rc rc;

	make_one();
	damage(_i);
	rc = open_for(DATABASE_WRITER, &database);
	ck_assert_msg(
		rc == damages[_i].rc, "%s: %s, %s", damages[_i].what, rc_text(rc), fault.data);
	if (rc != RC_OK)
		ck_assert_msg(fault.size > 0, "%s", damages[_i].what);
	database_close(database);
	database = NULL;
	if (damages[_i].size == 0) /* by then there was something in it again */
		return;
	rc = open_for(DATABASE_VISITOR, &database);
	ck_assert_msg(
		rc == damages[_i].rc, "%s: %s, %s", damages[_i].what, rc_text(rc), fault.data);
	database_close(database);
}
END_TEST

static const struct {
	const char *what;
	bool made; /* before */
	mode_t file;
	mode_t dir;
	enum rc rc;
} rights[] = {
	{ "all", true, 0600, 0700, RC_OK },
	{ "no right to write", true, 0400, 0700, RC_DENIED },
	{ "no right to read", true, 0000, 0700, RC_DENIED },
	{ "no right to add a WAL", true, 0600, 0500, RC_DENIED },
	{ "no right to add it", false, 0600, 0500, RC_DENIED },
};

START_TEST(test_rights)
{
	const uid_t nobody = 65534;
	struct database *database = NULL;
	bool root = geteuid() == 0;
	enum rc rc;

	ck_assert_int_eq(root ? chown(directory, nobody, nobody) : 0, 0);
	ck_assert_int_eq(root ? seteuid(nobody) : 0, 0);
	if (rights[_i].made) {
		make_one();
		chmod(path, rights[_i].file);
	}
	chmod(directory, rights[_i].dir);
	rc = open_for(DATABASE_WRITER, &database);
	ck_assert_msg(rc == rights[_i].rc, "%s: %s, %s", rights[_i].what, rc_text(rc), fault.data);
	database_close(database);
	ck_assert_int_eq(root ? seteuid(0) : 0, 0);
	chmod(directory, 0700);
}
END_TEST

START_TEST(test_no_place_for_it)
{
	struct database *database = NULL;

	snprintf(path, sizeof(path), "%s", directory);
	ck_assert_int_eq(open_for(DATABASE_WRITER, &database), RC_IO);
	ck_assert_uint_gt(fault.size, 0);
	snprintf(path, sizeof(path), "%s/no/such", directory);
	ck_assert_int_eq(open_for(DATABASE_WRITER, &database), RC_IO);
	ck_assert_str_eq(fault.data, strerror(ENOENT));
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	Suite *suite = suite_create("database");
	TCase *tests = tcase_create("database");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, in_directory, out_of_directory);
	tcase_add_test(tests, test_made_and_found_again);
	tcase_add_loop_test(tests, test_settings, 0, COUNT(modes));
	tcase_add_loop_test(tests, test_readers_of_nothing, 0, 2);
	tcase_add_loop_test(tests, test_foreign_is_untouched, 0, COUNT(foreign));
	tcase_add_test(tests, test_newer_in_the_wal);
	tcase_add_loop_test(tests, test_damage, 0, COUNT(damages));
	tcase_add_loop_test(tests, test_rights, 0, COUNT(rights));
	tcase_add_test(tests, test_no_place_for_it);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

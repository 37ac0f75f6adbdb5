/* test_schema.c - migrations: run whole or not at all, from each version; and what a file must have.
 */
#include "disk/schema.h"

#include "database_fixture.h"

#define MADE_UP 77

static const char *const steps[] = {
	"CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)",
	"ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET x = x * 10",
	"CREATE TABLE b (z BLOB); CREATE INDEX a_by_x ON a (x); UPDATE a SET x = x + 1",
	"CREATE TABLE c (z BLOB); UPDATE a SET x = 0; INSERT INTO nowhere VALUES (1)",
};
static struct schema made_up = { .application = MADE_UP, .version = 3, .migrations = steps };

static sqlite3 *handle;

static void set_up(void)
{
	in_directory();
	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	made_up.version = 3;
}

static void tear_down(void)
{
	sqlite3_close(handle);
	out_of_directory();
}

static int64_t ask(const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = -1;

	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static void tell(const char *sql)
{
	ck_assert_msg(sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(handle));
}

/* From version _i of the made-up program to its third. */
START_TEST(test_from_each_version)
{
	int64_t version = -1;

	made_up.version = _i;
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_OK);
	ck_assert_int_eq(ask("PRAGMA user_version"), _i);
	if (_i > 0)
		tell("INSERT INTO a (x) VALUES (5)");
	made_up.version = 3;
	ck_assert_int_eq(schema_look(handle, &made_up, &fault, &version), RC_OK);
	ck_assert_int_eq(version, _i);
	ck_assert_int_eq(schema_validate(handle, &made_up, &fault), _i == 3 ? RC_OK : RC_CORRUPT);
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_OK);
	ck_assert_int_eq(schema_validate(handle, &made_up, &fault), RC_OK);
	ck_assert_int_eq(ask("PRAGMA user_version"), 3);
	ck_assert_int_eq(ask("PRAGMA application_id"), MADE_UP);
	ck_assert_int_eq(ask("SELECT x FROM a ORDER BY rowid LIMIT 1"), 11);
	if (_i > 0) /* what was stored went through the rest of the steps only */
		ck_assert_int_eq(ask("SELECT max(rowid) * 1000 + x FROM a"), _i == 1   ? 2051
									     : _i == 2 ? 2006
										       : 2005);
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_OK); /* nothing to do */
	ck_assert_int_eq(ask("SELECT x FROM a ORDER BY rowid LIMIT 1"), 11);
}
END_TEST

START_TEST(test_one_that_fails_leaves_nothing)
{
	const int64_t x[] = { -1, 1, 10, 11 };

	made_up.version = _i;
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_OK);
	made_up.version = 4;
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_CORRUPT);
	ck_assert_ptr_nonnull(strstr(fault.data, "nowhere"));
	ck_assert_int_eq(ask("PRAGMA user_version"), _i);
	ck_assert_int_eq(ask("SELECT x FROM a ORDER BY rowid"), x[_i]);
	ck_assert_int_eq(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
	ck_assert_int_ne(sqlite3_get_autocommit(handle), 0);
}
END_TEST

static const struct {
	const char *what;
	const char *sql;
	enum rc rc;
	const char *words;
} looks[] = {
	{ "nothing", "SELECT 1", RC_OK, "" },
	{ "newer", "PRAGMA application_id = 77; PRAGMA user_version = 4", RC_UNSUPPORTED,
		"made by a newer larder: its schema is version 4, this one knows versions up to "
		"3" },
	{ "much newer", "PRAGMA application_id = 77; PRAGMA user_version = 2147483647",
		RC_UNSUPPORTED, "2147483647" },
	{ "below none", "PRAGMA application_id = 77; PRAGMA user_version = -1", RC_CORRUPT, "" },
	{ "another's", "PRAGMA application_id = 78; PRAGMA user_version = 2", RC_CORRUPT,
		"another program" },
	{ "another's, newer", "PRAGMA application_id = 78; PRAGMA user_version = 9", RC_CORRUPT,
		"another program" },
	{ "without a name", "PRAGMA user_version = 2", RC_CORRUPT, "another program" },
	{ "with tables", "CREATE TABLE a (x)", RC_CORRUPT, "another program" },
};

START_TEST(test_whose_it_is)
{
	int64_t version = -1;

	tell(looks[_i].sql);
	ck_assert_msg(schema_look(handle, &made_up, &fault, &version) == looks[_i].rc, "%s",
		looks[_i].what);
	ck_assert_msg(version == (looks[_i].rc == RC_OK ? 0 : -1), "%s", looks[_i].what);
	if (looks[_i].rc != RC_OK)
		ck_assert_msg(strstr(fault.data, looks[_i].words) != NULL, "%s: %s", looks[_i].what,
			fault.data);
}
END_TEST

static const struct {
	const char *sql;
	const char *words; /* NULL: it is still good */
} changes[] = {
	{ "SELECT 1", NULL },
	{ "CREATE TABLE more (x)", NULL },
	{ "ALTER TABLE entries ADD COLUMN more INTEGER", NULL },
	{ "CREATE INDEX more ON entries (status)", NULL },
	{ "DROP TABLE tags", "index tags_by_entry is missing" },
	{ "DROP TABLE facts", "table facts (name BLOB) is missing" },
	{ "DROP INDEX entries_by_use", "index entries_by_use is missing" },
	{ "DROP TRIGGER entry_added", "trigger entry_added is missing" },
	{ "DROP TRIGGER tenant_entry_added", "trigger tenant_entry_added is missing" },
	{ "ALTER TABLE entries DROP COLUMN slot", "table entries (slot INTEGER) is missing" },
	{ "ALTER TABLE records RENAME COLUMN body TO corpse",
		"table records (body BLOB) is missing" },
	{ "DROP TABLE facts; CREATE TABLE facts (name TEXT, value BLOB)",
		"table facts (name BLOB) is missing" },
};

START_TEST(test_what_must_be_there)
{
	enum rc rc;

	ck_assert_int_eq(schema_migrate(handle, &schema_larder, &fault), RC_OK);
	tell(changes[_i].sql);
	rc = schema_validate(handle, &schema_larder, &fault);
	ck_assert_msg(
		rc == (changes[_i].words == NULL ? RC_OK : RC_CORRUPT), "%s", changes[_i].sql);
	if (changes[_i].words != NULL)
		ck_assert_str_eq(fault.data, changes[_i].words);
}
END_TEST

START_TEST(test_locked_while_it_migrates)
{
	sqlite3 *other = NULL;

	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_LOCKED);
	sqlite3_close(other);
	ck_assert_int_eq(schema_migrate(handle, &made_up, &fault), RC_OK);
}
END_TEST

START_TEST(test_reset)
{
	ck_assert_int_eq(schema_migrate(handle, &schema_larder, &fault), RC_OK);
	tell("INSERT INTO facts VALUES (x'61', x'62');"
	     "INSERT INTO artifacts (size, digest, sums) VALUES (9, x'01', x'')");
	tell("BEGIN");
	ck_assert_int_eq(schema_reset(handle, &schema_larder), RC_OK);
	ck_assert_int_eq(ask("SELECT count(*) FROM facts"), 0);
	tell("ROLLBACK"); /* it is part of the transaction under way */
	ck_assert_int_eq(ask("SELECT artifact_bytes FROM totals"), 9);
	ck_assert_int_eq(schema_reset(handle, &schema_larder), RC_OK);
	ck_assert_int_eq(ask("SELECT count(*) FROM facts"), 0);
	ck_assert_int_eq(ask("SELECT artifact_bytes FROM totals"), 0);
	ck_assert_int_eq(schema_validate(handle, &schema_larder, &fault), RC_OK);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	Suite *suite = suite_create("schema");
	TCase *tests = tcase_create("schema");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_from_each_version, 0, 4);
	tcase_add_loop_test(tests, test_one_that_fails_leaves_nothing, 0, 4);
	tcase_add_loop_test(tests, test_whose_it_is, 0, COUNT(looks));
	tcase_add_loop_test(tests, test_what_must_be_there, 0, COUNT(changes));
	tcase_add_test(tests, test_locked_while_it_migrates);
	tcase_add_test(tests, test_reset);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

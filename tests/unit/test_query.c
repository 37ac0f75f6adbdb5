/* test_query.c - transactions: what outlasts kill -9, locks, a full database, one removed under us, the check.
 */
#include "database_fixture.h"

#include <fcntl.h>

START_TEST(test_committed_outlasts_the_process)
{
	struct database *database = opened_for(DATABASE_WRITER), *other;

	ck_assert_int_eq(database_begin(database), RC_OK);
	ck_assert_int_eq(set_fact(database, "name", 9), RC_OK);
	ck_assert_int_eq(database_commit(database), RC_OK);
	ck_assert_int_eq(database_begin(database), RC_OK);
	ck_assert_int_eq(set_fact(database, "more", 9), RC_OK);
	as_if_killed();
	other = opened_for(DATABASE_WRITER);
	ck_assert_int_eq(fact(other, "name"), 9);
	ck_assert_int_eq(fact(other, "more"), -1);
	database_close(other);
	database_close(database);
}
END_TEST

static bool always(void *arg)
{
	++*(int *)arg;
	return true;
}

static bool never(void *arg)
{
	return false;
}

/* A page in the middle of the tree of facts. */
START_TEST(test_check)
{
	struct database *database = opened_for(DATABASE_WRITER);
	int asked = 0, fd;

	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(set_fact(database, name, 100), RC_OK);
	}
	ck_assert_int_eq(database_check(database, always, &asked, &fault), RC_OK);
	ck_assert_int_gt(asked, 0);
	ck_assert_int_eq(database_check(database, never, NULL, &fault), RC_CANCELLED);
	database_close(database);
	fd = open(path, O_RDWR);
	ck_assert_int_eq(pwrite(fd, "\15\377\377\377\377\377\377\377", 8, 8192 * 40), 8);
	close(fd);
	database = opened_for(DATABASE_READER);
	ck_assert_int_eq(database_check(database, always, &asked, &fault), RC_CORRUPT);
	ck_assert_uint_gt(fault.size, 10);
	database_close(database);
}
END_TEST

START_TEST(test_locks)
{
	struct database *first = opened_for(DATABASE_WRITER);
	struct database *second = opened_for(DATABASE_WRITER);
	struct database *reader = opened_for(DATABASE_READER);

	sqlite3_busy_timeout(second->handle, 10);
	ck_assert_int_eq(database_begin(first), RC_OK);
	ck_assert_int_eq(database_begin(second), RC_LOCKED);
	ck_assert_str_eq(database_fault(second), "database is locked");
	database_rollback(second); /* nothing was begun */
	ck_assert_int_eq(set_fact(first, "name", 3), RC_OK);
	ck_assert_int_eq(fact(reader, "name"), -1);
	ck_assert_int_eq(set_fact(second, "name", 4), RC_LOCKED);
	ck_assert_int_eq(database_commit(first), RC_OK);
	ck_assert_int_eq(fact(reader, "name"), 3);
	ck_assert_int_eq(database_begin(second), RC_OK);
	ck_assert_int_eq(set_fact(second, "name", 5), RC_OK);
	database_rollback(second);
	ck_assert_int_eq(fact(reader, "name"), 3);
	ck_assert_int_eq(database_commit(second), RC_IO); /* nothing to commit */
	database_close(reader);
	database_close(second);
	database_close(first);
}
END_TEST

/* What the transaction would have written is gone, what was there before stays, and room helps. */
START_TEST(test_full)
{
	struct database *database = opened_for(DATABASE_WRITER);

	ck_assert_int_eq(set_fact(database, "before", 1000), RC_OK);
	sqlite3_exec(database->handle, "PRAGMA max_page_count = 60", NULL, NULL, NULL);
	ck_assert_int_eq(database_begin(database), RC_OK);
	ck_assert_int_eq(set_fact(database, "small", 1000), RC_OK);
	ck_assert_int_eq(set_fact(database, "large", 1000000), RC_FULL);
	ck_assert_str_eq(database_fault(database), "database or disk is full");
	database_rollback(database);
	ck_assert_int_eq(fact(database, "before"), 1000);
	ck_assert_int_eq(fact(database, "small"), -1);
	sqlite3_exec(database->handle, "PRAGMA max_page_count = 1000", NULL, NULL, NULL);
	ck_assert_int_eq(set_fact(database, "large", 1000000), RC_OK);
	ck_assert_int_eq(database_check(database, always, &(int){ 0 }, &fault), RC_OK);
	database_close(database);
}
END_TEST

START_TEST(test_removed_under_us)
{
	struct database *database = opened_for(DATABASE_WRITER);

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(database_begin(database), RC_IO);
	ck_assert_str_eq(database_fault(database), "the database was moved or removed");
	database_close(database);
	make_one();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query");
	TCase *tests = tcase_create("query");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, in_directory, out_of_directory);
	tcase_add_test(tests, test_committed_outlasts_the_process);
	tcase_add_test(tests, test_check);
	tcase_add_test(tests, test_locks);
	tcase_add_test(tests, test_full);
	tcase_add_test(tests, test_removed_under_us);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

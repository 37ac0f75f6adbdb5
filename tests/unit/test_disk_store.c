/* test_disk_store.c - what becomes of a store that is damaged, foreign or somebody else's.
 */
#include "disk_fixture.h"

START_TEST(test_another_table_of_groups_empties_it)
{
	char path[96];

	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	ck_assert_int_eq(store((struct stored_as){ .target = "/c", .size = 100000 }), RC_OK);
	disk_close(disk);
	snprintf(path, sizeof(path), "%s/groups", directory);
	ck_assert_int_eq(unlink(path), 0);
	open_disk();
	ck_assert_int_eq(found("/a"), 0);
	ck_assert_int_eq(found("/c"), 0);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 10, .fill = 'n' }), RC_OK);
	again();
	ck_assert_int_eq(found("/a"), 'n');
}
END_TEST

static void spoil(const char *name, off_t at)
{
	char path[128], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte = (char)(byte ^ 0xff);
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

START_TEST(test_a_corrupt_database_is_moved_aside)
{
	struct disk_usage usage;
	struct dirent *entry;
	DIR *names;
	int aside = 0;

	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	disk_close(disk);
	spoil("larder.db", 3);
	open_disk();
	disk_usage(disk, &usage);
	ck_assert_uint_eq(usage.moved_aside, 1);
	ck_assert_int_eq(usage.state, DISK_WORKS);
	ck_assert_int_eq(found("/a"), 0);
	names = opendir(directory);
	while ((entry = readdir(names)) != NULL)
		aside += strncmp(entry->d_name, "larder.db.corrupt-", 18) == 0;
	closedir(names);
	ck_assert_int_ge(aside, 1);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 10, .fill = 'n' }), RC_OK);
	again();
	ck_assert_int_eq(found("/a"), 'n');
}
END_TEST

START_TEST(test_two_on_one_directory)
{
	struct disk *first = disk;
	struct bytes fault;
	pid_t child = fork();
	int status;

	if (child == 0) { /* the lock is the process's */
		bytes_init(&fault, 4096);
		_exit(open_with((struct disk_options){ 0 }, &fault) == RC_LOCKED &&
					strstr(fault.data, "pid") != NULL
				? 0
				: 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	disk = first;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disk_store");
	TCase *tests = tcase_create("disk_store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_another_table_of_groups_empties_it);
	tcase_add_test(tests, test_a_corrupt_database_is_moved_aside);
	tcase_add_test(tests, test_two_on_one_directory);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

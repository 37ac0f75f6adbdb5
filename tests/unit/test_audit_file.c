/* tests/unit/test_audit_file.c - the audit log as a file: room, lines that are too long or too many, reading it back. */
#include "audit_fixture.h"

#include "audit/audit_file.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

/* A page of the log, newest first: how many lines, and of which numbers. */
static size_t page(struct audit *audit, struct audit_place *place, size_t count, int64_t *ret_first)
{
	json_t *list = json_array();
	size_t got;

	ck_assert_int_eq(audit_list(audit, place, count, list), RC_OK);
	got = json_array_size(list);
	*ret_first = json_integer_value(json_object_get(json_array_get(list, 0), "seq"));
	for (size_t i = 0; i < got; i++)
		ck_assert_int_eq(
			json_integer_value(json_object_get(json_array_get(list, i), "seq")),
			*ret_first - (int64_t)i);
	json_decref(list);
	return got;
}

static const size_t sizes[] = { 1, 3, 7, 100, 1000 };

START_TEST(pages_have_each_line_once)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	size_t all = 0, size = sizes[_i], got;
	int64_t first;

	write_lines(audit, 500);
	do {
		got = page(audit, &place, size, &first);
		ck_assert_int_eq(first, got > 0 ? 500 - (int64_t)all : 0);
		all += got;
	} while (place.seq != 0);
	ck_assert_uint_eq(all, 500);
	audit_close(audit);
}
END_TEST

START_TEST(lines_that_come_meanwhile_disturb_no_page)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	int64_t first;

	write_lines(audit, 10);
	ck_assert_uint_eq(page(audit, &place, 4, &first), 4);
	ck_assert_int_eq(first, 10);
	write_lines(audit, 10);
	ck_assert_uint_eq(page(audit, &place, 4, &first), 4);
	ck_assert_int_eq(first, 6);
	audit_close(audit);
}
END_TEST

static const struct audit_place wrong_places[] = {
	{ 0, 3 },
	{ 1, 1 },
	{ 5, 0 },
	{ 1000000, 1 },
	{ INT64_MAX, 1 },
};

START_TEST(a_place_that_isnt_one_is_refused)
{
	struct audit *audit = opened();
	struct audit_place place = wrong_places[_i];
	json_t *list = json_array();

	write_lines(audit, 10);
	ck_assert_int_eq(audit_list(audit, &place, 10, list), RC_INVALID);
	ck_assert_int_eq(reopened(audit, ""), RC_OK);
	ck_assert_int_eq(audit_list(audit, &place, 10, list), RC_ABSENT);
	json_decref(list);
	audit_close(audit);
}
END_TEST

/* Lines of others between ours, some without an end: they are left out. */
START_TEST(what_is_no_line_is_passed_over)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	char *much = xalloc(200001);
	int64_t first;

	memset(much, 'x', 200000);
	write_lines(audit, 3);
	append(path, much);
	append(path, "\nmore\n\n");
	write_lines(audit, 3);
	ck_assert_uint_eq(page(audit, &place, 100, &first), 6);
	free(much);
	audit_close(audit);
}
END_TEST

START_TEST(a_line_is_never_too_long)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	json_t *line = json_pack("{s:s, s:[]}", "who", "ops", "told"), *list = json_array();

	for (int i = 0; i < 20000; i++)
		json_array_append_new(json_object_get(line, "told"), json_integer(i));
	ck_assert_int_eq(audit_write(audit, line, AUDIT_REFUSED), RC_OK);
	ck_assert_int_eq(audit_list(audit, &place, 10, list), RC_OK);
	ck_assert(json_is_true(
		json_object_get(json_object_get(json_array_get(list, 0), "told"), "cut")));
	json_decref(line);
	json_decref(list);
	audit_close(audit);
	check_whole(path, 1);
}
END_TEST

/* Who is not let in can't fill the disk, and what was left out is told. */
START_TEST(refusals_outside_are_bounded)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	json_t *line = json_pack("{s:s}", "who", ""), *list = json_array(), *last;

	for (int i = 0; i < 3 * OUTSIDE_BURST; i++)
		ck_assert_int_eq(audit_write(audit, line, AUDIT_OUTSIDE), RC_OK);
	write_lines(audit, 1);
	ck_assert_int_eq(audit_list(audit, &place, 1, list), RC_OK);
	last = json_array_get(list, 0);
	ck_assert_int_eq(json_integer_value(json_object_get(last, "seq")) +
				 json_integer_value(json_object_get(last, "left_out")),
		3 * OUTSIDE_BURST + 1);
	ck_assert_int_ge(json_integer_value(json_object_get(last, "left_out")), OUTSIDE_BURST);
	json_decref(line);
	json_decref(list);
	audit_close(audit);
}
END_TEST

/* Room that was reserved is there for its line, and is taken from nobody else. */
START_TEST(reserved_room_is_behind_the_end)
{
	struct audit *audit = opened();
	struct stat before, after;

	write_lines(audit, 1);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(audit_reserve(audit), RC_OK);
	ck_assert_int_eq(audit_reserve(audit), RC_OK);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	ck_assert_int_ge(after.st_blocks * 512, 2 * (int64_t)AUDIT_LINE_MOST);
	audit_close(audit);
	check_whole(path, 1);
}
END_TEST

/* How much the file may grow, and how many lines have room in it. */
static const struct {
	rlim_t more;
	int lines;
} limit_rows[] = {
	{ 0, 0 },
	{ AUDIT_LINE_MOST - 1, 0 },
	{ AUDIT_LINE_MOST, 1 },
	{ 2 * AUDIT_LINE_MOST - 1, 1 },
	{ 3 * AUDIT_LINE_MOST, 3 },
};

START_TEST(room_ends_where_files_may_not_grow)
{
	struct audit *audit = opened();
	struct stat is;
	enum rc rc;
	int got = 0;

	write_lines(audit, 1);
	ck_assert_int_eq(stat(path, &is), 0);
	/* no assertion below it: check keeps its words in a file, and events may go to one */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE,
		&(struct rlimit){ (rlim_t)is.st_size + limit_rows[_i].more, RLIM_INFINITY });
	while ((rc = audit_reserve(audit)) == RC_OK && got < 10)
		got++;
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	ck_assert_int_eq(rc, RC_FULL);
	ck_assert_int_eq(got, limit_rows[_i].lines);
	audit_close(audit);
}
END_TEST

static void *write_some(void *arg)
{
	write_lines(arg, 100);
	return NULL;
}

START_TEST(several_write_at_once)
{
	struct audit *audit = opened();
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_some, audit), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	audit_close(audit);
	check_whole(path, 400);
}
END_TEST

START_TEST(without_a_file_all_succeeds)
{
	struct audit *audit;
	struct bytes fault;

	bytes_init(&fault, 4096);
	ck_assert_int_eq(audit_open("", &audit, &fault), RC_OK);
	bytes_done(&fault);
	write_lines(audit, 3);
	ck_assert_int_eq(reopened(audit, path), RC_OK); /* it is switched on */
	write_lines(audit, 3);
	audit_close(audit);
	check_whole(path, 3);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("audit_file");
	Suite *suite = suite_create("audit_file");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, audit_set_up, audit_tear_down);
	tcase_add_loop_test(tcase, pages_have_each_line_once, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tcase, lines_that_come_meanwhile_disturb_no_page);
	tcase_add_loop_test(tcase, a_place_that_isnt_one_is_refused, 0,
		sizeof(wrong_places) / sizeof(wrong_places[0]));
	tcase_add_test(tcase, what_is_no_line_is_passed_over);
	tcase_add_test(tcase, a_line_is_never_too_long);
	tcase_add_test(tcase, refusals_outside_are_bounded);
	tcase_add_test(tcase, reserved_room_is_behind_the_end);
	tcase_add_loop_test(tcase, room_ends_where_files_may_not_grow, 0,
		sizeof(limit_rows) / sizeof(limit_rows[0]));
	tcase_add_test(tcase, several_write_at_once);
	tcase_add_test(tcase, without_a_file_all_succeeds);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

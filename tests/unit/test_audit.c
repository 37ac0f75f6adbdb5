/* tests/unit/test_audit.c - the hash chain: over restarts, rotation and lines that broke off; what bending it shows. */
#include "audit_fixture.h"

START_TEST(a_chain_goes_on_over_restarts)
{
	struct audit *audit;

	for (int i = 0; i < 3; i++) {
		audit = opened();
		write_lines(audit, 2);
		audit_close(audit);
	}
	check_whole(path, 6);
}
END_TEST

START_TEST(a_chain_goes_on_in_the_next_file)
{
	struct audit *audit = opened();
	struct chain_check check;
	char *first, *second;

	write_lines(audit, 2);
	ck_assert_int_eq(reopened(audit, path), RC_OK); /* nobody moved it */
	write_lines(audit, 1);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(reopened(audit, path), RC_OK);
	write_lines(audit, 2);
	audit_close(audit);

	check_whole(moved, 3);
	check_whole(path, 2);
	first = contents(moved);
	second = contents(path);
	chain_check_init(&check);
	ck_assert_uint_eq(first_bad(&check, first), 0);
	ck_assert_uint_eq(first_bad(&check, second), 0);
	ck_assert_uint_eq(check.chain.seq, 5);
	/* the other way round, or twice the same */
	chain_check_init(&check);
	ck_assert_uint_eq(first_bad(&check, second), 0);
	ck_assert_uint_eq(first_bad(&check, first), 1);
	free(first);
	free(second);
}
END_TEST

START_TEST(what_cant_be_opened_changes_nothing)
{
	struct audit *audit = opened();

	write_lines(audit, 1);
	ck_assert_int_eq(reopened(audit, "/nowhere/audit"), RC_ABSENT);
	ck_assert_int_eq(reopened(audit, directory), RC_IO);
	ck_assert_int_eq(reopened(audit, "/dev/null"), RC_INVALID);
	write_lines(audit, 1);
	check_whole(path, 2);
	audit_close(audit);
}
END_TEST

START_TEST(one_process_writes_it)
{
	struct audit *audit = opened(), *other = NULL;
	struct bytes fault;

	bytes_init(&fault, 4096);
	ck_assert_int_eq(audit_open(path, &other, &fault), RC_LOCKED);
	bytes_done(&fault);
	audit_close(audit);
	audit_close(opened());
}
END_TEST

/* ---- lines that were broken off ---- */

static const struct {
	const char *rest;
	uint64_t torn; /* times, as the next line tells */
} torn_rows[] = {
	{ "", 0 },
	{ "{\"at\":\"2027-01", 1 },
	{ "{\"at\":\"2027-01\n", 1 },
	{ "{\"at\":\n{\"at\":\"20", 1 },
	{ "x\n\n\ny\n", 1 },
	{ "\nx\n\n", 1 },
};

START_TEST(a_torn_end_is_told_by_the_next_line)
{
	struct audit *audit = opened();
	struct chain_check check;
	char *text;

	write_lines(audit, 2);
	audit_close(audit);
	append(path, torn_rows[_i].rest);
	audit = opened();
	write_lines(audit, 2);
	audit_close(audit);

	text = contents(path);
	chain_check_init(&check);
	ck_assert_msg(first_bad(&check, text) == 0, "%s", text);
	ck_assert_uint_eq(check.lines, 4);
	ck_assert_uint_eq(check.torn, torn_rows[_i].torn);
	free(text);
}
END_TEST

/* Where all that was ever written was broken off. */
START_TEST(a_torn_begin_is_told_by_the_next_line)
{
	struct audit *audit;

	put(path, "{\"at\":\"20", 9);
	audit = opened();
	write_lines(audit, 2);
	audit_close(audit);
	check_whole(path, 2);
}
END_TEST

START_TEST(a_last_line_without_its_feed_is_one)
{
	struct audit *audit = opened();
	struct stat is;

	write_lines(audit, 2);
	audit_close(audit);
	ck_assert(stat(path, &is) == 0 && truncate(path, is.st_size - 1) == 0);
	audit = opened();
	write_lines(audit, 1);
	audit_close(audit);
	check_whole(path, 3);
}
END_TEST

START_TEST(a_file_that_is_emptied_begins_anew)
{
	struct audit *audit = opened();

	write_lines(audit, 2);
	ck_assert_int_eq(truncate(path, 0), 0);
	write_lines(audit, 2);
	audit_close(audit);
	check_whole(path, 2);
}
END_TEST

/* ---- what was done to it by hand ---- */

/* The n-th line's begin, 1 the first. */
static char *line_at(char *text, int number)
{
	while (--number > 0)
		text = strchr(text, '\n') + 1;
	return text;
}

static void change_a_letter(char *text)
{
	*strstr(line_at(text, 3), "ops") = 'O';
}

static void change_a_hash(char *text)
{
	char *digit = strstr(line_at(text, 3), "\"hash\":\"") + 8;

	*digit = *digit == '0' ? '1' : '0';
}

static void take_a_line_out(char *text)
{
	char *next = line_at(text, 4);

	memmove(line_at(text, 3), next, strlen(next) + 1);
}

static void take_the_first_out(char *text)
{
	char *next = line_at(text, 2);

	memmove(text, next, strlen(next) + 1);
}

static void swap_two(char *text)
{
	char *third = line_at(text, 3), *fourth = line_at(text, 4), *fifth = line_at(text, 5);
	char *copy = xcopy(third, (size_t)(fourth - third));

	memmove(third, fourth, (size_t)(fifth - fourth));
	memcpy(third + (fifth - fourth), copy, (size_t)(fourth - third));
	free(copy);
}

static void repeat_a_line(char *text)
{
	char *third = line_at(text, 3), *fourth = line_at(text, 4);
	size_t size = (size_t)(fourth - third);

	memmove(fourth + size, fourth, strlen(fourth) + 1);
	memcpy(fourth, third, size);
}

static void put_a_line_in(char *text)
{
	char *third = line_at(text, 3);

	memmove(third + 3, third, strlen(third) + 1);
	memcpy(third, "{}\n", 3);
}

static void put_an_empty_one_in(char *text)
{
	char *third = line_at(text, 3);

	memmove(third + 1, third, strlen(third) + 1);
	*third = '\n';
}

static void spoil_the_last(char *text)
{
	line_at(text, 5)[2] = 'x';
}

static void do_nothing(char *text)
{
	(void)text;
}

static const struct {
	void (*bend)(char *text);
	uint64_t bad;
} bend_rows[] = {
	{ do_nothing, 0 },
	{ change_a_letter, 3 },
	{ change_a_hash, 3 },
	{ take_a_line_out, 3 },
	{ take_the_first_out, 1 },
	{ swap_two, 3 },
	{ repeat_a_line, 4 },
	{ put_a_line_in, 3 },
	{ put_an_empty_one_in, 3 },
	{ spoil_the_last, 5 },
};

START_TEST(what_was_bent_is_found)
{
	struct audit *audit = opened();
	char *text;

	write_lines(audit, 5);
	audit_close(audit);
	text = contents(path);
	bend_rows[_i].bend(text);
	ck_assert_msg(first_bad_of(text) == bend_rows[_i].bad, "row %d: %d\n%s", _i,
		(int)first_bad_of(text), text);
	free(text);
}
END_TEST

/* What others have a say in can't be taken for the members that count. */
START_TEST(words_in_a_line_are_just_words)
{
	static const char hex[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct audit *audit = opened();

	for (int i = 0; i < 2; i++) {
		json_t *line = json_pack("{s:s, s:{s:s, s:i}}", "path",
			"/\",\"previous\":\"0\",\"torn\":7,\"hash\":\"", "told", "previous", hex,
			"torn", 12);

		ck_assert_int_eq(audit_write(audit, line, AUDIT_REFUSED), RC_OK);
		json_decref(line);
	}
	audit_close(audit);
	check_whole(path, 2);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("audit");
	Suite *suite = suite_create("audit");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, audit_set_up, audit_tear_down);
	tcase_add_test(tcase, a_chain_goes_on_over_restarts);
	tcase_add_test(tcase, a_chain_goes_on_in_the_next_file);
	tcase_add_test(tcase, what_cant_be_opened_changes_nothing);
	tcase_add_test(tcase, one_process_writes_it);
	tcase_add_loop_test(tcase, a_torn_end_is_told_by_the_next_line, 0,
		sizeof(torn_rows) / sizeof(torn_rows[0]));
	tcase_add_test(tcase, a_torn_begin_is_told_by_the_next_line);
	tcase_add_test(tcase, a_last_line_without_its_feed_is_one);
	tcase_add_test(tcase, a_file_that_is_emptied_begins_anew);
	tcase_add_loop_test(
		tcase, what_was_bent_is_found, 0, sizeof(bend_rows) / sizeof(bend_rows[0]));
	tcase_add_test(tcase, words_in_a_line_are_just_words);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

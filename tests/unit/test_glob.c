/* test_glob.c - patterns of paths: what they match, and what may still come of a begin. */
#include "util/glob.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *pattern, *text;
	bool matches;
	bool may_follow;
} rows[] = {
	{ "", "", true, true },
	{ "", "a", false, false },
	{ "/a", "/a", true, true },
	{ "/a", "/ab", false, false },
	{ "/a", "/", false, true },
	{ "*", "", true, true },
	{ "*", "anything", true, true },
	{ "/a/*", "/a/", true, true },
	{ "/a/*", "/a", false, true },
	{ "/a/*", "/b/", false, false },
	{ "*.json", "/x/y.json", true, true },
	{ "*.json", "/x/y.jsonl", false, true },
	{ "/a?c", "/abc", true, true },
	{ "/a?c", "/a?c", true, true },
	{ "/a?c", "/ac", false, true },
	{ "/a?c", "/abd", false, false },
	{ "?", "", false, true },
	{ "/*/b/*/d", "/a/b/c/d", true, true },
	{ "/*/b/*/d", "/a/b/d", false, true },
	{ "/*/b/*/d", "/a/b/b/b/d", true, true },
	{ "/**b", "/xxb", true, true },
	{ "/***", "/", true, true },
	{ "*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, true },
	{ "/s?q=*&page=?", "/s?q=a&b&page=1", true, true },
	{ "/\xff*", "/\xff\x01", true, true },
};

START_TEST(test_rows)
{
	struct slice text = slice_of(rows[_i].text);
	SCOPED(glob) glob = NULL;

	ck_assert_int_eq(glob_new(slice_of(rows[_i].pattern), &glob), RC_OK);
	ck_assert_msg(glob_matches(glob, text) == rows[_i].matches, "%s of %s", rows[_i].pattern,
		rows[_i].text);
	ck_assert_msg(glob_may_follow(glob, text) == rows[_i].may_follow, "%s begins %s",
		rows[_i].text, rows[_i].pattern);
}
END_TEST

/* Positions on both sides of each word's end. */
START_TEST(test_long)
{
	char pattern[GLOB_MOST + 2], text[GLOB_MOST + 2];

	memset(pattern, 'x', sizeof(pattern));
	memset(text, 'x', sizeof(text));
	for (size_t size = 1; size <= GLOB_MOST; size++) {
		SCOPED(glob) glob = NULL;

		pattern[size - 1] = size % 3 == 0 ? '*' : size % 3 == 1 ? '?' : 'x';
		ck_assert_int_eq(glob_new((struct slice){ pattern, size }, &glob), RC_OK);
		ck_assert(glob_matches(glob, (struct slice){ text, size }));
		ck_assert(glob_matches(glob, (struct slice){ text, size + 1 }) == (size >= 3));
		text[size - 1] = 'y';
		ck_assert(glob_matches(glob, (struct slice){ text, size }) == (size % 3 != 2));
		text[size - 1] = 'x';
	}
}
END_TEST

START_TEST(test_too_long)
{
	char pattern[GLOB_MOST + 1] = { 0 };
	struct glob *glob = NULL;

	ck_assert_int_eq(glob_new((struct slice){ pattern, sizeof(pattern) }, &glob), RC_TOO_LARGE);
	ck_assert_ptr_null(glob);
}
END_TEST

START_TEST(test_literal)
{
	ck_assert_uint_eq(glob_literal(SLICE("/a/b")), 4);
	ck_assert_uint_eq(glob_literal(SLICE("/a?b*")), 2);
	ck_assert_uint_eq(glob_literal(SLICE("*")), 0);
	ck_assert_uint_eq(glob_literal(SLICE("")), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("glob");
	Suite *suite = suite_create("glob");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, test_rows, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, test_long);
	tcase_add_test(tcase, test_too_long);
	tcase_add_test(tcase, test_literal);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_terminal.c - foreign text made safe, measured and cut: one row, one text. */
#include "terminal/terminal.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	struct slice text;
	const char *safe;
	size_t width;
	size_t columns;
	const char *cut; /* of safe, to so many columns */
} rows[] = {
	{ { "", 0 }, "", 0, 3, "" }, { { "abc", 3 }, "abc", 3, 3, "abc" },
	{ { "abc", 3 }, "abc", 3, 2, "ab" }, { { "abc", 3 }, "abc", 3, 0, "" },
	{ { "a\0b", 3 }, "a\\x00b", 6, 3, "a\\x" },
	{ { "\033[2J\r\n\t", 7 }, "\\x1b[2J\\x0d\\x0a\\x09", 19, 4, "\\x1b" },
	{ { "\x7f", 1 }, "\\x7f", 4, 9, "\\x7f" },
	{ { "\xc2\x9b"
	    "31m",
		  5 },
		"\\u{9b}31m", 9, 9, "\\u{9b}31m" }, /* CSI in one */
	{ { "\xe2\x80\xae"
	    "abc",
		  6 },
		"\\u{202e}abc", 11, 3, "\\u{" }, /* right to left */
	{ { "M\xc3\xbcnchen", 8 }, "M\xc3\xbcnchen", 7, 2, "M\xc3\xbc" },
	{ { "u\xcc\x88x", 4 }, "u\xcc\x88x", 2, 1, "u\xcc\x88" }, /* combines */
	{ { "\xe6\xbc\xa2\xe5\xad\x97", 6 }, "\xe6\xbc\xa2\xe5\xad\x97", 4, 3, "\xe6\xbc\xa2" },
	{ { "\xf0\x9f\x98\x80!", 5 }, "\xf0\x9f\x98\x80!", 3, 1, "" },
	{ { "\xff\xfe", 2 }, "\\xff\\xfe", 8, 8, "\\xff\\xfe" },
	{ { "\xc0\xaf", 2 }, "\\xc0\\xaf", 8, 8, "\\xc0\\xaf" },         /* overlong */
	{ { "\xed\xa0\x80", 3 }, "\\xed\\xa0\\x80", 12, 0, "" },         /* a surrogate */
	{ { "\xe6\xbc", 2 }, "\\xe6\\xbc", 8, 5, "\\xe6\\" },            /* broken off */
	{ { "\xf3\xa0\x81\x81", 4 }, "\\u{e0041}", 9, 9, "\\u{e0041}" }, /* a tag */
};

START_TEST(text)
{
	struct bytes safe;
	struct slice cut;

	bytes_init(&safe, 1024);
	terminal_append(&safe, rows[_i].text);
	ck_assert_str_eq(safe.size > 0 ? safe.data : "", rows[_i].safe);
	ck_assert_uint_eq(terminal_width(bytes_slice(&safe)), rows[_i].width);
	cut = terminal_cut(bytes_slice(&safe), rows[_i].columns);
	ck_assert_msg(
		slice_equal(cut, slice_of(rows[_i].cut)), "cut to " SLICE_FORMAT, SLICE_ARGS(cut));
	bytes_done(&safe);
}
END_TEST

START_TEST(a_file_is_no_terminal)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	ck_assert(!terminal_is(file) && !terminal_has_colour(file));
	ck_assert_uint_eq(terminal_columns(file) + terminal_lines(file), 0);
	fclose(file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tcase = tcase_create("terminal");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, text, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, a_file_is_no_terminal);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

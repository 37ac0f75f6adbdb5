/* tests/unit/test_moment.c - moments read and written: one row, one text. */
#include "util/moment.h"

#include <check.h>
#include <stdlib.h>

static const struct row {
	const char *text;
	int64_t ms; /* -1: refused */
	const char *written;
} rows[] = {
	{ "2027-01-31", 1801353600000, "2027-01-31T00:00:00.000Z" },
	{ "2027-01-31T12:00:00Z", 1801396800000, "2027-01-31T12:00:00.000Z" },
	{ "2027-01-31T12:00:00.25Z", 1801396800250, "2027-01-31T12:00:00.250Z" },
	{ "2027-01-31T12:00:00.007Z", 1801396800007, "2027-01-31T12:00:00.007Z" },
	{ "2028-02-29", 1835395200000, "2028-02-29T00:00:00.000Z" },
	{ "9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z" },
	{ "2027-02-30", -1, NULL },
	{ "2027-02-29T00:00:00Z", -1, NULL },
	{ "2027-01-31T24:00:00Z", -1, NULL },
	{ "2027-01-31T12:00:00", -1, NULL },
	{ "2027-01-31T12:00:00.Z", -1, NULL },
	{ "2027-01-31T12:00:00.1234Z", -1, NULL },
	{ "2027-01-31T12:00:00+01:00", -1, NULL },
	{ "2027-01-31 12:00:00Z", -1, NULL },
	{ "2027-1-31", -1, NULL },
	{ " 2027-01-31", -1, NULL },
	{ "2027-01-31x", -1, NULL },
	{ "1969-12-31", -1, NULL },
	{ "", -1, NULL },
	{ "never", -1, NULL },
	{ "2027-01-31T12:00:00Z2027-01-31T12:00:00Z2027-01-31T12:00:00Z2027-01-31T12:00:00Z", -1,
		NULL },
};

START_TEST(reads_and_writes)
{
	const struct row *row = &rows[_i];
	char text[MOMENT_TEXT];
	int64_t ms = -1;

	ck_assert_msg((moment_parse(slice_of(row->text), &ms) == RC_OK) == (row->ms >= 0), "%s",
		row->text);
	ck_assert_msg(ms == row->ms, "%s: %lld", row->text, (long long)ms);
	if (row->written != NULL)
		ck_assert_str_eq(moment_write(ms, text), row->written);
}
END_TEST

START_TEST(what_has_no_form_is_written_as_the_nearest)
{
	char text[MOMENT_TEXT];

	ck_assert_str_eq(moment_write(INT64_MIN, text), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(moment_write(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("moment");
	Suite *suite = suite_create("moment");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, reads_and_writes, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, what_has_no_form_is_written_as_the_nearest);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_units.c - durations, sizes, percents and counts: one row, one text. */
#include "util/units.h"

#include <check.h>
#include <stdlib.h>

struct row {
	enum rc (*parse)(struct slice s, int64_t *ret);
	const char *text;
	enum rc rc;
	int64_t value;
	const char *written; /* NULL: as it was read */
};

#define DURATION units_parse_duration
#define SIZE     units_parse_size
#define PERCENT  units_parse_percent
#define COUNT    units_parse_count

static const struct row rows[] = {
	{ DURATION, "365d", RC_OK, 31536000000, NULL },
	{ DURATION, "30d", RC_OK, 2592000000, NULL },
	{ DURATION, "7d", RC_OK, 604800000, NULL },
	{ DURATION, "1h", RC_OK, 3600000, NULL },
	{ DURATION, "5m", RC_OK, 300000, NULL },
	{ DURATION, "30s", RC_OK, 30000, NULL },
	{ DURATION, "250ms", RC_OK, 250, NULL },
	{ DURATION, "1500ms", RC_OK, 1500, NULL },
	{ DURATION, "90s", RC_OK, 90000, NULL },
	{ DURATION, "120s", RC_OK, 120000, "2m" },
	{ DURATION, "0", RC_OK, 0, NULL },
	{ DURATION, "0s", RC_OK, 0, "0" },
	{ DURATION, "", RC_INVALID, 0, NULL },
	{ DURATION, "5", RC_INVALID, 0, NULL },
	{ DURATION, "s", RC_INVALID, 0, NULL },
	{ DURATION, "5 s", RC_INVALID, 0, NULL },
	{ DURATION, " 5s", RC_INVALID, 0, NULL },
	{ DURATION, "5S", RC_INVALID, 0, NULL },
	{ DURATION, "-5s", RC_INVALID, 0, NULL },
	{ DURATION, "1.5h", RC_INVALID, 0, NULL },
	{ DURATION, "1h30m", RC_INVALID, 0, NULL },
	{ DURATION, "00", RC_INVALID, 0, NULL },
	{ DURATION, "106751991168d", RC_TOO_LARGE, 0, NULL },
	{ DURATION, "99999999999999999999s", RC_TOO_LARGE, 0, NULL },
	{ SIZE, "256MiB", RC_OK, 268435456, NULL },
	{ SIZE, "5GB", RC_OK, 5000000000, NULL },
	{ SIZE, "64KiB", RC_OK, 65536, NULL },
	{ SIZE, "64kib", RC_OK, 65536, "64KiB" },
	{ SIZE, "2TiB", RC_OK, 2199023255552, NULL },
	{ SIZE, "3TB", RC_OK, 3000000000000, NULL },
	{ SIZE, "7MB", RC_OK, 7000000, NULL },
	{ SIZE, "100", RC_OK, 100, "100B" },
	{ SIZE, "100B", RC_OK, 100, NULL },
	{ SIZE, "1024", RC_OK, 1024, "1KiB" },
	{ SIZE, "1000", RC_OK, 1000, "1KB" },
	{ SIZE, "0", RC_OK, 0, NULL },
	{ SIZE, "", RC_INVALID, 0, NULL },
	{ SIZE, "MiB", RC_INVALID, 0, NULL },
	{ SIZE, "5M", RC_INVALID, 0, NULL },
	{ SIZE, "1.5GB", RC_INVALID, 0, NULL },
	{ SIZE, "-1", RC_INVALID, 0, NULL },
	{ SIZE, "9223372036854775807", RC_OK, INT64_MAX, "9223372036854775807B" },
	{ SIZE, "9223372036854775808", RC_TOO_LARGE, 0, NULL },
	{ SIZE, "8388608TiB", RC_TOO_LARGE, 0, NULL },
	{ PERCENT, "10%", RC_OK, 10, NULL },
	{ PERCENT, "10", RC_OK, 10, "10%" },
	{ PERCENT, "0%", RC_OK, 0, NULL },
	{ PERCENT, "100%", RC_OK, 100, NULL },
	{ PERCENT, "101%", RC_TOO_LARGE, 0, NULL },
	{ PERCENT, "%", RC_INVALID, 0, NULL },
	{ PERCENT, "1%%", RC_INVALID, 0, NULL },
	{ COUNT, "0", RC_OK, 0, NULL },
	{ COUNT, "10000", RC_OK, 10000, NULL },
	{ COUNT, "9223372036854775807", RC_OK, INT64_MAX, NULL },
	{ COUNT, "9223372036854775808", RC_TOO_LARGE, 0, NULL },
	{ COUNT, "", RC_INVALID, 0, NULL },
	{ COUNT, "1 ", RC_INVALID, 0, NULL },
	{ COUNT, "+1", RC_INVALID, 0, NULL },
	{ COUNT, "0x10", RC_INVALID, 0, NULL },
};

static const char *write_value(const struct row *row, char text[UNITS_TEXT])
{
	if (row->parse == DURATION)
		return units_write_duration(row->value, text);
	if (row->parse == SIZE)
		return units_write_size(row->value, text);
	if (row->parse == PERCENT)
		return units_write_percent(row->value, text);
	return units_write_count(row->value, text);
}

START_TEST(reads)
{
	const struct row *row = &rows[_i];
	int64_t value = -7;
	enum rc rc = row->parse(slice_of(row->text), &value);

	ck_assert_msg(rc == row->rc, "row %d: %s", _i, row->text);
	ck_assert_msg(value == (rc == RC_OK ? row->value : -7), "row %d: %s", _i, row->text);
}
END_TEST

START_TEST(writes_what_it_reads)
{
	const struct row *row = &rows[_i];
	const char *wanted = row->written != NULL ? row->written : row->text;
	char text[UNITS_TEXT];
	int64_t again;

	if (row->rc != RC_OK)
		return;
	ck_assert_str_eq(write_value(row, text), wanted);
	ck_assert_msg(row->parse(slice_of(text), &again) == RC_OK, "row %d: %s", _i, text);
	ck_assert_int_eq(again, row->value);
}
END_TEST

int main(void)
{
	int count = sizeof(rows) / sizeof(rows[0]);
	TCase *tcase = tcase_create("units");
	Suite *suite = suite_create("units");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, reads, 0, count);
	tcase_add_loop_test(tcase, writes_what_it_reads, 0, count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

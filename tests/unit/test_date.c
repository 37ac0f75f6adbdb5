/* test_date.c - HTTP dates: the three forms, what is refused, and the form that is written. */
#include "http/date.h"

#include "http_fixture.h"

#include <time.h>

#define SECOND 1000LL
#define NOW    1763683200000LL /* 2025-11-21 00:00:00 */

static const struct {
	const char *text;
	int64_t seconds;
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "Sun Nov 06 08:49:37 1994", 784111777 },
	{ "Sun Nov 16 08:49:37 1994", 784975777 },
	/* letter case */
	{ "sun, 06 nov 1994 08:49:37 gmt", 784111777 },
	{ "SUN, 06 NOV 1994 08:49:37 GMT", 784111777 },
	{ "SUNDAY, 06-NOV-94 08:49:37 gmt", 784111777 },
	{ "sUN nOV  6 08:49:37 1994", 784111777 },
	/* the wrong day name */
	{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 },
	/* edges */
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
	{ "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
	{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
	{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	/* two-digit years, seen from 2025 */
	{ "Monday, 01-Jan-24 00:00:00 GMT", 1704067200 },
	{ "Tuesday, 01-Jan-75 00:00:00 GMT", 3313526400 }, /* 2075: 49 years ahead */
	{ "Thursday, 01-Jan-76 00:00:00 GMT", 189302400 }, /* 1976 */
	{ "Friday, 01-Jan-99 00:00:00 GMT", 915148800 },
	{ "Tuesday, 29-Feb-00 00:00:00 GMT", 951782400 },
	{ "Sunday, 29-Feb-76 00:00:00 GMT", 194400000 },
};

START_TEST(reads)
{
	int64_t ms = -7;

	ck_assert_msg(
		date_parse(slice_of(dates[_i].text), NOW, &ms) == RC_OK, "%s", dates[_i].text);
	ck_assert_int_eq(ms, dates[_i].seconds * SECOND);
}
END_TEST

static const char *const no_dates[] = {
	"",
	"0",
	"-1",
	"784111777",
	"Sun",
	"Sun,",
	"Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 ",
	"Sun, 06 Nov 1994 08:49:37 UTC",
	"Sun, 06 Nov 1994 08:49:37 +0000",
	"Sun, 06 Nov 1994 08:49:37 GMT ",
	" Sun, 06 Nov 1994 08:49:37 GMT",
	"Sun, 6 Nov 1994 08:49:37 GMT",
	"Sun, 06  Nov 1994 08:49:37 GMT",
	"Sun,06 Nov 1994 08:49:37 GMT",
	"Sun 06 Nov 1994 08:49:37 GMT",
	"Sun, 06-Nov-1994 08:49:37 GMT",
	"Sun, 06 Nov 94 08:49:37 GMT",
	"Sun, 06 Nov 1994 8:49:37 GMT",
	"Sun, 06 Nov 1994 08:49 GMT",
	"Sun, 06 Nov 1994 08.49.37 GMT",
	"Sun, 06 Now 1994 08:49:37 GMT",
	"Son, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 November 1994 08:49:37 GMT",
	"Sun, 06 Nov 19940 08:49:37 GMT",
	"Sun, 06 Nov -994 08:49:37 GMT",
	"Sun, +6 Nov 1994 08:49:37 GMT",
	"Sun, 06 Nov 1994 24:00:00 GMT",
	"Sun, 06 Nov 1994 08:60:37 GMT",
	"Sun, 06 Nov 1994 08:49:61 GMT",
	"Sun, 00 Nov 1994 08:49:37 GMT",
	"Sun, 31 Nov 1994 08:49:37 GMT",
	"Sun, 32 Dec 1994 08:49:37 GMT",
	"Sun, 29 Feb 1994 08:49:37 GMT",
	"Sun, 29 Feb 1900 08:49:37 GMT",
	"Sun, 30 Feb 2000 08:49:37 GMT",
	"Sun, 06-Nov-94 08:49:37 GMT",
	"Sunday, 06-Nov-1994 08:49:37 GMT",
	"Sunday, 06 Nov 94 08:49:37 GMT",
	"Sunday, 06-Nov-94 08:49:37",
	"Sunday, 06-Nov-94 08:49:37 GMT.",
	"Sunday, 29-Feb-01 00:00:00 GMT",
	"Sunday Nov  6 08:49:37 1994",
	"Sun Nov 6 08:49:37 1994",
	"Sun Nov  06 08:49:37 1994",
	"Sun Nov  6 08:49:37 1994 GMT",
	"Sun Nov  6 08:49:37 94",
	"Sun Nov  0 08:49:37 1994",
	"1994-11-06T08:49:37Z",
};

START_TEST(refuses)
{
	int64_t ms = 42;

	ck_assert_msg(
		date_parse(slice_of(no_dates[_i]), NOW, &ms) == RC_INVALID, "%s", no_dates[_i]);
	ck_assert_int_eq(ms, 42);
}
END_TEST

/* Two-digit years from other points of view. */
static const struct {
	int64_t now_s;
	const char *text;
	int64_t seconds;
} windows[] = {
	{ 3471292800, "Monday, 01-Jan-10 00:00:00 GMT", 4417977600 }, /* 2080: 2110, not 2010 */
	{ 3471292800, "Monday, 01-Jan-31 00:00:00 GMT", 1924992000 }, /* 2080: 2031 */
	{ 0, "Saturday, 01-Jan-00 00:00:00 GMT", 946684800 },
	{ 0, "Saturday, 01-Jan-69 00:00:00 GMT", -31536000 },
	{ INT64_MIN / 1000, "Saturday, 01-Jan-00 00:00:00 GMT", -62167219200 },
};

START_TEST(two_digits_slide)
{
	int64_t ms = 0;

	ck_assert_int_eq(
		date_parse(slice_of(windows[_i].text), windows[_i].now_s * SECOND, &ms), RC_OK);
	ck_assert_int_eq(ms, windows[_i].seconds * SECOND);
}
END_TEST

static const struct {
	int64_t ms;
	const char *text;
} written[] = {
	{ 784111777000, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 784111777999, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
	{ -1000, "Wed, 31 Dec 1969 23:59:59 GMT" },
	{ 951782400000, "Tue, 29 Feb 2000 00:00:00 GMT" },
	{ 253402300799000, "Fri, 31 Dec 9999 23:59:59 GMT" },
	{ 253402300800000, "Fri, 31 Dec 9999 23:59:59 GMT" },
	{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
	{ INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT" },
};

START_TEST(writes)
{
	char text[DATE_SIZE];

	date_format(written[_i].ms, text);
	ck_assert_str_eq(text, written[_i].text);
}
END_TEST

/* Every day of 800 years, against the C library in UTC, and read back. */
START_TEST(agrees_with_the_calendar)
{
	char text[DATE_SIZE], want[64];

	for (int64_t day = -146097; day < 146097; day++) {
		time_t seconds = (time_t)(day * 86400 + (day * 7919) % 86400);
		int64_t ms = 0;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		ck_assert_uint_eq(
			strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm), 29);
		date_format(seconds * SECOND, text);
		ck_assert_str_eq(text, want);
		ck_assert_int_eq(date_parse(slice_of(text), NOW, &ms), RC_OK);
		ck_assert_int_eq(ms, seconds * SECOND);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("date");

	ADD_ROWS(tests, reads, dates);
	ADD_ROWS(tests, refuses, no_dates);
	ADD_ROWS(tests, two_digits_slide, windows);
	ADD_ROWS(tests, writes, written);
	tcase_add_test(tests, agrees_with_the_calendar);
	return run_case("date", tests);
}

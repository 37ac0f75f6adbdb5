/* test_retry_after.c - Retry-After: seconds, seconds with a fraction, dates, or neither. */
#include "http/retry_after.h"

#include "http_fixture.h"

#define NOW  784111777000LL /* Sun, 06 Nov 1994 08:49:37 GMT */
#define MOST RETRY_AFTER_MOST_MS

static const struct {
	struct slice value;
	int64_t ms;
} waits[] = {
	{ TEXT("0"), 0 },
	{ TEXT("1"), 1000 },
	{ TEXT("120"), 120000 },
	{ TEXT("007"), 7000 },
	/* Ensembl */
	{ TEXT("40.0"), 40000 },
	{ TEXT("0.5"), 500 },
	{ TEXT("1.25"), 1250 },
	{ TEXT("1.999"), 1999 },
	{ TEXT("0.0001"), 1 },
	{ TEXT("1.0000"), 1000 },
	{ TEXT("1.9990001"), 2000 },
	/* dates */
	{ TEXT("Sun, 06 Nov 1994 08:49:37 GMT"), 0 },
	{ TEXT("Sun, 06 Nov 1994 08:49:38 GMT"), 1000 },
	{ TEXT("Sunday, 06-Nov-94 08:50:37 GMT"), 60000 },
	{ TEXT("Sun Nov  6 09:49:37 1994"), 3600000 },
	{ TEXT("Sun, 06 Nov 1994 08:49:36 GMT"), 0 },
	{ TEXT("Thu, 01 Jan 1970 00:00:00 GMT"), 0 },
	/* bounds */
	{ TEXT("31536000"), MOST },
	{ TEXT("31535999.999"), MOST - 1 },
	{ TEXT("31536001"), MOST },
	{ TEXT("9223372036854775"), MOST },
	{ TEXT("9223372036854776"), MOST },
	{ TEXT("18446744073709551615"), MOST },
	{ TEXT("99999999999999999999999999"), MOST },
	{ TEXT("99999999999999999999999999.5"), MOST },
	{ TEXT("Fri, 31 Dec 9999 23:59:59 GMT"), MOST },
};

START_TEST(reads)
{
	int64_t ms = -7;

	ck_assert_msg(retry_after_parse(waits[_i].value, NOW, &ms), "%s", waits[_i].value.data);
	ck_assert_int_eq(ms, waits[_i].ms);
}
END_TEST

static const struct slice nothing[] = {
	TEXT(""),
	TEXT(" "),
	TEXT("-1"),
	TEXT("+1"),
	TEXT(" 1"),
	TEXT("1 "),
	TEXT("1s"),
	TEXT("1,2"),
	TEXT("1, 2"),
	TEXT("."),
	TEXT(".5"),
	TEXT("5."),
	TEXT("1.2.3"),
	TEXT("1.-5"),
	TEXT("1e3"),
	TEXT("0x10"),
	TEXT("nan"),
	TEXT("inf"),
	TEXT("1\0"),
	TEXT("soon"),
	TEXT("\"5\""),
	TEXT("Sun, 06 Nov 1994"),
	TEXT("1994-11-06T08:49:37Z"),
};

START_TEST(refuses)
{
	int64_t ms = 42;

	ck_assert_msg(!retry_after_parse(nothing[_i], NOW, &ms), "'%s'", nothing[_i].data);
	ck_assert_int_eq(ms, 42);
}
END_TEST

/* A clock before 1970 or at its ends is no reason to overflow. */
START_TEST(any_clock)
{
	static const struct slice late = TEXT("Fri, 31 Dec 9999 23:59:59 GMT");
	int64_t ms = -7;

	ck_assert(retry_after_parse(late, INT64_MIN, &ms));
	ck_assert_int_eq(ms, MOST);
	ck_assert(retry_after_parse(late, INT64_MAX, &ms));
	ck_assert_int_eq(ms, 0);
}
END_TEST

START_TEST(seconds_alone)
{
	int64_t ms = -7;

	ck_assert(retry_after_seconds(SLICE("1732190400.5"), &ms));
	ck_assert_int_eq(ms, 1732190400500);
	ck_assert(retry_after_seconds(SLICE("9223372036854775"), &ms));
	ck_assert_int_eq(ms, INT64_MAX);
	ck_assert(!retry_after_seconds(SLICE("Sun, 06 Nov 1994 08:49:37 GMT"), &ms));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("retry_after");

	ADD_ROWS(tests, reads, waits);
	ADD_ROWS(tests, refuses, nothing);
	tcase_add_test(tests, any_clock);
	tcase_add_test(tests, seconds_alone);
	return run_case("retry_after", tests);
}

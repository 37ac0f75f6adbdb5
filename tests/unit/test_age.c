/* test_age.c - current_age over days: ends of months and years, leap days, clocks that step
 * (RFC 9111 4.2.3, 5.1).
 *
 * Rows: Date and Age of a response, when it came and when it is asked for -> its age in seconds, and
 * whether it is fresh for a lifetime of max-age.
 */
#include "policy/freshness.h"

#include "policy_rows.h"

#include "http/date.h"

/* clang-format off */
static const struct {
	const char *clause;
	const char *date;
	const char *age; /* NULL: none */
	const char *came;
	const char *asked;
	int64_t lifetime_s;
	int64_t age_s;
	bool fresh;
} rows[] = {
	{ "4.2.3: day: over midnight", "Tue, 10 Mar 2026 23:59:59 GMT", NULL,
		"Tue, 10 Mar 2026 23:59:59 GMT", "Wed, 11 Mar 2026 00:00:01 GMT", 86400, 2, true },
	{ "4.2.3: day: 24 hours, not one second more", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT", 86400, 86400, false },
	{ "4.2.3: day: a second less", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 11:59:59 GMT", 86400, 86399, true },
	{ "4.2.3: day: 25 hours in a lifetime of 26", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 13:00:00 GMT", 93600, 90000, true },
	{ "4.2.3: month: April has 30 days", "Thu, 30 Apr 2026 23:00:00 GMT", NULL,
		"Thu, 30 Apr 2026 23:00:00 GMT", "Fri, 01 May 2026 01:00:00 GMT", 10800, 7200, true },
	{ "4.2.3: month: May has 31", "Sun, 31 May 2026 23:00:00 GMT", NULL,
		"Sun, 31 May 2026 23:00:00 GMT", "Tue, 02 Jun 2026 01:00:00 GMT", 93600, 93600, false },
	{ "4.2.3: month: from January to February", "Sat, 31 Jan 2026 12:00:00 GMT", NULL,
		"Sat, 31 Jan 2026 12:00:00 GMT", "Sun, 01 Feb 2026 12:00:00 GMT", 90000, 86400, true },
	{ "4.2.3: month: February has 28", "Sat, 28 Feb 2026 12:00:00 GMT", NULL,
		"Sat, 28 Feb 2026 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", 90000, 86400, true },
	{ "4.2.3: month: from end to end", "Sat, 31 Jan 2026 00:00:00 GMT", NULL,
		"Sat, 31 Jan 2026 00:00:00 GMT", "Sat, 28 Feb 2026 00:00:00 GMT", 2419200, 2419200, false },
	{ "4.2.3: leap: February has 29", "Mon, 28 Feb 2028 12:00:00 GMT", NULL,
		"Mon, 28 Feb 2028 12:00:00 GMT", "Tue, 29 Feb 2028 12:00:00 GMT", 90000, 86400, true },
	{ "4.2.3: leap: the day itself", "Tue, 29 Feb 2028 12:00:00 GMT", NULL,
		"Tue, 29 Feb 2028 12:00:00 GMT", "Wed, 01 Mar 2028 12:00:00 GMT", 86400, 86400, false },
	{ "4.2.3: leap: over it", "Mon, 28 Feb 2028 12:00:00 GMT", NULL,
		"Mon, 28 Feb 2028 12:00:00 GMT", "Wed, 01 Mar 2028 12:00:00 GMT", 172801, 172800, true },
	{ "4.2.3: leap: 2000 was one", "Mon, 28 Feb 2000 12:00:00 GMT", NULL,
		"Mon, 28 Feb 2000 12:00:00 GMT", "Wed, 01 Mar 2000 12:00:00 GMT", 172801, 172800, true },
	{ "4.2.3: leap: 2100 is none", "Sun, 28 Feb 2100 12:00:00 GMT", NULL,
		"Sun, 28 Feb 2100 12:00:00 GMT", "Mon, 01 Mar 2100 12:00:00 GMT", 86401, 86400, true },
	{ "4.2.3: leap: 366 days", "Sat, 01 Jan 2028 00:00:00 GMT", NULL,
		"Sat, 01 Jan 2028 00:00:00 GMT", "Mon, 01 Jan 2029 00:00:00 GMT", 31622401, 31622400, true },
	{ "4.2.3: year: over its end", "Thu, 31 Dec 2026 23:59:58 GMT", NULL,
		"Thu, 31 Dec 2026 23:59:58 GMT", "Fri, 01 Jan 2027 00:00:01 GMT", 60, 3, true },
	{ "4.2.3: year: over its end, stale", "Thu, 31 Dec 2026 23:59:58 GMT", NULL,
		"Thu, 31 Dec 2026 23:59:58 GMT", "Fri, 01 Jan 2027 00:00:58 GMT", 60, 60, false },
	{ "4.2.3: year: 365 days", "Mon, 15 Jun 2026 08:00:00 GMT", NULL,
		"Mon, 15 Jun 2026 08:00:00 GMT", "Tue, 15 Jun 2027 08:00:00 GMT", 31536001, 31536000, true },
	{ "4.2.3: year: the century", "Fri, 31 Dec 1999 23:30:00 GMT", NULL,
		"Fri, 31 Dec 1999 23:30:00 GMT", "Sat, 01 Jan 2000 00:30:00 GMT", 7200, 3600, true },
	{ "4.2.3: year: 2038, when 31 bits end", "Tue, 19 Jan 2038 03:14:07 GMT", NULL,
		"Tue, 19 Jan 2038 03:14:07 GMT", "Tue, 19 Jan 2038 03:14:09 GMT", 3, 2, true },
	{ "4.2.3: year: 2106, when 32 bits end", "Sun, 07 Feb 2106 06:28:15 GMT", NULL,
		"Sun, 07 Feb 2106 06:28:15 GMT", "Sun, 07 Feb 2106 06:28:17 GMT", 3, 2, true },
	{ "4.2.3: year: the last minute of four digits", "Fri, 31 Dec 9999 23:59:00 GMT", NULL,
		"Fri, 31 Dec 9999 23:59:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", 60, 59, true },
	{ "4.2.3: Date: a day old on arrival", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Wed, 11 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT", 90000, 86400, true },
	{ "4.2.3: Date: older than its lifetime on arrival", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Wed, 11 Mar 2026 13:00:00 GMT", "Wed, 11 Mar 2026 13:00:00 GMT", 90000, 90000, false },
	{ "4.2.3: Date: a leap day old", "Mon, 28 Feb 2028 12:00:00 GMT", NULL,
		"Wed, 01 Mar 2028 12:00:00 GMT", "Wed, 01 Mar 2028 12:00:10 GMT", 200000, 172810, true },
	{ "4.2.3: Date: last year's", "Wed, 31 Dec 2025 23:00:00 GMT", NULL,
		"Thu, 01 Jan 2026 01:00:00 GMT", "Thu, 01 Jan 2026 02:00:00 GMT", 14400, 10800, true },
	{ "4.2.3: Date: in the future", "Wed, 11 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:01:00 GMT", 61, 60, true },
	{ "4.2.3: Date: in the future, Age counts", "Wed, 11 Mar 2026 12:00:00 GMT", "30",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:01:00 GMT", 91, 90, true },
	{ "4.2.3: Date: a year in the future", "Wed, 10 Mar 2027 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 13:00:00 GMT", 93600, 90000, true },
	{ "4.2.3: Date: at the end of time", "Fri, 31 Dec 9999 23:59:59 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 13:00:00 GMT", 90000, 90000, false },
	{ "4.2.3: Date: before 1970", "Wed, 31 Dec 1969 23:59:59 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT", 2147483648, 1773144001, true },
	{ "4.2.3: Date: of the year 1", "Mon, 01 Jan 0001 00:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT", 2147483648, 63908740800, false },
	{ "4.2.3: Age: a day", "Tue, 10 Mar 2026 12:00:00 GMT", "86400",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT", 172801, 172800, true },
	{ "4.2.3: Age: a day, and stale", "Tue, 10 Mar 2026 12:00:00 GMT", "86400",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT", 172800, 172800, false },
	{ "4.2.3: Age: less than Date says", "Tue, 10 Mar 2026 12:00:00 GMT", "10",
		"Wed, 11 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:05 GMT", 86406, 86405, true },
	{ "4.2.3: Age: 2^31 - 1", "Tue, 10 Mar 2026 12:00:00 GMT", "2147483647",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT", 2147483648, 2147483647, true },
	{ "4.2.3: Age: 2^31", "Tue, 10 Mar 2026 12:00:00 GMT", "2147483648",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT", 2147483648, 2147483648, false },
	{ "4.2.3: Age: beyond 2^31", "Tue, 10 Mar 2026 12:00:00 GMT", "4294967296",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT", 2147483648, 2147483648, false },
	{ "4.2.3: Age: 2^64", "Tue, 10 Mar 2026 12:00:00 GMT", "18446744073709551616",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:01:00 GMT", 2147483648, 2147483708, false },
	{ "4.2.3: clock: an hour back", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 11:00:00 GMT", 60, 0, true },
	{ "4.2.3: clock: a day back", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Mon, 09 Mar 2026 12:00:00 GMT", 60, 0, true },
	{ "4.2.3: clock: back, it keeps the Age it came with", "Tue, 10 Mar 2026 12:00:00 GMT", "40",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Mon, 09 Mar 2026 12:00:00 GMT", 60, 40, true },
	{ "4.2.3: clock: back, and what came stale stays stale", "Tue, 10 Mar 2026 12:00:00 GMT", "60",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Mon, 09 Mar 2026 12:00:00 GMT", 60, 60, false },
	{ "4.2.3: clock: back over a leap day", "Wed, 01 Mar 2028 12:00:00 GMT", NULL,
		"Wed, 01 Mar 2028 12:00:00 GMT", "Mon, 28 Feb 2028 12:00:00 GMT", 60, 0, true },
	{ "4.2.3: clock: back to 1970", "Tue, 10 Mar 2026 12:00:00 GMT", "5",
		"Tue, 10 Mar 2026 12:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 60, 5, true },
	{ "4.2.3: clock: an hour forward", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 13:00:00 GMT", 3601, 3600, true },
	{ "4.2.3: clock: a day forward makes stale", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT", 3600, 86400, false },
	{ "4.2.3: clock: ten years forward", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Sun, 09 Mar 2036 12:00:00 GMT", 2147483648, 315532800, true },
	{ "4.2.3: clock: seventy years forward", "Tue, 10 Mar 2026 12:00:00 GMT", NULL,
		"Tue, 10 Mar 2026 12:00:00 GMT", "Fri, 09 Mar 2096 12:00:00 GMT", 2147483648, 2208988800, false },
};
/* clang-format on */

static const struct policy_limits limits = { .heuristic_percent = 10 };

static int64_t at(const char *date)
{
	int64_t ms = 0;

	ck_assert_int_eq(date_parse(slice_of(date), 0, &ms), RC_OK);
	return ms;
}

static struct freshness came_as(int row)
{
	struct headers fields = row_headers(NULL);
	struct response_view response;

	headers_add(&fields, SLICE("date"), slice_of(rows[row].date));
	if (rows[row].age != NULL)
		headers_add(&fields, SLICE("age"), slice_of(rows[row].age));
	headers_add(&fields, SLICE("cache-control"),
		arena_format(&row_arena, "max-age=%lld", (long long)rows[row].lifetime_s));
	response_view_init(&response, 200, &fields);
	response.requested_ms = response.responded_ms = at(rows[row].came);
	return freshness_of(&response, &limits);
}

START_TEST(age_row)
{
	struct headers none = { 0 };
	struct request_view request;
	struct freshness f;
	int64_t now_ms = at(rows[_i].asked);
	enum judgement got;

	rows_begin();
	request_view_init(&request, METHOD_GET, &none);
	f = came_as(_i);
	got = freshness_judge(&f, &request, now_ms);
	ck_assert_msg(freshness_age_ms(&f, now_ms) == rows[_i].age_s * 1000, "row %d (%s): %lld",
		_i, rows[_i].clause, (long long)freshness_age_ms(&f, now_ms));
	ck_assert_msg((got == JUDGED_FRESH) == rows[_i].fresh, "row %d (%s): %d", _i,
		rows[_i].clause, (int)got);
}
END_TEST

/* Three days around the end of a leap February, minute by minute. */
START_TEST(age_grows_by_the_minute)
{
	const int64_t came_ms = at("Sun, 27 Feb 2028 00:00:00 GMT");
	const int64_t minutes = 3 * 24 * 60;
	struct headers fields;
	struct response_view response;
	struct freshness f;

	rows_begin();
	fields = row_headers("date: Sun, 27 Feb 2028 00:00:00 GMT\ncache-control: max-age=259200");
	response_view_init(&response, 200, &fields);
	response.requested_ms = response.responded_ms = came_ms;
	f = freshness_of(&response, &limits);
	for (int64_t minute = 0; minute <= minutes; minute++) {
		int64_t now_ms = came_ms + minute * 60000;

		ck_assert_int_eq(freshness_age_ms(&f, now_ms), minute * 60000);
		ck_assert_int_eq(freshness_left_ms(&f, now_ms) > 0, minute < minutes);
	}
	ck_assert_int_eq(freshness_age_ms(&f, at("Wed, 01 Mar 2028 00:00:00 GMT")), 3 * 24 * HOUR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("age");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, age_row, 0, ROWS(rows));
	tcase_add_test(cases, age_grows_by_the_minute);
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

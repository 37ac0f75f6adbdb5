/* test_readable.c - durations and foreign text for people. */
#include "util/readable.h"

#include "run_case.h"
#include "util/bytes.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	int64_t ms;
	const char *text;
} durations[] = {
	{ 0, "0ms" },
	{ 999, "999ms" },
	{ -1, "-1ms" },
	{ 1000, "1s" },
	{ 303000, "5m3s" },
	{ -7800000, "-2h10m" },
	{ 1051200000, "12d4h" },
	{ INT64_MAX, "106751991167d7h" },
	{ INT64_MIN, "-106751991167d7h" },
};

START_TEST(duration)
{
	char text[READABLE_TEXT];

	ck_assert_str_eq(readable_duration(durations[_i].ms, text), durations[_i].text);
}
END_TEST

START_TEST(foreign)
{
	struct bytes to;

	bytes_init(&to, 100);
	readable_append(&to, SLICE("a b\x1b[m\x7f\xff\n"));
	ck_assert_str_eq(to.data, "a b\\x1b[m\\x7f\\xff\\x0a");
	bytes_done(&to);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("readable");

	tcase_add_loop_test(tests, duration, 0, COUNT(durations));
	tcase_add_test(tests, foreign);
	return run_case("readable", tests);
}

/* test_watched.c - numbers that are remembered by hash, and what takes another's place. */
#include "keep/watched.h"

#include <check.h>
#include <stdlib.h>

/* What is noted, and what stood there before; NONE: nothing that is known to be of it. */
#define NONE (-1)

static const struct {
	const char *what;
	uint64_t hash;
	double number, before;
} steps[] = {
	{ "the first", 1, 10, NONE },
	{ "another key", 2, 20, NONE },
	{ "again", 1, 5, 10 },
	{ "zero is a number", 1, 0, 5 },
	{ "and is remembered", 1, 1, 0 },
	{ "a key without hash", 0, 7, NONE },
	{ "of the same slot", 1 + (1 << 20), 3, NONE },
	{ "which was the first's", 1, 8, NONE },
};

START_TEST(what_stood_there_before_is_told)
{
	struct watched *watched = watched_new();

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		double before = NONE;
		bool known = watched_note(watched, steps[i].hash, steps[i].number, &before);

		ck_assert_msg(before == steps[i].before, "%s: %f", steps[i].what, before);
		ck_assert(known == (before != NONE));
	}
	watched_free(watched);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watched");
	TCase *tests = tcase_create("watched");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, what_stood_there_before_is_told);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

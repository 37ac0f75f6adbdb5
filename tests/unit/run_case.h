/* run_case.h - the run of a test program: one suite of one case.
 *
 * Loop tests run over tables, and the index of a row that fails stands in check's message.
 */
#pragma once

#include <check.h>
#include <stdlib.h>

#define ADD_ROWS(tests, test, table) \
	tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

/* Runs the one case (taken) and gives the program's exit status. */
static inline int run_case(const char *name, TCase *tests)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* test_health.c - the health document: status, words, escaping.
 *
 * Checks here say what their argument points at; times are cut out before comparing.
 */
#include "control/health.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void give(void *arg, struct health_result *ret)
{
	*ret = *(const struct health_result *)arg;
}

static void setup(void)
{
	health_change();
	health_changed();
}

/* A check whose result is what arg points at; what it leaves out is as good as new. */
static void add(const char *name, const struct health_result *result)
{
	health_register(&(struct health_check){ name, give, (void *)result });
}

static const struct {
	struct health_result memory, upstream;
	int status;
	const char *word;
} rows[] = {
	{ { 0 }, { 0 }, 200, "pass" },
	{ { .status = HEALTH_WARN }, { 0 }, 200, "warn" },
	{ { 0 }, { .status = HEALTH_WARN }, 200, "warn" },
	{ { .status = HEALTH_WARN }, { .status = HEALTH_FAIL }, 503, "fail" },
	{ { .status = HEALTH_FAIL }, { .status = HEALTH_WARN }, 503, "fail" },
	{ { .status = HEALTH_FAIL }, { 0 }, 503, "fail" },
};

START_TEST(worst_check_decides)
{
	char begin[64];
	struct bytes body;
	int status = 0;

	add("memory", &rows[_i].memory);
	add("upstream", &rows[_i].upstream);
	bytes_init(&body, 4096);
	ck_assert_int_eq(health_render(&body, &status), RC_OK);
	ck_assert_int_eq(status, rows[_i].status);
	snprintf(begin, sizeof(begin), "{\"status\":\"%s\",\"version\":\"", rows[_i].word);
	ck_assert_msg(strstr(body.data, begin) == body.data, "%s", body.data);
	bytes_done(&body);
}
END_TEST

/* The time is cut out of what is compared. */
static void check_document(const char *wanted)
{
	struct bytes body;
	int status;
	char *time;

	bytes_init(&body, 4096);
	ck_assert_int_eq(health_render(&body, &status), RC_OK);
	while ((time = strstr(body.data, "\"time\":\"20")) != NULL)
		memmove(time, time + 29, strlen(time + 29) + 1);
	ck_assert_str_eq(body.data, wanted);
	bytes_done(&body);
}

#define BEGIN "\"version\":\"" LARDER_VERSION "\",\"description\":\"larder\",\"checks\":{"

START_TEST(whole_documents)
{
	const struct health_result full = { .status = HEALTH_WARN,
		.output = "97 % used: \"C:\\\"\n\xff",
		.unit = "percent",
		.observed = 97 };
	const struct health_result down = { .status = HEALTH_FAIL, .output = "no loop" };

	check_document("{\"status\":\"pass\"," BEGIN "}}\n");
	add("memory:utilization", &full);
	check_document("{\"status\":\"warn\"," BEGIN
		       "\"memory:utilization\":[{\"status\":\"warn\",\"observedValue\":97,"
		       "\"observedUnit\":\"percent\","
		       "\"output\":\"97 % used: \\\"C:\\\\\\\"\\n\\ufffd\",}]}}\n");
	health_change();
	health_changed();
	add("upstream", &down);
	check_document("{\"status\":\"fail\"," BEGIN "\"upstream\":[{\"status\":\"fail\","
		       "\"output\":\"no loop\",}]}}\n");
}
END_TEST

/* A second check that stands against it or not, and what the two questions are answered. */
static const struct {
	struct health_result second;
	int live, ready;
	const char *said;
} questions[] = {
	{ { 0 }, 200, 200, "{\"status\":\"pass\"}\n" },
	{ { .status = HEALTH_WARN }, 200, 200, "{\"status\":\"pass\"}\n" },
	{ { .status = HEALTH_FAIL, .output = "gone" }, 200, 503,
		"{\"status\":\"fail\",\"check\":\"second\",\"output\":\"gone\"}\n" },
	{ { .unready = true, .output = "opening" }, 200, 503,
		"{\"status\":\"fail\",\"check\":\"second\",\"output\":\"opening\"}\n" },
	{ { .status = HEALTH_FAIL, .stuck = true, .output = "stuck" }, 503, 503,
		"{\"status\":\"fail\",\"check\":\"second\",\"output\":\"stuck\"}\n" },
};

START_TEST(two_questions)
{
	const struct health_result first = { .status = HEALTH_WARN, .output = "not this" };
	struct bytes body;
	int status = 0;

	add("first", &first);
	add("second", &questions[_i].second);
	bytes_init(&body, 4096);
	ck_assert_int_eq(health_render_brief(HEALTH_LIVE, &body, &status), RC_OK);
	ck_assert_int_eq(status, questions[_i].live);
	bytes_clear(&body);
	ck_assert_int_eq(health_render_brief(HEALTH_READY, &body, &status), RC_OK);
	ck_assert_int_eq(status, questions[_i].ready);
	ck_assert_str_eq(body.data, questions[_i].said);
	bytes_done(&body);
}
END_TEST

START_TEST(stopping)
{
	struct bytes body;
	int status = 0;

	health_stopping();
	bytes_init(&body, 4096);
	ck_assert_int_eq(health_render_brief(HEALTH_LIVE, &body, &status), RC_OK);
	ck_assert_int_eq(status, 200);
	ck_assert_int_eq(health_render_brief(HEALTH_READY, &body, &status), RC_OK);
	ck_assert_int_eq(status, 503);
	bytes_done(&body);
}
END_TEST

START_TEST(limit)
{
	struct bytes body;
	int status = -1;

	bytes_init(&body, 40);
	ck_assert_int_eq(health_render(&body, &status), RC_TOO_LARGE);
	ck_assert_int_eq(status, -1);
	bytes_done(&body);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("health");
	TCase *tests = tcase_create("health");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, worst_check_decides, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tests, whole_documents);
	tcase_add_test(tests, limit);
	tcase_add_loop_test(
		tests, two_questions, 0, (int)(sizeof(questions) / sizeof(questions[0])));
	tcase_add_test(tests, stopping);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

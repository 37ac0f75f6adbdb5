/* test_thresholds.c - the rules of /health, as tables: settings, what came of requests -> verdict. */
#include "health/thresholds.h"

#include <check.h>
#include <string.h>

#define SPAN .span_ms = 60000

/* The presets. */
static const struct config_health presets = {
	.window_ms = 60000,
	.least = 100,
	.hit_rate = 70,
	.errors = 5,
	.memory_p99_ms = 5,
	.disk_p99_ms = 50,
	.disk_used = 98,
};

static const struct {
	threshold_rule *rule;
	struct traffic traffic;
	enum health_status status;
	int64_t observed; /* -1: nothing */
} rows[] = {
	/* an idle cache, and one that has had too little to do to be judged */
	{ threshold_hit_rate, { 0 }, HEALTH_PASS, -1 },
	{ threshold_errors, { 0 }, HEALTH_PASS, -1 },
	{ threshold_memory_p99, { 0 }, HEALTH_PASS, -1 },
	{ threshold_disk_p99, { 0 }, HEALTH_PASS, -1 },
	{ threshold_hit_rate, { SPAN, .asked = 99 }, HEALTH_PASS, -1 },
	{ threshold_errors, { SPAN, .answers = 99, .errors = 99 }, HEALTH_PASS, -1 },
	{ threshold_memory_p99, { SPAN, .memory_answers = 99, .memory_p99_us = 9000000 },
		HEALTH_PASS, -1 },
	{ threshold_disk_p99, { SPAN, .disk_reads = 99, .disk_p99_us = 9000000 }, HEALTH_PASS, -1 },

	{ threshold_hit_rate, { SPAN, .asked = 100, .hits = 70 }, HEALTH_PASS, 70 },
	{ threshold_hit_rate, { SPAN, .asked = 1000, .hits = 699 }, HEALTH_WARN, 69 },
	{ threshold_hit_rate, { SPAN, .asked = 1000, .hits = 0 }, HEALTH_WARN, 0 },

	{ threshold_errors, { SPAN, .answers = 100, .errors = 5 }, HEALTH_PASS, 5 },
	{ threshold_errors, { SPAN, .answers = 1000, .errors = 51 }, HEALTH_WARN, 5 },
	{ threshold_errors, { SPAN, .answers = 1000, .errors = 249 }, HEALTH_WARN, 24 },
	{ threshold_errors, { SPAN, .answers = 100, .errors = 25 }, HEALTH_FAIL, 25 },
	{ threshold_errors, { SPAN, .answers = 100, .errors = 48 }, HEALTH_FAIL, 48 },
	{ threshold_errors, { SPAN, .answers = 100, .errors = 100 }, HEALTH_FAIL, 100 },

	{ threshold_memory_p99, { SPAN, .memory_answers = 100, .memory_p99_us = 5000 }, HEALTH_PASS,
		5000 },
	{ threshold_memory_p99, { SPAN, .memory_answers = 100, .memory_p99_us = 5001 }, HEALTH_WARN,
		5001 },
	{ threshold_disk_p99, { SPAN, .disk_reads = 100, .disk_p99_us = 50000 }, HEALTH_PASS,
		50000 },
	{ threshold_disk_p99, { SPAN, .disk_reads = 100, .disk_p99_us = 50001 }, HEALTH_WARN,
		50001 },

	{ threshold_writes, { SPAN }, HEALTH_PASS, 0 },
	{ threshold_writes, { SPAN, .writes_dropped = 1 }, HEALTH_WARN, 1 },
	{ threshold_audit, { SPAN }, HEALTH_PASS, 0 },
	{ threshold_audit, { SPAN, .audit_errors = 1 }, HEALTH_WARN, 1 },
};

START_TEST(test_rules)
{
	struct health_result result = { .observed = -1 };

	rows[_i].rule(&presets, &rows[_i].traffic, &result);
	ck_assert_int_eq(result.status, rows[_i].status);
	ck_assert_int_eq(result.observed, rows[_i].observed);
	ck_assert_int_eq(result.output[0] != '\0', result.status != HEALTH_PASS);
	ck_assert(!result.unready && !result.stuck);
}
END_TEST

/* Each with 0: never. */
START_TEST(test_off)
{
	static const struct config_health off = { .window_ms = 60000, .least = 1 };
	static const struct traffic worst = {
		SPAN,
		.asked = 1000,
		.answers = 1000,
		.errors = 1000,
		.memory_answers = 1000,
		.memory_p99_us = 9000000,
		.disk_reads = 1000,
		.disk_p99_us = 9000000,
	};
	static threshold_rule *const rules[] = { threshold_hit_rate, threshold_errors,
		threshold_memory_p99, threshold_disk_p99 };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct health_result result = { 0 };

		rules[i](&off, &worst, &result);
		ck_assert_int_eq(result.status, HEALTH_PASS);
	}
}
END_TEST

/* Where five times the setting is more than can be: the setting, the share, the verdict. */
static const struct {
	int64_t errors;
	uint64_t of_a_hundred;
	enum health_status status;
} many[] = {
	{ 18, 89, HEALTH_WARN },
	{ 18, 90, HEALTH_FAIL },
	{ 30, 89, HEALTH_WARN },
	{ 30, 90, HEALTH_FAIL },
	{ 95, 95, HEALTH_PASS },
	{ 95, 96, HEALTH_FAIL },
	{ 100, 100, HEALTH_PASS },
};

START_TEST(test_many_errors)
{
	const struct config_health config = { .least = 100, .errors = many[_i].errors };
	const struct traffic traffic = { SPAN, .answers = 100, .errors = many[_i].of_a_hundred };
	struct health_result result = { 0 };

	threshold_errors(&config, &traffic, &result);
	ck_assert_int_eq(result.status, many[_i].status);
}
END_TEST

static const struct {
	uint64_t used, most;
	int64_t percent;
	enum health_status status;
} disks[] = {
	{ 0, 0, 98, HEALTH_PASS },
	{ 98, 100, 98, HEALTH_PASS },
	{ 99, 100, 98, HEALTH_WARN },
	{ 120, 100, 98, HEALTH_WARN },
	{ 120, 100, 0, HEALTH_PASS },
	{ UINT64_MAX, UINT64_MAX, 98, HEALTH_WARN },
};

START_TEST(test_disk_used)
{
	const struct config_health config = { .disk_used = disks[_i].percent };
	struct health_result result = { 0 };

	threshold_disk_used(&config, disks[_i].used, disks[_i].most, &result);
	ck_assert_int_eq(result.status, disks[_i].status);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thresholds");
	TCase *tests = tcase_create("thresholds");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, test_rules, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tests, test_off);
	tcase_add_loop_test(tests, test_many_errors, 0, sizeof(many) / sizeof(many[0]));
	tcase_add_loop_test(tests, test_disk_used, 0, sizeof(disks) / sizeof(disks[0]));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

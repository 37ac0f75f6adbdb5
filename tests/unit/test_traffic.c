/* test_traffic.c - what came of requests within the window: counts of metrics now and a while ago. */
#include "health/traffic.h"

#include "observe/metrics.h"

#include <check.h>

#define WINDOW_MS 12000 /* a sample each second */

static const struct config_health config = { .window_ms = WINDOW_MS };

static void setup(void)
{
	metrics_init((const struct metrics_names[METRICS_KINDS]){ { 0 } });
	traffic_clear();
}

static void teardown(void)
{
	traffic_clear();
	metrics_done();
}

static void answer(enum cache_result result, int64_t took_us)
{
	metrics_add(METRIC_CACHE_REQUESTS, LABELS(0, result), 1);
	metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, LABELS(0, result), took_us);
}

static void check_counts(uint64_t asked, uint64_t hits, uint64_t answers)
{
	struct traffic traffic;

	traffic_look(&traffic);
	ck_assert_uint_eq(traffic.asked, asked);
	ck_assert_uint_eq(traffic.hits, hits);
	ck_assert_uint_eq(traffic.answers, answers);
}

START_TEST(test_nothing_yet)
{
	struct traffic traffic;

	answer(CACHE_RESULT_HIT, 1);
	traffic_look(&traffic);
	ck_assert_int_eq(traffic.span_ms, 0);
	traffic_tick(&config, 1000);
	check_counts(0, 0, 0); /* what was before the first sample doesn't count */
}
END_TEST

START_TEST(test_what_counts)
{
	traffic_tick(&config, 1000);
	for (int result = 0; result < CACHE_RESULT_COUNT; result++)
		answer((enum cache_result)result, 1);
	metrics_add(METRIC_HTTP_ERRORS, LABELS(0), 3);
	traffic_tick(&config, 1500); /* too soon */
	check_counts(0, 0, 0);
	traffic_tick(&config, 2000);
	/* hit, stale-hit, collapsed; uri-miss, vary-miss, stale, partial; request, bypass, method; not local */
	check_counts(7, 3, 10);
}
END_TEST

START_TEST(test_the_window_moves_on)
{
	traffic_tick(&config, 0);
	answer(CACHE_RESULT_URI_MISS, 1);
	for (int64_t second = 1; second <= 12; second++)
		traffic_tick(&config, second * 1000);
	check_counts(1, 0, 1);
	answer(CACHE_RESULT_HIT, 1);
	traffic_tick(&config, 13000);
	check_counts(1, 1, 1);
	for (int64_t second = 14; second <= 40; second++)
		traffic_tick(&config, second * 1000);
	check_counts(0, 0, 0);
}
END_TEST

/* Nobody ticked for long, as with a machine that slept. */
START_TEST(test_a_gap)
{
	struct traffic traffic;

	traffic_tick(&config, 0);
	answer(CACHE_RESULT_HIT, 1);
	traffic_tick(&config, 1000000);
	traffic_look(&traffic);
	ck_assert_int_eq(traffic.span_ms, 0);
}
END_TEST

/* 200 from memory in some 100 us, 100 from the disk in 100 ms: these are not memory's. */
START_TEST(test_memory_beside_disk)
{
	struct traffic traffic;

	traffic_tick(&config, 0);
	for (int i = 0; i < 300; i++)
		answer(CACHE_RESULT_HIT, i % 3 == 0 ? 100000 : 100);
	metrics_add(METRIC_CACHE_TIER_LOOKUPS, LABELS(LABEL_TIER_DISK, LABEL_LOOKUP_HIT), 100);
	for (int i = 0; i < 100; i++)
		metrics_observe_us(METRIC_CACHE_TIER_OPERATION_DURATION,
			LABELS(LABEL_TIER_DISK, LABEL_TIER_OP_GET), 90000);
	traffic_tick(&config, 1000);
	traffic_look(&traffic);
	ck_assert_uint_eq(traffic.memory_answers, 200);
	ck_assert_int_le(traffic.memory_p99_us, 110);
	ck_assert_uint_eq(traffic.disk_reads, 100);
	ck_assert_int_ge(traffic.disk_p99_us, 80000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("traffic");
	TCase *tests = tcase_create("traffic");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_nothing_yet);
	tcase_add_test(tests, test_what_counts);
	tcase_add_test(tests, test_the_window_moves_on);
	tcase_add_test(tests, test_a_gap);
	tcase_add_test(tests, test_memory_beside_disk);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

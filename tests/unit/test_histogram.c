/* test_histogram.c - durations through the public interface: exposed bounds and quantiles.
 *
 * A bound row says which bucket is the first that counts a value, and which must not.
 */
#include "observe/metrics.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const routes[] = { "/a", "/b" };
static const char *const upstreams[] = { "europepmc" };

static void setup(void)
{
	metrics_init((const struct metrics_names[METRICS_KINDS]){
		[METRICS_ROUTES] = { routes, 2 }, [METRICS_UPSTREAMS] = { upstreams, 1 } });
}

static void teardown(void)
{
	metrics_done();
}

static const struct {
	int64_t us;
	const char *in; /* the first bound that counts it */
	const char *below;
} bound_rows[] = {
	{ -5, "0.0001", NULL },
	{ 0, "0.0001", NULL },
	{ 100, "0.0001", NULL },
	{ 101, "0.00025", "0.0001" },
	{ 250, "0.00025", "0.0001" },
	{ 251, "0.0005", "0.00025" },
	{ 1000, "0.001", "0.0005" },
	{ 1001, "0.0025", "0.001" },
	{ 999999, "1.0", "0.5" },
	{ 1000000, "1.0", "0.5" },
	{ 1000001, "2.5", "1.0" },
	{ 10000000, "10.0", "5.0" },
	{ 60000000, "60.0", "30.0" },
	{ 60000001, "+Inf", "60.0" },
	{ INT64_MAX / 2, "+Inf", "60.0" },
};

static void check_bucket(const char *text, const char *le, int count)
{
	struct bytes line;

	bytes_init(&line, 1000);
	ck_assert_int_eq(bytes_format(&line, "le=\"%s\"} %d\n", le, count), RC_OK);
	ck_assert_msg(strstr(text, line.data) != NULL, "no %s in\n%s", line.data, text);
	bytes_done(&line);
}

START_TEST(bounds_are_exact)
{
	const char *text;
	struct bytes b;

	metrics_observe_us(METRIC_UPSTREAM_REQUEST_DURATION, LABELS(0), bound_rows[_i].us);
	bytes_init(&b, 1 << 20);
	ck_assert_int_eq(metrics_render(METRICS_TEXT_0_0_4, &b), RC_OK);
	text = b.data;
	check_bucket(text, bound_rows[_i].in, 1);
	if (bound_rows[_i].below != NULL)
		check_bucket(text, bound_rows[_i].below, 0);
	bytes_done(&b);
}
END_TEST

static const struct {
	int64_t from, to, step; /* observations */
	double q;
	int64_t least, most;
} quantile_rows[] = {
	{ 1, 10000, 1, 0.5, 4900, 5100 },
	{ 1, 10000, 1, 0.95, 9400, 9600 },
	{ 1, 10000, 1, 0.99, 9850, 9950 },
	{ 1, 10000, 1, 0.0, 0, 1 },
	{ 1, 10000, 1, 1.0, 10000, 10000 },
	{ 42, 42, 1, 0.5, 41, 43 },
	{ 260000, 260000, 1, 0.99, 250000, 265625 },
	{ 1300000, 1300000, 1, 0.5, 1281250, 1375000 },
	{ 70000000, 70000000, 1, 0.5, 60000000, 60000000 },
};

START_TEST(quantiles)
{
	int64_t us = -1;

	for (int64_t v = quantile_rows[_i].from; v <= quantile_rows[_i].to;
		v += quantile_rows[_i].step)
		metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, LABELS(0, v % 2), v);
	ck_assert_int_eq(metrics_quantile_us(METRIC_HTTP_REQUEST_DURATION, LABELS(0, LABEL_ANY),
				 quantile_rows[_i].q, &us),
		RC_OK);
	ck_assert_int_ge(us, quantile_rows[_i].least);
	ck_assert_int_le(us, quantile_rows[_i].most);
	ck_assert_int_eq(
		metrics_quantile_us(METRIC_HTTP_REQUEST_DURATION, LABELS(1, LABEL_ANY), 0.5, &us),
		RC_ABSENT);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tests = tcase_create("histogram");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, bounds_are_exact, 0, COUNT(bound_rows));
	tcase_add_loop_test(tests, quantiles, 0, COUNT(quantile_rows));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

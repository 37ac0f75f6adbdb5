/* test_metrics.c - counting by threads, both expositions, the words of labels.
 *
 * Looks at larder through the public interface only. Histograms: test_histogram.c.
 */
#include "observe/metrics.h"

#include "http/method.h"
#include "policy/guard.h"
#include "policy/storable.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char *const routes[] = { "/europepmc", "/a\"b\\c\nd" };
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

static char *render(enum metrics_format format)
{
	struct bytes b;

	bytes_init(&b, 1 << 20);
	ck_assert_int_eq(metrics_render(format, &b), RC_OK);
	return bytes_take(&b);
}

static const struct {
	enum metrics_format format;
	bool present;
	const char *text;
} exposition_rows[] = {
	{ METRICS_TEXT_0_0_4, true,
		"# HELP larder_http_requests_total Requests answered.\n"
		"# TYPE larder_http_requests_total counter\n"
		"larder_http_requests_total{route=\"-\",method=\"OTHER\",code=\"other\"} 1\n"
		"larder_http_requests_total{route=\"/europepmc\",method=\"GET\",code=\"200\"} "
		"7\n" },
	{ METRICS_TEXT_0_0_4, true,
		"larder_cache_requests_total{route=\"/a\\\"b\\\\c\\nd\",result=\"stale-hit\"} "
		"2\n" },
	{ METRICS_TEXT_0_0_4, true,
		"# HELP larder_access_log_dropped_total Access lines dropped: the buffer was full, "
		"or the file could not be written.\n"
		"# TYPE larder_access_log_dropped_total counter\n"
		"larder_access_log_dropped_total 0\n" },
	{ METRICS_TEXT_0_0_4, true, "# TYPE larder_cache_stores_total counter\n# HELP" },
	{ METRICS_TEXT_0_0_4, true, "larder_cache_entries{tier=\"memory\"} 0\n" },
	{ METRICS_TEXT_0_0_4, true, "larder_cache_bytes{tier=\"memory\"} 68719476736\n" },
	{ METRICS_TEXT_0_0_4, true, "\nlarder_collapse_oldest_flight_seconds 0.25\n" },
	{ METRICS_TEXT_0_0_4, true,
		"larder_cache_evictions_total{tier=\"memory\",reason=\"capacity\"} 12\n"
		"larder_cache_evictions_total{tier=\"memory\",reason=\"expired\"} 0\n"
		"# HELP" },
	{ METRICS_TEXT_0_0_4, true, "larder_build_info{version=\"" LARDER_VERSION "\"} 1\n" },
	{ METRICS_TEXT_0_0_4, true,
		"# TYPE larder_upstream_request_duration_seconds histogram\n"
		"larder_upstream_request_duration_seconds_bucket{upstream=\"europepmc\",le=\"0."
		"0001\"} 1\n"
		"larder_upstream_request_duration_seconds_bucket{upstream=\"europepmc\",le=\"0."
		"00025\"} 2\n" },
	{ METRICS_TEXT_0_0_4, true, "{upstream=\"europepmc\",le=\"60.0\"} 2\n" },
	{ METRICS_TEXT_0_0_4, true, "{upstream=\"europepmc\",le=\"+Inf\"} 3\n" },
	{ METRICS_TEXT_0_0_4, true,
		"larder_upstream_request_duration_seconds_sum{upstream=\"europepmc\"} 61.000201\n"
		"larder_upstream_request_duration_seconds_count{upstream=\"europepmc\"} 3\n" },
	{ METRICS_TEXT_0_0_4, true, "# TYPE process_cpu_seconds_total counter\n" },
	{ METRICS_TEXT_0_0_4, true, "\nprocess_open_fds " },
	{ METRICS_TEXT_0_0_4, true, "\nprocess_start_time_seconds 1" },
	{ METRICS_TEXT_0_0_4, false, "# UNIT" },
	{ METRICS_TEXT_0_0_4, false, "# EOF" },
	{ METRICS_TEXT_0_0_4, false, "code=\"404\"" },
	{ METRICS_TEXT_0_0_4, false, "\nlarder_collapse_flights " },
	{ METRICS_OPENMETRICS_1_0_0, true,
		"# HELP larder_http_requests Requests answered.\n"
		"# TYPE larder_http_requests counter\n"
		"larder_http_requests_total{route=\"-\",method=\"OTHER\",code=\"other\"} 1\n"
		"larder_http_requests_total{route=\"/europepmc\",method=\"GET\",code=\"200\"} "
		"7\n" },
	{ METRICS_OPENMETRICS_1_0_0, true,
		"# TYPE larder_http_response_body_bytes counter\n"
		"# UNIT larder_http_response_body_bytes bytes\n" },
	{ METRICS_OPENMETRICS_1_0_0, true,
		"# TYPE larder_upstream_request_duration_seconds histogram\n"
		"# UNIT larder_upstream_request_duration_seconds seconds\n" },
	{ METRICS_OPENMETRICS_1_0_0, true,
		"# TYPE process_cpu_seconds counter\n"
		"# UNIT process_cpu_seconds seconds\n"
		"process_cpu_seconds_total " },
	{ METRICS_OPENMETRICS_1_0_0, true, "\n# EOF\n" },
	{ METRICS_OPENMETRICS_1_0_0, false, "# TYPE larder_http_requests_total" },
};

static void fill(void)
{
	metrics_add(METRIC_HTTP_REQUESTS, LABELS(1, METHOD_GET, metrics_code(200)), 7);
	metrics_add(
		METRIC_HTTP_REQUESTS, LABELS(LABEL_NO_NAME, METHOD_OTHER, metrics_code(299)), 1);
	metrics_add(METRIC_CACHE_REQUESTS, LABELS(2, CACHE_RESULT_STALE_HIT), 2);
	metrics_set(METRIC_CACHE_ENTRIES, LABELS(LABEL_TIER_MEMORY), 0);
	metrics_set(METRIC_CACHE_BYTES, LABELS(LABEL_TIER_MEMORY), 68719476736.0);
	metrics_set(METRIC_COLLAPSE_OLDEST_FLIGHT, NO_LABELS, 0.25);
	metrics_set(METRIC_CACHE_EVICTIONS, LABELS(LABEL_TIER_MEMORY, LABEL_EVICT_CAPACITY), 12);
	metrics_set(METRIC_CACHE_EVICTIONS, LABELS(LABEL_TIER_MEMORY, LABEL_EVICT_EXPIRED), 0);
	metrics_observe_us(METRIC_UPSTREAM_REQUEST_DURATION, LABELS(1), 100);
	metrics_observe_us(METRIC_UPSTREAM_REQUEST_DURATION, LABELS(1), 101);
	metrics_observe_us(METRIC_UPSTREAM_REQUEST_DURATION, LABELS(1), 61000000);
}

START_TEST(exposition)
{
	char *text;

	fill();
	text = render(exposition_rows[_i].format);
	ck_assert_msg(
		(strstr(text, exposition_rows[_i].text) != NULL) == exposition_rows[_i].present,
		"row %d: %s\nin:\n%s", _i, exposition_rows[_i].text, text);
	free(text);
}
END_TEST

START_TEST(exposition_within_limit)
{
	struct bytes b;

	bytes_init(&b, 300);
	ck_assert_int_eq(bytes_append(&b, "before", 6), RC_OK);
	ck_assert_int_eq(metrics_render(METRICS_TEXT_0_0_4, &b), RC_TOO_LARGE);
	ck_assert_str_eq(b.data, "before");
	bytes_done(&b);
}
END_TEST

static void set_flights(void *arg)
{
	metrics_set(METRIC_COLLAPSE_FLIGHTS, NO_LABELS, ++*(int *)arg);
}

START_TEST(collectors_run_at_each_rendering)
{
	int count = 40;

	metrics_collect_with(set_flights, &count);
	free(render(METRICS_TEXT_0_0_4));
	free(render(METRICS_TEXT_0_0_4));
	ck_assert_uint_eq(metrics_read(METRIC_COLLAPSE_FLIGHTS, NO_LABELS), 42);
}
END_TEST

enum { THREADS = 8, ROUNDS = 20000 };

static void *count_up(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		metrics_add(METRIC_CACHE_REQUESTS, LABELS(i % 2, CACHE_RESULT_HIT), 1);
		metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, LABELS(0, i % 3), i);
	}
	return NULL;
}

/* A rendering meanwhile must neither race nor see more than there will be. */
START_TEST(threads_lose_nothing)
{
	pthread_t threads[THREADS];

	metrics_add(METRIC_CACHE_REQUESTS, LABELS(0, CACHE_RESULT_HIT), 5);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	free(render(METRICS_TEXT_0_0_4));
	ck_assert_uint_le(metrics_read_all(METRIC_CACHE_REQUESTS), THREADS * ROUNDS + 5);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(metrics_read(METRIC_CACHE_REQUESTS, LABELS(0, CACHE_RESULT_HIT)),
		THREADS * ROUNDS / 2 + 5);
	ck_assert_uint_eq(metrics_read(METRIC_CACHE_REQUESTS, LABELS(LABEL_ANY, CACHE_RESULT_HIT)),
		THREADS * ROUNDS + 5);
	ck_assert_uint_eq(metrics_read_all(METRIC_HTTP_REQUEST_DURATION), THREADS * ROUNDS);
}
END_TEST

/* Threads that come and go: their sums are folded, again and again. */
START_TEST(ended_threads_are_counted)
{
	pthread_t thread;

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, count_up, NULL), 0);
		pthread_join(thread, NULL);
		ck_assert_uint_eq(metrics_read_all(METRIC_CACHE_REQUESTS), (i + 1) * ROUNDS);
		ck_assert_uint_eq(metrics_read_all(METRIC_HTTP_REQUEST_DURATION), (i + 1) * ROUNDS);
	}
}
END_TEST

static const struct {
	int status;
	const char *word;
} code_rows[] = { { 200, "200" }, { 304, "304" }, { 451, "451" }, { 508, "508" }, { 299, "other" },
	{ 0, "other" }, { -1, "other" }, { 600, "other" }, { 99999, "other" } };

START_TEST(codes)
{
	char *text;

	metrics_add(METRIC_UPSTREAM_REQUESTS,
		LABELS(0, LABEL_PURPOSE_PASS, metrics_code(code_rows[_i].status)), 1);
	text = render(METRICS_TEXT_0_0_4);
	ck_assert(strstr(text, "purpose=\"pass\",code=\"") != NULL);
	ck_assert_int_eq(strncmp(strstr(text, "code=\"") + 6, code_rows[_i].word,
				 strlen(code_rows[_i].word)),
		0);
	free(text);
}
END_TEST

static const char *const method_names[] = {
#define X(id, text, ...) text,
	METHOD_TABLE(X)
#undef X
};

static const char *const skip_names[] = {
#define X(id, text) text,
	SKIP_TABLE(X)
#undef X
};

static const char *const rule_names[] = {
#define X(id, text) text,
	GUARD_RULE_TABLE(X)
#undef X
};

static const char *const verdict_names[] = {
#define X(id, text) text,
	GUARD_VERDICT_TABLE(X)
#undef X
};

static void check_rendered(const char *label, const char *word)
{
	char *text = render(METRICS_TEXT_0_0_4);
	struct bytes wanted;

	bytes_init(&wanted, 1000);
	ck_assert_int_eq(bytes_format(&wanted, "%s=\"%s\"", label, word), RC_OK);
	ck_assert_msg(strstr(text, wanted.data) != NULL, "no %s", wanted.data);
	bytes_done(&wanted);
	free(text);
}

/* The layers above own these enums: the words here must follow them. */
START_TEST(methods_match_http)
{
	metrics_add(METRIC_HTTP_REQUESTS, LABELS(0, _i, 0), 1);
	check_rendered("method", method_names[_i]);
}
END_TEST

START_TEST(skips_match_policy)
{
	metrics_add(METRIC_CACHE_STORE_SKIPS, LABELS(0, _i), 1);
	check_rendered("reason", skip_names[_i]);
}
END_TEST

START_TEST(rules_match_policy)
{
	metrics_add(METRIC_CACHE_GUARD_REJECTIONS, LABELS(0, _i), 1);
	check_rendered("rule", rule_names[_i]);
}
END_TEST

START_TEST(verdicts_match_policy)
{
	metrics_add(METRIC_CACHE_GUARD_VERDICTS, LABELS(0, _i), 1);
	check_rendered("verdict", verdict_names[_i]);
}
END_TEST

START_TEST(upstream_errors)
{
	ck_assert_int_eq(metrics_upstream_error(RC_DNS), LABEL_UPSTREAM_ERROR_DNS);
	ck_assert_int_eq(metrics_upstream_error(RC_STOPPED), LABEL_UPSTREAM_ERROR_STOPPED);
	ck_assert_int_eq(metrics_upstream_error(RC_OK), LABEL_UPSTREAM_ERROR_OTHER);
	ck_assert_int_eq(metrics_upstream_error(RC_IO), LABEL_UPSTREAM_ERROR_OTHER);
	ck_assert_str_eq(cache_result_text(CACHE_RESULT_URI_MISS), "uri-miss");
}
END_TEST

START_TEST(nothing_happens_outside)
{
	struct bytes b;
	int64_t us;

	metrics_add(METRIC_CACHE_REQUESTS, NO_LABELS, 1);
	metrics_set(METRIC_COLLAPSE_FLIGHTS, NO_LABELS, 1);
	metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, NO_LABELS, 1);
	ck_assert_uint_eq(metrics_read_all(METRIC_CACHE_REQUESTS), 0);
	ck_assert_int_eq(
		metrics_quantile_us(METRIC_HTTP_REQUEST_DURATION, NO_LABELS, 0.5, &us), RC_ABSENT);
	bytes_init(&b, 100);
	ck_assert_int_eq(metrics_render(METRICS_TEXT_0_0_4, &b), RC_ABSENT);
	bytes_done(&b);
}
END_TEST

START_TEST(every_metric_is_documented)
{
	static const char *const names[] = {
#define METRIC(id, kind, name, help, ...) "| `larder_" name "` | ",
#include "observe/metrics.def"
#undef METRIC
	};
	struct bytes b;

	bytes_init(&b, 1 << 20);
	ck_assert_int_eq(metrics_write_markdown(&b), RC_OK);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		ck_assert_msg(strstr(b.data, names[i]) != NULL, "%s", names[i]);
	bytes_done(&b);
}
END_TEST

START_TEST(what_never_began_ends)
{
	metrics_done();
	metrics_done();
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *inside = tcase_create("after metrics_init"), *outside = tcase_create("without");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(inside, setup, teardown);
	tcase_add_loop_test(inside, exposition, 0, COUNT(exposition_rows));
	tcase_add_test(inside, exposition_within_limit);
	tcase_add_test(inside, collectors_run_at_each_rendering);
	tcase_add_test(inside, threads_lose_nothing);
	tcase_add_test(inside, ended_threads_are_counted);
	tcase_add_loop_test(inside, codes, 0, COUNT(code_rows));
	tcase_add_loop_test(inside, methods_match_http, 0, COUNT(method_names));
	tcase_add_loop_test(inside, skips_match_policy, 0, COUNT(skip_names));
	tcase_add_loop_test(inside, rules_match_policy, 0, COUNT(rule_names));
	tcase_add_loop_test(inside, verdicts_match_policy, 0, COUNT(verdict_names));
	tcase_add_test(outside, upstream_errors);
	tcase_add_test(outside, what_never_began_ends);
	tcase_add_test(outside, nothing_happens_outside);
	tcase_add_test(outside, every_metric_is_documented);
	suite_add_tcase(suite, inside);
	suite_add_tcase(suite, outside);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

/* test_expose.c - which format a scraper gets.
 *
 * One row an Accept field, among them those that real versions of Prometheus send.
 */
#include "control/expose.h"

#include "observe/metrics.h"

#include <check.h>
#include <string.h>

static void setup(void)
{
	metrics_init((const struct metrics_names[METRICS_KINDS]){ 0 });
}

static void teardown(void)
{
	metrics_done();
}

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

static const struct {
	const char *accept;
	const char *wanted;
} rows[] = {
	{ NULL, TEXT },
	{ "", TEXT },
	{ "*/*", TEXT },
	{ "text/html,application/xhtml+xml,*/*;q=0.8", TEXT },
	{ "application/*", TEXT },
	{ "application/json", TEXT }, /* neither */
	{ "application/openmetrics-text", OPEN },
	{ "Application/OpenMetrics-Text; Version=1.0.0", OPEN },
	{ "application/openmetrics-text;version=\"1.0.0\"", OPEN },
	{ "application/openmetrics-text;version=0.0.1", TEXT },
	{ "application/openmetrics-text;version=2.0.0, */*;q=0.1", TEXT },
	/* Prometheus 2.42 */
	{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		OPEN },
	/* Prometheus 3 */
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
	  "application/openmetrics-text;version=0.0.1;q=0.4,"
	  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
	  "*/*;q=0.1",
		OPEN },
	/* Prometheus before OpenMetrics */
	{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
	  "encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
		TEXT },
	{ "text/plain;q=0.9, application/openmetrics-text;q=0.1", TEXT },
	{ "text/plain;q=0.1 , application/openmetrics-text ; q=0.11", OPEN },
	{ "text/plain;q=0.5, application/openmetrics-text;q=0.5", OPEN },
	{ "text/*;q=0.9, application/openmetrics-text;q=0.8", TEXT },
	/* the more exact range decides, wherever it stands (RFC 9110 12.5.1) */
	{ "*/*;q=1, application/openmetrics-text;q=0.3, text/plain;q=0.2", OPEN },
	{ "text/*;q=1, text/plain;q=0.1, application/openmetrics-text;q=0.5", OPEN },
	/* of two that say the same, the first counts */
	{ "text/plain;q=0.5, application/openmetrics-text, application/openmetrics-text;q=0.1",
		OPEN },
	{ "application/openmetrics-text;q=0", TEXT },
	{ "application/openmetrics-text;q=0, application/openmetrics-text;version=1.0.0", OPEN },
	{ "application/openmetrics-text;q=1.001, text/plain;q=0.1", TEXT },
	{ "application/openmetrics-text;q=x, text/plain;q=0.1", TEXT },
	{ "application/openmetrics-text;q=", TEXT },
	{ "application/openmetrics-text;q=0.0001", TEXT },
	{ ",,;q=1,/,application/openmetrics-text/x,", TEXT },
	{ "application/openmetrics-textual", TEXT },
};

START_TEST(negotiation)
{
	const char *content_type = NULL;
	struct bytes body;
	bool open;

	bytes_init(&body, 1 << 20);
	ck_assert_int_eq(expose_metrics(slice_of(rows[_i].accept), &body, &content_type), RC_OK);
	ck_assert_msg(strcmp(content_type, rows[_i].wanted) == 0, "row %d: %s: %s", _i,
		rows[_i].accept, content_type);
	open = strcmp(rows[_i].wanted, OPEN) == 0;
	ck_assert_int_eq(strstr(body.data, "# EOF\n") != NULL, open);
	bytes_done(&body);
}
END_TEST

START_TEST(limit)
{
	const char *content_type = NULL;
	struct bytes body;

	bytes_init(&body, 100);
	ck_assert_int_eq(expose_metrics(SLICE(""), &body, &content_type), RC_TOO_LARGE);
	ck_assert_ptr_null(content_type);
	bytes_done(&body);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expose");
	TCase *tests = tcase_create("expose");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, negotiation, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tests, limit);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

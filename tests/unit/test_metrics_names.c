/* test_metrics_names.c - names that come and go while metrics are in use: places are given to others, sums stay. */
#include "observe/metrics.h"

#include "run_case.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 128

static const char *const first[] = { "start" };
static uint16_t labels[ROOM];

static void begin(void)
{
	const struct metrics_names names[METRICS_KINDS] = {
		[METRICS_ROUTES] = { first, 1 },
		[METRICS_UPSTREAMS] = { first, 1 },
		[METRICS_TENANTS] = { first, 1 },
	};
	char name[16];

	metrics_init(names);
	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++) {
		ck_assert_uint_eq(metrics_label(kind, "start"), 1);
		for (int i = 0; i < ROOM; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			labels[i] = metrics_label(kind, name);
			ck_assert_uint_eq(labels[i], i + 2);
		}
	}
}

static bool shows(const char *text)
{
	struct bytes out;
	bool found;

	bytes_init(&out, (size_t)1 << 24);
	ck_assert_int_eq(metrics_render(METRICS_TEXT_0_0_4, &out), RC_OK);
	found = strstr(out.data, text) != NULL;
	bytes_done(&out);
	return found;
}

static void count(uint16_t label)
{
	metrics_add(METRIC_HTTP_REQUESTS, LABELS(label, 2, 3), 5);
	metrics_add(METRIC_TENANT_UPSTREAM_REQUESTS, LABELS(label, label), 7);
	metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, LABELS(label, 1), 1000);
	metrics_set(METRIC_UPSTREAM_UP, LABELS(label), 1);
}

static void ck_counted(struct labels whose, uint64_t times)
{
	struct metrics_moment nothing = { 0 }, now;

	ck_assert_uint_eq(metrics_read(METRIC_HTTP_REQUESTS, whose), 5 * times);
	ck_assert_uint_eq(metrics_read(METRIC_TENANT_UPSTREAM_REQUESTS, whose), 7 * times);
	ck_assert_uint_eq(metrics_read(METRIC_HTTP_REQUEST_DURATION, whose), times);
	metrics_moment_now(METRIC_HTTP_REQUEST_DURATION, whose, &now);
	ck_assert_uint_eq(metrics_moment_count(&nothing, &now), times);
}

static struct labels of(uint16_t label)
{
	return LABELS(label, LABEL_ANY, LABEL_ANY);
}

static void leave(uint16_t label)
{
	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++)
		metrics_label_leave(kind, label);
}

static uint16_t take(const char *name)
{
	uint16_t label = metrics_label(METRICS_ROUTES, name);

	ck_assert_uint_eq(metrics_label(METRICS_UPSTREAMS, name), label);
	ck_assert_uint_eq(metrics_label(METRICS_TENANTS, name), label);
	return label;
}

START_TEST(all_are_held)
{
	begin();
	ck_assert_uint_eq(take("more"), LABEL_NO_NAME);
	leave(LABEL_NO_NAME);
	metrics_label_leave(METRICS_ROUTES, labels[0]);
	ck_assert_uint_eq(metrics_label(METRICS_ROUTES, "n1"), labels[1]); /* two hold it */
	metrics_label_leave(METRICS_ROUTES, labels[1]);
	ck_assert_uint_eq(metrics_label(METRICS_ROUTES, "more"), labels[0]);
	ck_assert_uint_eq(metrics_label(METRICS_ROUTES, "yet more"), LABEL_NO_NAME);
	metrics_done();
	metrics_label_leave(METRICS_ROUTES, labels[1]); /* nothing any more */
}
END_TEST

START_TEST(who_comes_back_goes_on)
{
	begin();
	count(labels[3]);
	leave(labels[3]);
	ck_assert(shows("route=\"n3\""));
	ck_assert_uint_eq(take("n3"), labels[3]);
	ck_counted(of(labels[3]), 1);
	ck_counted(of(LABEL_ANY), 1);
	metrics_done();
}
END_TEST

START_TEST(a_place_is_given_to_another)
{
	begin();
	count(labels[7]);
	count(labels[8]);
	leave(labels[8]);
	leave(labels[7]);
	ck_assert_uint_eq(take("new"), labels[8]); /* who left first */
	ck_counted(of(labels[8]), 0);
	ck_counted(of(LABEL_ANY), 2);
	ck_assert(!shows("\"n8\"") && shows("\"n7\"") && !shows("route=\"new\""));
	count(labels[8]);
	ck_counted(of(labels[8]), 1);
	ck_counted(of(LABEL_ANY), 3);
	ck_assert(shows("route=\"new\"") && shows("tenant=\"new\",upstream=\"new\"") &&
		  shows("larder_upstream_up{upstream=\"new\"} 1"));
	leave(labels[8]);
	ck_assert_uint_eq(take("newer"), labels[7]);
	ck_assert_uint_eq(take("newest"), labels[8]);
	ck_counted(of(LABEL_ANY), 3);
	ck_assert(!shows("\"n7\"") && !shows("\"new\"") && !shows("larder_upstream_up{"));
	metrics_done();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("names");

	tcase_add_test(tests, all_are_held);
	tcase_add_test(tests, who_comes_back_goes_on);
	tcase_add_test(tests, a_place_is_given_to_another);
	return run_case("metrics_names", tests);
}

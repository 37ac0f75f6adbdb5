/* test_negative.c - errors in the memory tier: the share of it that they have, and who leaves for it.
 *
 * Each test runs once for each eviction order.
 */
#include "tier_fixture.h"

#include <check.h>

/* More than the sweeper looks at in a call, so: all of it. */
static void sweep_all(struct tier *tier, int64_t now_ms)
{
	for (int i = 0; i < 64; i++)
		tier_sweep(tier, now_ms);
}

#define SHARE_PERCENT 5

static struct tier *new_shared_tier(int order)
{
	return memory_new(&(struct memory_options){
		.size_bytes = MIB,
		.max_object_bytes = 64 * KIB,
		.eviction = (enum eviction)order,
		.negative_percent = SHARE_PERCENT,
		.shards = 1,
	});
}

static enum rc put_error(struct tier *tier, unsigned number, size_t size)
{
	return put(tier, number,
		&(struct recipe){ .body_size = size,
			.status = 404,
			.freshness = { .lifetime_ms = 1000, .negative = true } });
}

/* Errors push out errors, the oldest first, however often those are asked for; and nothing else. */
START_TEST(test_errors_have_a_share)
{
	struct tier *tier = new_shared_tier(_i);
	uint64_t most = MIB / 100 * SHARE_PERCENT;
	unsigned last = 1000;

	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(put_sized(tier, i, KIB), RC_OK);
	for (unsigned i = 100; i < last; i++) {
		ck_assert_int_eq(put_error(tier, i, 100), RC_OK);
		ck_assert_uint_le(usage_of(tier).negative_bytes, most);
		ck_assert_int_eq(status_of(tier, i, NULL), 404);
	}
	ck_assert_uint_gt(usage_of(tier).negative_bytes, most - 2 * KIB);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(drop(tier, i), RC_OK);
	ck_assert_uint_eq(usage_of(tier).entries + usage_of(tier).evicted, last - 100);
	for (unsigned i = 100; i < last; i++)
		ck_assert_int_eq(
			status_of(tier, i, NULL), i - 100 < usage_of(tier).evicted ? 0 : 404);
	tier_free(tier);
}
END_TEST

/* What takes an error's place, or a sweep or a visit, gives its bytes back. */
START_TEST(test_errors_are_counted_down)
{
	struct tier *tier = new_shared_tier(_i);

	ck_assert_int_eq(put_error(tier, 1, KIB), RC_OK);
	ck_assert_int_eq(put_error(tier, 2, KIB), RC_OK);
	ck_assert_int_eq(put_error(tier, 3, KIB), RC_OK);
	ck_assert_int_eq(put_error(tier, 3, KIB), RC_OK);
	ck_assert_uint_gt(usage_of(tier).negative_bytes, 3 * KIB);
	ck_assert_uint_le(usage_of(tier).negative_bytes, usage_of(tier).bytes);
	ck_assert_int_eq(put_sized(tier, 1, KIB), RC_OK);
	ck_assert_int_eq(drop(tier, 2), RC_OK);
	ck_assert_uint_lt(usage_of(tier).negative_bytes, 2 * KIB);
	sweep_all(tier, 1000000);
	ck_assert_uint_eq(usage_of(tier).negative_bytes, 0);
	tier_free(tier);
}
END_TEST

/* One that is larger than the share isn't kept, and what it outdates leaves all the same. */
START_TEST(test_an_error_above_the_share)
{
	struct tier *tier = new_shared_tier(_i);

	ck_assert_int_eq(put_sized(tier, 1, KIB), RC_OK);
	ck_assert_int_eq(put_error(tier, 1, 60 * KIB), RC_TOO_LARGE);
	ck_assert_int_eq(status_of(tier, 1, NULL), 0);
	ck_assert_uint_eq(usage_of(tier).entries, 0);
	tier_free(tier);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("negative");
	TCase *tests = tcase_create("negative");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, test_errors_have_a_share, 0, ORDERS);
	tcase_add_loop_test(tests, test_errors_are_counted_down, 0, ORDERS);
	tcase_add_loop_test(tests, test_an_error_above_the_share, 0, ORDERS);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

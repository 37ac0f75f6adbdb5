/* test_variants.c - several responses under one key: in which order they are offered, which takes
 * another's place, and how many there may be.
 */
#include "tier_fixture.h"

#include <check.h>
#include <string.h>

START_TEST(test_chooser_asks_newest_first)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	struct wish wish = { .status = 201 };
	const struct chooser chooser = { has_status, &wish };

	for (int i = 0; i < 3; i++) {
		char language[] = { (char)('a' + i), '\0' };

		ck_assert_int_eq(put(tier, 1,
					 &(struct recipe){ .status = 200 + i,
						 .variant = { "accept-language", language } }),
			RC_OK);
	}
	for (unsigned i = 1000; i < 1400; i++) /* the table grows: the order stays */
		ck_assert_int_eq(put_sized(tier, i, 10), RC_OK);
	ck_assert_int_eq(status_of(tier, 1, NULL), 202);
	ck_assert_int_eq(status_of(tier, 1, &chooser), 201);
	ck_assert_int_eq(wish.asked, 2);
	wish = (struct wish){ .status = 999 };
	ck_assert_int_eq(status_of(tier, 1, &chooser), 0);
	ck_assert_int_eq(wish.asked, 3);
	ck_assert_int_eq(drop(tier, 1), RC_OK); /* all variants */
	ck_assert_int_eq(status_of(tier, 1, NULL), 0);
	tier_free(tier);
}
END_TEST

/* Puts variants of key 1: the i-th has status 200 + i and the i-th date; ends at a date of 0. */
static void put_dated(struct tier *tier, const int64_t *dates_ms)
{
	for (int i = 0; dates_ms[i] != 0; i++) {
		char value[] = { (char)('a' + i), '\0' };
		const struct recipe r = {
			.status = 200 + i,
			.freshness = { .date_ms = dates_ms[i] },
			.variant = { "accept", value },
		};

		ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	}
}

struct walk {
	int statuses[5];
	int count;
};

static bool notes_status(struct object *object, void *arg)
{
	struct walk *walk = arg;

	walk->statuses[walk->count++] = object->status;
	return false;
}

/* RFC 9111 4: of several that fit, the most recent by its Date. */
static const struct {
	const char *what;
	int64_t dates_ms[5];
	int asked[4];
} date_rows[] = {
	{ "4: in the order of Date", { 1, 2, 3 }, { 202, 201, 200 } },
	{ "4: an older one comes later", { 3, 2, 1 }, { 200, 201, 202 } },
	{ "4: into the middle", { 5, 1, 3 }, { 200, 202, 201 } },
	{ "4: ahead of all", { 5, 1, 9 }, { 202, 200, 201 } },
	{ "4: behind all", { 5, 9, 1 }, { 201, 200, 202 } },
	{ "4: equal, the later put first", { 5, 5, 5 }, { 202, 201, 200 } },
	{ "4: equal to the first of three", { 5, 3, 5 }, { 202, 200, 201 } },
	{ "4: equal to the last of three", { 5, 3, 3 }, { 200, 202, 201 } },
	{ "4: before 1970", { -5, 3, -9 }, { 201, 200, 202 } },
	{ "4: four", { 4, 8, 2, 6 }, { 201, 203, 200, 202 } },
};
#define DATE_ROWS ((int)(sizeof(date_rows) / sizeof(date_rows[0])))

START_TEST(test_chooser_asks_latest_date_first)
{
	struct tier *tier = new_tier(EVICTION_S3FIFO, MIB, 1);

	for (unsigned i = 1000; i < 1200; i++) /* others in the chains */
		ck_assert_int_eq(put_sized(tier, i, 10), RC_OK);
	put_dated(tier, date_rows[_i].dates_ms);
	for (unsigned grown = 0; grown < 2; grown++) {
		struct walk walk = { .count = 0 };
		const struct chooser chooser = { notes_status, &walk };

		ck_assert_int_eq(status_of(tier, 1, &chooser), 0);
		for (int i = 0; i < 4; i++)
			ck_assert_msg(walk.statuses[i] == date_rows[_i].asked[i], "%s: %d. is %d",
				date_rows[_i].what, i, walk.statuses[i]);
		for (unsigned i = 2000; i < 3000; i++)
			ck_assert_int_eq(put_sized(tier, i, 10), RC_OK);
	}
	tier_free(tier);
}
END_TEST

START_TEST(test_same_variant_is_replaced_by_an_older_date)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	struct recipe r = { .status = 200, .freshness = { .date_ms = 9 } };

	ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	r = (struct recipe){ .status = 201, .freshness = { .date_ms = 5 } };
	ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	ck_assert_int_eq(status_of(tier, 1, NULL), 201);
	ck_assert_uint_eq(usage_of(tier).entries, 1);
	tier_free(tier);
}
END_TEST

static const struct {
	const char *what;
	const char *stored[4];
	const char *put[4];
	bool replaces;
} variant_rows[] = {
	{ "none and none", { NULL }, { NULL }, true },
	{ "none and some", { NULL }, { "accept", "a" }, false },
	{ "same", { "accept", "a" }, { "accept", "a" }, true },
	{ "name in another case", { "accept", "a" }, { "Accept", "a" }, true },
	{ "another value", { "accept", "a" }, { "accept", "b" }, false },
	{ "value in another case", { "accept", "a" }, { "accept", "A" }, false },
	{ "another name", { "accept", "a" }, { "x", "a" }, false },
	{ "other order", { "accept", "a", "x", "1" }, { "x", "1", "accept", "a" }, true },
	{ "a part", { "accept", "a", "x", "1" }, { "accept", "a" }, false },
	{ "twice the same", { "accept", "a", "x", "1" }, { "accept", "a", "accept", "a" }, false },
	{ "twice, turned", { "accept", "a", "accept", "a" }, { "accept", "a", "x", "1" }, false },
};
#define VARIANT_ROWS ((int)(sizeof(variant_rows) / sizeof(variant_rows[0])))

START_TEST(test_same_variant_is_replaced)
{
	struct tier *tier = new_tier(EVICTION_S3FIFO, MIB, 1);
	struct recipe r = { .status = 200 };

	memcpy(r.variant, variant_rows[_i].stored, sizeof(r.variant));
	ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	memcpy(r.variant, variant_rows[_i].put, sizeof(r.variant));
	r.status = 201;
	ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	ck_assert_msg(usage_of(tier).entries == (variant_rows[_i].replaces ? 1 : 2), "%s",
		variant_rows[_i].what);
	ck_assert_int_eq(status_of(tier, 1, NULL), 201);
	tier_free(tier);
}
END_TEST

START_TEST(test_variants_are_capped)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	struct wish wish;
	const struct chooser chooser = { has_status, &wish };

	for (int i = 0; i < 6; i++) {
		char value[] = { (char)('a' + i), '\0' };

		ck_assert_int_eq(put(tier, 1,
					 &(struct recipe){ .status = 200 + i,
						 .variant = { "accept", value } }),
			RC_OK);
	}
	ck_assert_uint_eq(usage_of(tier).entries, 4);
	ck_assert_uint_eq(usage_of(tier).evicted, 2);
	for (int i = 0; i < 6; i++) {
		wish = (struct wish){ .status = 200 + i };
		ck_assert_int_eq(status_of(tier, 1, &chooser), i < 2 ? 0 : 200 + i);
	}
	/* At the cap, one that is replaced pushes nobody out. */
	ck_assert_int_eq(put(tier, 1, &(struct recipe){ .variant = { "accept", "c" } }), RC_OK);
	ck_assert_uint_eq(usage_of(tier).entries, 4);
	tier_free(tier);
}
END_TEST

/* Who leaves is not for the origin's clock to say. */
START_TEST(test_variant_made_first_leaves)
{
	static const int64_t dates_ms[] = { 9, 1, 2, 3, 4, 0 };
	struct tier *tier = new_tier(_i, MIB, 1);
	struct wish wish;
	const struct chooser chooser = { has_status, &wish };

	put_dated(tier, dates_ms);
	for (int i = 0; i < 5; i++) {
		wish = (struct wish){ .status = 200 + i };
		ck_assert_int_eq(status_of(tier, 1, &chooser), i < 1 ? 0 : 200 + i);
	}
	tier_free(tier);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("variants");
	TCase *tests = tcase_create("variants");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, test_chooser_asks_newest_first, 0, ORDERS);
	tcase_add_loop_test(tests, test_chooser_asks_latest_date_first, 0, DATE_ROWS);
	tcase_add_loop_test(tests, test_same_variant_is_replaced, 0, VARIANT_ROWS);
	tcase_add_loop_test(tests, test_same_variant_is_replaced_by_an_older_date, 0, ORDERS);
	tcase_add_loop_test(tests, test_variants_are_capped, 0, ORDERS);
	tcase_add_loop_test(tests, test_variant_made_first_leaves, 0, ORDERS);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

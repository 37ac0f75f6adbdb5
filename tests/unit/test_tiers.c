/* test_tiers.c - two tiers one above the other: who is asked, what goes up, and what must not.
 *
 * Both are memory tiers; the lower one can run something between its answer and the promotion.
 */
#include "tier_fixture.h"

#include "store/tiers.h"

#include <check.h>
#include <string.h>

#define VARIANT               \
	{                     \
		"accept", "a" \
	}

/* A tier that answers from `inner` and then runs `meanwhile`, once: as another thread would. */
struct slow_tier {
	struct tier base;
	struct tier *inner;
	void (*meanwhile)(void);
	int asked;
};

static struct slow_tier lower;
static struct tier *upper, *both;

static enum rc slow_get(struct tier *base, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	void (*meanwhile)(void) = GIVE(lower.meanwhile);
	enum rc rc = tier_get(lower.inner, key, chooser, ret);

	(void)base;
	lower.asked++;
	if (meanwhile != NULL)
		meanwhile();
	return rc;
}

static enum rc slow_put(struct tier *base, const struct key *key, struct object *object)
{
	(void)base;
	return tier_put(lower.inner, key, object);
}

static enum rc slow_drop(struct tier *base, const struct key *key)
{
	(void)base;
	return tier_drop(lower.inner, key);
}

static enum rc slow_discard(struct tier *base, const struct key *key, const struct object *object)
{
	(void)base;
	return tier_discard(lower.inner, key, object);
}

static const struct tier_ops slow_ops = {
	.name = "slow",
	.get = slow_get,
	.put = slow_put,
	.add = slow_put,
	.drop = slow_drop,
	.discard = slow_discard,
};

static void set_up(void)
{
	lower = (struct slow_tier){ .base = { &slow_ops }, .inner = new_tier(0, MIB, 1) };
	upper = new_tier(0, MIB, 1);
	both = tiers_new(upper, &lower.base);
}

static void tear_down(void)
{
	tier_free(both);
	tier_free(upper);
	tier_free(lower.inner);
}

START_TEST(test_what_is_below_goes_up)
{
	ck_assert_int_eq(put(lower.inner, 1, &(struct recipe){ .status = 200 }), RC_OK);
	ck_assert_int_eq(status_of(upper, 1, NULL), 0);
	ck_assert_int_eq(status_of(both, 1, NULL), 200);
	ck_assert_int_eq(status_of(upper, 1, NULL), 200);
	ck_assert_int_eq(status_of(both, 1, NULL), 200);
	ck_assert_int_eq(lower.asked, 1);
}
END_TEST

START_TEST(test_put_and_drop_reach_both)
{
	ck_assert_int_eq(put(both, 1, &(struct recipe){ .status = 200 }), RC_OK);
	ck_assert_int_eq(status_of(upper, 1, NULL), 200);
	ck_assert_int_eq(status_of(lower.inner, 1, NULL), 200);
	ck_assert_int_eq(drop(both, 1), RC_OK);
	ck_assert_int_eq(status_of(upper, 1, NULL), 0);
	ck_assert_int_eq(status_of(lower.inner, 1, NULL), 0);
	ck_assert_int_eq(drop(both, 1), RC_ABSENT);
}
END_TEST

START_TEST(test_either_may_be_missing)
{
	struct tier *top = tiers_new(upper, NULL), *bottom = tiers_new(NULL, &lower.base);
	struct tier *none = tiers_new(NULL, NULL);

	ck_assert_int_eq(put(top, 1, &(struct recipe){ .status = 200 }), RC_OK);
	ck_assert_int_eq(status_of(top, 1, NULL), 200);
	ck_assert_int_eq(put(bottom, 2, &(struct recipe){ .status = 201 }), RC_OK);
	ck_assert_int_eq(status_of(bottom, 2, NULL), 201);
	ck_assert_int_eq(put(none, 3, &(struct recipe){ .status = 202 }), RC_TOO_LARGE);
	ck_assert_int_eq(status_of(none, 3, NULL), 0);
	ck_assert_int_eq(drop(none, 3), RC_ABSENT);
	tier_free(top);
	tier_free(bottom);
	tier_free(none);
}
END_TEST

static void replace(void)
{
	ck_assert_int_eq(
		put(both, 1, &(struct recipe){ .status = 299, .variant = VARIANT }), RC_OK);
}

static void replace_and_lose(void)
{
	replace();
	ck_assert_int_eq(drop(upper, 1), RC_OK); /* evicted */
}

static void drop_it(void)
{
	ck_assert_int_eq(drop(both, 1), RC_OK);
}

static void discard_it(void)
{
	struct test_key k;
	SCOPED(object) object = NULL;

	ck_assert_int_eq(tier_get(lower.inner, key_of(&k, 1), NULL, &object), RC_OK);
	ck_assert_int_eq(tier_discard(both, &k.key, object), RC_OK);
}

static void nothing(void)
{
}

/* What happens between the answer from below and its way up; what memory has afterwards. */
static const struct {
	const char *what;
	void (*meanwhile)(void);
	int above;
} races[] = {
	{ "nothing", nothing, 200 },
	{ "replaced: the newer one stays", replace, 299 },
	{ "replaced and evicted: the older one doesn't come back", replace_and_lose, 0 },
	{ "dropped", drop_it, 0 },
	{ "discarded", discard_it, 0 },
};

START_TEST(test_what_is_outdated_does_not_go_up)
{
	const struct recipe old = { .status = 200, .variant = VARIANT };

	ck_assert_int_eq(put(lower.inner, 1, &old), RC_OK);
	lower.meanwhile = races[_i].meanwhile;
	ck_assert_int_eq(status_of(both, 1, NULL), 200); /* it was there when it was asked for */
	ck_assert_msg(status_of(upper, 1, NULL) == races[_i].above, "%s: %d", races[_i].what,
		status_of(upper, 1, NULL));
}
END_TEST

static ssize_t no_bytes(struct body_source *source, uint64_t offset, char *buffer, size_t size)
{
	(void)source;
	(void)offset;
	(void)buffer;
	(void)size;
	return -1;
}

static int no_descriptor(struct body_source *source, uint64_t offset, uint64_t size)
{
	(void)source;
	(void)offset;
	(void)size;
	return -1;
}

static void keep_source(struct body_source *source)
{
	(void)source;
}

/* It pins a descriptor: not for as long as memory has room. */
START_TEST(test_bodies_elsewhere_stay_below)
{
	static const struct body_source_ops ops = { true, no_bytes, no_descriptor, keep_source };
	static struct body_source source = { &ops }; /* the lower tier keeps it */
	struct test_key k;
	SCOPED(body) body = body_new_at(&source, 10 * MIB);
	SCOPED(object) object = object_new(&(struct object_parts){ .status = 201, .body = body });

	ck_assert_int_eq(put(both, 1, &(struct recipe){ .status = 200 }), RC_OK);
	(void)!tier_put(both, key_of(&k, 1), object);
	ck_assert_int_eq(status_of(upper, 1, NULL), 0);
}
END_TEST

/* It lives for seconds: not worth the disk's while. What it outdates there is gone, other variants aren't. */
START_TEST(test_errors_stay_above)
{
	const struct recipe error = { .status = 404, .freshness = { .negative = true } };
	struct tier *bottom = tiers_new(NULL, &lower.base);
	struct wish other = { .status = 299 };
	const struct chooser chooser = { has_status, &other };

	ck_assert_int_eq(put(both, 1, &(struct recipe){ .status = 200 }), RC_OK);
	ck_assert_int_eq(
		put(both, 1, &(struct recipe){ .status = 299, .variant = VARIANT }), RC_OK);
	ck_assert_int_eq(put(both, 1, &error), RC_OK);
	ck_assert_int_eq(status_of(upper, 1, NULL), 404);
	ck_assert_int_eq(status_of(lower.inner, 1, NULL), 299);
	ck_assert_int_eq(status_of(both, 1, &chooser), 299);
	ck_assert_int_eq(put(bottom, 2, &error), RC_OK);
	ck_assert_int_eq(status_of(lower.inner, 2, NULL), 404);
	tier_free(bottom);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tiers");
	TCase *tests = tcase_create("tiers");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_what_is_below_goes_up);
	tcase_add_test(tests, test_put_and_drop_reach_both);
	tcase_add_test(tests, test_either_may_be_missing);
	tcase_add_loop_test(tests, test_what_is_outdated_does_not_go_up, 0,
		(int)(sizeof(races) / sizeof(races[0])));
	tcase_add_test(tests, test_bodies_elsewhere_stay_below);
	tcase_add_test(tests, test_errors_stay_above);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* test_partition.c - the memory tier divided among tenants: whose part has what, who pushes out whom, and other
 * bounds while it is in use.
 */
#include "store/partition.h"

#include "http_fixture.h"
#include "tier_fixture.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#define ALL  (4 * (uint64_t)MIB)
#define BODY (8 * (size_t)KIB)

static const struct partition_share two[] = { { TEXT("red"), 25 }, { TEXT("blue"), 25 } };
static const struct partition_share one[] = { { TEXT("red"), 50 } };

static struct memory_options all_of(uint64_t size)
{
	return (struct memory_options){ .size_bytes = size,
		.max_object_bytes = 64 * KIB,
		.negative_percent = 10,
		.shards = 1 };
}

static struct tier *divided(const struct partition_share *shares, size_t count)
{
	const struct partition_options options = {
		.all = all_of(ALL), .shares = shares, .share_count = count
	};

	struct tier *tier = partition_new(memory_new(&options.all));

	partition_resize(tier, &options);
	return tier;
}

static void resize(struct tier *tier, uint64_t size, const struct partition_share *shares, size_t n)
{
	const struct partition_options options = {
		.all = all_of(size), .shares = shares, .share_count = n
	};

	partition_resize(tier, &options);
}

/* A target as a tenant has it. */
static struct key key_in(struct bytes *buffer, const char *tenant, unsigned number)
{
	char target[32];
	struct key key;
	int size = snprintf(target, sizeof(target), "/%u", number);

	bytes_init(buffer, 200);
	ck_assert_int_eq(key_make(&(struct key_parts){ .route = SLICE("/"),
					  .target = { target, (size_t)size },
					  .tenant = slice_of(tenant) },
				 7, buffer, &key),
		RC_OK);
	return key;
}

static enum rc keep(struct tier *tier, const char *tenant, unsigned number, size_t size)
{
	struct bytes buffer;
	struct key key = key_in(&buffer, tenant, number);
	SCOPED(object) object = make(&(struct recipe){ .body_size = size, .status = 200 });
	enum rc rc = tier_put(tier, &key, object);

	bytes_done(&buffer);
	return rc;
}

static bool has(struct tier *tier, const char *tenant, unsigned number)
{
	struct bytes buffer;
	struct key key = key_in(&buffer, tenant, number);
	SCOPED(object) object = NULL;
	enum rc rc = tier_get(tier, &key, NULL, &object);

	bytes_done(&buffer);
	return rc == RC_OK;
}

static struct tier_usage used(struct tier *tier, const char *tenant)
{
	struct tier_usage usage = { 0 };

	ck_assert(partition_usage(tier, slice_of(tenant), &usage));
	return usage;
}

START_TEST(each_has_its_own)
{
	struct tier *tier = divided(two, 2);
	struct tier_usage sum;

	ck_assert(partition_is(tier));
	ck_assert_int_eq(keep(tier, "red", 1, 100), RC_OK);
	ck_assert(has(tier, "red", 1));
	ck_assert(!has(tier, "blue", 1));
	ck_assert(!has(tier, "", 1));
	ck_assert_int_eq(keep(tier, "", 1, 100), RC_OK);
	ck_assert_uint_eq(used(tier, "red").entries, 1);
	ck_assert_uint_eq(used(tier, "blue").entries, 0);
	ck_assert_uint_eq(used(tier, "red").max_bytes, ALL / 4);
	ck_assert_uint_eq(used(tier, "").max_bytes, ALL / 2);
	tier_usage(tier, &sum);
	ck_assert_uint_eq(sum.entries, 2);
	ck_assert_uint_eq(sum.max_bytes, ALL);
	tier_free(tier);
}
END_TEST

START_TEST(a_stranger_has_nothing)
{
	struct tier *tier = divided(one, 1);
	struct tier_usage usage;

	ck_assert_int_eq(keep(tier, "green", 1, 100), RC_TOO_LARGE);
	ck_assert(!has(tier, "green", 1));
	ck_assert(!partition_usage(tier, SLICE("green"), &usage));
	tier_free(tier);
}
END_TEST

/* Who floods pushes out his own. */
START_TEST(nobody_pushes_out_anothers)
{
	static const char *const who[] = { "red", "blue", "" };
	struct tier *tier = divided(two, 2);

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(keep(tier, who[i], 1, BODY), RC_OK);
	for (unsigned i = 2; i < 2000; i++)
		ck_assert_int_eq(keep(tier, who[_i], i, BODY), RC_OK);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(has(tier, who[i], 1) == (i != (size_t)_i));
		ck_assert_uint_le(used(tier, who[i]).bytes, used(tier, who[i]).max_bytes);
	}
	tier_free(tier);
}
END_TEST

static bool counts(const struct key *key, struct object *object, void *arg)
{
	unsigned *count = arg;

	*count += 1;
	return key_tenant(*key).size > 0; /* tenants' leave */
}

START_TEST(shows_all)
{
	struct tier *tier = divided(two, 2);
	unsigned count = 0;

	ck_assert_int_eq(keep(tier, "red", 1, 100), RC_OK);
	ck_assert_int_eq(keep(tier, "blue", 2, 100), RC_OK);
	ck_assert_int_eq(keep(tier, "", 3, 100), RC_OK);
	tier_visit(tier, &(struct tier_visitor){ counts, &count });
	ck_assert_uint_eq(count, 3);
	ck_assert(!has(tier, "red", 1) && !has(tier, "blue", 2) && has(tier, "", 3));
	tier_free(tier);
}
END_TEST

/* What was there before there were tenants stays nobody's. */
START_TEST(takes_a_tier_in_use)
{
	const struct partition_options options = {
		.all = all_of(ALL), .shares = two, .share_count = 2
	};
	struct tier *plain = memory_new(&options.all), *tier;

	for (unsigned i = 0; i < 400; i++)
		ck_assert_int_eq(keep(plain, "", i, BODY), RC_OK);
	tier = partition_new(plain);
	ck_assert_uint_eq(used(tier, "").entries, usage_of(plain).entries);
	partition_resize(tier, &options);
	ck_assert(has(tier, "", 399));
	ck_assert_uint_le(used(tier, "").bytes, ALL / 2);
	ck_assert_uint_gt(used(tier, "").entries, 200);
	tier_free(tier);
}
END_TEST

static void fill(struct tier *tier)
{
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(keep(tier, "red", i, BODY), RC_OK);
		ck_assert_int_eq(keep(tier, "", i, BODY), RC_OK);
	}
}

static const struct {
	const char *what;
	uint64_t size;
	const struct partition_share *shares;
	size_t count;
	uint64_t red, rest; /* bounds after it */
} changes[] = {
	{ "the same", ALL, two, 2, ALL / 4, ALL / 2 },
	{ "half of all", ALL / 2, two, 2, ALL / 8, ALL / 4 },
	{ "all doubled", 2 * ALL, two, 2, ALL / 2, ALL },
	{ "another share", ALL, one, 1, ALL / 2, ALL / 2 },
	{ "no tenants any more", ALL, NULL, 0, 0, ALL },
};

START_TEST(gets_other_bounds)
{
	struct tier *tier = divided(two, 2);

	fill(tier);
	resize(tier, changes[_i].size, changes[_i].shares, changes[_i].count);
	ck_assert_uint_eq(used(tier, "red").max_bytes, changes[_i].red);
	ck_assert_uint_eq(used(tier, "").max_bytes, changes[_i].rest);
	ck_assert_uint_le(used(tier, "").bytes, changes[_i].rest);
	if (changes[_i].red > 0)
		ck_assert_uint_le(used(tier, "red").bytes, changes[_i].red);
	else
		ck_assert_uint_eq(used(tier, "red").entries, 0);
	if (changes[_i].red > 0)
		fill(tier); /* still of use */
	ck_assert_uint_le(used(tier, "").bytes, changes[_i].rest);
	tier_free(tier);
}
END_TEST

struct crowd {
	struct tier *tier;
	atomic_bool over;
};

static void *uses(void *arg)
{
	struct crowd *crowd = arg;

	for (unsigned i = 0; !atomic_load(&crowd->over); i++) {
		(void)!keep(crowd->tier, i % 2 > 0 ? "red" : "green", i % 500, BODY);
		(void)has(crowd->tier, "", i % 500);
		(void)!keep(crowd->tier, "", i % 500, BODY);
	}
	return NULL;
}

/* Other bounds and new tenants while others use it. */
START_TEST(changes_in_use)
{
	static const struct partition_share other[] = { { TEXT("red"), 5 }, { TEXT("green"), 70 } };
	struct crowd crowd = { .tier = divided(two, 2) };
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, uses, &crowd), 0);
	for (unsigned i = 0; i < 100; i++) {
		resize(crowd.tier, ALL / (1 + i % 4), i % 2 > 0 ? two : other, 2);
		ck_assert_uint_le(used(crowd.tier, "red").bytes, ALL);
	}
	atomic_store(&crowd.over, true);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(used(crowd.tier, "red").max_bytes, ALL / 4 / 4);
	ck_assert_uint_le(used(crowd.tier, "red").bytes, ALL / 4 / 4);
	tier_free(crowd.tier);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("partition");

	tcase_add_test(tests, each_has_its_own);
	tcase_add_test(tests, a_stranger_has_nothing);
	tcase_add_loop_test(tests, nobody_pushes_out_anothers, 0, 3);
	tcase_add_test(tests, shows_all);
	tcase_add_test(tests, takes_a_tier_in_use);
	ADD_ROWS(tests, gets_other_bounds, changes);
	tcase_add_test(tests, changes_in_use);
	return run_case("partition", tests);
}

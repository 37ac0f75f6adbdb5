/* test_filter.c - the filter: finds all that was added, few others, and counts. */
#include "disk/filter.h"

#include "http_fixture.h"
#include "util/hash.h"

#include <pthread.h>

/* The i-th of a set of hashes. */
static uint64_t number(uint64_t set, uint64_t i)
{
	return hash_bytes(&i, sizeof(i), set);
}

static unsigned found_of(const struct filter *filter, uint64_t set, uint64_t count)
{
	unsigned found = 0;

	for (uint64_t i = 0; i < count; i++)
		found += filter_may_have(filter, number(set, i));
	return found;
}

/* Bits of numbers that are the same in all: such as those that tell variants apart. */
static const struct {
	const char *what;
	uint64_t expected, added, cleared;
} fills[] = {
	{ "none", 1000, 0, 0 },
	{ "few in the least one", 0, 5000, 0 },
	{ "as expected", 100000, 100000, 0 },
	{ "as expected, many", 1000000, 1000000, 0 },
	{ "half of it", 200000, 100000, 0 },
	{ "without the top bit and the lowest 5", 100000, 100000, (uint64_t)1 << 63 | 31 },
	{ "without the lower half", 30000, 30000, UINT32_MAX },
	{ "without the upper half", 30000, 30000, ~(uint64_t)UINT32_MAX },
};

START_TEST(finds_all_and_few_others)
{
	struct filter *filter = filter_new(fills[_i].expected);
	uint64_t mask = ~fills[_i].cleared;
	unsigned others = 0;

	for (uint64_t i = 0; i < fills[_i].added; i++)
		filter_add(filter, number(1, i) & mask);
	for (uint64_t i = 0; i < fills[_i].added; i++)
		ck_assert(filter_may_have(filter, number(1, i) & mask));
	for (uint64_t i = 0; i < 100000; i++)
		others += filter_may_have(filter, number(2, i) & mask);
	ck_assert_msg(others < 4000, "%s: %u of 100000", fills[_i].what, others);
	filter_free(filter);
}
END_TEST

START_TEST(numbers_need_not_be_hashes)
{
	struct filter *filter = filter_new(100000);
	unsigned others = 0;

	for (uint64_t i = 0; i < 100000; i++)
		filter_add(filter, i);
	for (uint64_t i = 100000; i < 200000; i++)
		others += filter_may_have(filter, i);
	ck_assert_uint_lt(others, 4000);
	filter_free(filter);
}
END_TEST

/* What was removed is gone but by chance; what stayed is there. */
START_TEST(removes)
{
	struct filter *filter = filter_new(100000);

	for (uint64_t i = 0; i < 50000; i++) {
		filter_add(filter, number(1, i));
		filter_add(filter, number(2, i));
	}
	for (uint64_t i = 0; i < 50000; i++)
		filter_remove(filter, number(1, i));
	ck_assert_uint_eq(found_of(filter, 2, 50000), 50000);
	ck_assert_uint_lt(found_of(filter, 1, 50000), 500);
	for (uint64_t i = 0; i < 50000; i++)
		filter_remove(filter, number(2, i));
	ck_assert_uint_eq(found_of(filter, 1, 50000) + found_of(filter, 2, 50000), 0);
	filter_free(filter);
}
END_TEST

START_TEST(counts_one_that_is_added_twice)
{
	struct filter *filter = filter_new(0);

	filter_add(filter, 5);
	filter_add(filter, 5);
	filter_remove(filter, 5);
	ck_assert(filter_may_have(filter, 5));
	filter_remove(filter, 5);
	ck_assert(!filter_may_have(filter, 5));
	filter_remove(filter, 5); /* by mistake: no counter wraps */
	ck_assert(!filter_may_have(filter, 5));
	filter_free(filter);
}
END_TEST

/* A counter that has lost count is never lowered to "not here", nor wraps to it. */
static const struct {
	int added, removed;
	bool there;
} saturations[] = {
	{ 254, 253, true },
	{ 254, 254, false },
	{ 255, 255, true },
	{ 256, 256, true },
	{ 300, 1, true },
	{ 300, 299, true },
	{ 1000, 1000, true },
};

START_TEST(saturates)
{
	struct filter *filter = filter_new(0);

	for (int i = 0; i < saturations[_i].added; i++) {
		filter_add(filter, 77);
		ck_assert(filter_may_have(filter, 77));
	}
	for (int i = 0; i < saturations[_i].removed; i++)
		filter_remove(filter, 77);
	ck_assert(filter_may_have(filter, 77) == saturations[_i].there);
	filter_free(filter);
}
END_TEST

START_TEST(is_bounded)
{
	struct filter *filter = filter_new(UINT64_MAX);

	filter_add(filter, UINT64_MAX);
	ck_assert(filter_may_have(filter, UINT64_MAX));
	ck_assert_uint_lt(found_of(filter, 1, 1000), 5);
	filter_free(filter);
}
END_TEST

#define THREADS 4
#define EACH    20000

struct worker {
	pthread_t thread;
	struct filter *filter;
	uint64_t set;
	unsigned missed;
};

/* Each adds numbers of its own and some that all have, and takes the latter away again. */
static void *work(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < EACH; i++) {
		filter_add(w->filter, number(w->set, i));
		filter_add(w->filter, i % 64);
		w->missed += !filter_may_have(w->filter, number(w->set, i / 2));
		w->missed += !filter_may_have(w->filter, i % 64);
		filter_remove(w->filter, i % 64);
	}
	return NULL;
}

START_TEST(is_for_many_threads)
{
	struct filter *filter = filter_new(THREADS * EACH);
	struct worker workers[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .filter = filter, .set = 100 + i };
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		ck_assert_uint_eq(workers[i].missed, 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_uint_eq(found_of(filter, 100 + i, EACH), EACH);
		for (uint64_t j = 0; j < EACH; j++)
			filter_remove(filter, number(100 + i, j));
	}
	for (uint64_t i = 0; i < 64; i++)
		ck_assert(!filter_may_have(filter, i));
	ck_assert_uint_eq(found_of(filter, 100, EACH), 0);
	filter_free(filter);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("filter");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, finds_all_and_few_others, fills);
	tcase_add_test(tests, numbers_need_not_be_hashes);
	tcase_add_test(tests, removes);
	tcase_add_test(tests, counts_one_that_is_added_twice);
	ADD_ROWS(tests, saturates, saturations);
	tcase_add_test(tests, is_bounded);
	tcase_add_test(tests, is_for_many_threads);
	return run_case("filter", tests);
}

/* test_eviction.c - the memory tier's bound: what counts, that it holds, and who leaves for it.
 *
 * The orders are seen through the tier only: they have no face of their own.
 */
#include "tier_fixture.h"

#include <check.h>
#include <malloc.h>
#include <math.h>
#include <string.h>

START_TEST(test_bytes_come_back)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	uint64_t empty = usage_of(tier).bytes, small;

	ck_assert_int_eq(put_sized(tier, 1, 100), RC_OK);
	small = usage_of(tier).bytes;
	ck_assert_uint_gt(small, empty + 100);
	ck_assert_int_eq(put_sized(tier, 1, 50000), RC_OK);
	ck_assert_uint_ge(usage_of(tier).bytes, small + 49900);
	ck_assert_uint_eq(usage_of(tier).entries, 1);
	ck_assert_int_eq(put_sized(tier, 1, 100), RC_OK);
	ck_assert_uint_eq(usage_of(tier).bytes, small);
	ck_assert_int_eq(drop(tier, 1), RC_OK);
	ck_assert_uint_eq(usage_of(tier).bytes, empty);
	ck_assert_uint_eq(usage_of(tier).entries, 0);
	tier_free(tier);
}
END_TEST

START_TEST(test_bound_holds_after_each_put)
{
	const uint64_t bound = 512 * KIB + 3;
	struct tier *tier = new_tier(_i, bound, 4);
	struct tier_usage usage;

	ck_assert_uint_eq(usage_of(tier).max_bytes, bound);
	for (unsigned i = 0; i < 6000; i++) {
		size_t size = (i * 2654435761U >> 16) % (i % 50 == 0 ? 50000 : 3000);

		ck_assert_int_eq(put_sized(tier, i % 1500, size), RC_OK);
		(void)status_of(tier, i * 7 % 1500, NULL);
		usage = usage_of(tier);
		ck_assert_uint_le(usage.bytes, bound);
	}
	ck_assert_uint_gt(usage.evicted, 1000);
	ck_assert_uint_gt(usage.bytes, bound / 2); /* and it is made use of */
	tier_free(tier);
}
END_TEST

/* What the tier takes per entry beside the object and the key's bytes, and whether that is true. */
START_TEST(test_overhead)
{
	const unsigned count = 5000;
	size_t objects = 0, keys = 0, before, after, heap_before, heap_after;
	struct tier *tier;
	struct test_key k;

	heap_before = mallinfo2().uordblks + mallinfo2().hblkhd;
	tier = new_tier(_i, 16 * MIB, 4);
	before = usage_of(tier).bytes;
	for (unsigned i = 0; i < count; i++) {
		SCOPED(object)
		object = make(&(struct recipe){ .body_size = 1000 + i % 1000,
			.fields = { "Content-Type", "application/json", "ETag", "\"1\"" } });

		ck_assert_int_eq(tier_put(tier, key_of(&k, i), object), RC_OK);
		objects += object->footprint;
		keys += k.key.bytes.size;
	}
	after = usage_of(tier).bytes;
	heap_after = mallinfo2().uordblks + mallinfo2().hblkhd;
	ck_assert_uint_eq(usage_of(tier).entries, count);
	ck_assert_uint_lt((after - objects - keys) / count, 128);
	ck_assert_uint_ge(after - before, objects + keys);
	/* Other allocators and sanitizers leave glibc's figures alone. 2 % of slack. */
	if (heap_after - heap_before > count * KIB) {
		ck_assert_uint_le(heap_after - heap_before, after + after / 50);
		ck_assert_uint_ge(heap_after - heap_before, after - after / 50);
	}
	tier_free(tier);
}
END_TEST

static const struct {
	const char *what;
	struct memory_options options;
	uint64_t least_own, most_own; /* bytes while empty: grows with the number of shards */
} size_rows[] = {
	{ "tiny: one shard", { .size_bytes = MIB, .max_object_bytes = MIB }, 500, 12000 },
	{ "16 MiB: one", { .size_bytes = 16 * MIB, .max_object_bytes = MIB, .eviction = 1 }, 500,
		1200 },
	{ "64 MiB: four", { .size_bytes = 64 * MIB, .max_object_bytes = MIB, .eviction = 1 }, 2400,
		4800 },
	{ "no limit of objects: the most",
		{ .size_bytes = 64 * MIB, .max_object_bytes = 0, .eviction = 1 }, 256 * 600,
		256 * 1200 },
	{ "three asked: two", { .size_bytes = MIB, .shards = 3, .eviction = 1 }, 1200, 2400 },
};
#define SIZE_ROWS ((int)(sizeof(size_rows) / sizeof(size_rows[0])))

START_TEST(test_shards_by_size)
{
	struct tier *tier = memory_new(&size_rows[_i].options);
	struct tier_usage usage = usage_of(tier);

	ck_assert_uint_eq(usage.max_bytes, size_rows[_i].options.size_bytes);
	ck_assert_msg(
		usage.bytes >= size_rows[_i].least_own && usage.bytes < size_rows[_i].most_own,
		"%s: %lu", size_rows[_i].what, (unsigned long)usage.bytes);
	tier_free(tier);
	tier_free(NULL);
}
END_TEST

enum step { END, PUT, HITS, SCAN };

/* In a shard that holds some 50 objects of 20,000 bytes: key 0 is put, hit so many times, so many
 * others pass through; is it still there? */
static const struct {
	const char *what;
	enum eviction order;
	struct {
		enum step step;
		unsigned count;
	} steps[8];
	bool stays;
} leave_rows[] = {
	{ "fifo: oldest leaves", EVICTION_FIFO, { { PUT, 1 }, { SCAN, 60 } }, false },
	{ "fifo: a hit saves nobody", EVICTION_FIFO, { { PUT, 1 }, { HITS, 9 }, { SCAN, 60 } },
		false },
	{ "fifo: newer stays", EVICTION_FIFO, { { SCAN, 60 }, { PUT, 1 }, { SCAN, 30 } }, true },
	{ "fifo: refreshed is new", EVICTION_FIFO,
		{ { PUT, 1 }, { SCAN, 30 }, { PUT, 1 }, { SCAN, 30 } }, true },
	{ "lru: least recent leaves", EVICTION_LRU, { { PUT, 1 }, { SCAN, 60 } }, false },
	{ "lru: a hit saves", EVICTION_LRU, { { PUT, 1 }, { SCAN, 30 }, { HITS, 1 }, { SCAN, 30 } },
		true },
	{ "lru: a scan washes out", EVICTION_LRU, { { PUT, 1 }, { HITS, 9 }, { SCAN, 60 } },
		false },
	{ "lfu: unused leaves", EVICTION_LFU, { { PUT, 1 }, { SCAN, 60 } }, false },
	{ "lfu: frequent outlives a scan", EVICTION_LFU, { { PUT, 1 }, { HITS, 5 }, { SCAN, 100 } },
		true },
	{ "lfu: favourites age", EVICTION_LFU, { { PUT, 1 }, { HITS, 5 }, { SCAN, 1000 } }, false },
	{ "lfu: counts are bounded", EVICTION_LFU, { { PUT, 1 }, { HITS, 500 }, { SCAN, 6000 } },
		false },
	{ "lfu: refresh inherits", EVICTION_LFU,
		{ { PUT, 1 }, { HITS, 5 }, { PUT, 1 }, { SCAN, 100 } }, true },
	{ "s3fifo: unused leaves", EVICTION_S3FIFO, { { PUT, 1 }, { SCAN, 60 } }, false },
	{ "s3fifo: one hit is chance", EVICTION_S3FIFO, { { PUT, 1 }, { HITS, 1 }, { SCAN, 60 } },
		false },
	{ "s3fifo: two hits outlive a scan", EVICTION_S3FIFO,
		{ { PUT, 1 }, { HITS, 2 }, { SCAN, 1000 } }, true },
	{ "s3fifo: back soon, to main", EVICTION_S3FIFO,
		{ { PUT, 1 }, { SCAN, 60 }, { PUT, 1 }, { SCAN, 300 } }, true },
	{ "s3fifo: back late, to small", EVICTION_S3FIFO,
		{ { PUT, 1 }, { SCAN, 105 }, { PUT, 1 }, { SCAN, 60 } }, false },
	{ "s3fifo: refresh stays in main", EVICTION_S3FIFO,
		{ { PUT, 1 }, { HITS, 2 }, { SCAN, 60 }, { PUT, 1 }, { SCAN, 300 } }, true },
};
#define LEAVE_ROWS ((int)(sizeof(leave_rows) / sizeof(leave_rows[0])))

static void run_step(struct tier *tier, enum step step, unsigned *next)
{
	switch (step) {
	case PUT:
		ck_assert_int_eq(put_sized(tier, 0, 20000), RC_OK);
		break;
	case HITS:
		(void)status_of(tier, 0, NULL);
		break;
	case SCAN:
		ck_assert_int_eq(put_sized(tier, ++*next, 20000), RC_OK);
		break;
	case END:
		break;
	}
}

START_TEST(test_who_leaves)
{
	struct tier *tier = new_tier((int)leave_rows[_i].order, MIB, 1);
	struct test_key k;
	SCOPED(object) found = NULL;
	unsigned next = 0;
	bool there;

	for (int at = 0; leave_rows[_i].steps[at].step != END; at++) {
		for (unsigned n = 0; n < leave_rows[_i].steps[at].count; n++)
			run_step(tier, leave_rows[_i].steps[at].step, &next);
	}
	ck_assert_uint_gt(usage_of(tier).entries, 40);
	ck_assert_uint_lt(usage_of(tier).entries, 56);
	there = tier_get(tier, key_of(&k, 0), NULL, &found) == RC_OK;
	ck_assert_msg(there == leave_rows[_i].stays, "%s", leave_rows[_i].what);
	tier_free(tier);
}
END_TEST

/* Zipf 0.8 over about ten times what fits, every fourth request part of a scan. */
#define POPULATION 8000
#define REQUESTS   120000
#define SKEW       0.8

static double share_below[POPULATION]; /* of the requests, for all keys up to this one */

static void prepare_zipf(void)
{
	double sum = 0;

	for (int i = 0; i < POPULATION; i++)
		share_below[i] = sum += pow(i + 1, -SKEW);
	for (int i = 0; i < POPULATION; i++)
		share_below[i] /= sum;
}

static unsigned zipf_key(unsigned request)
{
	double wanted = (double)(hash_bytes(&request, sizeof(request), 1) >> 11) * 0x1p-53;
	unsigned low = 0, high = POPULATION - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (share_below[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool ask(struct tier *tier, unsigned number)
{
	struct test_key k;
	SCOPED(object) found = NULL;

	if (tier_get(tier, key_of(&k, number), NULL, &found) == RC_OK)
		return true;
	ck_assert_int_eq(put_sized(tier, number, 1000), RC_OK);
	return false;
}

static unsigned hits_of(enum eviction order)
{
	struct tier *tier = new_tier((int)order, MIB, 1);
	unsigned hits = 0;

	for (unsigned i = 0; i < REQUESTS; i++) {
		if (i % 4 == 0)
			(void)ask(tier, POPULATION + i);
		else
			hits += ask(tier, zipf_key(i));
	}
	ck_assert_uint_gt(usage_of(tier).entries, POPULATION / 12);
	ck_assert_uint_lt(usage_of(tier).entries, POPULATION / 8);
	tier_free(tier);
	return hits;
}

START_TEST(test_hit_ratios)
{
	unsigned s3fifo, lru, lfu, fifo;

	prepare_zipf();
	s3fifo = hits_of(EVICTION_S3FIFO);
	lru = hits_of(EVICTION_LRU);
	lfu = hits_of(EVICTION_LFU);
	fifo = hits_of(EVICTION_FIFO);
	ck_assert_uint_gt(s3fifo, lru);
	ck_assert_uint_gt(s3fifo, fifo);
	ck_assert_uint_gt(lfu, lru);
	ck_assert_uint_gt(lru, fifo);
}
END_TEST

/* All are popular: who came last is no better. One large newcomer costs many. */
START_TEST(test_everyone_is_popular)
{
	struct tier *tier = new_tier(_i, 64 * KIB, 1);
	uint64_t entries;

	for (unsigned i = 0; i < 200; i++) {
		ck_assert_int_eq(put_sized(tier, i, 1000), RC_OK);
		for (int hit = 0; hit < 5; hit++)
			(void)status_of(tier, i, NULL);
	}
	entries = usage_of(tier).entries;
	ck_assert_uint_gt(entries, 40);
	ck_assert_int_eq(put_sized(tier, 1000, 40 * KIB), RC_OK);
	ck_assert_uint_lt(usage_of(tier).entries, entries - 25);
	ck_assert_uint_le(usage_of(tier).bytes, 64 * KIB);
	ck_assert_int_eq(put_sized(tier, 1001, 58 * KIB), RC_OK); /* hardly anyone can stay */
	ck_assert_uint_lt(usage_of(tier).entries, 6);
	ck_assert_int_eq(drop(tier, 1001), RC_OK);
	tier_free(tier);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("eviction");
	TCase *plain = tcase_create("eviction");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(plain, 120);
	tcase_add_loop_test(plain, test_bytes_come_back, 0, ORDERS);
	tcase_add_loop_test(plain, test_bound_holds_after_each_put, 0, ORDERS);
	tcase_add_loop_test(plain, test_overhead, 0, ORDERS);
	tcase_add_loop_test(plain, test_shards_by_size, 0, SIZE_ROWS);
	tcase_add_loop_test(plain, test_who_leaves, 0, LEAVE_ROWS);
	tcase_add_test(plain, test_hit_ratios);
	tcase_add_loop_test(plain, test_everyone_is_popular, 0, ORDERS);
	suite_add_tcase(suite, plain);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

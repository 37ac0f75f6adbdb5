/* test_sketch.c - a sketch beside exact counts, on streams of several shapes: what it promises holds of each. */
#include "observe/sketch.h"

#include "http_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KINDS 20000
#define STEPS 200000

static uint64_t exact[KINDS];
static uint64_t state;

/* xorshift64*: the same stream each time. */
static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static double uniform(void)
{
	return (double)(draw() >> 11) / (double)(UINT64_C(1) << 53);
}

/* By inversion of the continuous law: near enough to Zipf's. */
static size_t zipf(double s, size_t step)
{
	double most = KINDS, u = uniform(), x;

	(void)step;
	x = s == 1 ? pow(most, u) : pow(u * (pow(most, 1 - s) - 1) + 1, 1 / (1 - s));
	return (size_t)x - 1 < KINDS ? (size_t)x - 1 : KINDS - 1;
}

/* All differ: nothing is worth a counter. */
static size_t scan(double s, size_t step)
{
	(void)s;
	return step % KINDS;
}

/* A few that are hot, after a scan that has filled all counters. */
static size_t late(double s, size_t step)
{
	(void)s;
	return step < STEPS / 2 ? step % KINDS : draw() % 10;
}

static const struct {
	size_t (*next)(double s, size_t step);
	double s;
	size_t counters;
	uint64_t most_weight;
} streams[] = {
	{ zipf, 1, 1024, 1 },
	{ zipf, 1, 64, 1 },
	{ zipf, 1.5, 128, 1 },
	{ zipf, 0.7, 1024, 1 },
	{ zipf, 1, 1024, 1000 },
	{ zipf, 1, 1, 1 },
	{ zipf, 1, KINDS, 1 },
	{ scan, 0, 256, 1 },
	{ late, 0, 256, 1 },
	{ late, 0, 256, 50 },
};

static uint64_t feed(struct sketch *sketch, int row)
{
	uint64_t sum = 0;

	memset(exact, 0, sizeof(exact));
	state = 20261121;
	for (size_t i = 0; i < STEPS; i++) {
		size_t kind = streams[row].next(streams[row].s, i);
		uint64_t weight = 1 + draw() % streams[row].most_weight;
		char text[32];
		bool taken;

		snprintf(text, sizeof(text), "/%zu", kind);
		ck_assert_uint_lt(
			sketch_add(sketch, slice_of(text), weight, &taken), streams[row].counters);
		exact[kind] += weight;
		sum += weight;
	}
	return sum;
}

START_TEST(bounds_hold)
{
	SCOPED(sketch) sketch = sketch_new(streams[_i].counters);
	static struct sketch_count counts[KINDS];
	static bool has[KINDS];
	uint64_t sum = feed(sketch, _i), counted = 0;
	size_t count = sketch_counts(sketch, counts);

	memset(has, 0, sizeof(has));
	ck_assert_uint_le(count, streams[_i].counters);
	for (size_t i = 0; i < count; i++) {
		unsigned long kind = strtoul(counts[i].text.data + 1, NULL, 10);

		ck_assert(!has[kind]);
		has[kind] = true;
		ck_assert_uint_le(counts[i].error, sum / streams[_i].counters);
		ck_assert_uint_ge(counts[i].count, exact[kind]);
		ck_assert_uint_le(counts[i].count - counts[i].error, exact[kind]);
		ck_assert(i == 0 || counts[i].count <= counts[i - 1].count);
		counted += counts[i].count;
	}
	ck_assert_uint_eq(counted, sum);
	for (size_t i = 0; i < KINDS; i++)
		ck_assert(has[i] || exact[i] <= sum / streams[_i].counters);
}
END_TEST

START_TEST(few_are_exact)
{
	SCOPED(sketch) sketch = sketch_new(4);
	struct sketch_count counts[4];
	bool taken;

	sketch_add(sketch, SLICE("a"), 1, &taken);
	ck_assert(taken);
	sketch_add(sketch, SLICE(""), 5, &taken);
	sketch_add(sketch, SLICE("a\0b"), 2, &taken);
	ck_assert(taken);
	sketch_add(sketch, SLICE("a"), 2, &taken);
	ck_assert(!taken);
	ck_assert_uint_eq(sketch_counts(sketch, counts), 3);
	ASSERT_TEXT(counts[0].text, SLICE(""));
	ASSERT_TEXT(counts[1].text, SLICE("a"));
	ck_assert_uint_eq(counts[1].count, 3);
	ck_assert_uint_eq(counts[1].error, 0);
	sketch_halve(sketch);
	sketch_counts(sketch, counts);
	ck_assert_uint_eq(counts[0].count, 2);
	ck_assert_uint_eq(counts[1].count, 1);
}
END_TEST

START_TEST(counts_do_not_wrap)
{
	SCOPED(sketch) sketch = sketch_new(1);
	struct sketch_count count;
	bool taken;

	sketch_add(sketch, SLICE("a"), UINT64_MAX, &taken);
	sketch_add(sketch, SLICE("a"), UINT64_MAX, &taken);
	sketch_add(sketch, SLICE("b"), 7, &taken);
	sketch_counts(sketch, &count);
	ck_assert_uint_eq(count.count, UINT64_MAX);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("sketch");

	ADD_ROWS(tests, bounds_hold, streams);
	tcase_add_test(tests, few_are_exact);
	tcase_add_test(tests, counts_do_not_wrap);
	return run_case("sketch", tests);
}

/* test_ranking.c - listings in pages: each page is what sorting everything would give, and none is missing or told
 * twice while others come and go.
 */
#include "util/ranking.h"

#include "util/alloc.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS 1000

static size_t released;

static void release(void *item)
{
	free(item);
	released++;
}

static const struct {
	struct ranking_place a, b;
} ordered[] = {
	{ { TEXT("a"), 0, 9, 9 }, { TEXT("b"), 5, 0, 0 } },
	{ { TEXT("a"), 0, 0, 9 }, { TEXT("ab"), 0, 0, 0 } },
	{ { TEXT("a\0a"), 0, 0, 9 }, { TEXT("a\0b"), 0, 0, 0 } },
	{ { TEXT(""), 2, 9, 9 }, { TEXT(""), 1, 0, 0 } },
	{ { TEXT(""), INT64_MAX, 0, 0 }, { TEXT(""), INT64_MIN, 0, 0 } },
	{ { TEXT(""), 1, 0, 9 }, { TEXT(""), 1, 1, 0 } },
	{ { TEXT(""), 1, 1, 2 }, { TEXT(""), 1, 1, 3 } },
};

START_TEST(has_an_order)
{
	const struct ranking_place *a = &ordered[_i].a, *b = &ordered[_i].b;

	ck_assert_int_lt(ranking_compare(a, b), 0);
	ck_assert_int_gt(ranking_compare(b, a), 0);
	ck_assert_int_eq(ranking_compare(a, a), 0);
}
END_TEST

/* Of a listing of numbers, in an order that looks like none: few ranks, so that ids decide. */
static struct ranking_place place_of(int64_t id)
{
	return (struct ranking_place){ .rank = id * 7919 % 13, .group = id % 2, .id = id };
}

static size_t take_page(
	const bool *there, size_t most, struct ranking_place *at, struct ranking_place *ret)
{
	SCOPED(ranking) ranking = ranking_new(most, at, release);
	size_t count;

	for (int64_t i = 0; i < MEMBERS; i++) {
		struct ranking_place place = place_of(i * 611 % MEMBERS);

		if (there[place.id] && ranking_wants(ranking, &place))
			ranking_add(ranking, &place, xalloc(1));
		ck_assert_uint_le(ranking->count, 4 * most + 64);
	}
	ranking_finish(ranking);
	count = ranking->count;
	for (size_t i = 0; i < count; i++)
		ret[i] = ranking->members[i].place;
	return count;
}

static const size_t sizes[] = { 1, 2, 7, 64, 100, 999, 1000, 5000 };

START_TEST(pages_are_the_whole)
{
	static struct ranking_place page[MEMBERS];
	struct ranking_place last = { .rank = INT64_MAX };
	bool there[MEMBERS];
	size_t most = sizes[_i], told = 0, count;

	memset(there, true, sizeof(there));
	while ((count = take_page(there, most, told > 0 ? &last : NULL, page)) > 0) {
		for (size_t i = 0; i < count; i++) {
			ck_assert(told + i == 0 || ranking_compare(&last, &page[i]) < 0);
			last = page[i];
		}
		told += count;
	}
	ck_assert_uint_eq(told, MEMBERS);
}
END_TEST

/* Every third leaves after the first page, and those of before the place where it ended come back. */
START_TEST(pages_bear_change)
{
	struct ranking_place page[20], first_end, last;
	bool there[MEMBERS], told[MEMBERS] = { false };
	size_t count;

	for (int i = 0; i < MEMBERS; i++)
		there[i] = i % 2 == 0;
	count = take_page(there, 20, NULL, page);
	ck_assert_uint_eq(count, 20);
	last = first_end = page[19];
	for (int i = 0; i < MEMBERS; i++) {
		struct ranking_place place = place_of(i);

		there[i] = i % 3 != 0 || ranking_compare(&place, &last) <= 0;
	}
	while ((count = take_page(there, 20, &last, page)) > 0) {
		for (size_t i = 0; i < count; i++) {
			ck_assert(!told[page[i].id]);
			told[page[i].id] = true;
		}
		last = page[count - 1];
	}
	for (int i = 0; i < MEMBERS; i++) {
		struct ranking_place place = place_of(i);

		ck_assert(told[i] == (i % 3 != 0 && ranking_compare(&place, &first_end) > 0));
	}
}
END_TEST

START_TEST(items_are_released)
{
	struct ranking *ranking = ranking_new(3, NULL, release);

	released = 0;
	for (int64_t i = 0; i < 1000; i++) {
		struct ranking_place place = { .text = SLICE("text"), .rank = i };

		ranking_add(ranking, &place, xalloc(1));
	}
	ranking_finish(ranking);
	ck_assert_uint_eq(ranking->count, 3);
	ck_assert_int_eq(ranking->members[0].place.rank, 999);
	ASSERT_TEXT(ranking->members[2].place.text, SLICE("text"));
	ck_assert_uint_eq(released, 997);
	ranking_free(ranking);
	ck_assert_uint_eq(released, 1000);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("ranking");

	ADD_ROWS(tests, has_an_order, ordered);
	ADD_ROWS(tests, pages_are_the_whole, sizes);
	tcase_add_test(tests, pages_bear_change);
	tcase_add_test(tests, items_are_released);
	return run_case("ranking", tests);
}

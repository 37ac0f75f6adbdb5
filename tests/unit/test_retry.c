/* test_retry.c - the budget of tries again, second by second, and how long the pauses are. */
#include "retry.h"

#include "http_fixture.h"

/* ---- the budget: what happens at a time, and how many tries are granted of those that are asked ---- */

struct step {
	int64_t now_ms;
	int requests;
	int asked;
	int granted;
};

static const struct {
	const char *about;
	int64_t percent;
	struct step steps[8]; /* until one without a deed */
} budgets[] = {
	{ "three at least, without any request", 20, { { 5000, 0, 5, 3 } } },
	{ "three at least of few", 20, { { 5000, 10, 5, 3 } } },
	{ "a fifth of a hundred", 20, { { 5000, 100, 50, 20 } } },
	{ "a percent below three is three", 1, { { 5000, 200, 50, 3 } } },
	{ "a percent of a thousand", 1, { { 5000, 1000, 50, 10 } } },
	{ "all of them", 100, { { 5000, 50, 99, 50 } } },
	{ "none at all", 0, { { 5000, 1000, 5, 0 } } },
	{ "it isn't refilled by waiting a little", 20,
		{ { 0, 100, 50, 20 }, { 5000, 0, 5, 0 }, { 9999, 0, 5, 0 } } },
	{ "ten seconds later all is over", 20, { { 0, 100, 50, 20 }, { 10000, 0, 5, 3 } } },
	{ "what was tried is forgotten with its requests", 20,
		{ { 1000, 50, 10, 10 }, { 6000, 50, 20, 10 }, { 11000, 0, 9, 0 },
			{ 11000, 5, 9, 1 }, { 16000, 0, 9, 2 } } },
	{ "after a long pause, at the same place of the ring", 20,
		{ { 3000, 100, 50, 20 }, { 103000, 0, 9, 3 } } },
};

START_TEST(budget_holds)
{
	struct retry_budget *budget = retry_budget_new(budgets[_i].percent);

	for (const struct step *s = budgets[_i].steps; s->requests > 0 || s->asked > 0; s++) {
		int granted = 0;

		for (int i = 0; i < s->requests; i++)
			retry_budget_request(budget, s->now_ms);
		for (int i = 0; i < s->asked; i++)
			granted += retry_budget_take(budget, s->now_ms);
		ck_assert_msg(granted == s->granted, "%s: %d at %d", budgets[_i].about, granted,
			(int)s->now_ms);
	}
	retry_budget_free(budget);
}
END_TEST

/* An origin that fails each request, at a hundred a second for a minute: tries stay a fifth, whatever
 * ten seconds one looks at. */
START_TEST(a_dead_origin_is_spared)
{
	struct retry_budget *budget = retry_budget_new(20);
	int tried[60] = { 0 };

	for (int64_t now_ms = 0; now_ms < 60000; now_ms += 10) {
		retry_budget_request(budget, now_ms);
		for (int again = 0; again < 2; again++)
			tried[now_ms / 1000] += retry_budget_take(budget, now_ms);
	}
	for (int from = 0; from + 10 <= 60; from++) {
		int sum = 0;

		for (int i = from; i < from + 10; i++)
			sum += tried[i];
		ck_assert_int_le(sum, 200 + 3);
	}
	retry_budget_free(budget);
}
END_TEST

/* ---- pauses ---- */

static const struct {
	int64_t n, base_ms, most_ms;
	uint64_t random;
	int64_t pause_ms;
} pauses[] = {
	{ 1, 100, 2000, 0, 0 },
	{ 1, 100, 2000, 100, 100 },
	{ 1, 100, 2000, 101, 0 },
	{ 2, 100, 2000, 200, 200 },
	{ 3, 100, 2000, 400, 400 },
	{ 5, 100, 2000, 1600, 1600 },
	{ 6, 100, 2000, 2000, 2000 },
	{ 6, 100, 2000, 2001, 0 },
	{ 1000000, 100, 2000, 2000, 2000 },
	{ INT64_MAX, 1, INT64_MAX, UINT64_MAX, INT64_MAX },
	{ 1, 5000, 2000, 2001, 0 },
	{ 3, 0, 2000, UINT64_MAX, 0 },
	{ 3, 100, 0, UINT64_MAX, 0 },
};

START_TEST(pause_is)
{
	ck_assert_int_eq(retry_pause_ms(pauses[_i].n, pauses[_i].base_ms, pauses[_i].most_ms,
				 pauses[_i].random),
		pauses[_i].pause_ms);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("retry");

	ADD_ROWS(tests, budget_holds, budgets);
	tcase_add_test(tests, a_dead_origin_is_spared);
	ADD_ROWS(tests, pause_is, pauses);
	return run_case("retry", tests);
}

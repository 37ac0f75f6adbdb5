/* upstream/retry.c - the budget of tries again, and the pauses before them.
 *
 * Requests and tries are counted by the second, in a ring of ten. Not here: which failures may be tried
 * again at all. Ownership: a budget belongs to who made it.
 */
#include "retry.h"

#include "util/alloc.h"

#include <stdlib.h>

#define SECONDS  10
#define AT_LEAST 3

struct second {
	int64_t number; /* since the clock's begin; another one's counts are over */
	int64_t requests;
	int64_t tries;
};

struct retry_budget {
	int64_t percent;
	struct second ring[SECONDS];
};

struct retry_budget *retry_budget_new(int64_t percent)
{
	struct retry_budget *budget = xalloc(sizeof(*budget));

	budget->percent = percent;
	return budget;
}

void retry_budget_free(struct retry_budget *budget)
{
	free(budget);
}

static struct second *second_of(struct retry_budget *budget, int64_t now_ms)
{
	int64_t number = now_ms / 1000;
	struct second *second = &budget->ring[number % SECONDS];

	if (second->number != number)
		*second = (struct second){ .number = number };
	return second;
}

void retry_budget_request(struct retry_budget *budget, int64_t now_ms)
{
	second_of(budget, now_ms)->requests++;
}

bool retry_budget_has(const struct retry_budget *budget, int64_t now_ms)
{
	int64_t oldest = now_ms / 1000 - SECONDS + 1, requests = 0, tries = 0, most;

	for (size_t i = 0; i < SECONDS; i++) {
		if (budget->ring[i].number >= oldest) {
			requests += budget->ring[i].requests;
			tries += budget->ring[i].tries;
		}
	}
	most = requests * budget->percent / 100;
	if (budget->percent > 0 && most < AT_LEAST)
		most = AT_LEAST;
	return tries < most;
}

bool retry_budget_take(struct retry_budget *budget, int64_t now_ms)
{
	if (!retry_budget_has(budget, now_ms))
		return false;
	second_of(budget, now_ms)->tries++;
	return true;
}

void retry_budget_give_back(struct retry_budget *budget, int64_t now_ms)
{
	struct second *second = second_of(budget, now_ms);

	if (second->tries > 0)
		second->tries--;
}

int64_t retry_pause_ms(int64_t n, int64_t base_ms, int64_t most_ms, uint64_t random)
{
	int64_t bound_ms = base_ms;

	while (n-- > 1 && bound_ms < most_ms)
		bound_ms = bound_ms > most_ms / 2 ? most_ms : bound_ms * 2;
	if (bound_ms > most_ms)
		bound_ms = most_ms;
	return bound_ms > 0 ? (int64_t)(random % ((uint64_t)bound_ms + 1)) : 0;
}

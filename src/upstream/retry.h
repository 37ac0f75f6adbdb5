/* upstream/retry.h - whether and when a request is tried again.
 *
 * The budget: tries again may be `percent` of the requests of the last ten seconds, and three at least, so
 * that a single client's bad luck is mended while an origin that fails altogether isn't asked thrice as
 * often. The pause grows by doubles and is drawn from zero to its bound ("full jitter").
 *
 * Pure but for what it remembers; time is an argument (monotonic milliseconds). Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct retry_budget;

/* percent 0: none at all. */
struct retry_budget *retry_budget_new(int64_t percent);
void retry_budget_free(struct retry_budget *budget);

void retry_budget_request(struct retry_budget *budget, int64_t now_ms);

/* Whether there is one try more in it. */
bool retry_budget_has(const struct retry_budget *budget, int64_t now_ms);

/* true: one try more is taken from it. */
bool retry_budget_take(struct retry_budget *budget, int64_t now_ms);

/* One that was just taken is not going to be. */
void retry_budget_give_back(struct retry_budget *budget, int64_t now_ms);

/* The pause before try n (1: the first again); random: any number. */
int64_t retry_pause_ms(int64_t n, int64_t base_ms, int64_t most_ms, uint64_t random);

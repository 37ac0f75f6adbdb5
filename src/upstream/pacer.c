/* upstream/pacer.c - spacing, a gate, a quota and a bound of requests under way.
 *
 * Spacing is the generic cell rate algorithm: `due` is when the next one would go if all were evenly apart;
 * one may go up to burst - 1 spacings before that. In nanoseconds: a rate may be beyond a thousand a second.
 *
 * A rate that was learned counts all that go, a burst too: where its count has room for that, the spacing is
 * that of the rest of its count; else there is no burst.
 *
 * A quota is what an answer said is left. Those without an answer yet may each have one of it.
 *
 * Ownership: a pacer belongs to who made it.
 */
#include "pacer.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_MS       ((int64_t)1000000)
#define MOST_PERIOD_MS  (365LL * 24 * 60 * 60 * 1000)
#define MOST_NS         (INT64_MAX / 4)
#define LEARNED_MS      (10LL * 60 * 1000)
#define MOST_SHUT_MS    (60LL * 60 * 1000)
#define PENALTY_MS      ((int64_t)1000)
#define MOST_PENALTY_MS ((int64_t)60000)
#define CAUTION_MS      ((int64_t)1000)
#define SAME_RESET_MS   ((int64_t)1500) /* resets are told in seconds */

/* What keeps requests apart; spacing_ns 0: nothing does. */
struct rate {
	int64_t count;
	int64_t period_ms;
	int64_t spacing_ns;
	int64_t burst;
};

struct pacer {
	struct rate configured;
	int64_t concurrency; /* configured */
	bool learns;
	int64_t due_ns;
	int64_t last_ms; /* when one went */
	int64_t under_way;
	int64_t unanswered; /* of these, without a head; never fewer than there are */
	int64_t shut_until_ms;
	int64_t penalty_ms; /* the last one's; 0: a request was answered well since */
	bool cautious;
	struct {
		struct rate rate;
		int64_t rate_until_ms;
		int64_t concurrency;
		int64_t concurrency_until_ms;
		int64_t quota;
		int64_t quota_until_ms;
	} learned;
};

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t times(int64_t count, int64_t ns)
{
	int64_t product;

	return __builtin_mul_overflow(count, ns, &product) ? MOST_NS : smaller(product, MOST_NS);
}

/* ---- what is in force ---- */

static int64_t spacing_of(int64_t count, int64_t period_ms)
{
	return (smaller(period_ms, MOST_PERIOD_MS) * NS_PER_MS / 20 * 21 - 1) / count + 1;
}

static struct rate rate_of(const struct pacer_rules *rules)
{
	struct rate rate = { .burst = larger(rules->burst, 1) };

	if (rules->count <= 0 || rules->period_ms <= 0)
		return rate;
	rate.count = rules->count;
	rate.period_ms = rules->period_ms;
	rate.spacing_ns = spacing_of(rate.count, rate.period_ms);
	return rate;
}

static struct rate rate_told(const struct rate_fields *told, int64_t burst)
{
	struct rate rate = {
		.count = told->count,
		.period_ms = told->period_ms,
		.burst = burst <= told->count / 2 ? burst : 1,
	};

	rate.spacing_ns = spacing_of(rate.count - (rate.burst - 1), rate.period_ms);
	return rate;
}

/* The wider spacing, and the smaller burst: then each of both rates is kept. */
static struct rate rate_in_force(const struct pacer *pacer, int64_t now_ms)
{
	const struct rate *learned = &pacer->learned.rate;
	struct rate rate = pacer->configured;

	if (now_ms >= pacer->learned.rate_until_ms)
		return rate;
	if (learned->spacing_ns > rate.spacing_ns)
		rate = *learned;
	rate.burst = smaller(pacer->configured.burst, learned->burst);
	return rate;
}

static int64_t concurrency_in_force(const struct pacer *pacer, int64_t now_ms)
{
	if (now_ms >= pacer->learned.concurrency_until_ms)
		return pacer->concurrency;
	if (pacer->concurrency == 0)
		return pacer->learned.concurrency;
	return smaller(pacer->concurrency, pacer->learned.concurrency);
}

struct pacer *pacer_new(const struct pacer_rules *rules)
{
	struct pacer *pacer = xalloc(sizeof(*pacer));

	pacer->configured = rate_of(rules);
	pacer->concurrency = rules->concurrency;
	pacer->learns = rules->learns;
	pacer->last_ms = -MOST_NS / NS_PER_MS; /* never */
	return pacer;
}

void pacer_free(struct pacer *pacer)
{
	free(pacer);
}

/* ---- who may go ---- */

/* For how long nobody goes who has `ahead` others before him, because the origin said so; 0: the gate is
 * open. */
static int64_t shut_ms(const struct pacer *pacer, size_t ahead, int64_t now_ms)
{
	int64_t left_ms = larger(pacer->shut_until_ms - now_ms, 0);

	if (pacer->learned.quota - pacer->unanswered <= (int64_t)smaller(ahead, INT32_MAX))
		left_ms = larger(left_ms, pacer->learned.quota_until_ms - now_ms);
	return left_ms;
}

/* When one would go if all were evenly apart. A spacing that has become wider holds from the last one on. */
static int64_t due_ns(const struct pacer *pacer, const struct rate *rate)
{
	return larger(pacer->due_ns, pacer->last_ms * NS_PER_MS + rate->spacing_ns);
}

/* How long the spacing keeps one from going, who comes after `ahead` others, if the first of them could go at
 * from_ms. */
static int64_t spaced_ms(
	const struct pacer *pacer, const struct rate *rate, size_t ahead, int64_t from_ms)
{
	int64_t from_ns = from_ms * NS_PER_MS, ns;

	if (rate->spacing_ns == 0)
		return 0;
	ns = larger(due_ns(pacer, rate), from_ns) - from_ns;
	ns += times((int64_t)smaller(ahead, INT32_MAX), rate->spacing_ns);
	ns -= times(rate->burst - 1, rate->spacing_ns);
	return ns > 0 ? (ns + NS_PER_MS - 1) / NS_PER_MS : 0;
}

int64_t pacer_take(struct pacer *pacer, int64_t now_ms)
{
	struct rate rate = rate_in_force(pacer, now_ms);
	int64_t concurrency = concurrency_in_force(pacer, now_ms);
	int64_t wait_ms;

	if (concurrency > 0 && pacer->under_way >= concurrency)
		return PACER_NEVER;
	wait_ms = larger(shut_ms(pacer, 0, now_ms), spaced_ms(pacer, &rate, 0, now_ms));
	if (pacer->cautious)
		wait_ms = larger(wait_ms, pacer->last_ms + CAUTION_MS - now_ms);
	if (wait_ms > 0)
		return wait_ms;
	pacer->due_ns = larger(due_ns(pacer, &rate), now_ms * NS_PER_MS) + rate.spacing_ns;
	pacer->last_ms = now_ms;
	pacer->under_way++;
	pacer->unanswered++;
	return 0;
}

void pacer_give_back(struct pacer *pacer)
{
	pacer->under_way--;
	pacer->unanswered = smaller(pacer->unanswered, pacer->under_way);
}

void pacer_shut(struct pacer *pacer, int64_t until_ms)
{
	pacer->shut_until_ms = larger(pacer->shut_until_ms, until_ms);
}

int64_t pacer_estimate_ms(const struct pacer *pacer, size_t ahead, int64_t now_ms)
{
	struct rate rate = rate_in_force(pacer, now_ms);
	int64_t closed_ms = shut_ms(pacer, ahead, now_ms);

	return closed_ms + spaced_ms(pacer, &rate, ahead, now_ms + closed_ms);
}

/* ---- what answers say ---- */

static void shut(struct pacer *pacer, int status, int64_t retry_after_ms, int64_t now_ms)
{
	int64_t for_ms = smaller(retry_after_ms, MOST_SHUT_MS);

	if (status == 429)
		pacer->cautious = true;
	if (retry_after_ms <= 0) {
		/* those that left before the gate shut say nothing new */
		if (now_ms < pacer->shut_until_ms)
			return;
		for_ms = smaller(larger(2 * pacer->penalty_ms, PENALTY_MS), MOST_PENALTY_MS);
		pacer->penalty_ms = for_ms;
	}
	pacer->shut_until_ms = larger(pacer->shut_until_ms, now_ms + for_ms);
}

static void note_status(struct pacer *pacer, int status, int64_t retry_after_ms, int64_t now_ms)
{
	if (status == 429 || (status == 503 && retry_after_ms > 0)) {
		shut(pacer, status, retry_after_ms, now_ms);
	} else if (status < 500 && now_ms >= pacer->shut_until_ms) {
		pacer->penalty_ms = 0;
		pacer->cautious = false;
	}
}

/* Answers come in any order: of one time of renewal the least is true. */
static void note_quota(struct pacer *pacer, int64_t remaining, int64_t reset_ms, int64_t now_ms)
{
	int64_t until_ms = now_ms + smaller(reset_ms, MOST_SHUT_MS);
	bool same = now_ms < pacer->learned.quota_until_ms &&
		    llabs(until_ms - pacer->learned.quota_until_ms) <= SAME_RESET_MS;

	if (same) {
		pacer->learned.quota = smaller(pacer->learned.quota, remaining);
		return;
	}
	pacer->learned.quota = remaining;
	pacer->learned.quota_until_ms = until_ms;
}

void pacer_learn(struct pacer *pacer, int status, const struct rate_fields *told, int64_t now_ms)
{
	pacer->unanswered = larger(pacer->unanswered - 1, 0);
	if (!pacer->learns)
		return;
	note_status(pacer, status, told->retry_after_ms, now_ms);
	if (told->remaining >= 0 && told->reset_ms > 0)
		note_quota(pacer, told->remaining, told->reset_ms, now_ms);
	if (told->count > 0) {
		pacer->learned.rate = rate_told(told, pacer->configured.burst);
		pacer->learned.rate_until_ms = now_ms + LEARNED_MS;
	}
	if (told->concurrency > 0) {
		pacer->learned.concurrency = told->concurrency;
		pacer->learned.concurrency_until_ms = now_ms + LEARNED_MS;
	}
}

/* The next one waits no longer than the configured spacing after the last. */
void pacer_forget(struct pacer *pacer)
{
	int64_t next_ns = pacer->last_ms * NS_PER_MS + pacer->configured.spacing_ns;

	memset(&pacer->learned, 0, sizeof(pacer->learned));
	pacer->shut_until_ms = pacer->penalty_ms = 0;
	pacer->cautious = false;
	pacer->due_ns = smaller(pacer->due_ns, next_ns);
}

static bool has_learned(const struct pacer *pacer, int64_t now_ms)
{
	return now_ms < pacer->learned.rate_until_ms ||
	       now_ms < pacer->learned.concurrency_until_ms ||
	       now_ms < pacer->learned.quota_until_ms || now_ms < pacer->shut_until_ms;
}

/* ---- for those who look ---- */

static int64_t tokens_of(const struct pacer *pacer, const struct rate *rate, int64_t now_ms)
{
	int64_t room_ns;

	if (rate->spacing_ns == 0)
		return -1;
	room_ns =
		now_ms * NS_PER_MS + times(rate->burst - 1, rate->spacing_ns) - due_ns(pacer, rate);
	return room_ns < 0 ? 0 : smaller(room_ns / rate->spacing_ns + 1, rate->burst);
}

void pacer_state(const struct pacer *pacer, int64_t now_ms, struct pacer_state *ret)
{
	struct rate rate = rate_in_force(pacer, now_ms);

	*ret = (struct pacer_state){
		.under_way = pacer->under_way,
		.concurrency = concurrency_in_force(pacer, now_ms),
		.count = rate.count,
		.period_ms = rate.period_ms,
		.tokens = tokens_of(pacer, &rate, now_ms),
		.shut_ms = shut_ms(pacer, 0, now_ms),
		.learned = has_learned(pacer, now_ms),
	};
}

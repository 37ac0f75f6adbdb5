/* test_pacer.c - scripts of takes and answers, and what is promised of any of them.
 *
 * A script is words, each one step. `@MS` sets the clock. `go` takes and expects to go (`3go` thrice), `wait=MS`
 * and `never` take and expect that. `200`, `429:5000`, `503:1000`: an answer with that status, and the
 * milliseconds of its Retry-After; it may go on with `,` and what else it says: `r7` remaining, `t500` the
 * milliseconds until their renewal, `c5` so many requests in `p1000` ms, `k2` at once. `end` gives one back.
 * `est=AHEAD/MS` is the estimate, `tok=N`, `under=N`, `conc=N`, `rate=N/MS`, `shut=MS`, `learned=0` are the state.
 * `forget` has what was told forgotten.
 */
#include "pacer.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define FREE                   \
	{                      \
		.learns = true \
	}
#define FIVE                                                              \
	{                                                                 \
		.count = 5, .period_ms = 1000, .burst = 1, .learns = true \
	}
#define FIVE_BY_THREE                                                     \
	{                                                                 \
		.count = 5, .period_ms = 1000, .burst = 3, .learns = true \
	}
#define TWO_AT_ONCE                              \
	{                                        \
		.concurrency = 2, .learns = true \
	}
#define DEAF                                              \
	{                                                 \
		.count = 5, .period_ms = 1000, .burst = 1 \
	}

static const struct {
	struct pacer_rules rules;
	const char *script;
} scripts[] = {
	/* nothing configured, nothing told */
	{ FREE, "@0 tok=-1 conc=0 rate=0/0 shut=0 99go under=99 end under=98 est=1000/0" },
	/* forgotten: what was told, and not what is configured */
	{ FREE, "@0 go 429 learned=1 shut=1000 forget learned=0 shut=0 go" },
	{ FREE, "@0 go 200,c1,p3600000 learned=1 wait=3780000 forget rate=0/0 go" },
	{ FREE, "@0 go 200,k1 conc=1 never forget conc=0 go under=2" },
	{ FREE, "@0 go 200,r0,t9000 shut=9000 forget go" },
	{ FIVE, "@1000 go 200,c1,p3600000 @2000 wait=3779000 forget rate=5/1000 go wait=210" },
	{ FIVE, "@1000 go forget wait=210" },
	/* spacing: a twentieth wider */
	{ FIVE, "@5000 tok=1 go tok=0 wait=210 @5209 wait=1 @5210 go wait=210" },
	{ FIVE, "@5000 go @9000 tok=1 go wait=210" },
	{ FIVE, "@5000 est=0/0 est=1/210 est=10/2100 go est=0/210 est=1/420 @5100 est=0/110" },
	{ FIVE, "@0 go wait=210" },
	{ { 3, 1000, 1, 0, true }, "@0 go wait=350" },
	{ { 1, 60000, 1, 0, true }, "@0 go wait=63000" },
	{ { 2000, 1000, 1, 0, true }, "@0 go wait=1 @1 go wait=1 @2 go" },
	{ { 5, 0, 1, 0, true }, "@0 9go" },
	{ { INT64_MAX, INT64_MAX, INT64_MAX, 0, true }, "@0 9go est=1000000/0" },
	{ { 1, INT64_MAX, 9, 0, true }, "@0 9go wait=33112800000" },
	/* after a pause a burst */
	{ FIVE_BY_THREE, "@5000 tok=3 3go tok=0 wait=210 @5210 tok=1 go wait=210" },
	{ FIVE_BY_THREE, "@5000 3go @5420 tok=2 2go wait=210 @9999 tok=3 3go wait=210" },
	{ FIVE_BY_THREE, "@5000 est=2/0 est=3/210 3go est=0/210 est=2/630" },
	/* under way */
	{ TWO_AT_ONCE, "@0 conc=2 2go never under=2 end go never end end under=0" },
	{ { 5, 1000, 1, 1, true }, "@0 go never @100 never end wait=110" },
	/* 429: a second, twice as long each time, a minute at most */
	{ FREE, "@0 go 429 shut=1000 wait=1000 @999 wait=1 @1000 shut=0 go 429 wait=2000 @3000 go "
		"429 wait=4000 @7000 go 429 wait=8000 @15000 go 429 wait=16000 @31000 go 429 "
		"wait=32000 @63000 go 429 wait=60000 @123000 go 429 wait=60000" },
	/* those that left before say nothing new */
	{ FREE, "@0 5go 429 429 429 @500 429 429 wait=500" },
	{ FREE, "@0 5go 429 @500 200 wait=500 @1000 go 429 wait=2000" },
	/* normal again after one was answered well; 404 is well, 500 and 503 aren't */
	{ FREE, "@0 go 429 @1000 go 429 @3000 go 200 9go 429 wait=1000" },
	{ FREE, "@0 go 429 @1000 go 404 9go" },
	{ FREE, "@0 go 429 @1000 go 500 wait=1000 503 wait=1000 @2000 go 429 wait=2000" },
	/* until then one a second */
	{ FREE, "@0 9go 429 @1000 go wait=1000 @1400 wait=600 @2000 go wait=1000 200 9go" },
	{ FIVE, "@0 go 429 @1000 go wait=1000 200 wait=210" },
	{ { 1, 5000, 1, 0, true }, "@0 go 429 @5250 go wait=5250" },
	/* 429 and 503 with Retry-After: for so long, an hour at most */
	{ FREE, "@0 go 429:5000 wait=5000 @4999 wait=1 @5000 go" },
	{ FREE, "@0 go 429:3600000 wait=3600000" },
	{ FREE, "@0 go 429:3600001 wait=3600000" },
	{ FREE, "@0 go 429:31536000000 wait=3600000" },
	{ FREE, "@0 2go 429:5000 429:2000 wait=5000" },
	{ FREE, "@0 3go 429:2000 429:5000 429 wait=5000" },
	{ FREE, "@0 go 429:0 wait=1000" },
	{ FREE, "@0 go 429:5000 @5000 go 429 wait=1000" },
	{ FREE, "@0 go 503:5000 wait=5000 @5000 9go" },
	{ FREE, "@0 go 503 9go" },
	{ FREE, "@0 go 503:0 9go" },
	{ FREE, "@0 go 200:5000 9go" },
	{ FREE, "@0 go 404:5000 9go" },
	{ FIVE, "@0 go 429:50 wait=1000 est=0/210" },
	{ FIVE, "@0 go 429:5000 est=0/5000 est=10/7100" },
	/* a quota: not overdrawn until it is renewed */
	{ FREE, "@0 go 200,r0,t3000 shut=3000 wait=3000 @2999 wait=1 @3000 shut=0 9go" },
	{ FREE, "@0 go 200,r2,t3000 2go wait=3000 est=0/3000 @3000 go" },
	{ FREE, "@0 go 200,r2,t3000 est=1/0 est=2/3000" },
	{ FREE, "@0 4go 200,r5,t3000 2go wait=3000" },
	{ FREE, "@0 4go 200,r3,t3000 200,r2,t3000 200,r1,t3000 200,r0,t3000 wait=3000" },
	{ FREE, "@0 4go 200,r0,t3000 200,r3,t3000 200,r2,t2500 200,r1,t3900 wait=3000" },
	{ FREE, "@0 3go 200,r9,t3000 end end end 9go wait=3000" },
	{ FREE, "@0 2go 200,r0,t3000 @3000 200,r100,t3000 9go" },
	{ FREE, "@0 2go 200,r0,t1000 200,r50,t9000 9go" },
	{ FREE, "@0 go 200,r0,t0 9go" },
	{ FREE, "@0 go 200,r0,t31536000000 wait=3600000" },
	{ FREE, "@0 go 429:1000,r0,t9000 wait=9000" },
	{ FIVE, "@0 go 200,r100,t9000 wait=210" },
	/* a rate that is told: sets or narrows, never widens */
	{ FREE, "@0 go 200,c5,p1000 rate=5/1000 wait=210 @210 go wait=210" },
	{ FIVE, "@0 go 200,c2,p1000 rate=2/1000 wait=525 @525 go wait=525" },
	{ FIVE, "@0 go 200,c50,p1000 rate=5/1000 wait=210" },
	{ FIVE, "@0 go 200,c2,p1000 200,c50,p1000 rate=5/1000 wait=210" },
	/* its count is that of a burst too */
	{ FIVE_BY_THREE, "@0 3go 200,c6,p2000 rate=6/2000 @9000 tok=3 3go wait=525" },
	{ FIVE_BY_THREE, "@0 3go 200,c5,p1000 rate=5/1000 @9000 tok=1 go wait=210" },
	/* forgotten after ten minutes without being said */
	{ FIVE, "@0 go 200,c1,p1000 @599999 rate=1/1000 @600000 rate=5/1000" },
	{ FIVE, "@0 go 200,c1,p1000 @599999 200,c1,p1000 @1199998 rate=1/1000 @1199999 "
		"rate=5/1000" },
	{ FIVE, "@0 go 200,c1,p1000 @599999 200 @600000 rate=5/1000" },
	/* how many at once */
	{ FREE, "@0 go 200,k1 conc=1 never end go never @599999 conc=1 never @600000 conc=0 9go" },
	{ TWO_AT_ONCE, "@0 go 200,k3 conc=2 go never" },
	{ TWO_AT_ONCE, "@0 2go 200,k1 conc=1 end never end go never" },
	/* told not to listen */
	{ DEAF, "@0 go 429:5000 wait=210 @210 go 200,c1,p1000,r0,t3000,k1 wait=210 rate=5/1000 "
		"shut=0 conc=0" },
};

struct world {
	struct pacer *pacer;
	int64_t now_ms;
};

static void expect_number(const char *word, int64_t got, int64_t want)
{
	ck_assert_msg(got == want, "'%s': %lld", word, (long long)got);
}

static bool expects_state(struct world *w, const char *word)
{
	struct pacer_state state;
	long long a, b;

	pacer_state(w->pacer, w->now_ms, &state);
	if (sscanf(word, "tok=%lld", &a) == 1) {
		expect_number(word, state.tokens, a);
	} else if (sscanf(word, "under=%lld", &a) == 1) {
		expect_number(word, state.under_way, a);
	} else if (sscanf(word, "conc=%lld", &a) == 1) {
		expect_number(word, state.concurrency, a);
	} else if (sscanf(word, "shut=%lld", &a) == 1) {
		expect_number(word, state.shut_ms, a);
	} else if (sscanf(word, "learned=%lld", &a) == 1) {
		expect_number(word, state.learned, a);
	} else if (sscanf(word, "rate=%lld/%lld", &a, &b) == 2) {
		expect_number(word, state.count, a);
		expect_number(word, state.period_ms, b);
	} else if (sscanf(word, "est=%lld/%lld", &a, &b) == 2) {
		expect_number(word, pacer_estimate_ms(w->pacer, (size_t)a, w->now_ms), b);
	} else {
		return false;
	}
	return true;
}

static bool takes(struct world *w, const char *word)
{
	char *rest;
	long times = strtol(word, &rest, 10);
	long long wait;

	if (strcmp(rest, "go") == 0) {
		for (long i = 0; i < (rest == word ? 1 : times); i++)
			expect_number(word, pacer_take(w->pacer, w->now_ms), 0);
	} else if (sscanf(word, "wait=%lld", &wait) == 1) {
		expect_number(word, pacer_take(w->pacer, w->now_ms), wait);
	} else if (strcmp(word, "never") == 0) {
		expect_number(word, pacer_take(w->pacer, w->now_ms), PACER_NEVER);
	} else {
		return false;
	}
	return true;
}

static int64_t *said(struct rate_fields *fields, char letter)
{
	switch (letter) {
	case 'r':
		return &fields->remaining;
	case 't':
		return &fields->reset_ms;
	case 'c':
		return &fields->count;
	case 'p':
		return &fields->period_ms;
	case 'k':
		return &fields->concurrency;
	default:
		ck_abort_msg("what is '%c'?", letter);
	}
}

/* 429:5000,r0,t3000 */
static void answers(struct world *w, const char *word)
{
	struct rate_fields told = { .remaining = -1, .retry_after_ms = -1 };
	char *rest;
	long status = strtol(word, &rest, 10);

	ck_assert_msg(rest != word, "what is '%s'?", word);
	if (*rest == ':')
		told.retry_after_ms = strtoll(rest + 1, &rest, 10);
	while (*rest == ',') {
		int64_t *at = said(&told, rest[1]);

		*at = strtoll(rest + 2, &rest, 10);
	}
	ck_assert_msg(*rest == '\0', "what is '%s'?", word);
	pacer_learn(w->pacer, (int)status, &told, w->now_ms);
}

START_TEST(plays)
{
	struct world w = { .pacer = pacer_new(&scripts[_i].rules) };
	char script[512], *rest = script, *word;

	snprintf(script, sizeof(script), "%s", scripts[_i].script);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '@')
			w.now_ms = strtoll(word + 1, NULL, 10);
		else if (strcmp(word, "end") == 0)
			pacer_give_back(w.pacer);
		else if (strcmp(word, "forget") == 0)
			pacer_forget(w.pacer);
		else if (!expects_state(&w, word) && !takes(&w, word))
			answers(&w, word);
	}
	pacer_free(w.pacer);
}
END_TEST

/* ---- promises: asked as often as can be, and after pauses ---- */

#define MOST_GONE 4000

static const struct {
	int64_t count, period_ms, burst;
	int64_t told_count, told_period_ms; /* by each answer */
} rates[] = {
	{ 5, 1000, 1, 0, 0 },
	{ 1, 1000, 1, 0, 0 },
	{ 3, 1000, 1, 0, 0 },
	{ 7, 1000, 1, 0, 0 },
	{ 10, 1000, 1, 0, 0 },
	{ 50, 1000, 1, 0, 0 },
	{ 100, 60000, 1, 0, 0 },
	{ 13, 250, 1, 0, 0 },
	{ 5, 1000, 2, 0, 0 },
	{ 5, 1000, 5, 0, 0 },
	{ 5, 1000, 20, 0, 0 },
	{ 100, 1000, 30, 0, 0 },
	{ 5, 1000, 1, 3, 1000 },
	{ 5, 1000, 2, 20, 10000 },
	{ 0, 0, 4, 10, 1000 },
	{ 0, 0, 4, 7, 1000 },
	{ 50, 1000, 10, 100, 10000 },
};

/* When they went, over some windows' time; a pause now and then, so that bursts come up. */
static size_t run(int row, int64_t went_ms[MOST_GONE])
{
	struct pacer *pacer = pacer_new(&(struct pacer_rules){
		.count = rates[row].count,
		.period_ms = rates[row].period_ms,
		.burst = rates[row].burst,
		.learns = true,
	});
	struct rate_fields told = {
		.count = rates[row].told_count,
		.period_ms = rates[row].told_period_ms,
		.remaining = -1,
		.retry_after_ms = -1,
	};
	int64_t longest_ms = rates[row].period_ms + rates[row].told_period_ms;
	size_t gone = 0;

	pacer_learn(pacer, 200, &told, 0);
	for (int64_t now_ms = 0; now_ms < 12 * longest_ms && gone < MOST_GONE; now_ms++) {
		if (now_ms % (4 * longest_ms) > 3 * longest_ms)
			continue;
		while (gone < MOST_GONE && pacer_take(pacer, now_ms) == 0) {
			went_ms[gone++] = now_ms;
			pacer_learn(pacer, 200, &told, now_ms);
			pacer_give_back(pacer);
		}
	}
	pacer_free(pacer);
	return gone;
}

/* The most of them in any window. */
static int64_t most_in(int64_t period_ms, const int64_t *at_ms, size_t count)
{
	int64_t most = 0;

	for (size_t first = 0, end = 0; first < count; first++) {
		while (end < count && at_ms[end] - at_ms[first] < period_ms)
			end++;
		if ((int64_t)(end - first) > most)
			most = (int64_t)(end - first);
	}
	return most;
}

START_TEST(no_window_has_more)
{
	static int64_t went_ms[MOST_GONE];
	size_t gone = run(_i, went_ms);

	ck_assert_uint_gt(gone, 5);
	if (rates[_i].count > 0)
		ck_assert_int_le(most_in(rates[_i].period_ms, went_ms, gone),
			rates[_i].count + rates[_i].burst - 1);
	if (rates[_i].told_count > 0)
		ck_assert_int_le(
			most_in(rates[_i].told_period_ms, went_ms, gone), rates[_i].told_count);
}
END_TEST

/* It is kept, and not just by sending nothing: nine tenths of the rate at least, where nothing narrows it. */
START_TEST(most_of_the_rate_is_used)
{
	static int64_t went_ms[MOST_GONE];
	size_t gone = run(_i, went_ms);

	if (rates[_i].told_count == 0)
		ck_assert_int_ge((int64_t)gone * rates[_i].period_ms * 10,
			9 * (went_ms[gone - 1] - went_ms[0]) * rates[_i].count * 3 / 4);
}
END_TEST

static int by_time(const void *a, const void *b)
{
	const int64_t *at = a, *other = b;

	return (*at > *other) - (*at < *other);
}

/* What leaves evenly arrives up to 4 % of the period later, and never more than the rate says at once: the
 * worst for a window of n + 1 is that its first is late and its last isn't, so each pattern of that length
 * is one of the bits of a number, and random ones beside. */
START_TEST(jitter_is_borne)
{
	static int64_t went_ms[MOST_GONE], arrived_ms[MOST_GONE];
	size_t gone = run(_i, went_ms);
	int64_t jitter_ms = rates[_i].period_ms * 4 / 100;
	uint64_t bits = 88172645463325252ull;

	if (rates[_i].burst != 1 || rates[_i].told_count != 0)
		return;
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < gone; i++) {
			bits ^= bits << 13;
			bits ^= bits >> 7;
			bits ^= bits << 17;
			arrived_ms[i] = went_ms[i] + ((bits >> 40 & 1) != 0 ? jitter_ms : 0);
		}
		qsort(arrived_ms, gone, sizeof(arrived_ms[0]), by_time);
		ck_assert_int_le(most_in(rates[_i].period_ms, arrived_ms, gone), rates[_i].count);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("pacer");

	ADD_ROWS(tests, plays, scripts);
	ADD_ROWS(tests, no_window_has_more, rates);
	ADD_ROWS(tests, most_of_the_rate_is_used, rates);
	ADD_ROWS(tests, jitter_is_borne, rates);
	return run_case("pacer", tests);
}

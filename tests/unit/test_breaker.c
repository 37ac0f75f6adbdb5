/* test_breaker.c - scripts of outcomes, and what the breaker comes to.
 *
 * A script is words, each one step: `+` and `-` note an outcome (of what left while it was closed), many at
 * once as `20-`; `@MS` sets the clock; `go`, `probe` and `refused` ask and expect that; `well` and `failed`
 * are the probe's outcome, `forget` that it has none; `closed`, `open` and `half` expect the state, `left=MS`
 * the time left, `counts=WELL/FAILED` what is in the window. `poor` notes a response that is rejected. `hold` and
 * `close` are an operator's.
 */
#include "breaker.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define BOTH                            \
	{                               \
		50, 30000, 20, 5, 15000 \
	}
#define BY_RATE                         \
	{                               \
		50, 30000, 20, 0, 15000 \
	}
#define BY_ROW                         \
	{                              \
		0, 30000, 20, 5, 15000 \
	}
#define NEITHER                        \
	{                              \
		0, 30000, 20, 0, 15000 \
	}

static const struct {
	struct breaker_rules rules;
	const char *script;
} scripts[] = {
	/* by failures in a row */
	{ BY_ROW, "@1000 go 4- closed go - open refused" },
	{ BY_ROW, "@1000 4- + 4- closed - open" },
	{ BY_ROW, "@1000 - @100000 - @200000 - @300000 - closed @400000 - open" },
	{ NEITHER, "@1000 1000- closed go" },
	/* by their share */
	{ BY_RATE, "@1000 19- closed - open" },
	{ BY_RATE, "@1000 10+ 9- closed - open" },
	{ BY_RATE, "@1000 11+ 10- closed - open" },
	{ BY_RATE, "@1000 100+ 99- closed - open" },
	{ BY_RATE, "@1000 1000+ 19- closed" },
	{ BY_RATE, "@1000 19+ + closed counts=20/0" },
	/* only a failure opens it, and nothing but what is in the window counts */
	{ BY_RATE, "@0 19- @29999 counts=0/19 closed @30000 counts=0/0 - closed counts=0/1" },
	{ BY_RATE, "@0 10- @15000 9- @29999 counts=0/19 @30000 counts=0/9 10- closed - open" },
	{ BY_RATE, "@0 1000+ @30000 19- closed - open" },
	{ BY_RATE, "@3000 5- @303000 counts=0/0" },
	/* both */
	{ BOTH, "@1000 5- open" },
	{ BOTH, "@1000 4- + 4- + 3- 2+ 4- closed - open" },
	/* opened: until its time is up, then one at a time */
	{ BY_ROW, "@1000 5- open left=15000 @15999 open left=1 refused @16000 half left=0" },
	{ BY_ROW, "@1000 5- @16000 probe refused refused half" },
	{ BY_ROW, "@1000 5- @16000 probe well closed left=0 go go" },
	{ BY_ROW, "@1000 5- @16000 probe @20000 failed open left=15000 refused @35000 probe" },
	{ BY_ROW, "@1000 5- @16000 probe forget half probe refused" },
	{ BY_ROW, "@1000 5- @16000 probe poor half probe refused" },
	{ BY_ROW, "@1000 poor poor poor poor poor poor closed 4- closed poor closed - open" },
	{ BOTH, "@1000 10+ poor poor poor poor poor poor poor poor poor closed poor open" },
	{ BY_ROW, "@1000 5- @16000 probe @99000 refused half" },
	/* what left before says nothing any more */
	{ BY_ROW, "@1000 5- @2000 20- open left=14000 20+ open" },
	{ BY_ROW, "@1000 5- @16000 probe 20- + refused half well closed" },
	/* closed again: from the beginning */
	{ BY_ROW, "@1000 5- @16000 probe well 4- closed counts=0/4 - open" },
	{ BOTH, "@1000 40+ 5- open @16000 probe well counts=0/0 4- + closed" },
	/* an operator's word */
	{ BY_ROW, "@1000 hold open refused left=15000 @99000 open refused left=15000" },
	{ BY_ROW, "@1000 hold close closed left=0 go 4- closed - open" },
	{ BY_ROW, "@1000 4- hold close counts=0/0 4- closed" },
	{ BY_ROW, "@1000 5- open close closed go counts=0/0" },
	{ BY_ROW, "@1000 5- hold @99000 open close go" },
	/* a probe that is under way doesn't undo it, and one that comes late is as any other */
	{ BY_ROW, "@1000 5- @16000 probe hold well open refused close go" },
	{ BY_ROW, "@1000 5- @16000 probe close failed closed counts=0/1 go" },
	{ BY_ROW, "@1000 5- @16000 probe close well closed counts=1/0 go go" },
	{ BY_ROW, "@1000 5- @16000 probe close 5- open @31000 probe" },
	/* odd rules */
	{ { 50, 0, 1, 0, 0 }, "@1000 - half probe well closed" },
	{ { 100, 5, 2, 0, 10 }, "@1000 + - closed @1010 2- open" },
};

struct world {
	struct breaker *breaker;
	int64_t now_ms;
};

static bool expects_leave(struct world *w, const char *word)
{
	static const char *const words[] = {
		[BREAKER_GO] = "go",
		[BREAKER_PROBE] = "probe",
		[BREAKER_REFUSED] = "refused",
	};

	for (int i = 0; i < 3; i++) {
		if (strcmp(word, words[i]) == 0) {
			ck_assert_msg((int)breaker_ask(w->breaker, w->now_ms) == i, "%s at %d",
				word, (int)w->now_ms);
			return true;
		}
	}
	return false;
}

static bool expects_state(struct world *w, const char *word)
{
	static const char *const words[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half",
	};

	for (int i = 0; i < 3; i++) {
		if (strcmp(word, words[i]) == 0) {
			ck_assert_msg((int)breaker_state(w->breaker, w->now_ms) == i, "%s at %d",
				word, (int)w->now_ms);
			return true;
		}
	}
	return false;
}

static bool expects_numbers(struct world *w, const char *word)
{
	int64_t well, failed;
	int a, b;

	if (sscanf(word, "left=%d", &a) == 1) {
		ck_assert_int_eq(breaker_left_ms(w->breaker, w->now_ms), a);
		return true;
	}
	if (sscanf(word, "counts=%d/%d", &a, &b) == 2) {
		breaker_counts(w->breaker, w->now_ms, &well, &failed);
		ck_assert_int_eq(well, a);
		ck_assert_int_eq(failed, b);
		return true;
	}
	return false;
}

static bool notes_probe(struct world *w, const char *word)
{
	if (strcmp(word, "forget") == 0)
		breaker_forget(w->breaker, true);
	else if (strcmp(word, "poor") == 0)
		breaker_note_rejected(w->breaker, true, w->now_ms);
	else if (strcmp(word, "well") == 0 || strcmp(word, "failed") == 0)
		breaker_note(w->breaker, word[0] == 'w', true, w->now_ms);
	else
		return false;
	return true;
}

static bool is_ordered(struct world *w, const char *word)
{
	bool holds = strcmp(word, "hold") == 0;

	if (!holds && strcmp(word, "close") != 0)
		return false;
	if (holds)
		breaker_hold(w->breaker);
	else
		breaker_close(w->breaker);
	ck_assert(breaker_is_held(w->breaker) == holds);
	return true;
}

static void notes_others(struct world *w, const char *word)
{
	char *sign;
	long times = strtol(word, &sign, 10);

	if (*word == '+' || *word == '-') {
		sign = (char *)word;
		times = 1;
	}
	ck_assert_msg((*sign == '+' || *sign == '-') && sign[1] == '\0', "what is '%s'?", word);
	for (long i = 0; i < times; i++)
		breaker_note(w->breaker, *sign == '+', false, w->now_ms);
}

START_TEST(plays)
{
	struct world w = { .breaker = breaker_new(&scripts[_i].rules) };
	char script[512], *rest = script, *word;

	snprintf(script, sizeof(script), "%s", scripts[_i].script);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '@')
			w.now_ms = strtoll(word + 1, NULL, 10);
		else if (!expects_leave(&w, word) && !expects_state(&w, word) &&
			 !expects_numbers(&w, word) && !notes_probe(&w, word) &&
			 !is_ordered(&w, word))
			notes_others(&w, word);
	}
	breaker_free(w.breaker);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("breaker");

	ADD_ROWS(tests, plays, scripts);
	return run_case("breaker", tests);
}

/* test_balancer.c - scripts of picks and outcomes, and whom the balancer asks.
 *
 * A script is words, each one step: a digit picks and expects that origin, `!N` before it says whom to avoid
 * (`!01`: avoid 0, expect 1); `N+` and `N-` end one of N's requests well or badly, `N?` without an outcome;
 * `N^` and `Nv` are what a check found; `@MS` sets the clock; `upN` and `outN` expect its state, `N=COUNT` how
 * many are under way; `N*COUNT` is so many requests to N that fail, one after the other, `N/COUNT` so many that
 * end well, and `N~COUNT` without an outcome. `forget` has it forget failures.
 */
#include "balancer.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

enum { ROBIN, LEAST };

static const struct {
	int64_t weights[4];
	size_t count;
	int how;
	const char *script;
} scripts[] = {
	{ { 1 }, 1, ROBIN, "0 0 0 !00 0=4 0+ 0? 0- 0=1" },
	/* in turns, and by weight */
	{ { 1, 1 }, 2, ROBIN, "0 1 0 1 0 1" },
	{ { 1, 1, 1 }, 3, ROBIN, "0 1 2 0 1 2" },
	{ { 2, 1 }, 2, ROBIN, "0 1 0 0 1 0 0 1 0" },
	{ { 5, 1, 1 }, 3, ROBIN, "0 0 1 0 2 0 0 0 0 1 0 2 0 0" },
	{ { 0, -3 }, 2, ROBIN, "0 1 0 1" },
	/* the one that failed is avoided where there is another */
	{ { 1, 1 }, 2, ROBIN, "!01 !10 !01" },
	{ { 9, 1 }, 2, ROBIN, "!01 !01 !01" },
	{ { 1, 1, 1 }, 3, ROBIN, "1v !02 !20 !02" },
	{ { 1, 1 }, 2, ROBIN, "1v !00 0" },
	{ { 1, 1 }, 2, ROBIN, "0v 1v !01 !10" },
	/* the least loaded */
	{ { 1, 1 }, 2, LEAST, "0 1 1 0 0=2 1=2 1+ 1 1+ 1+ 1 1" },
	{ { 1, 1, 1 }, 3, LEAST, "0 1 2 1+ 1 2+ 0+ 2 0" },
	{ { 3, 1 }, 2, LEAST, "0 0 0 1 0=3 1=1" },
	{ { 1, 1 }, 2, LEAST, "0 1 0? 0 !01 1=2" },
	/* checks */
	{ { 1, 1 }, 2, ROBIN, "up0 up1 0v out0 1 1 1 0^ up0 0 1" },
	{ { 1, 1 }, 2, ROBIN, "0v 1v out0 out1 0 1 0 1" },
	{ { 1, 1 }, 2, ROBIN, "0v 0v 1 0^ up0 0^ up0" },
	/* ejection: five failures in a row, for a while that grows */
	{ { 1, 1 }, 2, ROBIN, "@1000 0*4 up0 0*1 out0 1 1 @30999 out0 @31000 up0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*4 0/1 0*4 up0 0*1 out0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*4 0~1 up0 0*1 out0" },
	{ { 1, 1 }, 2, ROBIN,
		"@1000 0*5 @31000 0*5 @90999 out0 @91000 up0 0*5 @180999 out0 @181000 up0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 @31000 up0 @331001 0*5 @361001 up0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 @31000 up0 @331000 0*5 @361000 out0 @391000 up0" },
	/* what fails of an ejected one says nothing new */
	{ { 1, 1 }, 2, ROBIN,
		"@1000 0 1 0 1 0 1 0 1 0 1 0 1 0- 0- 0- 0- 0- out0 0- @31000 up0 0*4 up0 0*1 "
		"out0" },
	/* one answer that left before doesn't bring it back */
	{ { 1, 1 }, 2, ROBIN, "@1000 0 0*5 0+ out0" },
	/* all out: all are asked, and the first that answers is in */
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 1*5 out0 out1 1/1 up1 out0 1 1" },
	/* forgotten: failures and ejections, and not what checks found */
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 out0 forget up0 0*4 up0 0*1 out0 @30999 out0 @31000 up0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*4 forget 0*4 up0 0*1 out0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0v 1*5 forget out0 up1" },
	/* in by ejection's end, out by checks; and the other way round */
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 0v @31000 out0 0^ up0" },
	{ { 1, 1 }, 2, ROBIN, "@1000 0*5 0v 0^ out0 @31000 up0" },
};

struct world {
	struct balancer *balancer;
	int64_t now_ms;
};

static void pick(struct world *w, size_t avoid, size_t want, const char *word)
{
	size_t got = balancer_pick(w->balancer, avoid, w->now_ms);

	ck_assert_msg(got == want, "'%s' at %d: %d", word, (int)w->now_ms, (int)got);
}

/* A request to one of them, without asking whose turn it is. */
static void ask_one(struct world *w, size_t origin, enum balancer_outcome outcome)
{
	size_t passed[64], count = 0, got;

	while ((got = balancer_pick(w->balancer, BALANCER_ANY, w->now_ms)) != origin && count < 64)
		passed[count++] = got;
	if (got == origin)
		balancer_end(w->balancer, origin, outcome, w->now_ms);
	while (count > 0)
		balancer_end(w->balancer, passed[--count], BALANCER_UNTOLD, w->now_ms);
}

static bool expects(struct world *w, const char *word)
{
	int origin, number;

	if (sscanf(word, "up%d", &origin) == 1)
		ck_assert_msg(balancer_is_up(w->balancer, (size_t)origin, w->now_ms), "%s at %d",
			word, (int)w->now_ms);
	else if (sscanf(word, "out%d", &origin) == 1)
		ck_assert_msg(!balancer_is_up(w->balancer, (size_t)origin, w->now_ms), "%s at %d",
			word, (int)w->now_ms);
	else if (sscanf(word, "%d=%d", &origin, &number) == 2)
		ck_assert_int_eq(balancer_outstanding(w->balancer, (size_t)origin), number);
	else
		return false;
	return true;
}

static void ask_many(struct world *w, const char *word)
{
	enum balancer_outcome outcome = word[1] == '*'   ? BALANCER_FAILED
					: word[1] == '/' ? BALANCER_WELL
							 : BALANCER_UNTOLD;

	ck_assert_msg(strchr("*/~", word[1]) != NULL, "what is '%s'?", word);
	for (long i = strtol(word + 2, NULL, 10); i > 0; i--)
		ask_one(w, (size_t)(word[0] - '0'), outcome);
}

static void step(struct world *w, const char *word)
{
	size_t origin = (size_t)(word[0] - '0');

	switch (word[1]) {
	case '\0':
		pick(w, BALANCER_ANY, origin, word);
		break;
	case '+':
		balancer_end(w->balancer, origin, BALANCER_WELL, w->now_ms);
		break;
	case '-':
		balancer_end(w->balancer, origin, BALANCER_FAILED, w->now_ms);
		break;
	case '?':
		balancer_end(w->balancer, origin, BALANCER_UNTOLD, w->now_ms);
		break;
	case '^':
	case 'v':
		balancer_checked(w->balancer, origin, word[1] == '^');
		break;
	default:
		ask_many(w, word);
	}
}

START_TEST(plays)
{
	char script[512], *rest = script, *word;
	struct world w = {
		.balancer = balancer_new(&(struct balancer_rules){
			.weights = scripts[_i].weights,
			.count = scripts[_i].count,
			.least_outstanding = scripts[_i].how == LEAST,
			.eject_after = 5,
			.eject_ms = 30000,
		}),
	};

	snprintf(script, sizeof(script), "%s", scripts[_i].script);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '@')
			w.now_ms = strtoll(word + 1, NULL, 10);
		else if (word[0] == '!')
			pick(&w, (size_t)(word[1] - '0'), (size_t)(word[2] - '0'), word);
		else if (strcmp(word, "forget") == 0)
			balancer_forget(w.balancer);
		else if (!expects(&w, word))
			step(&w, word);
	}
	balancer_free(w.balancer);
}
END_TEST

/* An origin that fails for ever is out for ten times the time at most. */
START_TEST(ejections_are_bounded)
{
	struct world w = {
		.balancer = balancer_new(&(struct balancer_rules){
			.weights = (const int64_t[]){ 1, 1 },
			.count = 2,
			.eject_after = 1,
			.eject_ms = 100,
		}),
		.now_ms = 1000,
	};

	for (int i = 1; i <= 30; i++) {
		ask_one(&w, 0, BALANCER_FAILED);
		w.now_ms += 100 * (i < 10 ? i : 10) - 1;
		ck_assert(!balancer_is_up(w.balancer, 0, w.now_ms));
		ck_assert(balancer_is_up(w.balancer, 0, ++w.now_ms));
	}
	balancer_free(w.balancer);
}
END_TEST

START_TEST(never_ejected)
{
	struct balancer *b = balancer_new(&(struct balancer_rules){
		.weights = (const int64_t[]){ 1 }, .count = 1, .eject_ms = 100 });

	for (int i = 0; i < 1000; i++)
		balancer_end(b, balancer_pick(b, BALANCER_ANY, 5), BALANCER_FAILED, 5);
	ck_assert(balancer_is_up(b, 0, 5));
	balancer_free(b);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("balancer");

	ADD_ROWS(tests, plays, scripts);
	tcase_add_test(tests, ejections_are_bounded);
	tcase_add_test(tests, never_ejected);
	return run_case("balancer", tests);
}

/* test_turns.c - scripts of who comes, and who goes next.
 *
 * A script is words, each one step. A turn is a letter: `a=0/7` adds a, of class 0 and client 7, `a=0/7>x`
 * expects that x leaves for it, `a=0/7!` that there is no room. `>a` expects a to be next (`>.`: nobody),
 * `-a` removes it. `@MS` sets the clock, `x>a` expects a as the one that is too late, `n=N` how many wait,
 * `k=C/N` how many of a class, `m=MS` the earliest deadline. All wait for 100 ms. Client 7 is of one tenant with a
 * weight of 20, 8 and 9 are of another with as much, and all others nobody's.
 */
#include "turns.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 100

static const struct {
	size_t most;
	const char *script;
} scripts[] = {
	{ 9, ">. n=0 x>." },
	{ 9, "a=0/1 n=1 >a >. n=0" },
	/* one's own go in their order */
	{ 9, "a=0/1 b=0/1 c=0/1 >a >b >c >." },
	/* clients in turns: who sends many waits for himself */
	{ 9, "a=0/1 b=0/1 c=0/1 d=0/2 >a >d >b >c >." },
	{ 9, "a=0/1 b=0/1 c=0/2 d=0/2 e=0/3 >a >c >e >b >d >." },
	{ 9, "a=0/1 b=0/1 >a c=0/2 >b >c" },
	{ 9, "a=0/1 b=0/1 c=0/1 >a d=0/2 >b >d >c" },
	/* a class before all lower ones */
	{ 9, "a=2/1 b=1/1 c=0/1 >c >b >a >." },
	{ 9, "a=1/1 b=1/1 >a c=0/2 >c >b" },
	{ 9, "a=0/1 b=1/1 c=1/2 k=0/1 k=1/2 k=2/0" },
	/* removed: from the front, the middle and the end; twice; never in */
	{ 9, "a=0/1 b=0/1 c=0/1 -b n=2 >a >c >." },
	{ 9, "a=0/1 b=0/2 -a n=1 >b >." },
	{ 9, "a=0/1 b=0/1 -b -b -c n=1 >a -a n=0 >." },
	{ 9, "a=0/1 -a a=0/1 n=1 >a a=1/2 >a" },
	/* too late: the oldest of all, of whatever class */
	{ 9, "@10 a=1/1 @20 b=0/1 @30 c=2/1 m=110 @109 x>. @110 x>a x>. m=120 n=2 @200 x>b x>c x>. "
	     "n=0" },
	{ 9, "@10 a=0/1 @20 b=0/1 m=110 >a m=120 -b @500 x>." },
	{ 9, "@10 a=0/1 b=0/2 c=0/1 @110 x>a x>b x>c >." },
	/* full: nobody of a lower class, and nobody who has more */
	{ 0, "a=0/1! n=0" },
	{ 1, "a=0/1 b=0/1! b=0/2! b=1/1! n=1 >a" },
	{ 3, "a=0/1 b=0/2 c=0/3 d=0/4! d=0/1! n=3" },
	/* full: the newest of the lowest class leaves */
	{ 3, "a=1/1 b=2/1 c=2/2 d=0/1>c e=0/1>b f=0/1>a g=0/1! >d >e >f" },
	{ 3, "a=1/1 b=2/1 c=1/2 d=1/3>b e=1/4! f=0/1>d n=3 >f >a >c" },
	{ 2, "a=0/1 b=0/1 c=2/1! d=1/2!" },
	/* full: the newest of who has most in the same class leaves to who has less */
	{ 4, "a=0/1 b=0/1 c=0/1 d=0/1 e=0/2>d f=0/2>c g=0/2! g=0/1! >a >e >b >f" },
	{ 4, "a=0/1 b=0/1 c=0/1 d=0/2 e=0/3>c f=0/4>b g=0/5! >a >d >e >f" },
	{ 4, "a=0/1 b=0/1 c=0/1 d=0/2 e=0/2>c g=0/2! g=0/1! n=4" },
	{ 4, "a=0/1 b=0/1 c=0/1 d=1/2 e=0/2>d f=0/2>c n=4" },
	/* owners by their weight: nobody three times as often as a tenant; what one doesn't use is the others' */
	{ 9, "a=0/1 b=0/1 c=0/1 d=0/1 e=0/1 f=0/1 g=0/7 h=0/7 >a >g >b >c >d >h >e >f >." },
	{ 9, "a=0/7 b=0/7 c=0/7 d=0/8 e=0/9 >a >d >b >e >c >." },
	{ 9, "a=0/7 b=0/7 c=0/7 >a >b >c >." },
	/* nobody saves up turns, or gets more of them by coming again */
	{ 9, "a=0/1 b=0/1 c=0/1 d=0/1 >a >b >c f=0/7 g=0/7 >f >d >g" },
	{ 9, "a=0/1 b=0/1 c=0/1 d=0/1 f=0/7 >a >f f=0/7 >b >c >d >f" },
	/* a class before all lower ones, whoever's */
	{ 9, "a=1/7 b=0/1 c=0/1 >b >c >a" },
	/* full: who has less than his share of the places gets one of who has more, and no more than it */
	{ 5, "a=0/1 b=0/2 c=0/3 d=0/4 e=0/5 f=0/7>a g=0/7! h=0/8>b i=0/9! n=5" },
	{ 5, "a=0/7 b=0/7 c=0/7 d=0/7 e=0/7 f=0/1>e g=0/2>d h=0/3>c i=0/8>b j=0/4! n=5 >a" },
};

struct world {
	struct turns *turns;
	struct turn turn[26];
	int64_t now_ms;
};

static void expect_turn(const struct world *w, const struct turn *got, const char *word)
{
	char name = word[strlen(word) - 1];
	const struct turn *want = name == '.' ? NULL : &w->turn[name - 'a'];

	ck_assert_msg(got == want, "'%s' at %d: %c", word, (int)w->now_ms,
		got != NULL ? (char)('a' + (got - w->turn)) : '.');
}

/* a=0/7, a=0/7>x, a=0/7! */
static void add(struct world *w, const char *word)
{
	struct turn *turn = &w->turn[word[0] - 'a'], *out = turn;
	char end = word[5];
	bool added;

	turn->class = (unsigned)(word[2] - '0');
	turn->client = (uint64_t)(word[4] - '0');
	turn->owner = turn->client < 7 ? 0 : turn->client == 7 ? 1 : 2;
	turn->weight = turn->owner == 0 ? 60 : 20;
	turn->deadline_ms = w->now_ms + PATIENCE_MS;
	added = turns_add(w->turns, turn, &out);
	ck_assert_msg(added == (end != '!'), "'%s' at %d", word, (int)w->now_ms);
	if (added)
		expect_turn(w, out, end == '>' ? word : ".");
	else
		ck_assert_ptr_eq(out, turn);
}

static void step(struct world *w, const char *word)
{
	switch (word[0]) {
	case '@':
		w->now_ms = strtoll(word + 1, NULL, 10);
		break;
	case '>':
		expect_turn(w, turns_next(w->turns), word);
		break;
	case 'x':
		expect_turn(w, turns_expired(w->turns, w->now_ms), word);
		break;
	case '-':
		turns_remove(w->turns, &w->turn[word[1] - 'a']);
		break;
	case 'n':
		ck_assert_msg(turns_count(w->turns) == strtoull(word + 2, NULL, 10), "'%s': %zu",
			word, turns_count(w->turns));
		break;
	case 'k':
		ck_assert_msg(turns_count_of(w->turns, (unsigned)(word[2] - '0')) ==
				      (size_t)(word[4] - '0'),
			"%s", word);
		break;
	case 'm':
		ck_assert_int_eq(turns_deadline(w->turns), strtoll(word + 2, NULL, 10));
		break;
	default:
		add(w, word);
	}
}

START_TEST(plays)
{
	struct world w = { .turns = turns_new(scripts[_i].most) };
	char script[512], *rest = script, *word;

	snprintf(script, sizeof(script), "%s", scripts[_i].script);
	while ((word = strsep(&rest, " ")) != NULL)
		step(&w, word);
	while (turns_next(w.turns) != NULL)
		;
	ck_assert_int_eq(turns_deadline(w.turns), INT64_MAX);
	turns_free(w.turns);
}
END_TEST

/* One sends a thousand, then ten send ten each: the ten wait no longer than their own ten rounds. */
START_TEST(a_crowd_beside_a_flood)
{
	static struct turn flood[1000], crowd[100];
	struct turns *turns = turns_new(2000);
	struct turn *out;
	size_t gone = 0;

	for (size_t i = 0; i < 1000; i++) {
		flood[i] = (struct turn){ .weight = TURNS_WEIGHT, .client = 77 };
		ck_assert(turns_add(turns, &flood[i], &out));
	}
	for (size_t i = 0; i < 100; i++) {
		crowd[i] = (struct turn){ .weight = TURNS_WEIGHT, .client = i % 10 };
		ck_assert(turns_add(turns, &crowd[i], &out));
	}
	for (size_t i = 0; i < 110; i++)
		gone += turns_next(turns)->client != 77;
	ck_assert_uint_eq(gone, 100);
	while (turns_next(turns) != NULL)
		;
	turns_free(turns);
}
END_TEST

/* The flood fills the queue: a hundred others find room nevertheless, and it keeps the most. */
START_TEST(a_flood_makes_room)
{
	static struct turn flood[1000], crowd[100];
	struct turns *turns = turns_new(1000);
	struct turn *out;

	for (size_t i = 0; i < 1000; i++) {
		flood[i] = (struct turn){ .weight = TURNS_WEIGHT, .client = 77 };
		ck_assert(turns_add(turns, &flood[i], &out));
	}
	for (size_t i = 0; i < 100; i++) {
		crowd[i] = (struct turn){ .weight = TURNS_WEIGHT, .client = 1000 + i };
		ck_assert(turns_add(turns, &crowd[i], &out));
		ck_assert_ptr_eq(out, &flood[999 - i]);
	}
	ck_assert_uint_eq(turns_count(turns), 1000);
	while (turns_next(turns) != NULL)
		;
	turns_free(turns);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("turns");

	ADD_ROWS(tests, plays, scripts);
	tcase_add_test(tests, a_crowd_beside_a_flood);
	tcase_add_test(tests, a_flood_makes_room);
	return run_case("turns", tests);
}

/* test_memo.c - what is remembered of keys, for how long, and that being forgotten is the worst that
 * happens to a key whose place another takes.
 */
#include "key/memo.h"

#include "http_fixture.h"

#include <pthread.h>
#include <string.h>

#define FAR ((uint64_t)8192) /* hashes that far apart share a place */

static struct memo *memo;

static void set_up(void)
{
	memo = memo_new();
}

static void tear_down(void)
{
	memo_free(memo);
}

/* What is remembered for a while: each fact on its own. */
START_TEST(test_whiles)
{
	enum memo_fact fact = (enum memo_fact)_i;

	ck_assert(!memo_holds(memo, 1, fact, 0));
	memo_note(memo, 1, fact, 1000);
	for (int other = 0; other < MEMO_FACT_COUNT; other++)
		ck_assert(memo_holds(memo, 1, (enum memo_fact)other, 999) == (other == _i));
	ck_assert(!memo_holds(memo, 1, fact, 1000));
	ck_assert(!memo_holds(memo, 2, fact, 0));
}
END_TEST

START_TEST(test_unshareable)
{
	ck_assert(!memo_holds(memo, 1, MEMO_UNSHAREABLE, 0));
	memo_note(memo, 1, MEMO_UNSHAREABLE, 1000);
	ck_assert(memo_holds(memo, 1, MEMO_UNSHAREABLE, 999));
	ck_assert(!memo_holds(memo, 1, MEMO_UNSHAREABLE, 1000));
	ck_assert(!memo_holds(memo, 2, MEMO_UNSHAREABLE, 0));
	ck_assert(!memo_holds(memo, 1 + FAR, MEMO_UNSHAREABLE, 0));
	memo_note(memo, 1 + FAR, MEMO_UNSHAREABLE, 0); /* of another: no effect */
	ck_assert(memo_holds(memo, 1, MEMO_UNSHAREABLE, 0));
	memo_note(memo, 1, MEMO_UNSHAREABLE, 0);
	ck_assert(!memo_holds(memo, 1, MEMO_UNSHAREABLE, 0));
}
END_TEST

static const struct vary_row {
	size_t before, after; /* sizes of the values noted */
	size_t known;         /* 0: none */
} VARY[] = {
	{ 0, 0, 0 },
	{ 6, 6, 6 },
	{ 6, 0, 0 },
	{ 0, MEMO_VARY_MAX, MEMO_VARY_MAX },
	{ 0, MEMO_VARY_MAX + 1, 0 },
	{ MEMO_VARY_MAX, 3, 3 },
};

START_TEST(test_vary)
{
	const struct vary_row *row = &VARY[_i];
	char text[MEMO_VARY_MAX + 1], known[MEMO_VARY_MAX + 1];

	memset(text, 'a', sizeof(text));
	memo_note_vary(memo, 5, (struct slice){ text, row->before });
	memset(text, 'b', sizeof(text));
	memo_note_vary(memo, 5, (struct slice){ text, row->after });
	ck_assert_int_eq(memo_vary(memo, 5, known), row->known > 0);
	if (row->known > 0)
		ASSERT_TEXT(slice_of(known), ((struct slice){ text, row->known }));
	ck_assert(!memo_vary(memo, 6, known));
	ck_assert(!memo_vary(memo, 5 + FAR, known));
}
END_TEST

START_TEST(test_place_is_taken)
{
	char known[MEMO_VARY_MAX + 1];

	memo_note(memo, 7, MEMO_UNSHAREABLE, 1000);
	memo_note_vary(memo, 7, SLICE("accept"));
	ck_assert(memo_holds(memo, 7, MEMO_UNSHAREABLE, 0)); /* the one doesn't forget the other */
	memo_note_vary(memo, 7 + FAR, SLICE("")); /* nothing to remember takes no place */
	ck_assert(memo_vary(memo, 7, known));
	memo_note_vary(memo, 7 + FAR, SLICE("cookie"));
	ck_assert(!memo_vary(memo, 7, known));
	ck_assert(!memo_holds(memo, 7, MEMO_UNSHAREABLE, 0));
	ck_assert(!memo_holds(memo, 7 + FAR, MEMO_UNSHAREABLE, 0));
	ck_assert(memo_vary(memo, 7 + FAR, known));
	ck_assert_str_eq(known, "cookie");
	memo_note(memo, 7, MEMO_UNSHAREABLE, 1000);
	ck_assert(!memo_vary(memo, 7, known));
}
END_TEST

/* Values are whole, whoever writes at the same time. */
static void *note(void *arg)
{
	const char *text = arg;
	char known[MEMO_VARY_MAX + 1];
	size_t wrong = 0;

	for (int i = 0; i < 20000; i++) {
		memo_note_vary(memo, 9, slice_of(text));
		memo_note(memo, 9 + (uint64_t)(i % 100 == 0) * FAR, MEMO_UNSHAREABLE, i);
		if (memo_vary(memo, 9, known))
			wrong += strspn(known, "a") != strlen(known) &&
				 strspn(known, "b") != strlen(known);
	}
	return wrong > 0 ? arg : NULL;
}

START_TEST(test_threads)
{
	static char texts[2][100];
	pthread_t threads[2];
	void *wrong;

	for (int i = 0; i < 2; i++) {
		memset(texts[i], 'a' + i, (size_t)50 + (size_t)i * 40);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, note, texts[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("memo");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_whiles, 0, MEMO_FACT_COUNT);
	tcase_add_test(tests, test_unshareable);
	ADD_ROWS(tests, test_vary, VARY);
	tcase_add_test(tests, test_place_is_taken);
	tcase_add_test(tests, test_threads);
	return run_case("memo", tests);
}

/* test_memory.c - the memory tier through its vtable: what it finds, keeps, gives back and counts.
 *
 * Most tests run once for each eviction order. The bound and who leaves for it are
 * test_eviction.c's business, several variants of one key test_variants.c's.
 */
#include "tier_fixture.h"

#include "body_source.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

/* More than the sweeper looks at in a call, so: all of it. */
static void sweep_all(struct tier *tier, int64_t now_ms)
{
	for (int i = 0; i < 64; i++)
		tier_sweep(tier, now_ms);
}

START_TEST(test_finds_what_was_put)
{
	struct tier *tier = new_tier(_i, MIB, 0);

	ck_assert_str_eq(tier->ops->name, "memory");
	ck_assert_int_eq(status_of(tier, 1, NULL), 0);
	for (unsigned i = 0; i < 300; i++) /* past the first growth of the table */
		ck_assert_int_eq(put(tier, i, &(struct recipe){ .status = 200 + (int)i }), RC_OK);
	for (unsigned i = 0; i < 300; i++)
		ck_assert_int_eq(status_of(tier, i, NULL), 200 + (int)i);
	ck_assert_uint_eq(usage_of(tier).entries, 300);
	ck_assert_uint_eq(usage_of(tier).evicted, 0);
	tier_free(tier);
}
END_TEST

START_TEST(test_same_hash_is_not_same_key)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	struct key a = { SLICE("/a"), 42 }, b = { SLICE("/b"), 42 };
	SCOPED(object) object = make(&(struct recipe){ .status = 200 });
	SCOPED(object) found = NULL;

	ck_assert_int_eq(tier_put(tier, &a, object), RC_OK);
	ck_assert_int_eq(tier_get(tier, &b, NULL, &found), RC_ABSENT);
	ck_assert_ptr_null(found);
	ck_assert_int_eq(tier_drop(tier, &b), RC_ABSENT);
	ck_assert_int_eq(tier_get(tier, &a, NULL, &found), RC_OK);
	ck_assert_ptr_eq(found, object);
	tier_free(tier);
}
END_TEST

START_TEST(test_reader_keeps_what_left)
{
	struct tier *tier = new_tier(_i, MIB, 0);
	struct test_key k;
	SCOPED(object) found = NULL;

	ck_assert_int_eq(put_sized(tier, 1, 1000), RC_OK);
	ck_assert_int_eq(tier_get(tier, key_of(&k, 1), NULL, &found), RC_OK);
	ck_assert_int_eq(drop(tier, 1), RC_OK);
	ck_assert_int_eq(drop(tier, 1), RC_ABSENT);
	tier_free(tier);
	ck_assert_uint_eq(found->references, 1);
	memset(found->body->data, 'x', found->body->size);
}
END_TEST

START_TEST(test_what_is_too_large)
{
	struct tier *tier = new_tier(_i, MIB, 1);
	struct tier *narrow = new_tier(_i, 32 * KIB, 1);

	ck_assert_int_eq(put_sized(tier, 1, 64 * KIB), RC_OK);
	ck_assert_int_eq(put_sized(tier, 2, 64 * KIB + 1), RC_TOO_LARGE);
	ck_assert_int_eq(put_sized(narrow, 3, 100), RC_OK);
	ck_assert_int_eq(put_sized(narrow, 4, 33 * KIB), RC_TOO_LARGE); /* than the shard */
	ck_assert_int_eq(usage_of(narrow).entries, 1); /* nobody left for it in vain */

	/* What it would have replaced is outdated. */
	ck_assert_int_eq(put_sized(tier, 1, 64 * KIB + 1), RC_TOO_LARGE);
	ck_assert_uint_eq(usage_of(tier).entries, 0);
	tier_free(tier);
	tier_free(narrow);
}
END_TEST

#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)
#define CAME   (INT64_C(1700000000) * SECOND)
#define TAG                     \
	{                       \
		"ETag", "\"1\"" \
	}
#define DATED                                                    \
	{                                                        \
		"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT" \
	}
#define NONE                                 \
	{                                    \
		"Content-Type", "text/plain" \
	}
#define LIVES(seconds) .responded_ms = CAME, .lifetime_ms = (seconds)*SECOND

/* RFC 9111 4.2 (age, lifetime), 4.2.4 (stale), 4.3 (validation); RFC 5861 */
static const struct {
	const char *what;
	const char *fields[4];
	struct freshness freshness;
	int64_t after_ms; /* of its coming */
	bool stays;
} sweep_rows[] = {
	{ "fresh", NONE, { LIVES(60) }, 60 * SECOND - 1, true },
	{ "just stale", NONE, { LIVES(60) }, 60 * SECOND, false },
	{ "came aged", NONE, { LIVES(60), .initial_age_ms = 50 * SECOND }, 10 * SECOND, false },
	{ "came aged, fresh yet", NONE, { LIVES(60), .initial_age_ms = 50 * SECOND }, 9999, true },
	{ "the clock stepped back", NONE, { LIVES(60) }, -HOUR, true },
	{ "came stale, the clock stepped back", NONE, { LIVES(60), .initial_age_ms = 60 * SECOND },
		-HOUR, false },
	{ "in swr", NONE, { LIVES(60), .stale_while_revalidate_ms = 5000 }, 64999, true },
	{ "past swr", NONE, { LIVES(60), .stale_while_revalidate_ms = 5000 }, 65000, false },
	{ "in sie", NONE, { LIVES(60), .stale_if_error_ms = 5000 }, 64999, true },
	{ "past swr, in sie", NONE,
		{ LIVES(60), .stale_while_revalidate_ms = 1000, .stale_if_error_ms = 5000 }, 64999,
		true },
	{ "past sie, in swr", NONE,
		{ LIVES(60), .stale_while_revalidate_ms = 5000, .stale_if_error_ms = 1000 }, 64999,
		true },
	{ "past both", NONE,
		{ LIVES(60), .stale_while_revalidate_ms = 5000, .stale_if_error_ms = 5000 }, 65000,
		false },
	{ "swr, but must-revalidate", NONE,
		{ LIVES(60), .stale_while_revalidate_ms = 5000, .revalidate_stale = true }, 60000,
		false },
	{ "sie, but no-cache", NONE,
		{ LIVES(60), .stale_if_error_ms = 5000, .revalidate_always = true }, 0, false },
	{ "no lifetime, in its grace", NONE, { LIVES(0), .stale_if_error_ms = HOUR }, HOUR - 1,
		true },
	{ "came stale, in its grace", NONE,
		{ LIVES(60), .initial_age_ms = 90 * SECOND, .stale_if_error_ms = HOUR },
		HOUR - 30 * SECOND - 1, true },
	{ "came stale, past its grace", NONE,
		{ LIVES(60), .initial_age_ms = 90 * SECOND, .stale_if_error_ms = HOUR },
		HOUR - 30 * SECOND, false },
	{ "must-revalidate with validator, stale", TAG, { LIVES(60), .revalidate_stale = true },
		60 * SECOND + HOUR, true },
	{ "must-revalidate with validator, past its window", TAG,
		{ LIVES(60), .stale_if_error_ms = 9 * HOUR, .revalidate_stale = true },
		60 * SECOND + HOUR + 1, false },
	{ "no-cache with validator, past its window", TAG,
		{ LIVES(60), .stale_if_error_ms = 9 * HOUR, .revalidate_always = true },
		60 * SECOND + HOUR + 1, false },
	{ "sie, but must-revalidate", NONE,
		{ LIVES(60), .stale_if_error_ms = 5000, .revalidate_stale = true }, 60000, false },
	{ "must-revalidate, fresh", NONE, { LIVES(60), .revalidate_stale = true }, 59999, true },
	{ "no-cache without validator", NONE, { LIVES(60), .revalidate_always = true }, 0, false },
	{ "no-cache with validator", TAG, { LIVES(60), .revalidate_always = true }, 0, true },
	{ "stale with ETag", TAG, { LIVES(60) }, 60 * SECOND, true },
	{ "stale with Last-Modified", DATED, { LIVES(60) }, 60 * SECOND, true },
	{ "validator, an hour", TAG, { LIVES(60) }, 60 * SECOND + HOUR, true },
	{ "validator, over an hour", TAG, { LIVES(60) }, 60 * SECOND + HOUR + 1, false },
	{ "validator, 10 lifetimes", TAG, { LIVES(3600) }, 11 * HOUR, true },
	{ "validator, over 10 lifetimes", TAG, { LIVES(3600) }, 11 * HOUR + 1, false },
	{ "validator, sie is longer", TAG, { LIVES(60), .stale_if_error_ms = 9 * HOUR }, 8 * HOUR,
		true },
	{ "endless lifetime", TAG, { .responded_ms = CAME, .lifetime_ms = INT64_MAX }, 99 * HOUR,
		true },
};
#define SWEEP_ROWS ((int)(sizeof(sweep_rows) / sizeof(sweep_rows[0])))

/* What lies elsewhere takes no room: neither bound is about it. */
START_TEST(test_body_elsewhere)
{
	static struct fake_source source = { .size = (uint64_t)1 << 40 };
	struct tier *tier = new_tier(_i, 32 * KIB, 1);
	uint64_t before = usage_of(tier).bytes;
	SCOPED(body) body = fake_body(&source);
	SCOPED(object) object = object_new(&(struct object_parts){ .status = 201, .body = body });
	struct test_key k;

	ck_assert_int_eq(tier_put(tier, key_of(&k, 1), object), RC_OK);
	ck_assert_int_eq(status_of(tier, 1, NULL), 201);
	ck_assert_uint_lt(usage_of(tier).bytes - before, 2 * KIB);
	tier_free(tier);
}
END_TEST

static const struct replace_row {
	const char *what;
	size_t size;           /* of the other form */
	bool dropped, renewed; /* before it comes */
	enum rc rc;
	int status; /* found in the end */
} REPLACES[] = {
	{ "its place is taken", 100, false, false, RC_OK, 201 },
	{ "it is too large: the old one stays", 64 * KIB + 1, false, false, RC_TOO_LARGE, 200 },
	{ "what was dropped does not come back", 100, true, false, RC_ABSENT, 0 },
	{ "what was renewed stays so", 100, false, true, RC_ABSENT, 202 },
	{ "nor where it is too large", 64 * KIB + 1, false, true, RC_ABSENT, 202 },
};

START_TEST(test_replaces)
{
	const struct replace_row *row = &REPLACES[_i];
	struct tier *tier = new_tier(EVICTION_S3FIFO, MIB, 1);
	SCOPED(object) old = make(&(struct recipe){ .status = 200, .body_size = 10 });
	SCOPED(object) other = make(&(struct recipe){ .status = 201, .body_size = row->size });
	struct test_key k;

	ck_assert_int_eq(tier_put(tier, key_of(&k, 1), old), RC_OK);
	if (row->dropped)
		ck_assert_int_eq(drop(tier, 1), RC_OK);
	if (row->renewed)
		ck_assert_int_eq(put(tier, 1, &(struct recipe){ .status = 202 }), RC_OK);
	ck_assert_msg(tier_replace(tier, key_of(&k, 1), old, other) == row->rc, "%s", row->what);
	ck_assert_msg(status_of(tier, 1, NULL) == row->status, "%s: %d", row->what,
		status_of(tier, 1, NULL));
	ck_assert_uint_eq(usage_of(tier).entries, row->status != 0);
	tier_free(tier);
	ck_assert_uint_eq(other->references, 1);
}
END_TEST

START_TEST(test_sweeper_removes_what_is_of_no_use)
{
	struct tier *tier = new_tier(EVICTION_S3FIFO, MIB, 1);
	struct recipe r = { .freshness = sweep_rows[_i].freshness, .status = 200 };
	uint64_t expected = sweep_rows[_i].stays ? 1 : 0;

	memcpy(r.fields, sweep_rows[_i].fields, sizeof(r.fields));
	ck_assert_int_eq(put(tier, 1, &r), RC_OK);
	sweep_all(tier, CAME + sweep_rows[_i].after_ms);
	ck_assert_msg(usage_of(tier).entries == expected, "%s", sweep_rows[_i].what);
	ck_assert_msg(usage_of(tier).expired == 1 - expected, "%s", sweep_rows[_i].what);
	tier_free(tier);
}
END_TEST

START_TEST(test_sweeper_goes_round_in_pieces)
{
	struct tier *tier = new_tier(_i, 4 * MIB, 2);
	uint64_t empty, last = 3000;
	int calls = 0;

	for (unsigned i = 0; i < 3000; i++)
		ck_assert_int_eq(
			put(tier, i, &(struct recipe){ .freshness = { LIVES(i % 2 ? 60 : 600) } }),
			RC_OK);
	ck_assert_uint_eq(usage_of(tier).entries, 3000);
	for (; usage_of(tier).entries > 1500; calls++) {
		tier_sweep(tier, CAME + 60 * SECOND);
		ck_assert_uint_lt(last - usage_of(tier).entries, 1000); /* a piece of it */
		last = usage_of(tier).entries;
		ck_assert_int_lt(calls, 64);
	}
	ck_assert_int_gt(calls, 2);
	ck_assert_uint_eq(usage_of(tier).expired, 1500);
	sweep_all(tier, CAME + 600 * SECOND);
	ck_assert_uint_eq(usage_of(tier).entries, 0);
	empty = usage_of(tier).bytes;
	ck_assert_int_eq(put_sized(tier, 1, 10), RC_OK);
	ck_assert_int_eq(drop(tier, 1), RC_OK);
	ck_assert_uint_eq(usage_of(tier).bytes, empty);
	tier_free(tier);
}
END_TEST

#define WORKERS 4
#define TURNS   20000
#define KEYS    400

struct worker {
	struct tier *tier;
	unsigned number;
	unsigned wrong;
};

static void take_turn(struct worker *w, unsigned turn)
{
	unsigned dice = (unsigned)(hash_bytes(&turn, sizeof(turn), w->number) % 1000000);
	unsigned key = dice / 100 % KEYS;
	struct wish wish = { .status = 200 + (int)(dice % 3) };
	const struct chooser chooser = { has_status, &wish };
	char value[] = { (char)('a' + dice % 3), '\0' };
	int status;

	if (dice % 100 < 60) {
		status = status_of(w->tier, key, &chooser);
		w->wrong += status != 0 && status != wish.status;
	} else if (dice % 100 < 95) {
		w->wrong += put(w->tier, key,
				    &(struct recipe){ .body_size = dice % 4000,
					    .status = wish.status,
					    .freshness = { LIVES(dice % 50) },
					    .variant = { "accept", value } }) != RC_OK;
	} else if (dice % 100 < 98) {
		w->wrong += drop(w->tier, key) == RC_INVALID;
	} else {
		tier_sweep(w->tier, CAME + 10 * SECOND);
	}
	w->wrong += usage_of(w->tier).bytes > 256 * KIB;
}

static void *work(void *arg)
{
	for (unsigned turn = 0; turn < TURNS; turn++)
		take_turn(arg, turn);
	return NULL;
}

#define VISITED 3000 /* many pieces of a walk */

/* Takes out those with an even status; notes whom it met. */
struct weeding {
	unsigned met[VISITED];
};

static bool is_even(const struct key *key, struct object *object, void *arg)
{
	struct weeding *w = arg;
	struct test_key k;

	ck_assert(key_equal(*key, *key_of(&k, (unsigned)object->status)));
	w->met[object->status]++;
	return object->status % 2 == 0;
}

START_TEST(test_a_visit_meets_all_and_removes_some)
{
	struct tier *tier = new_tier(_i, 16 * MIB, 2);
	struct weeding w = { { 0 } };
	const struct tier_visitor visitor = { is_even, &w };

	for (unsigned i = 0; i < VISITED; i++)
		ck_assert_int_eq(put(tier, i, &(struct recipe){ .status = (int)i }), RC_OK);
	tier_visit(tier, &visitor);
	tier_visit(tier, &visitor);
	for (unsigned i = 0; i < VISITED; i++) {
		ck_assert_uint_eq(w.met[i], i % 2 == 0 ? 1 : 2);
		if (i > 0)
			ck_assert_int_eq(status_of(tier, i, NULL), i % 2 == 0 ? 0 : (int)i);
	}
	ck_assert_uint_eq(usage_of(tier).entries, VISITED / 2);
	tier_free(tier);
}
END_TEST

START_TEST(test_many_threads)
{
	struct tier *tier = new_tier(_i, 256 * KIB, 2);
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];
	struct tier_usage usage;

	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ tier, i, 0 };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
	}
	usage = usage_of(tier);
	ck_assert_uint_gt(usage.evicted, 0);
	ck_assert_uint_gt(usage.expired, 0);
	for (unsigned i = 0; i < KEYS; i++)
		(void)!drop(tier, i);
	ck_assert_uint_eq(usage_of(tier).entries, 0);
	tier_free(tier);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory");
	TCase *plain = tcase_create("memory");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(plain, 120);
	tcase_add_loop_test(plain, test_finds_what_was_put, 0, ORDERS);
	tcase_add_loop_test(plain, test_same_hash_is_not_same_key, 0, ORDERS);
	tcase_add_loop_test(plain, test_reader_keeps_what_left, 0, ORDERS);
	tcase_add_loop_test(plain, test_what_is_too_large, 0, ORDERS);
	tcase_add_loop_test(plain, test_body_elsewhere, 0, ORDERS);
	tcase_add_loop_test(plain, test_replaces, 0, sizeof(REPLACES) / sizeof(REPLACES[0]));
	tcase_add_loop_test(plain, test_sweeper_removes_what_is_of_no_use, 0, SWEEP_ROWS);
	tcase_add_loop_test(plain, test_sweeper_goes_round_in_pieces, 0, ORDERS);
	tcase_add_loop_test(plain, test_a_visit_meets_all_and_removes_some, 0, ORDERS);
	tcase_add_loop_test(plain, test_many_threads, 0, ORDERS);
	suite_add_tcase(suite, plain);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

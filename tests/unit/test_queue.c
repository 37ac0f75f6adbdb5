/* test_queue.c - jobs in order, seen until they are done, bounded, and never waited for. */
#include "disk/queue.h"

#include "tier_fixture.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

static struct queue *queue;

static void set_up(void)
{
	queue = queue_new(64 * KIB);
}

static void tear_down(void)
{
	queue_free(queue);
}

static enum rc queue_sized(unsigned number, size_t size, int status)
{
	struct test_key k;
	SCOPED(object) object = make(&(struct recipe){ .body_size = size, .status = status });

	return queue_put(queue, key_of(&k, number), object);
}

/* "p" put, "v" void, "x" drop, "d" discard ... of what is seen for a key, newest first. */
static const char letters[] = {
	[JOB_PUT] = 'p',
	[JOB_VOID] = 'v',
	[JOB_DISCARD] = 'd',
	[JOB_DROP] = 'x',
	[JOB_REMOVE] = 'r',
	[JOB_ERASE] = 'E',
	[JOB_REMEMBER] = 'm',
	[JOB_ORPHAN] = 'o',
	[JOB_RENEW] = 'R',
	[JOB_FLUSH] = 'f',
};

struct seen {
	char text[64];
	size_t size;
};

static bool note(void *arg, const struct job *job)
{
	struct seen *seen = arg;

	seen->text[seen->size++] = letters[job->kind];
	return true;
}

static const char *seen_of(unsigned number, struct seen *seen)
{
	struct test_key k;

	*seen = (struct seen){ 0 };
	queue_look(queue, key_of(&k, number), note, seen);
	return seen->text;
}

static const char *taken(size_t most, struct list *batch, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	list_init(batch);
	queue_take(queue, batch, most, 0);
	LIST_EACH(at, batch)
		note(seen, LIST_ITEM(at, struct job, link));
	return seen->text;
}

START_TEST(test_jobs_are_seen_until_they_are_done)
{
	struct test_key k;
	struct list batch;
	struct seen seen;

	ck_assert_str_eq(seen_of(1, &seen), "");
	ck_assert_int_eq(queue_sized(1, 100, 200), RC_OK);
	ck_assert_int_eq(queue_sized(2, 100, 200), RC_OK);
	queue_drop(queue, key_of(&k, 1));
	ck_assert_int_eq(queue_sized(1, 100, 201), RC_OK);
	ck_assert_str_eq(seen_of(1, &seen), "pxp");
	ck_assert_str_eq(seen_of(2, &seen), "p");
	ck_assert_str_eq(taken(3, &batch, &seen), "ppx");
	ck_assert_str_eq(seen_of(1, &seen), "pxp"); /* under way */
	queue_done(queue, &batch);
	ck_assert_str_eq(seen_of(1, &seen), "p");
	ck_assert_str_eq(seen_of(2, &seen), "");
	ck_assert_str_eq(taken(9, &batch, &seen), "p");
	queue_done(queue, &batch);
	ck_assert_str_eq(seen_of(1, &seen), "");
}
END_TEST

START_TEST(test_what_could_not_be_written_comes_first_again)
{
	struct test_key k;
	struct list batch;
	struct seen seen;

	ck_assert_int_eq(queue_sized(1, 100, 200), RC_OK);
	queue_drop(queue, key_of(&k, 2));
	queue_remove(queue, 7);
	ck_assert_str_eq(taken(2, &batch, &seen), "px");
	queue_return(queue, &batch);
	ck_assert(list_empty(&batch));
	ck_assert_str_eq(taken(9, &batch, &seen), "pxr");
	queue_spoil(queue, LIST_ITEM(batch.next, struct job, link));
	ck_assert_str_eq(seen_of(1, &seen), "v");
	queue_return(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "vxr");
	queue_done(queue, &batch);
}
END_TEST

/* A newer response that is not written must not leave the older one to be found. */
START_TEST(test_what_is_not_taken_leaves_a_void)
{
	struct queue_usage usage;
	struct seen seen;

	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(queue_sized(i, 10 * KIB, 200), RC_OK);
	ck_assert_int_eq(queue_sized(7, 10 * KIB, 200), RC_BUSY);
	ck_assert_str_eq(seen_of(7, &seen), "v");
	ck_assert_str_eq(seen_of(5, &seen), "p");
	queue_usage(queue, &usage);
	ck_assert_uint_eq(usage.jobs, 7);
	ck_assert_uint_le(usage.bytes, 64 * KIB);
	ck_assert(!queue_overflowed(queue));
}
END_TEST

START_TEST(test_voids_are_bounded_too)
{
	struct test_key k;
	unsigned i = 0;
	bool over = false;

	for (; i < 1000000 && !over; i++) {
		queue_drop(queue, key_of(&k, i));
		over = i % 1000 == 0 && queue_overflowed(queue);
	}
	ck_assert_msg(over, "after %u", i);
	ck_assert(!queue_overflowed(queue)); /* told once */
}
END_TEST

static void erase(void)
{
	queue_erase(queue, xalloc(sizeof(struct erasure)));
}

START_TEST(test_some_come_alone)
{
	struct list batch;
	struct seen seen;

	queue_remove(queue, 1);
	erase();
	erase();
	queue_renew(queue);
	queue_remove(queue, 2);
	ck_assert_str_eq(taken(9, &batch, &seen), "r");
	queue_done(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "EE");
	queue_done(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "R");
	queue_done(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "r");
	queue_done(queue, &batch);
}
END_TEST

START_TEST(test_what_needs_no_database_does_not_wait_for_one)
{
	struct list batch;
	struct seen seen = { 0 };

	queue_remove(queue, 1);
	erase();
	list_init(&batch);
	queue_take_urgent(queue, &batch, 0);
	note(&seen, LIST_ITEM(batch.next, struct job, link));
	ck_assert_str_eq(seen.text, "E");
	queue_done(queue, &batch);
	queue_take_urgent(queue, &batch, 0);
	ck_assert(list_empty(&batch));
}
END_TEST

#define VISITED 1000 /* many pieces */

struct visits {
	unsigned of[VISITED];
	unsigned all;
};

static void visit(void *arg, const struct key *key, const struct object *object)
{
	struct visits *visits = arg;
	char text[32] = "";
	unsigned number;

	memcpy(text, key->bytes.data, key->bytes.size);
	ck_assert_int_eq(sscanf(text, "/search?query=%u", &number), 1);
	ck_assert_uint_lt(number, VISITED);
	ck_assert_int_eq(object->status, 200);
	visits->of[number]++;
	visits->all++;
}

/* Those that wait, those under way and those that came back; not what is done, and nothing but puts. */
START_TEST(test_all_puts_are_visited)
{
	struct visits visits = { 0 };
	struct list batch;
	struct seen seen;
	struct test_key k;

	queue_free(queue);
	queue = queue_new(MIB * KIB);
	queue_visit(queue, visit, &visits);
	ck_assert_uint_eq(visits.all, 0);
	for (unsigned i = 0; i < VISITED; i++)
		ck_assert_int_eq(queue_sized(i, 10, 200), RC_OK);
	queue_drop(queue, key_of(&k, 7));
	taken(10, &batch, &seen);
	queue_done(queue, &batch);
	taken(10, &batch, &seen);
	queue_return(queue, &batch);
	taken(10, &batch, &seen);
	queue_spoil(queue, LIST_ITEM(batch.next, struct job, link));
	queue_visit(queue, visit, &visits);
	for (unsigned i = 0; i < VISITED; i++)
		ck_assert_msg(visits.of[i] == (i > 10), "%u: %u", i, visits.of[i]);
	ck_assert_uint_eq(visits.all, VISITED - 11);
	queue_done(queue, &batch);
}
END_TEST

static void *flush(void *arg)
{
	queue_flush(queue);
	atomic_store((atomic_int *)arg, 1);
	return NULL;
}

START_TEST(test_a_flush_waits_for_what_was_before_it)
{
	atomic_int flushed = 0;
	struct queue_usage usage;
	struct list batch;
	struct seen seen;
	pthread_t thread;

	queue_remove(queue, 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, flush, &flushed), 0);
	do
		queue_usage(queue, &usage);
	while (usage.jobs < 2);
	ck_assert_str_eq(taken(9, &batch, &seen), "r");
	ck_assert_int_eq(atomic_load(&flushed), 0);
	queue_done(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "f");
	queue_done(queue, &batch);
	pthread_join(thread, NULL);
	ck_assert_int_eq(atomic_load(&flushed), 1);
}
END_TEST

static void *flush_facts(void *arg)
{
	queue_flush_facts(queue);
	atomic_store((atomic_int *)arg, 1);
	return NULL;
}

/* Nothing that waits keeps them, and they come with nothing else; who waits for the others is not woken by them. */
START_TEST(test_facts_go_ahead)
{
	atomic_int flushed = 0, kept = 0;
	struct queue_usage usage;
	struct list batch;
	struct seen seen;
	pthread_t all, facts;

	queue_remove(queue, 1);
	ck_assert_int_eq(pthread_create(&all, NULL, flush, &flushed), 0);
	do
		queue_usage(queue, &usage);
	while (usage.jobs < 2);
	queue_remember(queue, SLICE("a"), SLICE("1"));
	queue_remember(queue, SLICE("b"), SLICE("1"));
	ck_assert_int_eq(pthread_create(&facts, NULL, flush_facts, &kept), 0);
	do
		queue_usage(queue, &usage);
	while (usage.jobs < 5);
	ck_assert_str_eq(taken(9, &batch, &seen), "mm");
	queue_return(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "mm");
	queue_done(queue, &batch);
	ck_assert_str_eq(taken(9, &batch, &seen), "f");
	queue_done(queue, &batch);
	pthread_join(facts, NULL);
	ck_assert_int_eq(atomic_load(&kept), 1);
	ck_assert_int_eq(atomic_load(&flushed), 0);
	queue_await(queue, clock_monotonic_ms()); /* is not told that the first one was done */
	ck_assert_str_eq(taken(9, &batch, &seen), "r");
	queue_done(queue, &batch);
	ck_assert_int_eq(atomic_load(&flushed), 0);
	ck_assert_str_eq(taken(9, &batch, &seen), "f");
	queue_done(queue, &batch);
	pthread_join(all, NULL);
	ck_assert_int_eq(atomic_load(&flushed), 1);
}
END_TEST

static void *write_all(void *arg)
{
	struct list batch;
	struct seen seen;

	(void)arg;
	while (*taken(1, &batch, &seen) != 0)
		queue_done(queue, &batch);
	return NULL;
}

START_TEST(test_a_short_queue_is_waited_for_and_a_long_one_not_for_long)
{
	struct queue_usage usage;
	pthread_t thread;

	queue_await(queue, INT64_MAX / 2); /* nothing is queued */
	queue_remove(queue, 1);
	queue_remove(queue, 2);
	queue_await(queue, clock_monotonic_ms());
	queue_usage(queue, &usage);
	ck_assert_uint_eq(usage.jobs, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_all, NULL), 0);
	queue_await(queue, INT64_MAX / 2);
	queue_usage(queue, &usage);
	ck_assert_uint_eq(usage.jobs, 0);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tests = tcase_create("queue");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_jobs_are_seen_until_they_are_done);
	tcase_add_test(tests, test_what_could_not_be_written_comes_first_again);
	tcase_add_test(tests, test_what_is_not_taken_leaves_a_void);
	tcase_add_test(tests, test_voids_are_bounded_too);
	tcase_add_test(tests, test_some_come_alone);
	tcase_add_test(tests, test_what_needs_no_database_does_not_wait_for_one);
	tcase_add_test(tests, test_all_puts_are_visited);
	tcase_add_test(tests, test_a_flush_waits_for_what_was_before_it);
	tcase_add_test(tests, test_facts_go_ahead);
	tcase_add_test(tests, test_a_short_queue_is_waited_for_and_a_long_one_not_for_long);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

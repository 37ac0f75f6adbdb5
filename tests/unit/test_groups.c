/* test_groups.c - invalidation by group: who is out of date after what, alone and with many threads.
 */
#include "store/groups.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCOPE 7

static struct groups *groups;

static void set_up(void)
{
	groups = groups_new(42);
}

static void tear_down(void)
{
	groups_free(groups);
}

static uint32_t slot_of(const char *name)
{
	return groups_slot(groups, SCOPE, slice_of(name));
}

/* A story in letters: 'f' the object's fetch begins, 'i' its group is invalidated, 'o' another group
 * is. */
static const struct {
	const char *what;
	const char *story;
	bool outdated;
} rows[] = {
	{ "RFC 9875 2.2.1: never invalidated", "f", false },
	{ "RFC 9875 2.2.1: invalidated after", "fi", true },
	{ "RFC 9875 2.2.1: invalidated before", "if", false },
	{ "RFC 9875 2.2.1: before and after", "ifi", true },
	{ "RFC 9875 2.2.1: twice before", "iif", false },
	{ "RFC 9875 2.2.1: another group", "fo", false },
	{ "RFC 9875 2.2.1: another after it", "fio", true },
	{ "RFC 9875 2.2.1: another before it", "foi", true },
	{ "RFC 9875 2.2.1: fetched anew", "fif", false },
	{ "RFC 9875 2.2.1: fetched anew, another later", "fifo", false },
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(test_stories)
{
	const uint32_t slot = slot_of("it");
	uint64_t epoch = 0;

	ck_assert_uint_ne(slot, slot_of("another"));
	for (const char *at = rows[_i].story; *at != '\0'; at++) {
		if (*at == 'f')
			epoch = groups_epoch(groups);
		else
			groups_invalidate(
				groups, *at == 'i' ? slot : slot_of("another"), GROUPS_HARD);
	}
	ck_assert_msg(
		groups_outdated(groups, &slot, 1, epoch) == rows[_i].outdated, "%s", rows[_i].what);
}
END_TEST

START_TEST(test_any_of_its_groups)
{
	const uint32_t slots[] = { slot_of("a"), slot_of("b"), slot_of("c") };

	for (size_t i = 0; i < 3; i++) {
		uint64_t epoch = groups_epoch(groups);

		ck_assert(!groups_outdated(groups, slots, 3, epoch));
		groups_invalidate(groups, slots[i], GROUPS_HARD);
		ck_assert(groups_outdated(groups, slots, 3, epoch));
		ck_assert(!groups_outdated(groups, slots, i, epoch));
		ck_assert(!groups_outdated(groups, slots, 3, groups_epoch(groups)));
	}
	ck_assert(!groups_outdated(groups, NULL, 0, 0));
}
END_TEST

/* RFC 9875 2.1: the same String and the same origin; letter case counts. */
START_TEST(test_slots)
{
	struct groups *other = groups_new(43);
	unsigned seen = 0, same = 0, outdated = 0;
	uint64_t before = groups_epoch(groups);

	ck_assert_uint_eq(slot_of("a"), slot_of("a"));
	ck_assert_uint_ne(slot_of("a"), slot_of("A"));
	ck_assert_uint_ne(slot_of("a"), groups_slot(groups, SCOPE + 1, SLICE("a")));
	ck_assert_uint_ne(slot_of("a"), groups_slot(other, SCOPE, SLICE("a")));
	ck_assert_uint_ne(slot_of(""), groups_slot(groups, SCOPE + 1, SLICE("")));
	groups_free(other);
	for (unsigned i = 0; i < 10000; i++) { /* spread over all of them */
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		same += slot_of(name) == slot_of("a");
		seen |= slot_of(name);
		groups_invalidate(groups, slot_of(name), GROUPS_HARD);
	}
	ck_assert_uint_eq(seen, UINT32_MAX);
	ck_assert_uint_eq(same, 0);
	for (unsigned i = 10000; i < 110000; i++) { /* that others reach: 2 expected */
		char name[16];
		uint32_t slot;

		snprintf(name, sizeof(name), "%u", i);
		slot = slot_of(name);
		outdated += groups_outdated(groups, &slot, 1, before);
	}
	ck_assert_uint_le(outdated, 20);
}
END_TEST

#define WORKERS 4
#define TURNS   20000
#define SHARED  3 /* slots that all of them use */

struct worker {
	unsigned number;
	unsigned wrong;
};

/* Its own group, which nobody else touches, and those that all share. */
static void take_turn(struct worker *w, unsigned turn)
{
	const uint32_t own = 100 + w->number, shared = (turn + w->number) % SHARED;
	uint64_t before = groups_epoch(groups);

	groups_invalidate(groups, shared, GROUPS_HARD);
	w->wrong += !groups_outdated(groups, &shared, 1, before);
	w->wrong += groups_outdated(groups, &own, 1, before);
	groups_invalidate(groups, own, GROUPS_HARD);
	w->wrong += !groups_outdated(groups, &own, 1, before);
	w->wrong += groups_outdated(groups, &own, 1, groups_epoch(groups));
}

static void *work(void *arg)
{
	for (unsigned turn = 0; turn < TURNS; turn++)
		take_turn(arg, turn);
	return NULL;
}

START_TEST(test_many_threads)
{
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ i, 0 };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
	}
	for (uint32_t slot = 0; slot < SHARED; slot++)
		ck_assert(!groups_outdated(groups, &slot, 1, groups_epoch(groups)));
	ck_assert_uint_eq(groups_epoch(groups), 2ull * WORKERS * TURNS);
}
END_TEST

/* What one thread is told of over a flag, it finds invalidated; and that never ends again. */
struct message {
	atomic_uint invalidated; /* how many times, told when the call has returned */
	atomic_bool over;
	unsigned wrong;
};

static void *watch(void *arg)
{
	struct message *m = arg;
	const uint32_t slot = 5;

	while (!atomic_load_explicit(&m->over, memory_order_relaxed)) {
		unsigned told = atomic_load_explicit(&m->invalidated, memory_order_acquire);

		m->wrong += told > 0 && !groups_outdated(groups, &slot, 1, told - 1);
	}
	return NULL;
}

START_TEST(test_what_returned_is_seen)
{
	struct message m = { .wrong = 0 };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, watch, &m), 0);
	for (unsigned i = 1; i <= 10 * TURNS; i++) { /* alone: the i-th has number i */
		groups_invalidate(groups, 5, GROUPS_HARD);
		atomic_store_explicit(&m.invalidated, i, memory_order_release);
	}
	atomic_store(&m.over, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(m.wrong, 0);
}
END_TEST

START_TEST(test_modes_are_apart)
{
	const uint32_t slot = slot_of("it");
	uint64_t epoch = groups_epoch(groups);

	groups_invalidate(groups, slot, GROUPS_SOFT);
	ck_assert(groups_softened(groups, &slot, 1, epoch));
	ck_assert(!groups_outdated(groups, &slot, 1, epoch));
	ck_assert(!groups_softened(groups, &slot, 1, groups_epoch(groups)));
}
END_TEST

static char path[] = "/tmp/larder-groups-XXXXXX";

static struct groups *opened(bool renewed_expected)
{
	struct groups *found = NULL;
	bool renewed = !renewed_expected;

	ck_assert_int_eq(groups_open(path, &found, &renewed), RC_OK);
	ck_assert(renewed == renewed_expected);
	return found;
}

static void in_new_file(void)
{
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(path);
}

START_TEST(test_it_outlasts_the_process)
{
	struct groups *first, *second;
	uint32_t slot;
	uint64_t before, seed, identity;

	in_new_file();
	first = opened(false);
	seed = groups_seed(first);
	identity = groups_identity(first);
	slot = groups_slot(first, SCOPE, SLICE("it"));
	before = groups_epoch(first);
	groups_invalidate(first, slot, GROUPS_HARD);
	ck_assert_int_eq(groups_sync(first), RC_OK);
	/* not closed: another process would see the same */
	second = opened(false);
	ck_assert_uint_eq(groups_seed(second), seed);
	ck_assert_uint_eq(groups_identity(second), identity);
	ck_assert_uint_eq(groups_slot(second, SCOPE, SLICE("it")), slot);
	ck_assert(groups_outdated(second, &slot, 1, before));
	ck_assert_uint_gt(groups_epoch(second), before + 1000000);
	groups_free(first);
	groups_free(second);
	unlink(path);
}
END_TEST

/* What is wrong with the file, by where it is cut or overwritten. */
static const struct {
	const char *what;
	off_t cut; /* -1: not */
	off_t at;  /* of a byte that is turned over; -1: none */
	bool renewed;
} damages[] = {
	{ "empty", 0, -1, true },
	{ "cut short", 100000, -1, true },
	{ "another magic", -1, 0, true },
	{ "another seed", -1, 9, true },
	{ "another identity", -1, 17, true },
	{ "another check", -1, 25, true },
	{ "a slot is data, not damage", -1, 9000, false },
};

START_TEST(test_damage)
{
	struct groups *table;
	uint64_t identity;
	char byte;
	int fd;

	in_new_file();
	table = opened(false);
	identity = groups_identity(table);
	groups_free(table);
	fd = open(path, O_RDWR);
	if (damages[_i].cut >= 0)
		ck_assert_int_eq(ftruncate(fd, damages[_i].cut), 0);
	if (damages[_i].at >= 0) {
		ck_assert_int_eq(pread(fd, &byte, 1, damages[_i].at), 1);
		byte = (char)(byte ^ 0x55);
		ck_assert_int_eq(pwrite(fd, &byte, 1, damages[_i].at), 1);
	}
	close(fd);
	table = opened(damages[_i].renewed);
	ck_assert_msg((groups_identity(table) != identity) == damages[_i].renewed, "%s",
		damages[_i].what);
	groups_free(table);
	unlink(path);
}
END_TEST

START_TEST(test_notes)
{
	uint64_t many[GROUPS_NOTES + 1] = { 1, 2, 3 };
	struct groups *first, *second;

	in_new_file();
	first = opened(false);
	ck_assert(!groups_noted(first, 1));
	groups_note(first, many, 3);
	groups_note(first, many + 1, 1);
	ck_assert(!groups_noted(first, 1) && groups_noted(first, 2) && !groups_noted(first, 3));
	for (size_t i = 0; i <= GROUPS_NOTES; i++)
		many[i] = i + 1;
	groups_note(first, many, GROUPS_NOTES + 1);
	second = opened(false);
	ck_assert(groups_noted(second, GROUPS_NOTES));
	ck_assert(!groups_noted(second, GROUPS_NOTES + 1));
	groups_free(first);
	groups_free(second);
	unlink(path);
}
END_TEST

START_TEST(test_one_in_memory_moves_into_a_file)
{
	const uint32_t slot = slot_of("it"), later = slot_of("later");
	struct groups *second;
	uint64_t before = groups_epoch(groups);

	in_new_file();
	groups_invalidate(groups, slot, GROUPS_HARD);
	ck_assert_int_eq(groups_keep(groups, "/proc/no/such/groups") == RC_OK, false);
	ck_assert_int_eq(groups_keep(groups, path), RC_OK);
	groups_invalidate(groups, later, GROUPS_HARD);
	second = opened(false);
	ck_assert_uint_eq(groups_identity(second), groups_identity(groups));
	ck_assert(groups_outdated(second, &slot, 1, before));
	ck_assert(groups_outdated(second, &later, 1, before));
	groups_free(second);
	unlink(path);
}
END_TEST

START_TEST(test_no_place_for_it)
{
	struct groups *table = NULL;
	bool renewed;

	ck_assert_int_ne(groups_open("/proc/no/such/groups", &table, &renewed), RC_OK);
	ck_assert_ptr_null(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("groups");
	TCase *tests = tcase_create("groups");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_stories, 0, ROWS);
	tcase_add_test(tests, test_any_of_its_groups);
	tcase_add_test(tests, test_slots);
	tcase_add_test(tests, test_many_threads);
	tcase_add_test(tests, test_what_returned_is_seen);
	tcase_add_test(tests, test_modes_are_apart);
	tcase_add_test(tests, test_it_outlasts_the_process);
	tcase_add_loop_test(tests, test_damage, 0, (int)(sizeof(damages) / sizeof(damages[0])));
	tcase_add_test(tests, test_notes);
	tcase_add_test(tests, test_one_in_memory_moves_into_a_file);
	tcase_add_test(tests, test_no_place_for_it);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

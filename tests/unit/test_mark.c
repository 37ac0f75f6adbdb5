/* test_mark.c - purges that overtake what is to be written: they are acknowledged while nothing can be, and what
 * they were about isn't there when it has been written after all; also where a purge comes at any moment of it.
 *
 * What keeps the writer is a transaction of another connection.
 */
#include "disk_fixture.h"

#include "run_case.h"

#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>

static sqlite3 *other;

static void hold_writer(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/larder.db", directory);
	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	sqlite3_busy_timeout(other, 10000);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void let_writer_go(void)
{
	ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
}

static void wait_until_written(void)
{
	struct disk_usage usage;

	do {
		disk_flush(disk);
		disk_usage(disk, &usage);
	} while (usage.queued > 0 || usage.state != DISK_WORKS);
}

static void wait_until_told(const struct told *told)
{
	while (atomic_load(&told->calls) == 0)
		sched_yield();
}

static bool takes_b(void *arg, const struct key *key, const struct object *object)
{
	(void)arg;
	(void)object;
	return slice_equal(key_target(*key), SLICE("/b"));
}

/* Of /a, /b, /c and /d: a, c and d have the tag t1, c came a minute ago, d is of 100,000 bytes. */
static const struct {
	const char *what;
	struct disk_selection selection;
	const char *slot; /* that the caller raises; NULL: none */
	uint64_t count;
	const char *left; /* which are found afterwards */
	bool counts;
} rows[] = {
	{ "prefix", { .scope = DISK_PREFIX, .route = { "/r", 2 }, .text = { "/a", 2 } }, NULL, 1,
		"bcd", false },
	{ "prefix of another route",
		{ .scope = DISK_PREFIX, .route = { "/q", 2 }, .text = { "/a", 2 } }, NULL, 0,
		"abcd", false },
	{ "whatever route", { .scope = DISK_TARGETS, .text = { "/", 1 } }, NULL, 4, "", false },
	{ "older than", { .scope = DISK_OLDER_THAN }, NULL, 1, "abd", false },
	{ "older than, of a route", { .scope = DISK_OLDER_THAN, .route = { "/r", 2 } }, NULL, 1,
		"abd", false },
	{ "older than, of another", { .scope = DISK_OLDER_THAN, .route = { "/q", 2 } }, NULL, 0,
		"abcd", false },
	{ "judged", { .scope = DISK_ALL, .judge = { .takes = takes_b } }, NULL, 1, "acd", false },
	{ "judged thoroughly",
		{ .scope = DISK_ALL, .judge = { .takes = takes_b, .thorough = true } }, NULL, 1,
		"acd", false },
	{ "judged, of a tag",
		{ .scope = DISK_TAG, .text = { "t1", 2 }, .judge = { .takes = takes_b } }, NULL, 0,
		"abcd", false },
	{ "judged, and raised by the caller",
		{ .scope = DISK_ALL, .judge = { .takes = takes_b, .raised = true } }, NULL, 1,
		"abcd", false },
	{ "tag", { .scope = DISK_TAG, .text = { "t1", 2 } }, "t1", 3, "b", false },
	{ "route", { .scope = DISK_ROUTE, .route = { "/r", 2 } }, NULL, 4, "abcd", true },
	{ "another route", { .scope = DISK_ROUTE, .route = { "/q", 2 } }, NULL, 0, "abcd", true },
	{ "target", { .scope = DISK_TARGET, .route = { "/r", 2 }, .text = { "/c", 2 } }, "/c", 1,
		"abd", false },
	{ "errors", { .scope = DISK_NEGATIVE }, NULL, 0, "abcd", true },
	{ "nothing", { .scope = DISK_NOTHING }, NULL, 0, "abcd", false },
	{ "only counted", { .scope = DISK_TARGETS, .text = { "/", 1 } }, NULL, 4, "abcd", true },
};

static void store_all(void)
{
	static const struct stored_as all[] = {
		{ .target = "/a", .size = 10, .tag = "t1" },
		{ .target = "/b", .size = 10, .tag = "t2" },
		{ .target = "/c", .size = 10, .tag = "t1", .age_ms = 60000 },
		{ .target = "/d", .size = 100000, .tag = "t1" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_int_eq(store(all[i]), RC_OK);
}

static const char *left(char text[static 5])
{
	static const char *const targets[] = { "/a", "/b", "/c", "/d" };
	size_t size = 0;

	for (size_t i = 0; i < 4; i++) {
		if (found(targets[i]) != 0)
			text[size++] = targets[i][1];
	}
	text[size] = '\0';
	return text;
}

static void purge(int row, struct told *told)
{
	struct disk_selection selection = rows[row].selection;
	const struct disk_done done = { tell, told };

	if (selection.scope == DISK_OLDER_THAN)
		selection.before_ms = clock_wall_ms() - 30000;
	if (rows[row].slot != NULL)
		groups_invalidate(disk_groups(disk), slot_of(rows[row].slot), GROUPS_HARD);
	if (rows[row].counts)
		disk_count(disk, &selection, &done);
	else
		disk_purge(disk, &selection, GROUPS_HARD, &done);
}

START_TEST(test_it_overtakes_what_is_to_be_written)
{
	struct disk_usage usage;
	struct told told = { 0 };
	char text[5];

	disk_flush(disk);
	hold_writer();
	store_all();
	purge(_i, &told);
	wait_until_told(&told);
	disk_usage(disk, &usage);
	ck_assert_msg(usage.queued >= 4, "%s: it was waited for", rows[_i].what);
	ck_assert_int_eq(told.rc, RC_OK);
	ck_assert_msg(told.count == rows[_i].count, "%s: %d", rows[_i].what, (int)told.count);
	ck_assert_msg(strcmp(left(text), rows[_i].left) == 0, "%s: %s", rows[_i].what, text);
	let_writer_go();
	wait_until_written();
	ck_assert_msg(
		strcmp(left(text), rows[_i].left) == 0, "%s, written: %s", rows[_i].what, text);
	again();
	ck_assert_msg(strcmp(left(text), rows[_i].left) == 0, "%s, again: %s", rows[_i].what, text);
}
END_TEST

#define STORED 600 /* some batches */

static void *store_many(void *arg)
{
	char target[16];

	for (int i = 0; i < STORED; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		ck_assert_int_eq(store((struct stored_as){ .target = target, .size = 100 }), RC_OK);
		atomic_store((atomic_int *)arg, i + 1);
	}
	return NULL;
}

static const int moments[] = { 1, 100, 256, 300, 513, STORED };

/* While the writer takes, commits and lets go of what was queued before it: nothing slips through in between. */
START_TEST(test_at_any_moment_nothing_slips_through)
{
	const struct disk_selection selection = { .scope = DISK_TARGETS, .text = { "/", 1 } };
	struct told told = { 0 };
	const struct disk_done done = { tell, &told };
	atomic_int stored = 0;
	char target[16];
	pthread_t thread;
	int before;

	ck_assert_int_eq(pthread_create(&thread, NULL, store_many, &stored), 0);
	while (atomic_load(&stored) < moments[_i])
		sched_yield();
	before = atomic_load(&stored);
	disk_purge(disk, &selection, GROUPS_HARD, &done);
	wait_until_told(&told);
	ck_assert_int_eq(told.rc, RC_OK);
	pthread_join(thread, NULL);
	disk_flush(disk);
	again();
	for (int i = 0; i < before; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		ck_assert_msg(found(target) == 0, "%d of %d", i, before);
	}
}
END_TEST

/* Who is there when the tier is closed is told, as if it went on. */
START_TEST(test_the_end)
{
	struct told told[8] = { 0 };

	store_all();
	for (int i = 0; i < 8; i++) {
		const struct disk_selection selection = { .scope = DISK_TARGETS,
			.text = { "/", 1 } };
		const struct disk_done done = { tell, &told[i] };

		disk_purge(disk, &selection, GROUPS_SOFT, &done);
	}
	disk_close(disk);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(atomic_load(&told[i].calls), 1);
		ck_assert_int_eq(told[i].rc, RC_OK);
	}
	open_disk();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("mark");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_it_overtakes_what_is_to_be_written, 0,
		(int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tests, test_at_any_moment_nothing_slips_through, 0,
		(int)(sizeof(moments) / sizeof(moments[0])));
	tcase_add_test(tests, test_the_end);
	return run_case("mark", tests);
}

/* test_depot.c - a disk tier's directory from outside: what is listed and found, what a verification finds and
 * mends, what a sweep takes.
 *
 * A tier fills a directory of its own; the depot looks at it beside the tier or after it. Each kind of damage
 * from the operator's side: tests/e2e/55_disk_tools.py.
 */
#include "store/depot.h"

#include "store/disk.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024
#define ALL (sizeof(kept) / sizeof(kept[0]))

static char directory[64];
static struct disk *disk;
static struct depot *depot;
static struct bytes fault;

static const struct {
	const char *target;
	size_t size;
	int64_t lifetime_ms;
} kept[] = {
	{ "/a", 100, 3600000 },
	{ "/ab?x=1", 2000, 3600000 },
	{ "/b", 100 * KIB, 3600000 },
	{ "/c", 100 * KIB, 3600000 }, /* the same file */
	{ "/over", 200 * KIB, 1000 },
};

static void open_disk(void)
{
	const struct disk_options options = {
		.path = directory,
		.size_bytes = 64 << 20,
		.inline_limit_bytes = 64 * KIB,
		.max_object_bytes = 8 << 20,
		.high_water_percent = 95,
		.low_water_percent = 80,
		.queue_bytes = 16 << 20,
		.compress_bytes = UINT64_MAX,
	};

	ck_assert_int_eq(disk_open(&options, &disk, &fault), RC_OK);
}

static void store(const char *target, size_t size, int64_t lifetime_ms)
{
	SCOPED(body) body = body_new(xalloc(size + 1), size);
	SCOPED(object) object = NULL;
	const uint32_t slot = groups_slot(disk_groups(disk), 1, slice_of(target));
	const struct headers none = { 0 };
	struct bytes buffer;
	struct key key;

	bytes_init(&buffer, 4096);
	ck_assert_int_eq(
		key_make(&(struct key_parts){ .route = SLICE("/"), .target = slice_of(target) },
			groups_seed(disk_groups(disk)), &buffer, &key),
		RC_OK);
	object = object_new(&(struct object_parts){
		.status = 200,
		.freshness = { .responded_ms = clock_wall_ms(), .lifetime_ms = lifetime_ms },
		.headers = &none,
		.groups = &slot,
		.group_count = 1,
		.epoch = groups_epoch(disk_groups(disk)),
		.body = body,
	});
	ck_assert_int_eq(tier_put(disk_tier(disk), &key, object), RC_OK);
	bytes_done(&buffer);
}

static void set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-depot-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	bytes_init(&fault, 4096);
	depot = NULL;
	open_disk();
	for (size_t i = 0; i < ALL; i++)
		store(kept[i].target, kept[i].size, kept[i].lifetime_ms);
	disk_flush(disk);
}

static void stop(void)
{
	disk_close(disk);
	disk = NULL;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	(void)found;
	(void)kind;
	(void)at;
	return remove(path);
}

static void tear_down(void)
{
	depot_close(depot);
	disk_close(disk);
	bytes_done(&fault);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_for(enum depot_use use)
{
	depot_close(depot);
	depot = NULL;
	ck_assert_int_eq(depot_open(&(struct depot_options){ .path = directory, .use = use },
				 &depot, &fault),
		RC_OK);
}

static void outside(const char *sql)
{
	char path[128];
	sqlite3 *handle;
	char *words = NULL;

	snprintf(path, sizeof(path), "%s/larder.db", directory);
	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	sqlite3_busy_timeout(handle, 5000);
	sqlite3_exec(handle, sql, NULL, NULL, &words);
	ck_assert_msg(words == NULL, "%s: %s", sql, words);
	sqlite3_close(handle);
}

/* ---- entries ---- */

static bool count(void *arg, const struct depot_entry *entry)
{
	ck_assert_int_eq(entry->object->status, 200);
	++*(int *)arg;
	return true;
}

static bool only_one(void *arg, const struct depot_entry *entry)
{
	count(arg, entry);
	return false;
}

static const struct {
	const char *route, *prefix, *tag;
	int found;
} filters[] = {
	{ "", "", "", ALL },
	{ "/", "", "", ALL },
	{ "/x", "", "", 0 },
	{ "", "/a", "", 2 },
	{ "/", "/a", "", 2 },
	{ "", "/ab?", "", 1 },
	{ "", "", "none", 0 },
};

START_TEST(test_lists)
{
	const struct depot_filter filter = { .route = slice_of(filters[_i].route),
		.prefix = slice_of(filters[_i].prefix),
		.tag = slice_of(filters[_i].tag) };
	int found = 0;

	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_list(depot, &filter, count, &found), RC_OK);
	ck_assert_int_eq(found, filters[_i].found);
	found = 0;
	ck_assert_int_eq(depot_list(depot, &filter, only_one, &found), RC_OK);
	ck_assert_int_eq(found, filters[_i].found > 0);
}
END_TEST

static const struct {
	const char *target;
	enum rc rc;
	size_t found;
} wanted[] = {
	{ "/a", RC_OK, 1 },
	{ "/%61", RC_OK, 1 },
	{ "/ab?x=1", RC_OK, 1 },
	{ "/ab", RC_OK, 0 },
	{ "/ab?x=2", RC_OK, 0 },
	{ "a", RC_INVALID, 0 },
	{ "", RC_INVALID, 0 },
	{ "/%zz", RC_INVALID, 0 },
};

START_TEST(test_finds)
{
	struct depot_found found;

	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_find(depot, slice_of(wanted[_i].target), &found), wanted[_i].rc);
	ck_assert_uint_eq(found.count, wanted[_i].found);
}
END_TEST

struct seen {
	char key[256];
	size_t key_size;
	enum depot_validity validity;
};

static bool see(void *arg, const struct depot_entry *entry)
{
	struct seen *seen = arg;

	memcpy(seen->key, entry->key.bytes.data, entry->key.bytes.size);
	seen->key_size = entry->key.bytes.size;
	seen->validity = entry->validity;
	return true;
}

START_TEST(test_what_was_invalidated_shows)
{
	static const enum depot_validity expected[] = {
		[GROUPS_HARD] = DEPOT_OUTDATED,
		[GROUPS_SOFT] = DEPOT_SOFTENED,
	};
	struct depot_found found, again;
	struct seen seen;

	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_find(depot, SLICE("/a"), &found), RC_OK);
	ck_assert_int_eq(depot_show(depot, found.ids[0], see, &seen), RC_OK);
	ck_assert_int_eq(seen.validity, DEPOT_VALID);
	groups_invalidate(disk_groups(disk), groups_slot(disk_groups(disk), 1, SLICE("/a")),
		(enum groups_mode)_i);
	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_show(depot, found.ids[0], see, &seen), RC_OK);
	ck_assert_int_eq(seen.validity, expected[_i]);
	ck_assert_int_eq(
		depot_find_key(depot, (struct slice){ seen.key, seen.key_size }, &again), RC_OK);
	ck_assert_uint_eq(again.count, 1);
	ck_assert_int_eq(again.ids[0], found.ids[0]);
}
END_TEST

START_TEST(test_bodies)
{
	struct depot_found found;
	SCOPED(body) body = NULL;
	SCOPED(body) loaded = NULL;

	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_find(depot, slice_of(kept[_i].target), &found), RC_OK);
	ck_assert_int_eq(depot_body(depot, found.ids[0], &body), RC_OK);
	ck_assert_uint_eq(body->size, kept[_i].size);
	ck_assert_int_eq(body_load(body, &loaded), RC_OK);
	ck_assert_int_eq(depot_body(depot, found.ids[0] + 1, &body), RC_ABSENT);
}
END_TEST

/* ---- verifying ---- */

static unsigned told; /* a bit a kind */

static void tell(void *arg, const struct depot_finding *finding)
{
	(void)arg;
	told |= 1U << finding->kind;
	ck_assert_ptr_nonnull(depot_fault_name(finding->kind));
	ck_assert_ptr_nonnull(finding->detail);
}

static struct depot_verdict verify(enum depot_use use)
{
	const struct depot_listener listener = { .found = tell };
	struct depot_verdict verdict;

	told = 0;
	open_for(use);
	ck_assert_int_eq(depot_verify(depot, &listener, &verdict), RC_OK);
	ck_assert_int_eq(verdict.faults == 0, told == 0);
	return verdict;
}

#define BIT(kind) (1U << DEPOT_FAULT_##kind)

static const struct {
	const char *sql;
	unsigned faults;
	uint64_t left; /* entries, after the repair */
} damages[] = {
	{ "", 0, ALL },
	{ "UPDATE totals SET body_bytes = 1", BIT(TOTALS), ALL },
	{ "UPDATE artifacts SET refs = 0", BIT(REFERENCES), ALL },
	{ "UPDATE records SET record = x'00'", BIT(RECORD), 0 },
	{ "DELETE FROM records", BIT(RECORD), 0 },
	{ "UPDATE entries SET status = 201 WHERE target = x'2f61'", BIT(ENTRY), ALL - 1 },
	{ "INSERT INTO tags SELECT x'61', id FROM entries WHERE target = x'2f61'", BIT(TAGS),
		ALL - 1 },
	{ "INSERT INTO tags VALUES (x'61', 1)", BIT(HALF), ALL },
	{ "UPDATE records SET body = x'31' WHERE length(body) = 100", BIT(ENTRY), ALL - 1 },
	{ "UPDATE artifacts SET sums = zeroblob(8) WHERE length(sums) = 8",
		BIT(FILE_SUMS) | BIT(NO_FILE), 2 },
	{ "DELETE FROM artifacts", BIT(NO_FILE) | BIT(ORPHAN), 2 },
};

START_TEST(test_verifies)
{
	struct depot_verdict verdict;
	bool rests = _i % 2 == 0;
	size_t row = (size_t)_i / 2;

	if (rests)
		stop();
	if (damages[row].sql[0] != '\0')
		outside(damages[row].sql);
	verdict = verify(DEPOT_VERIFY);
	ck_assert_uint_eq(told & ~(BIT(TOTALS) | BIT(ORPHAN)),
		damages[row].faults & ~(BIT(TOTALS) | BIT(ORPHAN)));
	ck_assert_uint_eq(verdict.left, verdict.faults);
	verdict = verify(DEPOT_REPAIR);
	ck_assert_uint_eq(verdict.left, 0);
	verdict = verify(DEPOT_VERIFY);
	ck_assert_uint_eq(verdict.faults, 0);
	ck_assert_uint_eq(verdict.entries, damages[row].left);
}
END_TEST

/* ---- sweeping ---- */

START_TEST(test_sweeps)
{
	const struct depot_sweeping looks = { .dry_run = true }, sweeps = { 0 };
	struct depot_swept swept;

	stop();
	outside("UPDATE entries SET expires_ms = 1 WHERE target = x'2f6f766572'");
	open_for(DEPOT_LOOK);
	ck_assert_int_eq(depot_sweep(depot, &looks, &swept), RC_OK);
	ck_assert_uint_eq(swept.expired.count, 1);
	open_for(DEPOT_CHANGE);
	ck_assert_int_eq(depot_holder(depot), 0);
	ck_assert_int_eq(depot_sweep(depot, &sweeps, &swept), RC_OK);
	ck_assert_uint_eq(swept.expired.count, 1);
	ck_assert_uint_eq(swept.unreferenced.count, 1);
	ck_assert_uint_eq(swept.unreferenced.bytes, 200 * KIB);
	ck_assert_uint_ge(swept.freed_bytes, 200 * KIB);
	ck_assert_int_eq(depot_sweep(depot, &sweeps, &swept), RC_OK);
	ck_assert_uint_eq(swept.expired.count + swept.unreferenced.count, 0);
}
END_TEST

/* ---- who is there ---- */

START_TEST(test_beside_a_larder)
{
	open_for(DEPOT_CHANGE);
	ck_assert_int_eq(depot_holder(depot), getpid());
	stop();
	open_for(DEPOT_CHANGE);
	ck_assert_int_eq(depot_holder(depot), 0);
	ck_assert_int_eq(
		disk_open(&(struct disk_options){ .path = directory, .size_bytes = 1 << 20 }, &disk,
			&fault),
		RC_LOCKED);
	disk = NULL;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("depot");
	TCase *tests = tcase_create("depot");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_lists, 0, (int)(sizeof(filters) / sizeof(filters[0])));
	tcase_add_loop_test(tests, test_finds, 0, (int)(sizeof(wanted) / sizeof(wanted[0])));
	tcase_add_loop_test(tests, test_what_was_invalidated_shows, GROUPS_HARD, GROUPS_SOFT + 1);
	tcase_add_loop_test(tests, test_bodies, 0, (int)ALL);
	tcase_add_loop_test(
		tests, test_verifies, 0, 2 * (int)(sizeof(damages) / sizeof(damages[0])));
	tcase_add_test(tests, test_sweeps);
	tcase_add_test(tests, test_beside_a_larder);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

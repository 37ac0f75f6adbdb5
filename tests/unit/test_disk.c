/* test_disk.c - the disk tier as a whole: what was stored is there after a restart, what was purged isn't,
 * what was damaged is a miss.
 *
 * In a directory of its own below the build; "again" closes the tier and opens it anew.
 */
#include "tier_fixture.h"

#include "store/disk.h"
#include "util/clock.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static struct disk *disk;
static int reports[DISK_STATE_COUNT];
static bool (*above)(void *, const struct key *);

static void report(void *arg, enum disk_state state, const char *detail)
{
	(void)arg;
	(void)detail;
	reports[state]++;
}

static enum rc open_with(struct disk_options options, struct bytes *fault)
{
	options.path = directory;
	options.report = report;
	options.in_use = above;
	if (options.size_bytes == 0)
		options.size_bytes = 64 * MIB;
	if (options.queue_bytes == 0)
		options.queue_bytes = 16 * MIB;
	options.inline_limit_bytes = 64 * KIB;
	options.max_object_bytes = 8 * MIB;
	options.high_water_percent = 95;
	options.low_water_percent = 80;
	options.compress_bytes = UINT64_MAX;
	return disk_open(&options, &disk, fault);
}

static void open_disk(void)
{
	struct bytes fault;

	bytes_init(&fault, 4096);
	ck_assert_int_eq(open_with((struct disk_options){ 0 }, &fault), RC_OK);
	bytes_done(&fault);
}

static void again(void)
{
	disk_close(disk);
	open_disk();
}

static void set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-disk-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	memset(reports, 0, sizeof(reports));
	above = NULL;
	open_disk();
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
	disk_close(disk);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A key as key_make() makes them: the disk takes them apart. */
struct real_key {
	struct bytes buffer;
	struct key key;
};

static const struct key *real_key(struct real_key *k, const char *target)
{
	const struct key_parts parts = {
		.route = SLICE("/r"),
		.namespace_version = 1,
		.target = slice_of(target),
	};

	bytes_init(&k->buffer, 4096);
	ck_assert_int_eq(
		key_make(&parts, groups_seed(disk_groups(disk)), &k->buffer, &k->key), RC_OK);
	return &k->key;
}

struct stored_as {
	const char *target;
	size_t size;
	char fill; /* of the body */
	int64_t age_ms;
	const char *tag;
	const char *variant;
	int64_t lifetime_ms; /* 0: an hour */
};

static uint32_t slot_of(const char *name)
{
	return groups_slot(disk_groups(disk), 1, slice_of(name));
}

static struct object *object_of(const struct stored_as *as)
{
	uint32_t slots[2] = { slot_of(as->target), 0 };
	char *data = xalloc(as->size + 1);
	struct headers fields, variant;
	struct arena arena;
	SCOPED(body) body = NULL;
	struct object *object;

	memset(data, as->fill != 0 ? as->fill : 'x', as->size);
	body = body_new(data, as->size);
	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_init(&variant, &arena);
	headers_add(&fields, SLICE("Content-Type"), SLICE("text/plain"));
	if (as->tag != NULL) {
		headers_add(&fields, SLICE("Surrogate-Key"), slice_of(as->tag));
		slots[1] = slot_of(as->tag);
	}
	if (as->variant != NULL)
		headers_add(&variant, SLICE("accept"), slice_of(as->variant));
	object = object_new(&(struct object_parts){
		.status = 200,
		.http_version = HTTP_1_1,
		.freshness = {
			.requested_ms = clock_wall_ms() - as->age_ms,
			.responded_ms = clock_wall_ms() - as->age_ms,
			.date_ms = clock_wall_ms() - as->age_ms,
			.lifetime_ms = as->lifetime_ms != 0 ? as->lifetime_ms : 3600000,
			.explicit = true,
		},
		.headers = &fields,
		.variant = &variant,
		.groups = slots,
		.group_count = as->tag != NULL ? 2 : 1,
		.epoch = groups_epoch(disk_groups(disk)),
		.body = body,
	});
	arena_done(&arena);
	return object;
}

static enum rc store(struct stored_as as)
{
	SCOPED(object) object = object_of(&as);
	struct real_key k;
	enum rc rc = tier_put(disk_tier(disk), real_key(&k, as.target), object);

	bytes_done(&k.buffer);
	return rc;
}

static bool is_valid(struct object *object, void *arg)
{
	(void)arg;
	return !groups_outdated(
		disk_groups(disk), object->groups, object->group_count, object->epoch);
}

/* What is found: 0, or the body's first byte once all of them were read and found to be that. */
static char found(const char *target)
{
	const struct chooser chooser = { is_valid, NULL };
	SCOPED(object) object = NULL;
	SCOPED(body) body = NULL;
	struct real_key k;
	enum rc rc = tier_get(disk_tier(disk), real_key(&k, target), &chooser, &object);

	bytes_done(&k.buffer);
	if (rc != RC_OK || body_load(object->body, &body) != RC_OK)
		return 0;
	for (size_t i = 1; i < body->size; i++) {
		if (body->data[i] != body->data[0])
			return '!';
	}
	return body->size > 0 ? body->data[0] : '-';
}

/* Of every kind of place that a body can have. */
static const struct {
	const char *what;
	size_t size;
} sizes[] = {
	{ "none", 0 },
	{ "one byte", 1 },
	{ "in the row", 2000 },
	{ "the largest in the row", 64 * KIB },
	{ "the smallest in a file", 64 * KIB + 1 },
	{ "a piece of a file", MIB },
	{ "several pieces", 3 * MIB + 7 },
};
#define SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

START_TEST(test_it_is_found_queued_written_and_after_a_restart)
{
	char expected = sizes[_i].size > 0 ? 'x' : '-';

	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = sizes[_i].size }), RC_OK);
	ck_assert_int_eq(found("/a"), expected);
	disk_flush(disk);
	ck_assert_int_eq(found("/a"), expected);
	again();
	ck_assert_int_eq(found("/a"), expected);
	ck_assert_int_eq(found("/b"), 0);
}
END_TEST

START_TEST(test_too_large_takes_the_old_one_away)
{
	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	disk_flush(disk);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 9 * MIB }), RC_TOO_LARGE);
	ck_assert_int_eq(found("/a"), 0);
	disk_flush(disk);
	ck_assert_int_eq(found("/a"), 0);
}
END_TEST

START_TEST(test_the_newer_one_replaces_the_older)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(store((struct stored_as){ .target = "/a",
					 .size = (size_t)(100 + i * 100000),
					 .fill = (char)('a' + i) }),
			RC_OK);
		ck_assert_int_eq(found("/a"), 'a' + i);
		if (i == 1)
			disk_flush(disk);
	}
	again();
	ck_assert_int_eq(found("/a"), 'c');
}
END_TEST

START_TEST(test_variants_lie_side_by_side)
{
	struct disk_usage usage;

	for (char i = 0; i < 40; i++) {
		char value[] = { (char)('0' + i), '\0' };

		ck_assert_int_eq(
			store((struct stored_as){
				.target = "/a", .size = 10, .variant = value, .age_ms = 1000 - i }),
			RC_OK);
	}
	disk_flush(disk);
	disk_usage(disk, &usage);
	ck_assert_uint_eq(usage.entries, 32); /* the oldest had to go */
}
END_TEST

START_TEST(test_drop_and_discard)
{
	SCOPED(object) object = NULL;
	struct real_key k;

	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	disk_flush(disk);
	ck_assert_int_eq(tier_get(disk_tier(disk), real_key(&k, "/a"), NULL, &object), RC_OK);
	ck_assert_int_eq(tier_discard(disk_tier(disk), &k.key, object), RC_OK);
	ck_assert_int_eq(found("/a"), 0);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 10, .fill = 'n' }), RC_OK);
	/* one that is discarded is not the one that came since */
	ck_assert_int_eq(tier_discard(disk_tier(disk), &k.key, object), RC_OK);
	ck_assert_int_eq(found("/a"), 'n');
	again();
	ck_assert_int_eq(found("/a"), 'n');
	bytes_done(&k.buffer);
	ck_assert_int_eq(tier_drop(disk_tier(disk), real_key(&k, "/a")), RC_OK);
	ck_assert_int_eq(found("/a"), 0);
	again();
	ck_assert_int_eq(found("/a"), 0);
	bytes_done(&k.buffer);
}
END_TEST

struct told {
	atomic_int calls;
	enum rc rc;
	uint64_t count;
};

static void tell(void *arg, enum rc rc, uint64_t count)
{
	struct told *told = arg;

	told->rc = rc;
	told->count = count;
	atomic_fetch_add(&told->calls, 1);
}

static const struct {
	const char *what;
	struct disk_selection selection;
	const char *slot; /* that the caller raises; NULL: none */
	uint64_t count;
	const char *left; /* which of a, b, c are still found */
} purges[] = {
	{ "all", { .scope = DISK_ALL }, "all", 3, "abc" },
	{ "tag", { .scope = DISK_TAG, .text = { "t1", 2 } }, "t1", 2, "b" },
	{ "prefix", { .scope = DISK_PREFIX, .route = { "/r", 2 }, .text = { "/a", 2 } }, NULL, 1,
		"bc" },
	{ "prefix of all", { .scope = DISK_PREFIX, .route = { "/r", 2 }, .text = { "/", 1 } }, NULL,
		3, "" },
	{ "prefix of another route",
		{ .scope = DISK_PREFIX, .route = { "/q", 2 }, .text = { "/", 1 } }, NULL, 0,
		"abc" },
	{ "older than", { .scope = DISK_OLDER_THAN }, NULL, 1, "bc" },
};

START_TEST(test_purges_last)
{
	static const char *const targets[] = { "/a", "/b", "/c" };
	struct disk_selection selection = purges[_i].selection;
	struct told told = { 0 };
	const struct disk_done done = { tell, &told };
	char left[4] = "";
	size_t size = 0;

	ck_assert_int_eq(store((struct stored_as){
				 .target = "/a", .size = 10, .tag = "t1", .age_ms = 60000 }),
		RC_OK);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/b", .size = 10, .tag = "t2" }), RC_OK);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/c", .size = 100000, .tag = "t1" }), RC_OK);
	if (selection.scope == DISK_OLDER_THAN)
		selection.before_ms = clock_wall_ms() - 30000;
	if (purges[_i].slot != NULL)
		groups_invalidate(disk_groups(disk), slot_of(purges[_i].slot), GROUPS_HARD);
	disk_purge(disk, &selection, GROUPS_HARD, &done);
	disk_flush(disk);
	ck_assert_int_eq(atomic_load(&told.calls), 1);
	ck_assert_int_eq(told.rc, RC_OK);
	ck_assert_msg(told.count == purges[_i].count, "%s: %d", purges[_i].what, (int)told.count);
	again();
	for (int i = 0; i < 3; i++) {
		if (found(targets[i]) != 0)
			left[size++] = targets[i][1];
	}
	/* "all" is a slot that the caller asks about beside the object's own */
	if (selection.scope != DISK_ALL)
		ck_assert_msg(strcmp(left, purges[_i].left) == 0, "%s: %s", purges[_i].what, left);
}
END_TEST

START_TEST(test_another_table_of_groups_empties_it)
{
	char path[96];

	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	ck_assert_int_eq(store((struct stored_as){ .target = "/c", .size = 100000 }), RC_OK);
	disk_close(disk);
	snprintf(path, sizeof(path), "%s/groups", directory);
	ck_assert_int_eq(unlink(path), 0);
	open_disk();
	ck_assert_int_eq(found("/a"), 0);
	ck_assert_int_eq(found("/c"), 0);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 10, .fill = 'n' }), RC_OK);
	again();
	ck_assert_int_eq(found("/a"), 'n');
}
END_TEST

static void spoil(const char *name, off_t at)
{
	char path[128], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte = (char)(byte ^ 0xff);
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

START_TEST(test_a_corrupt_database_is_moved_aside)
{
	struct disk_usage usage;
	struct dirent *entry;
	DIR *names;
	int aside = 0;

	ck_assert_int_eq(store((struct stored_as){ .target = "/a", .size = 10 }), RC_OK);
	disk_close(disk);
	spoil("larder.db", 3);
	open_disk();
	disk_usage(disk, &usage);
	ck_assert_uint_eq(usage.moved_aside, 1);
	ck_assert_int_eq(usage.state, DISK_WORKS);
	ck_assert_int_eq(found("/a"), 0);
	names = opendir(directory);
	while ((entry = readdir(names)) != NULL)
		aside += strncmp(entry->d_name, "larder.db.corrupt-", 18) == 0;
	closedir(names);
	ck_assert_int_ge(aside, 1);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 10, .fill = 'n' }), RC_OK);
	again();
	ck_assert_int_eq(found("/a"), 'n');
}
END_TEST

START_TEST(test_two_on_one_directory)
{
	struct disk *first = disk;
	struct bytes fault;
	pid_t child = fork();
	int status;

	if (child == 0) { /* the lock is the process's */
		bytes_init(&fault, 4096);
		_exit(open_with((struct disk_options){ 0 }, &fault) == RC_LOCKED &&
					strstr(fault.data, "pid") != NULL
				? 0
				: 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	disk = first;
}
END_TEST

static bool is_hot(void *arg, const struct key *key)
{
	struct slice target = key_target(*key);

	(void)arg;
	return target.size == 4 && memcmp(target.data, "/hot", 4) == 0;
}

START_TEST(test_what_is_idle_leaves_and_what_is_hot_stays)
{
	struct disk_usage usage;
	struct bytes fault;
	char target[16];

	disk_close(disk);
	above = is_hot;
	bytes_init(&fault, 4096);
	ck_assert_int_eq(
		open_with((struct disk_options){ .size_bytes = 4 * MIB, .queue_bytes = 64 * MIB },
			&fault),
		RC_OK);
	bytes_done(&fault);
	ck_assert_int_eq(
		store((struct stored_as){ .target = "/hot", .size = 1000, .fill = 'h' }), RC_OK);
	disk_flush(disk);
	for (int i = 0; i < 1000; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		ck_assert_int_eq(
			store((struct stored_as){ .target = target, .size = 10000 }), RC_OK);
		if (i % 100 == 0)
			disk_flush(disk);
	}
	disk_flush(disk);
	do { /* the collector works behind */
		disk_flush(disk);
		disk_usage(disk, &usage);
	} while (usage.bytes > 4 * MIB * 95 / 100);
	ck_assert_uint_gt(usage.evicted, 500);
	ck_assert_int_eq(found("/hot"), 'h');
	ck_assert_int_eq(found("/0"), 0);
	ck_assert_int_eq(found("/999"), 'x');
}
END_TEST

START_TEST(test_expired_ones_leave)
{
	struct disk_usage usage;

	ck_assert_int_eq(
		store((struct stored_as){ .target = "/a", .size = 100000, .lifetime_ms = 200 }),
		RC_OK);
	ck_assert_int_eq(store((struct stored_as){ .target = "/b", .size = 100000 }), RC_OK);
	do {
		disk_flush(disk);
		disk_usage(disk, &usage);
	} while (usage.expired < 1);
	ck_assert_uint_eq(usage.entries, 1);
	ck_assert_int_eq(found("/a"), 0);
	ck_assert_int_eq(found("/b"), 'x'); /* the same bytes: the file is still there */
}
END_TEST

START_TEST(test_facts_last)
{
	struct bytes value;

	bytes_init(&value, 100);
	ck_assert_int_eq(disk_recall(disk, SLICE("/r"), &value), RC_ABSENT);
	disk_remember(disk, SLICE("/r"), SLICE("2026_01"));
	again();
	ck_assert_int_eq(disk_recall(disk, SLICE("/r"), &value), RC_OK);
	ck_assert(slice_equal(bytes_slice(&value), SLICE("2026_01")));
	bytes_done(&value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disk");
	TCase *tests = tcase_create("disk");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_it_is_found_queued_written_and_after_a_restart, 0, SIZES);
	tcase_add_test(tests, test_too_large_takes_the_old_one_away);
	tcase_add_test(tests, test_the_newer_one_replaces_the_older);
	tcase_add_test(tests, test_variants_lie_side_by_side);
	tcase_add_test(tests, test_drop_and_discard);
	tcase_add_loop_test(tests, test_purges_last, 0, (int)(sizeof(purges) / sizeof(purges[0])));
	tcase_add_test(tests, test_another_table_of_groups_empties_it);
	tcase_add_test(tests, test_a_corrupt_database_is_moved_aside);
	tcase_add_test(tests, test_two_on_one_directory);
	tcase_add_test(tests, test_what_is_idle_leaves_and_what_is_hot_stays);
	tcase_add_test(tests, test_expired_ones_leave);
	tcase_add_test(tests, test_facts_last);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* test_disk.c - the disk tier as a whole: what was stored is there after a restart, what was purged isn't,
 * what is idle makes room.
 */
#include "disk_fixture.h"

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

static bool is_of_target(void *arg, const struct key *key, const struct object *object)
{
	(void)object;
	return slice_equal(key_target(*key), slice_of(arg));
}

static bool is_in(void *arg, const struct key *key, const struct object *object)
{
	uint32_t slot = slot_of(arg);
	bool found = false;

	(void)key;
	for (size_t i = 0; i < object->group_count; i++)
		found = found || object->groups[i] == slot;
	return found && object->freshness.lifetime_ms > 0;
}

static const struct {
	const char *what;
	enum disk_scope scope;
	struct disk_judge judge; /* of the name */
	char name[4];
	bool counts;
	uint64_t count;
	const char *left; /* as above */
} judged[] = {
	{ "by key", DISK_ALL, { .takes = is_of_target }, "/b", false, 1, "ac" },
	{ "by what the record says", DISK_ALL, { .takes = is_in, .thorough = true }, "t1", false, 2,
		"b" },
	{ "of a tag", DISK_TAG, { .takes = is_of_target }, "/c", false, 1, "ab" },
	{ "counted only", DISK_ALL, { .takes = is_in, .thorough = true }, "t1", true, 2, "abc" },
	{ "counted, all", DISK_ALL, { .takes = NULL }, "", true, 3, "abc" },
	{ "what is raised already is nobody's to raise", DISK_ALL,
		{ .takes = is_of_target, .raised = true }, "/b", false, 1, "abc" },
	{ "nothing", DISK_NOTHING, { .takes = NULL }, "", false, 0, "abc" },
};

/* What is raised for it is out of date after a restart, and what isn't is found. */
START_TEST(test_judged)
{
	static const char *const targets[] = { "/a", "/b", "/c" };
	char name[sizeof(judged[0].name)];
	struct disk_selection selection = {
		.scope = judged[_i].scope, .text = { "t1", 2 }, .judge = judged[_i].judge
	};
	struct told told = { 0 };
	const struct disk_done done = { tell, &told };
	char left[4] = "";
	size_t size = 0;

	memcpy(name, judged[_i].name, sizeof(name));
	selection.judge.arg = name;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(store((struct stored_as){ .target = targets[i],
					 .size = i == 2 ? 100000 : 10,
					 .tag = i == 1 ? "t2" : "t1" }),
			RC_OK);
	if (judged[_i].counts)
		disk_count(disk, &selection, &done);
	else
		disk_purge(disk, &selection, GROUPS_HARD, &done);
	disk_flush(disk);
	ck_assert_int_eq(atomic_load(&told.calls), 1);
	ck_assert_int_eq(told.rc, RC_OK);
	ck_assert_msg(told.count == judged[_i].count, "%s: %d", judged[_i].what, (int)told.count);
	again();
	for (int i = 0; i < 3; i++) {
		if (found(targets[i]) != 0)
			left[size++] = targets[i][1];
	}
	ck_assert_msg(strcmp(left, judged[_i].left) == 0, "%s: %s", judged[_i].what, left);
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
	tcase_add_loop_test(tests, test_judged, 0, sizeof(judged) / sizeof(judged[0]));
	tcase_add_loop_test(tests, test_purges_last, 0, (int)(sizeof(purges) / sizeof(purges[0])));
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

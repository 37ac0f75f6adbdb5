/* test_disk_vfs.c - the disk tier while SQLite's files fail: at the n-th operation, once or from then on.
 *
 * Whatever fails: what is found is what was stored last or nothing; healed, the tier works by itself,
 * everything that was queued is there, and what it knows of its files agrees with them. Each case is a
 * process of its own and waits a second or two for the tier, so many run at once.
 */
#include "disk_fixture.h"

#include "faulty_vfs.h"

#define PATIENCE_S 30

static const struct faulty faults[] = {
	{ "writing, torn", FAULTY_WRITE, SQLITE_FULL, true },
	{ "writing", FAULTY_WRITE, SQLITE_IOERR_WRITE, false },
	{ "synchronising", FAULTY_SYNC, SQLITE_IOERR_FSYNC, false },
	{ "reading", FAULTY_READ, SQLITE_IOERR_READ, false },
	{ "opening", FAULTY_OPEN, SQLITE_CANTOPEN, false },
	{ "cutting", FAULTY_TRUNCATE, SQLITE_IOERR_TRUNCATE, false },
	{ "the index of the log", FAULTY_INDEX, SQLITE_IOERR_SHMMAP, false },
	{ "anything", FAULTY_ALL & ~(unsigned)FAULTY_LOCK, SQLITE_IOERR, false },
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

/* The n-th operation; every other time all behind it, too. */
static const int nths[] = { 1, 3, 4, 8, 9, 14, 17, 21, 26, 33, 48, 75 };
#define NTHS (sizeof(nths) / sizeof(nths[0]))

/* What was stored last under each target; 0: it was dropped. */
static struct {
	const char *target;
	size_t size;
	char expected;
} model[] = { { "/a", 2000, 0 }, { "/b", 100000, 0 }, { "/c", 3 * MIB, 0 }, { "/d", 60000, 0 },
	{ "/e", 100000, 0 } };
#define TARGETS (sizeof(model) / sizeof(model[0]))

/* The case's process ends at the first thing that is wrong. */
static void expect(bool right, const char *what, const char *detail)
{
	if (right)
		return;
	fprintf(stderr, "%s: %s: %s\n", faulty_now.what, what, detail);
	_exit(1);
}

static void put_one(size_t i, char fill)
{
	const struct stored_as as = {
		.target = model[i].target, .size = model[i].size, .fill = fill
	};

	expect(store(as) == RC_OK, "not taken", model[i].target);
	model[i].expected = fill;
}

static void drop_one(size_t i)
{
	struct real_key k;

	(void)!tier_drop(disk_tier(disk), real_key(&k, model[i].target));
	bytes_done(&k.buffer);
	model[i].expected = 0;
}

static void look(bool all)
{
	for (size_t i = 0; i < TARGETS; i++) {
		char it = found(model[i].target);

		expect(it == model[i].expected || (it == 0 && !all),
			it == 0 ? "not found" : "wrong", model[i].target);
	}
}

static void load(void)
{
	for (size_t i = 0; i < TARGETS; i++)
		put_one(i, (char)('a' + i));
	look(false);
	disk_flush(disk);
	look(false);
	put_one(0, 'A');
	drop_one(2);
	put_one(3, 'D');
	look(false);
	disk_flush(disk);
	drop_one(4);
	put_one(1, 'B');
	disk_flush(disk);
	look(false);
}

static struct disk_usage usage_now(void)
{
	struct disk_usage usage;

	disk_usage(disk, &usage);
	return usage;
}

static void wait_until_it_works(void)
{
	int64_t end_ms = clock_monotonic_ms() + PATIENCE_S * 1000;

	while (usage_now().state != DISK_WORKS || usage_now().queued > 0) {
		expect(clock_monotonic_ms() < end_ms, "stays failing", rc_text(usage_now().fault));
		disk_flush(disk);
	}
}

static int files;

static int count_file(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	(void)path;
	(void)found;
	(void)at;
	files += kind == FTW_F;
	return 0;
}

static int count_files(void)
{
	char path[96];

	files = 0;
	snprintf(path, sizeof(path), "%s/objects", directory);
	nftw(path, count_file, 16, FTW_PHYS);
	return files;
}

/* What was left behind is found by the keeper, and its file goes a little later. */
static void check_accounts(void)
{
	int64_t end_ms = clock_monotonic_ms() + PATIENCE_S * 1000;
	uint64_t entries = 0, large = 0;

	for (size_t i = 0; i < TARGETS; i++) {
		entries += model[i].expected != 0;
		large += model[i].expected != 0 && model[i].size > 64 * KIB;
	}
	expect(usage_now().entries == entries, "accounts", "entries");
	while (usage_now().artifacts != large || (uint64_t)count_files() != large) {
		expect(clock_monotonic_ms() < end_ms, "accounts", "files");
		disk_flush(disk);
	}
}

static void open_faulty(void)
{
	struct bytes fault;

	bytes_init(&fault, 4096);
	expect(open_with((struct disk_options){ .fsync = DISK_FSYNC_ALWAYS }, &fault) == RC_OK,
		"not opened", "");
	bytes_done(&fault);
}

static void run_case(const struct faulty *fault, int n, bool lasts)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-vfs-XXXXXX");
	expect(mkdtemp(directory) != NULL, "no directory", directory);
	faulty_arm(fault, n, lasts);
	open_faulty();
	load();
	faulty_heal();
	wait_until_it_works();
	look(usage_now().moved_aside == 0);
	expect(reports[DISK_WORKS] - reports[DISK_FAILS] == 1 ||
			reports[DISK_WORKS] == reports[DISK_FAILS],
		"told", "not once for each change");
	expect(usage_now().moved_aside == 0, "moved aside", "for a fault that passes");
	disk_close(disk);
	open_faulty();
	look(true);
	check_accounts();
	disk_close(disk);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

START_TEST(test_fault)
{
	pid_t children[NTHS];
	int status;

	for (size_t i = 0; i < NTHS; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			run_case(&faults[_i], nths[i], i % 2 != 0);
			_exit(0);
		}
	}
	for (size_t i = 0; i < NTHS; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_msg(
			status == 0, "%s, the %d. time: %d", faults[_i].what, nths[i], status);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disk_vfs");
	TCase *tests = tcase_create("disk_vfs");
	SRunner *runner;
	int failed;

	faulty_install();
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, test_fault, 0, (int)FAULTS);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

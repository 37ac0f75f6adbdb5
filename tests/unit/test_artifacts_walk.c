/* test_artifacts_walk.c - what lies in the directories, ours and foreign.
 */
#include "artifacts_fixture.h"

/* What may lie below objects/ beside ours; the first directories exist. */
#define HEX62 "00000000000000000000000000000000000000000000000000000000000000"
static const struct {
	const char *name;
	bool directory;
	bool ours;
	bool quiet; /* a directory that is entered */
} strays[] = {
	{ "ab/cd/abcd" HEX62 "", false, false, false }, /* 66 digits */
	{ "ab/cd/abcd000000000000000000000000000000000000000000000000000000000000", false, true,
		false },
	{ "ab/cd/abcd00000000000000000000000000000000000000000000000000000000000f", false, true,
		false },
	{ "ab/cd/ABCD000000000000000000000000000000000000000000000000000000000000", false, false,
		false },
	{ "ab/cd/abce000000000000000000000000000000000000000000000000000000000000", false, false,
		false },
	{ "ab/cd/abcd000000000000000000000000000000000000000000000000000000000000", true, false,
		false },
	{ "ab/cd/abcd00000000000000000000000000000000000000000000000000000000000", false, false,
		false },
	{ "ab/cd/.hidden", false, false, false },
	{ "ab/cd/ef", true, false, false },
	{ "ab/file", false, false, false },
	{ "file", false, false, false },
	{ ".hidden", true, false, false },
	{ "AB", true, false, false },
	{ "abc", true, false, false },
	{ "ef", true, false, true },
	{ "ef", false, false, false },
	{ "ab/ef", true, false, true },
	{ "ab/.ef", true, false, false },
};

struct seen {
	int count;
	bool ours;
	uint64_t size;
	char path[PATH_MAX];
};

static bool see(void *arg, const struct artifact_file *file)
{
	struct seen *seen = arg;
	struct stat found;

	ck_assert_int_eq(lstat(file->path, &found), 0);
	ck_assert_int_eq(file->changed_ms / 1000, found.st_ctim.tv_sec);
	seen->count++;
	seen->ours = file->digest != NULL;
	seen->size = file->size;
	snprintf(seen->path, sizeof(seen->path), "%s", file->path);
	if (seen->ours)
		ck_assert_mem_eq(file->digest, "\xab\xcd", 2);
	return true;
}

START_TEST(walk_finds_strays)
{
	char path[PATH_MAX];
	struct seen seen = { 0 };

	snprintf(path, sizeof(path), "%s/objects/ab", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/objects/ab/cd", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/objects/%s", directory, strays[_i].name);
	if (strays[_i].directory)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else
		put_file(path + strlen(directory) + 1);
	ck_assert_int_eq(artifacts_walk(artifacts, see, &seen), RC_OK);
	ck_assert_int_eq(seen.count, !strays[_i].quiet);
	ck_assert_int_eq(seen.ours, strays[_i].ours);
	if (seen.count > 0)
		ck_assert_str_eq(seen.path, path);
	if (seen.count > 0 && !strays[_i].directory)
		ck_assert_uint_eq(seen.size, 3);
}
END_TEST

static bool see_one(void *arg, const struct artifact_file *file)
{
	++*(int *)arg;
	return false;
}

START_TEST(walk_ends_when_told)
{
	char path[PATH_MAX];
	int count = 0;

	put_file("objects/one");
	put_file("objects/two");
	ck_assert_int_eq(count_files(), 2);
	ck_assert_int_eq(artifacts_walk(artifacts, see_one, &count), RC_OK);
	ck_assert_int_eq(count, 1);
	snprintf(path, sizeof(path), "%s/objects", directory);
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	ck_assert_int_eq(artifacts_walk(artifacts, see_one, &count), RC_IO);
}
END_TEST

START_TEST(clears_what_was_being_written)
{
	char path[PATH_MAX];

	put_file("tmp/1-0123456789abcdef");
	put_file("tmp/.hidden");
	snprintf(path, sizeof(path), "%s/tmp/directory", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	artifacts_clear_temporary(artifacts);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("artifacts_walk");

	tcase_add_checked_fixture(tests, artifacts_set_up, artifacts_tear_down);
	tcase_add_test(tests, clears_what_was_being_written);
	ADD_ROWS(tests, walk_finds_strays, strays);
	tcase_add_test(tests, walk_ends_when_told);
	return run_case("artifacts_walk", tests);
}

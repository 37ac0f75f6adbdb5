/* test_artifacts_damage.c - what happens to files behind larder's back: no wrong byte is ever read.
 */
#include "artifacts_fixture.h"

/* What befalls a file of three pieces. */
static void alter_first(const char *path)
{
	alter(path, 0);
}

static void alter_second(const char *path)
{
	alter(path, (off_t)PIECE + 5);
}

static void alter_last(const char *path)
{
	alter(path, (off_t)(3 * PIECE - 1));
}

static void cut_short(const char *path)
{
	ck_assert_int_eq(truncate(path, (off_t)(2 * PIECE)), 0);
}

static void empty(const char *path)
{
	ck_assert_int_eq(truncate(path, 0), 0);
}

static void lengthen(const char *path)
{
	ck_assert_int_eq(truncate(path, (off_t)(3 * PIECE + 1)), 0);
}

static void take_away(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
}

static void put_directory(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void put_pipe(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

/* To the very bytes, which are somebody else's then. */
static void put_symlink(const char *path)
{
	char elsewhere[PATH_MAX];

	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", directory);
	ck_assert_int_eq(rename(path, elsewhere), 0);
	ck_assert_int_eq(symlink(elsewhere, path), 0);
}

static void put_zeros(const char *path)
{
	empty(path);
	ck_assert_int_eq(truncate(path, (off_t)(3 * PIECE)), 0);
}

static const struct {
	const char *what;
	void (*befall)(const char *path);
	bool repairable; /* by putting it again */
	bool gone;       /* unharmed */
} fates[] = {
	{ "first piece altered", alter_first, true, false },
	{ "second piece altered", alter_second, true, false },
	{ "last byte altered", alter_last, true, false },
	{ "cut short", cut_short, true, false },
	{ "emptied", empty, true, false },
	{ "longer", lengthen, true, false },
	{ "removed", take_away, true, true },
	{ "zeros", put_zeros, true, false },
	{ "a symbolic link", put_symlink, true, true },
	{ "a pipe", put_pipe, true, true },
	{ "a directory", put_directory, false, true },
};

static void expect_found(const struct artifact *artifact, int row)
{
	SCOPED(body) body = artifacts_body(artifacts, artifact);

	ck_assert_msg(!reads_right(body, 7), "read: %s", fates[row].what);
	ck_assert_msg(!opens_right(body, 0, body->size, 7), "open: %s", fates[row].what);
}

START_TEST(damage_is_found)
{
	struct artifact artifact = put_body(body_in_memory_of(3 * PIECE, 7));
	char path[PATH_MAX];

	path_of(&artifact, path);
	fates[_i].befall(path);
	expect_found(&artifact, _i);
	artifact_done(&artifact);
}
END_TEST

START_TEST(damage_is_found_after_it_was_right)
{
	struct artifact artifact = put_body(body_in_memory_of(3 * PIECE, 7));
	SCOPED(body) used = artifacts_body(artifacts, &artifact);
	char path[PATH_MAX];

	path_of(&artifact, path);
	wait_until_settled(path);
	ck_assert(reads_right(used, 7));
	fates[_i].befall(path);
	expect_found(&artifact, _i);
	/* Who was reading goes on with a file that is gone, not with one that is damaged. */
	ck_assert_msg(reads_right(used, 7) == fates[_i].gone, "%s", fates[_i].what);
	artifact_done(&artifact);
}
END_TEST

START_TEST(damage_is_repaired_by_putting)
{
	SCOPED(body) body = body_in_memory_of(3 * PIECE, 7);
	struct artifact artifact = put_body(body_ref(body));
	char path[PATH_MAX];

	path_of(&artifact, path);
	fates[_i].befall(path);
	ck_assert_msg(
		artifacts_put(artifacts, &artifact, body) == (fates[_i].repairable ? RC_OK : RC_IO),
		"%s", fates[_i].what);
	ck_assert_msg(stands_right(&artifact, 7) == fates[_i].repairable, "%s", fates[_i].what);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	artifact_done(&artifact);
}
END_TEST

START_TEST(opens_what_is_cheap_to_check)
{
	struct artifact artifact = put_body(body_in_memory_of(18 * PIECE, 7));
	SCOPED(body) body = artifacts_body(artifacts, &artifact);
	char path[PATH_MAX], byte;

	path_of(&artifact, path);
	wait_until_settled(path);
	ck_assert(!opens_right(body, 0, 17 * PIECE, 7));
	ck_assert(!opens_right(body, PIECE - 1, 15 * PIECE + 2, 7));
	ck_assert(opens_right(body, PIECE, 16 * PIECE, 7));
	ck_assert(opens_right(body, 0, 18 * PIECE, 7)); /* two are left to be checked */
	alter(path, 17 * PIECE);
	ck_assert(!opens_right(body, 0, 18 * PIECE, 7)); /* too many to look */
	ck_assert_int_eq(body_read(body, 0, &byte, 1), 1);
	ck_assert(!opens_right(body, 17 * PIECE, 1, 7));
	ck_assert(opens_right(body, 16 * PIECE, PIECE, 7));
	/* who would go on reading would come upon it when the answer has begun */
	ck_assert_int_eq(body_read(body, 0, &byte, 1), -1);
	artifact_done(&artifact);
}
END_TEST

static bool opens(struct body *body, size_t first, size_t pieces)
{
	int fd = body_open(body, first * PIECE, pieces * PIECE);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Whether checking each of 18 pieces makes all of them checked. */
static bool remembers(struct body *body)
{
	ck_assert(opens(body, 0, 9));
	ck_assert(opens(body, 9, 9));
	return opens(body, 0, 18);
}

/* Where the next change could bear the same time as the last, what was found is not relied on. */
START_TEST(nothing_is_taken_for_checked_at_once)
{
	struct artifact artifact = put_body(body_in_memory_of(18 * PIECE, 7));
	SCOPED(body) body = artifacts_body(artifacts, &artifact);
	char path[PATH_MAX];

	path_of(&artifact, path);
	for (int i = 0; i < 10; i++) {
		bool remembered;

		ck_assert_int_eq(chmod(path, 0600), 0); /* a change of now */
		remembered = remembers(body);
		ck_assert(!remembered || age_ms_of(path) >= 50); /* too slow to tell */
	}
	wait_until_settled(path);
	ck_assert(remembers(body));
	artifact_done(&artifact);
}
END_TEST

START_TEST(wrong_sums_are_no_way_in)
{
	struct artifact artifact = put_body(body_in_memory_of(2 * PIECE, 7));
	uint64_t whole = artifact.size;

	artifact.sums[1]++;
	ck_assert(!stands_right(&artifact, 7));
	artifact.sums[1]--;
	artifact.sum_count = 1;
	ck_assert(!stands_right(&artifact, 7));
	artifact.sum_count = 2;
	artifact.size = whole - 1;
	ck_assert(!stands_right(&artifact, 7));
	artifact.size = whole;
	ck_assert(stands_right(&artifact, 7));
	artifact_done(&artifact);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("artifacts_damage");

	tcase_add_checked_fixture(tests, artifacts_set_up, artifacts_tear_down);
	ADD_ROWS(tests, damage_is_found, fates);
	ADD_ROWS(tests, damage_is_found_after_it_was_right, fates);
	ADD_ROWS(tests, damage_is_repaired_by_putting, fates);
	tcase_add_test(tests, opens_what_is_cheap_to_check);
	tcase_add_test(tests, nothing_is_taken_for_checked_at_once);
	tcase_add_test(tests, wrong_sums_are_no_way_in);
	return run_case("artifacts_damage", tests);
}

/* test_artifacts_sync.c - what is synchronised when a body becomes a file, and what is left if that fails.
 *
 * The program's own fsync() stands in the place of the C library's.
 */
#include "artifacts_fixture.h"

#include <errno.h>
#include <sys/syscall.h>

#define MOST 16

static char
	calls[MOST]; /* f: a file, d: a directory; F, D: and the artifact stands under its name */
static size_t call_count;
static size_t failing; /* the number of the call that fails; 0: none */

static bool stands_named(void)
{
	return artifacts != NULL && count_files() > 0;
}

int fsync(int fd)
{
	struct stat found;
	bool named = stands_named();

	ck_assert_int_eq(fstat(fd, &found), 0);
	ck_assert_uint_lt(call_count, MOST - 1);
	if (S_ISDIR(found.st_mode))
		calls[call_count++] = named ? 'D' : 'd';
	else
		calls[call_count++] = named ? 'F' : 'f';
	if (call_count != failing)
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}

static enum rc put(bool spooled)
{
	SCOPED(body) body = spooled ? body_spooled_of(PIECE, 7, NULL) : body_in_memory_of(PIECE, 7);
	struct artifact artifact;
	enum rc rc;

	ck_assert_int_eq(artifact_describe(body, &artifact), RC_OK);
	memset(calls, 0, sizeof(calls));
	call_count = 0;
	rc = artifacts_put(artifacts, &artifact, body);
	artifact_done(&artifact);
	return rc;
}

static void reopen(enum disk_fsync policy)
{
	artifacts_close(GIVE(artifacts));
	ck_assert_int_eq(artifacts_open(directory, policy, DESCRIPTORS, &artifacts), RC_OK);
}

static const struct {
	enum disk_fsync policy;
	const char *first;
	const char *again; /* what is there already may be younger than the last power failure */
} policies[] = {
	{ DISK_FSYNC_NEVER, "", "" },
	{ DISK_FSYNC_NORMAL, "fddD", "F" },
	{ DISK_FSYNC_ALWAYS, "fddD", "F" },
};

START_TEST(synchronised_by_policy)
{
	for (int spooled = 0; spooled < 2; spooled++) {
		artifacts_tear_down();
		artifacts_set_up();
		reopen(policies[_i].policy);
		ck_assert_int_eq(put(spooled != 0), RC_OK);
		ck_assert_str_eq(calls, policies[_i].first);
		ck_assert_int_eq(put(spooled != 0), RC_OK);
		ck_assert_str_eq(calls, policies[_i].again);
	}
}
END_TEST

START_TEST(a_failure_leaves_nothing)
{
	for (int spooled = 0; spooled < 2; spooled++) {
		failing = (size_t)_i;
		ck_assert_int_eq(put(spooled != 0), RC_IO);
		ck_assert_int_eq(count_files(), 0);
		ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
		artifacts_tear_down();
		artifacts_set_up();
	}
	failing = 0;
	ck_assert_int_eq(put(false), RC_OK);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("artifacts_sync");

	tcase_add_checked_fixture(tests, artifacts_set_up, artifacts_tear_down);
	ADD_ROWS(tests, synchronised_by_policy, policies);
	tcase_add_loop_test(tests, a_failure_leaves_nothing, 1, 5);
	return run_case("artifacts_sync", tests);
}

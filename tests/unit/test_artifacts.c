/* test_artifacts.c - bodies become files and come back; what happened to a file meanwhile is found.
 */
#include "artifacts_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static const size_t sizes[] = { 0, 1, 64 << 10, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE };

static void expect_round_trip(struct body *body)
{
	size_t size = body->size;
	struct artifact artifact = put_body(body);
	char path[PATH_MAX];
	struct stat found;

	path_of(&artifact, path);
	ck_assert_int_eq(stat(path, &found), 0);
	ck_assert_int_eq(found.st_size, size);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	wait_until_settled(path);
	ck_assert(stands_right(&artifact, 7));
	body = artifacts_body(artifacts, &artifact);
	ck_assert(opens_right(body, 0, size, 7));
	if (size > 1)
		ck_assert(opens_right(body, size - 2, 1, 7));
	ck_assert_int_eq(body_open(body, 0, size + 1), -1);
	ck_assert_int_eq(body_open(body, size + 1, 0), -1);
	body_unref(body);
	artifact_done(&artifact);
}

START_TEST(round_trip_from_memory)
{
	expect_round_trip(body_in_memory_of(sizes[_i], 7));
}
END_TEST

START_TEST(round_trip_from_spool)
{
	expect_round_trip(body_spooled_of(sizes[_i], 7, NULL));
}
END_TEST

START_TEST(describes_both_kinds_alike)
{
	SCOPED(body) memory = body_in_memory_of(sizes[_i], 7);
	SCOPED(body) spooled = body_spooled_of(sizes[_i], 7, NULL);
	struct slice bytes = { memory->data, memory->size };
	unsigned char digest[DIGEST_SIZE];
	struct artifact a, b;

	ck_assert_int_eq(artifact_describe(memory, &a), RC_OK);
	ck_assert_int_eq(artifact_describe(spooled, &b), RC_OK);
	digest_sha256(bytes, digest);
	ck_assert_mem_eq(a.digest, digest, DIGEST_SIZE);
	ck_assert_mem_eq(b.digest, digest, DIGEST_SIZE);
	ck_assert_uint_eq(a.size, sizes[_i]);
	ck_assert_uint_eq(a.sum_count, (sizes[_i] + PIECE - 1) / PIECE);
	ck_assert_uint_eq(a.sum_count, b.sum_count);
	for (size_t i = 0; i < a.sum_count; i++)
		ck_assert_uint_eq(a.sums[i], b.sums[i]);
	artifact_done(&a);
	artifact_done(&b);
}
END_TEST

START_TEST(describes_no_part)
{
	SCOPED(body) spooled = body_spooled_of(2 * PIECE, 7, NULL);
	struct artifact artifact;
	int fd = body_open(spooled, 0, 0);

	ck_assert_int_eq(ftruncate(fd, (off_t)(2 * PIECE - 1)), 0);
	close(fd);
	ck_assert_int_eq(artifact_describe(spooled, &artifact), RC_IO);
}
END_TEST

/* Its inode tells whether a spool file was linked. */
static const struct {
	const char *name;
	size_t more; /* bytes in the file behind the body's */
	bool linked;
} spools[] = {
	{ NULL, 0, true },
	{ "named", 0, true },
	{ NULL, 1, false },
};

START_TEST(links_what_it_can)
{
	struct body *body = body_spooled_of(2 * PIECE, 7, spools[_i].name);
	struct stat spool, found;
	struct artifact artifact;
	char path[PATH_MAX];
	int fd = body_open(body, 0, 0);

	ck_assert_int_eq(ftruncate(fd, (off_t)(2 * PIECE + spools[_i].more)), 0);
	ck_assert_int_eq(fstat(fd, &spool), 0);
	close(fd);
	artifact = put_body(body);
	path_of(&artifact, path);
	ck_assert_int_eq(stat(path, &found), 0);
	ck_assert_int_eq(found.st_ino == spool.st_ino, spools[_i].linked);
	ck_assert(stands_right(&artifact, 7));
	artifact_done(&artifact);
}
END_TEST

START_TEST(copies_a_spool_that_was_unlinked)
{
	struct body *body = body_spooled_of(2 * PIECE, 7, "named");
	struct artifact artifact;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/named", artifacts_temporary(artifacts));
	ck_assert_int_eq(unlink(path), 0);
	artifact = put_body(body);
	ck_assert(stands_right(&artifact, 7));
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	artifact_done(&artifact);
}
END_TEST

START_TEST(equal_bodies_once)
{
	struct artifact first = put_body(body_in_memory_of(2 * PIECE, 7)), second;
	struct stat before, after;
	char path[PATH_MAX];

	path_of(&first, path);
	ck_assert_int_eq(stat(path, &before), 0);
	second = put_body(body_spooled_of(2 * PIECE, 7, NULL));
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(count_files(), 1);
	artifact_done(&first);
	artifact_done(&second);
}
END_TEST

/* A body that is another one than was described is given no name. */
START_TEST(puts_only_what_was_described)
{
	SCOPED(body) described = body_in_memory_of(2 * PIECE, 7);
	SCOPED(body) given = body_in_memory_of(2 * PIECE, 7);
	struct artifact artifact;

	ck_assert_int_eq(artifact_describe(described, &artifact), RC_OK);
	given->data[PIECE + 9]++;
	ck_assert_int_eq(artifacts_put(artifacts, &artifact, given), RC_IO);
	ck_assert_int_eq(count_files(), 0);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	artifact_done(&artifact);
}
END_TEST

static enum rc put_two_pieces(void)
{
	SCOPED(body) body = body_in_memory_of(2 * PIECE, 7);
	struct artifact artifact;
	enum rc rc;

	ck_assert_int_eq(artifact_describe(body, &artifact), RC_OK);
	rc = artifacts_put(artifacts, &artifact, body);
	artifact_done(&artifact);
	return rc;
}

START_TEST(full_device_leaves_nothing)
{
	const struct rlimit small = { PIECE + 100, RLIM_INFINITY };
	const struct rlimit large = { RLIM_INFINITY, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(put_two_pieces(), RC_FULL);
	ck_assert_int_eq(count_files(), 0);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &large), 0);
	ck_assert_int_eq(put_two_pieces(), RC_OK);
	ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(no_place_for_it)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/objects", directory);
	ck_assert_int_eq(rmdir(path), 0);
	put_file("objects");
	ck_assert_int_eq(put_two_pieces(), RC_IO);
	ck_assert_int_eq(count_entries(artifacts_temporary(artifacts)), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(put_two_pieces(), RC_OK); /* made again */
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	ck_assert_int_eq(put_two_pieces(), RC_OK);
}
END_TEST

/* below: directory/; a path that can't be one: too long, or below a file. */
static const struct {
	const char *below;
	size_t more; /* letters */
	enum rc rc;
} places[] = {
	{ "deep/er", 0, RC_OK },
	{ "deep/er/", 0, RC_OK },
	{ "file", 0, RC_IO },
	{ "file/below", 0, RC_IO },
	{ "", 300, RC_IO },
	{ "", PATH_MAX - 100, RC_INVALID },
};

START_TEST(opens_a_place_or_says_why_not)
{
	struct artifacts *opened = NULL;
	char path[2 * PATH_MAX];
	size_t size;

	put_file("file");
	size = (size_t)snprintf(path, sizeof(path), "%s/%s", directory, places[_i].below);
	memset(path + size, 'x', places[_i].more);
	path[size + places[_i].more] = '\0';
	ck_assert_int_eq(
		artifacts_open(path, DISK_FSYNC_ALWAYS, DESCRIPTORS, &opened), places[_i].rc);
	ck_assert((opened != NULL) == (places[_i].rc == RC_OK));
	if (opened != NULL)
		ck_assert_int_eq(access(artifacts_temporary(opened), W_OK), 0);
	artifacts_close(opened);
}
END_TEST

START_TEST(removes_it)
{
	struct artifact artifact = put_body(body_in_memory_of(PIECE, 7));

	ck_assert_int_eq(artifacts_remove(artifacts, artifact.digest), RC_OK);
	ck_assert_int_eq(artifacts_remove(artifacts, artifact.digest), RC_ABSENT);
	ck_assert_int_eq(count_files(), 0);
	ck_assert(!stands_right(&artifact, 7));
	artifact_done(&artifact);
}
END_TEST

START_TEST(tells_the_room)
{
	uint64_t room = 0;

	ck_assert_int_eq(artifacts_room(artifacts, &room), RC_OK);
	ck_assert_uint_gt(room, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("artifacts");

	tcase_add_checked_fixture(tests, artifacts_set_up, artifacts_tear_down);
	ADD_ROWS(tests, round_trip_from_memory, sizes);
	ADD_ROWS(tests, round_trip_from_spool, sizes);
	ADD_ROWS(tests, describes_both_kinds_alike, sizes);
	tcase_add_test(tests, describes_no_part);
	ADD_ROWS(tests, links_what_it_can, spools);
	tcase_add_test(tests, copies_a_spool_that_was_unlinked);
	tcase_add_test(tests, equal_bodies_once);
	tcase_add_test(tests, puts_only_what_was_described);
	tcase_add_test(tests, full_device_leaves_nothing);
	tcase_add_test(tests, no_place_for_it);
	ADD_ROWS(tests, opens_a_place_or_says_why_not, places);
	tcase_add_test(tests, removes_it);
	tcase_add_test(tests, tells_the_room);
	return run_case("artifacts", tests);
}

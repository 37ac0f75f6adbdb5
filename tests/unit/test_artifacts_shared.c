/* test_artifacts_shared.c - many files, many readers, few descriptors; files that go while they are read.
 */
#include "artifacts_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define FILES 12

static struct artifact made[FILES];

static void set_up(void)
{
	artifacts_set_up();
	for (size_t i = 0; i < FILES; i++)
		made[i] = put_body(body_in_memory_of(PIECE + i, i));
}

static void tear_down(void)
{
	for (size_t i = 0; i < FILES; i++)
		artifact_done(&made[i]);
	artifacts_tear_down();
}

/* Descriptors of this process that are files in the directory. */
static int count_descriptors(void)
{
	DIR *at = opendir("/proc/self/fd");
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(at)) != NULL) {
		char target[PATH_MAX] = "";

		if (readlinkat(dirfd(at), entry->d_name, target, sizeof(target) - 1) > 0)
			count += strncmp(target, directory, strlen(directory)) == 0;
	}
	closedir(at);
	return count;
}

START_TEST(few_descriptors_for_many_files)
{
	struct body *bodies[FILES];

	for (size_t i = 0; i < FILES; i++)
		bodies[i] = artifacts_body(artifacts, &made[i]);
	ck_assert_int_eq(count_descriptors(), 0);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < FILES; i++) {
			ck_assert(reads_right(bodies[i], i));
			ck_assert_int_le(count_descriptors(), DESCRIPTORS);
		}
	}
	ck_assert_int_eq(count_descriptors(), DESCRIPTORS);
	for (size_t i = 0; i < FILES; i++)
		body_unref(bodies[i]);
	artifacts_close(GIVE(artifacts));
	ck_assert_int_eq(count_descriptors(), 0);
}
END_TEST

/* Whether the table still has its file: then a name that is gone does no harm to who reads. */
static bool is_open(struct body *body)
{
	char byte;

	return body_read(body, 0, &byte, 1) == 1;
}

START_TEST(what_was_used_longest_ago_goes)
{
	SCOPED(body) kept = artifacts_body(artifacts, &made[0]);
	SCOPED(body) gone = artifacts_body(artifacts, &made[1]);

	ck_assert(is_open(kept) && is_open(gone));
	ck_assert_int_eq(artifacts_remove(artifacts, made[0].digest), RC_OK);
	ck_assert_int_eq(artifacts_remove(artifacts, made[1].digest), RC_OK);
	for (size_t i = 2; i < FILES; i++) {
		ck_assert(is_open(kept));
		ck_assert(stands_right(&made[i], i));
	}
	ck_assert(is_open(kept));
	ck_assert(!is_open(gone));
}
END_TEST

START_TEST(equal_digests_share_a_descriptor)
{
	SCOPED(body) first = artifacts_body(artifacts, &made[0]);
	SCOPED(body) second = artifacts_body(artifacts, &made[0]);

	ck_assert(is_open(first) && is_open(second));
	ck_assert_int_eq(count_descriptors(), 1);
}
END_TEST

START_TEST(removed_while_read)
{
	SCOPED(body) reader = artifacts_body(artifacts, &made[0]);
	struct body *other = artifacts_body(artifacts, &made[0]);

	ck_assert(is_open(reader) && is_open(other));
	ck_assert_int_eq(artifacts_remove(artifacts, made[0].digest), RC_OK);
	ck_assert(reads_right(reader, 0));
	ck_assert(!stands_right(&made[0], 0));
	body_unref(other);
	ck_assert_int_eq(count_descriptors(), 1);
	body_unref(GIVE(reader));
	ck_assert_int_eq(count_descriptors(), 0); /* nobody can use it: its blocks are free */
}
END_TEST

START_TEST(removed_while_nobody_reads)
{
	ck_assert(stands_right(&made[0], 0));
	ck_assert_int_eq(count_descriptors(), 1);
	ck_assert_int_eq(artifacts_remove(artifacts, made[0].digest), RC_OK);
	ck_assert_int_eq(count_descriptors(), 0);
}
END_TEST

START_TEST(removed_and_put_again)
{
	SCOPED(body) reader = artifacts_body(artifacts, &made[0]);
	struct artifact again;

	ck_assert(is_open(reader));
	ck_assert_int_eq(artifacts_remove(artifacts, made[0].digest), RC_OK);
	again = put_body(body_in_memory_of(PIECE, 0));
	ck_assert(reads_right(reader, 0));
	ck_assert(stands_right(&again, 0));
	artifact_done(&again);
}
END_TEST

START_TEST(altered_while_it_was_removed)
{
	SCOPED(body) reader = artifacts_body(artifacts, &made[0]);
	char path[PATH_MAX], other[PATH_MAX];

	path_of(&made[0], path);
	snprintf(other, sizeof(other), "%s/other", directory);
	ck_assert_int_eq(link(path, other), 0);
	wait_until_settled(path);
	ck_assert(reads_right(reader, 0));
	ck_assert_int_eq(artifacts_remove(artifacts, made[0].digest), RC_OK);
	ck_assert(reads_right(reader, 0));
	alter(other, 17);
	ck_assert(!reads_right(reader, 0));
}
END_TEST

START_TEST(sources_outlive_the_rest)
{
	SCOPED(body) used = artifacts_body(artifacts, &made[0]);
	SCOPED(body) fresh = artifacts_body(artifacts, &made[1]);

	ck_assert(is_open(used));
	artifacts_close(GIVE(artifacts));
	ck_assert(reads_right(used, 0));
	ck_assert(reads_right(fresh, 1));
}
END_TEST

#define THREADS 8
#define ROUNDS  150

static struct body *shared[FILES];
static atomic_int faults;

static bool read_some(struct body *body, size_t seed, uint64_t offset)
{
	char buffer[4096];
	ssize_t count = body_read(body, offset, buffer, sizeof(buffer));

	return count > 0 && holds_pattern(buffer, (size_t)count, seed + offset);
}

static bool open_some(struct body *body, size_t seed, uint64_t offset)
{
	char byte;
	int fd = body_open(body, offset, 1);
	bool right = fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1 &&
		     byte == byte_at(seed + offset);

	if (fd >= 0)
		close(fd);
	return right;
}

/* Bodies that all share, and one of its own each time. */
static void *read_all_over(void *arg)
{
	size_t at = (size_t)(uintptr_t)arg;

	for (size_t i = 0; i < ROUNDS; i++) {
		size_t file = (at + i * 7) % FILES;
		uint64_t offset = (at * 70001 + i * 8191) % PIECE;
		SCOPED(body) own = artifacts_body(artifacts, &made[file]);

		if (!read_some(shared[file], file, offset) || !read_some(own, file, offset) ||
			!open_some(own, file, offset))
			faults++;
	}
	return NULL;
}

/* Puts what is there, and what goes again. */
static void *put_all_over(void *arg)
{
	for (size_t i = 0; i < ROUNDS / 3; i++) {
		struct artifact same = put_body(body_in_memory_of(PIECE, 0));
		struct artifact other = put_body(body_in_memory_of(100, 1000 + i));

		if (!stands_right(&other, 1000 + i))
			faults++;
		if (artifacts_remove(artifacts, other.digest) != RC_OK)
			faults++;
		artifact_done(&same);
		artifact_done(&other);
	}
	return NULL;
}

START_TEST(many_threads)
{
	pthread_t threads[THREADS];
	pthread_t writer;

	for (size_t i = 0; i < FILES; i++)
		shared[i] = artifacts_body(artifacts, &made[i]);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, read_all_over, (void *)(uintptr_t)i);
	pthread_create(&writer, NULL, put_all_over, NULL);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(writer, NULL);
	ck_assert_int_eq(faults, 0);
	ck_assert_int_le(count_descriptors(), DESCRIPTORS);
	for (size_t i = 0; i < FILES; i++)
		body_unref(shared[i]);
	ck_assert_int_eq(count_files(), FILES);
}
END_TEST

/* A byte that changes to and fro: what is read is what was stored, or nothing. */
static atomic_bool ended;

static void *alter_and_mend(void *arg)
{
	const char *path = arg;
	const char right = byte_at(5), wrong = '!';
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	while (!ended) {
		ck_assert_int_eq(pwrite(fd, &wrong, 1, 5), 1);
		ck_assert_int_eq(pwrite(fd, &right, 1, 5), 1);
	}
	close(fd);
	return NULL;
}

START_TEST(never_a_wrong_byte)
{
	SCOPED(body) body = artifacts_body(artifacts, &made[0]);
	char path[PATH_MAX], buffer[64];
	pthread_t thread;

	path_of(&made[0], path);
	pthread_create(&thread, NULL, alter_and_mend, path);
	for (int i = 0; i < 3000; i++) {
		ssize_t count = body_read(body, 0, buffer, sizeof(buffer));

		ck_assert(count < 0 || holds_pattern(buffer, (size_t)count, 0));
	}
	ended = true;
	pthread_join(thread, NULL);
	ck_assert(reads_right(body, 0));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("artifacts_shared");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, few_descriptors_for_many_files);
	tcase_add_test(tests, what_was_used_longest_ago_goes);
	tcase_add_test(tests, equal_digests_share_a_descriptor);
	tcase_add_test(tests, removed_while_read);
	tcase_add_test(tests, removed_while_nobody_reads);
	tcase_add_test(tests, removed_and_put_again);
	tcase_add_test(tests, altered_while_it_was_removed);
	tcase_add_test(tests, sources_outlive_the_rest);
	tcase_add_test(tests, many_threads);
	tcase_add_test(tests, never_a_wrong_byte);
	return run_case("artifacts_shared", tests);
}

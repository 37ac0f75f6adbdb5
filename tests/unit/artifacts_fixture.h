/* artifacts_fixture.h - a directory of artifacts for one test, bodies to put there, and what can happen
 * to a file behind larder's back.
 *
 * The test owns it: artifacts_set_up() and artifacts_tear_down() as a checked fixture.
 */
#pragma once

#include "disk/artifacts.h"

#include "body_pattern.h"
#include "http_fixture.h"
#include "util/alloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE       ((size_t)ARTIFACT_PIECE)
#define DESCRIPTORS 4

static char directory[64];
static struct artifacts *artifacts;

static inline void artifacts_set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-artifacts-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(
		artifacts_open(directory, DISK_FSYNC_NORMAL, DESCRIPTORS, &artifacts), RC_OK);
}

static inline int remove_entry(
	const char *path, const struct stat *found, int type, struct FTW *where)
{
	return remove(path);
}

static inline void artifacts_tear_down(void)
{
	artifacts_close(GIVE(artifacts));
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct body *body_in_memory_of(size_t size, uint64_t seed)
{
	char *data = malloc(size + 1);

	fill_pattern(data, size, seed);
	return body_new(data, size);
}

/* name NULL: unlinked. */
static inline struct body *body_spooled_of(size_t size, uint64_t seed, const char *name)
{
	SCOPED(body) memory = body_in_memory_of(size, seed);
	const char *path = artifacts_temporary(artifacts);
	char whole[PATH_MAX];
	int fd;

	snprintf(whole, sizeof(whole), "%s/%s", path, name != NULL ? name : "");
	fd = name != NULL ? open(whole, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
			  : open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, memory->data, size), size);
	return artifact_spooled(fd, size);
}

/* Puts it and lets it go; the caller has artifact_done(). */
static inline struct artifact put_body(struct body *body)
{
	struct artifact artifact;

	ck_assert_int_eq(artifact_describe(body, &artifact), RC_OK);
	ck_assert_int_eq(artifacts_put(artifacts, &artifact, body), RC_OK);
	body_unref(body);
	return artifact;
}

static inline void path_of(const struct artifact *artifact, char ret[static PATH_MAX])
{
	const unsigned char *d = artifact->digest;
	int size = snprintf(ret, PATH_MAX, "%s/objects/%02x/%02x/", directory, d[0], d[1]);

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		size += snprintf(ret + size, 3, "%02x", d[i]);
}

/* All of it by read(). */
static inline bool reads_right(struct body *body, uint64_t seed)
{
	SCOPED(body) loaded = NULL;

	return body_load(body, &loaded) == RC_OK && holds_pattern(loaded->data, loaded->size, seed);
}

/* By a source of its own. */
static inline bool stands_right(const struct artifact *artifact, uint64_t seed)
{
	SCOPED(body) body = artifacts_body(artifacts, artifact);

	return reads_right(body, seed);
}

/* The bytes of its descriptor, after open() found them right. */
static inline bool opens_right(struct body *body, uint64_t offset, size_t size, uint64_t seed)
{
	int fd = body_open(body, offset, size);
	char *data = malloc(size + 1);
	bool right = fd >= 0 && pread(fd, data, size, (off_t)offset) == (ssize_t)size &&
		     holds_pattern(data, size, seed + offset);

	if (fd >= 0) {
		ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
		close(fd);
	}
	free(data);
	return right;
}

/* Adds one to a byte. */
static inline void alter(const char *path, off_t offset)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
	byte++;
	ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

/* Since the last change of the file. */
static inline int64_t age_ms_of(const char *path)
{
	struct timespec now;
	struct stat found;

	ck_assert_int_eq(stat(path, &found), 0);
	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - found.st_ctim.tv_sec) * 1000 +
	       (now.tv_nsec - found.st_ctim.tv_nsec) / 1000000;
}

/* Until the next change surely bears another time than the last. */
static inline void wait_until_settled(const char *path)
{
	while (age_ms_of(path) < 100)
		sched_yield();
}

/* Three bytes; name: below the directory. */
static inline void put_file(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "abc", 3), 3);
	close(fd);
}

/* In a directory. */
static inline int count_entries(const char *path)
{
	DIR *at = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(at);
	while (readdir(at) != NULL)
		count++;
	closedir(at);
	return count - 2;
}

static inline bool count_file(void *arg, const struct artifact_file *file)
{
	++*(int *)arg;
	return true;
}

static inline int count_files(void)
{
	int count = 0;

	ck_assert_int_eq(artifacts_walk(artifacts, count_file, &count), RC_OK);
	return count;
}

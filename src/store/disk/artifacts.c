/* store/disk/artifacts.c - the directories of the artifacts, the names in them, and what goes from there.
 *
 * All by path, each time anew: an operator who empties the directory under a running larder costs it
 * its contents and nothing else. Threads and ownership: artifacts_inside.h.
 */
#include "artifacts_inside.h"

#include "util/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DIRECTORY_MODE 0750

/* Of what follows DIR: the longest is the place of an artifact. */
#define LONGEST_TAIL (sizeof("/objects/ab/cd/") + ARTIFACT_NAME)

static char *join(const char *path, const char *name)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", path, name);
	return xcopy(whole, strlen(whole));
}

enum rc artifacts_fault(void)
{
	enum rc rc = rc_of_errno();

	return rc != RC_ABSENT ? rc : RC_IO;
}

enum rc artifacts_sync(const struct artifacts *artifacts, int fd)
{
	if (artifacts->fsync == DISK_FSYNC_NEVER || fsync(fd) == 0)
		return RC_OK;
	return artifacts_fault();
}

static enum rc sync_directory(const struct artifacts *artifacts, const char *path)
{
	enum rc rc;
	int fd;

	if (artifacts->fsync == DISK_FSYNC_NEVER)
		return RC_OK;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return artifacts_fault();
	rc = artifacts_sync(artifacts, fd);
	close(fd);
	return rc;
}

enum rc artifacts_sync_above(const struct artifacts *artifacts, const char *path)
{
	const char *name = strrchr(path, '/');
	char above[PATH_MAX];

	if (name == NULL)
		return sync_directory(artifacts, ".");
	if (name == path)
		return sync_directory(artifacts, "/");
	snprintf(above, sizeof(above), "%.*s", (int)(name - path), path);
	return sync_directory(artifacts, above);
}

enum rc artifacts_make_directory(const struct artifacts *artifacts, const char *path)
{
	struct stat found;

	if (mkdir(path, DIRECTORY_MODE) == 0)
		return artifacts_sync_above(artifacts, path);
	if (errno != EEXIST)
		return artifacts_fault();
	return stat(path, &found) == 0 && S_ISDIR(found.st_mode) ? RC_OK : RC_IO;
}

enum rc artifacts_make_path(const struct artifacts *artifacts, const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *at = strchr(part + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		TRY(artifacts_make_directory(artifacts, part));
		*at = '/';
	}
	return RC_OK;
}

static enum rc make_directories(const struct artifacts *artifacts)
{
	TRY(artifacts_make_path(artifacts, artifacts->temporary));
	TRY(artifacts_make_directory(artifacts, artifacts->temporary));
	return artifacts_make_directory(artifacts, artifacts->objects);
}

enum rc artifacts_open(
	const char *path, enum disk_fsync fsync, unsigned descriptors, struct artifacts **ret)
{
	struct artifacts *artifacts;
	enum rc rc;

	if (path[0] == '\0' || strlen(path) + LONGEST_TAIL >= PATH_MAX)
		return RC_INVALID;
	artifacts = xalloc(sizeof(*artifacts));
	atomic_init(&artifacts->references, 1);
	artifacts->fsync = fsync;
	artifacts->objects = join(path, "objects");
	artifacts->temporary = join(path, "tmp");
	artifacts->files = open_files_new(descriptors);
	rc = make_directories(artifacts);
	if (rc != RC_OK) {
		artifacts_unref(artifacts);
		return rc;
	}
	*ret = artifacts;
	return RC_OK;
}

struct artifacts *artifacts_ref(struct artifacts *artifacts)
{
	atomic_fetch_add_explicit(&artifacts->references, 1, memory_order_relaxed);
	return artifacts;
}

void artifacts_unref(struct artifacts *artifacts)
{
	if (atomic_fetch_sub_explicit(&artifacts->references, 1, memory_order_acq_rel) != 1)
		return;
	open_files_free(artifacts->files);
	free(artifacts->objects);
	free(artifacts->temporary);
	free(artifacts);
}

void artifacts_close(struct artifacts *artifacts)
{
	if (artifacts != NULL)
		artifacts_unref(artifacts);
}

const char *artifacts_temporary(const struct artifacts *artifacts)
{
	return artifacts->temporary;
}

void artifacts_path(const struct artifacts *artifacts,
	const unsigned char digest[static DIGEST_SIZE], char ret[static PATH_MAX])
{
	char name[ARTIFACT_NAME + 1];

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(name + 2 * i, 3, "%02x", digest[i]);
	snprintf(ret, PATH_MAX, "%s/%.2s/%.2s/%s", artifacts->objects, name, name + 2, name);
}

enum rc artifacts_remove(
	struct artifacts *artifacts, const unsigned char digest[static DIGEST_SIZE])
{
	char path[PATH_MAX];
	enum rc rc;

	artifacts_path(artifacts, digest, path);
	rc = unlink(path) == 0 ? RC_OK : rc_of_errno();
	open_files_forget(artifacts->files, digest);
	return rc;
}

void artifacts_clear_temporary(struct artifacts *artifacts)
{
	DIR *directory = opendir(artifacts->temporary);
	char path[PATH_MAX + sizeof(((struct dirent *)NULL)->d_name)];

	if (directory == NULL)
		return;
	for (struct dirent *at = readdir(directory); at != NULL; at = readdir(directory)) {
		snprintf(path, sizeof(path), "%s/%s", artifacts->temporary, at->d_name);
		unlink(path); /* not a directory: those are none of ours */
	}
	closedir(directory);
}

enum rc artifacts_room(const struct artifacts *artifacts, uint64_t *ret_bytes)
{
	struct statvfs found;

	if (statvfs(artifacts->objects, &found) != 0)
		return rc_of_errno();
	*ret_bytes = (uint64_t)found.f_bavail * found.f_frsize;
	return RC_OK;
}

bool artifacts_has(struct artifacts *artifacts, const struct artifact *artifact)
{
	char path[PATH_MAX];
	struct stat found;

	artifacts_path(artifacts, artifact->digest, path);
	if (lstat(path, &found) != 0)
		return errno != ENOENT && errno != ENOTDIR; /* in doubt it is */
	return S_ISREG(found.st_mode) && (uint64_t)found.st_size == artifact->size;
}

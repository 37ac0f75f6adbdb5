/* store/disk/artifact_put.c - a body becomes a file.
 *
 *	DIR/tmp/<number>-<random>  written, synchronised  ->  rename  ->  directories synchronised
 *
 * What fails on the way is removed. What is written is compared with the sums as it passes, so that no
 * file gets a name that is not its own. What lies there already is read before it is believed: a damaged
 * one would otherwise stay for as long as anybody refers to it.
 *
 * Threads: any. Ownership: borrows all.
 */
#include "artifacts_inside.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640

static enum rc write_whole(int fd, struct slice data)
{
	while (data.size > 0) {
		ssize_t count = write(fd, data.data, data.size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return artifacts_fault();
		data = slice_skip(data, (size_t)count);
	}
	return RC_OK;
}

static enum rc write_pieces(int fd, const struct artifact *artifact, struct body *body)
{
	SCOPED(piece) room = xgrow(NULL, 1, sizeof(*room));
	struct slice data;

	for (size_t i = 0; i < artifact->sum_count; i++) {
		TRY(artifact_piece(body, i, room, &data));
		if (artifact_sum(data.data, data.size) != artifact->sums[i])
			return RC_IO;
		TRY(write_whole(fd, data));
	}
	return RC_OK;
}

/* A name that no other process has either. */
static void name_temporary(struct artifacts *artifacts, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%lu-%016llx", artifacts->temporary,
		atomic_fetch_add_explicit(&artifacts->made, 1, memory_order_relaxed),
		(unsigned long long)random_u64());
}

static enum rc write_file(
	struct artifacts *artifacts, const struct artifact *artifact, struct body *body, int fd)
{
	TRY(write_pieces(fd, artifact, body));
	return artifacts_sync(artifacts, fd);
}

static enum rc copy(struct artifacts *artifacts, const struct artifact *artifact, struct body *body,
	const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	enum rc rc;

	if (fd < 0)
		return artifacts_fault();
	rc = write_file(artifacts, artifact, body, fd);
	if (close(fd) != 0 && rc == RC_OK)
		rc = artifacts_fault();
	return rc;
}

/* false: it is no spool file, lies elsewhere, was unlinked, or has more in it. */
static bool link_spool(const struct body *body, const char *path)
{
	int fd = artifact_spool_fd(body);
	struct stat found;
	char name[64];

	if (fd < 0 || fstat(fd, &found) != 0 || (uint64_t)found.st_size != body->size)
		return false;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

static enum rc make_temporary(struct artifacts *artifacts, const struct artifact *artifact,
	struct body *body, const char *path)
{
	if (link_spool(body, path))
		return artifacts_sync(artifacts, artifact_spool_fd(body));
	return copy(artifacts, artifact, body, path);
}

static enum rc give_name(struct artifacts *artifacts, const char *temporary, const char *path)
{
	enum rc rc;

	TRY(artifacts_make_path(artifacts, path));
	if (rename(temporary, path) != 0)
		return artifacts_fault();
	rc = artifacts_sync_above(artifacts, path);
	if (rc != RC_OK)
		unlink(path);
	return rc;
}

/* One that lies there already, as good as new. */
static bool stays(struct artifacts *artifacts, const struct artifact *artifact)
{
	SCOPED(body) body = artifacts_body(artifacts, artifact);
	int fd = artifact_checked(body);
	bool synchronised;

	if (fd < 0)
		return false;
	synchronised = artifacts_sync(artifacts, fd) == RC_OK;
	close(fd);
	return synchronised;
}

enum rc artifacts_put(
	struct artifacts *artifacts, const struct artifact *artifact, struct body *body)
{
	char temporary[PATH_MAX], path[PATH_MAX];
	enum rc rc;

	if (stays(artifacts, artifact))
		return RC_OK;
	artifacts_path(artifacts, artifact->digest, path);
	name_temporary(artifacts, temporary);
	TRY(artifacts_make_path(artifacts, temporary));
	rc = make_temporary(artifacts, artifact, body, temporary);
	if (rc == RC_OK)
		rc = give_name(artifacts, temporary, path);
	open_files_forget(artifacts->files, artifact->digest);
	if (rc != RC_OK)
		unlink(temporary);
	return rc;
}

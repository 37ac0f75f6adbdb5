/* store/disk/place.c - the directory: made, locked, with its table of groups and its files; and found again
 * where it was removed.
 *
 * On disk_open()'s thread, later on the writer's.
 */
#include "inside.h"

#include "lock.h"
#include "observe/metrics.h"
#include "util/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DESCRIPTORS 256 /* of files that are in use */

char *place_in(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = xalloc(size);

	snprintf(path, size, "%s/%s", directory, name);
	return path;
}

static enum rc tell(enum rc rc, const char *path, struct bytes *fault)
{
	(void)!bytes_format(fault, "%s: %s", path, rc_text(rc));
	return rc;
}

static enum rc take_lock(struct disk *disk, struct bytes *fault)
{
	char *path = place_in(disk->options.path, "lock");
	pid_t pid = 0;
	int lock = atomic_load(&disk->lock);
	enum rc rc = lock >= 0 ? RC_OK : lock_take(path, &lock, &pid);

	atomic_store(&disk->lock, lock);

	if (rc == RC_LOCKED)
		(void)!bytes_format(fault, "%s: in use by the larder with pid %ld",
			disk->options.path, (long)pid);
	else if (rc != RC_OK)
		tell(rc, path, fault);
	free(path);
	return rc;
}

/* A new table beside an old database: whatever is in that is removed (writer.c). */
static enum rc take_groups(struct disk *disk, struct bytes *fault)
{
	char *path = place_in(disk->options.path, "groups");
	bool renewed = false;
	enum rc rc = RC_OK;

	if (disk->groups == NULL)
		rc = groups_open(path, &disk->groups, &renewed);
	else if (!disk->groups_kept)
		rc = groups_keep(disk->groups, path);
	disk->groups_kept = rc == RC_OK;
	if (renewed)
		metrics_add(METRIC_DISK_ERRORS, LABELS(LABEL_DISK_OP_OPEN), 1);
	if (rc != RC_OK)
		tell(rc, path, fault);
	free(path);
	return rc;
}

bool place_is_there(const struct disk *disk)
{
	char *path = place_in(disk->options.path, "lock");
	struct stat had, named;
	int lock = atomic_load(&disk->lock);
	bool there = lock >= 0 && fstat(lock, &had) == 0 && stat(path, &named) == 0 &&
		     had.st_dev == named.st_dev && had.st_ino == named.st_ino;

	free(path);
	return there;
}

/* The directory was removed or moved: lock and table lie in files that nobody else can see. */
static void let_go(struct disk *disk)
{
	int lock = atomic_exchange(&disk->lock, -1);

	atomic_store(&disk->groups_kept, false);
	lock_release(lock);
}

enum rc place_prepare(struct disk *disk, struct bytes *fault)
{
	struct artifacts *artifacts = NULL;
	const char *path = disk->options.path;
	enum rc rc;

	if (disk->lock >= 0 && !place_is_there(disk))
		let_go(disk);
	if (atomic_load(&disk->artifacts) != NULL && disk->lock >= 0 && disk->groups_kept)
		return RC_OK;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return tell(rc_of_errno(), path, fault);
	TRY(take_lock(disk, fault));
	TRY(take_groups(disk, fault));
	rc = artifacts_open(path, disk->options.fsync, DESCRIPTORS, &artifacts);
	if (rc != RC_OK)
		return tell(rc, path, fault);
	artifacts_clear_temporary(artifacts);
	if (atomic_load(&disk->artifacts) == NULL)
		atomic_store(&disk->artifacts, artifacts);
	else
		artifacts_close(artifacts); /* it made the directories; the first goes on */
	return RC_OK;
}

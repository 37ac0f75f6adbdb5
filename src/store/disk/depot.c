/* store/disk/depot.c - opening a directory beside its larder or instead of it, and taking files away.
 *
 * Threads and ownership: store/depot.h.
 */
#include "store/depot.h"

#include "depot_inside.h"

#include "aside.h"
#include "lock.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FEW_DESCRIPTORS 4
#define PATH_ROOM       128 /* for what follows the directory's name */

static char *join(const struct depot *depot, const char *name)
{
	size_t size = strlen(depot->path) + strlen(name) + 2;
	char *path = xalloc(size);

	snprintf(path, size, "%s/%s", depot->path, name);
	return path;
}

static enum rc say(struct bytes *fault, enum rc rc, const char *path, const char *words)
{
	bytes_clear(fault);
	(void)!bytes_format(fault, "%s: %s", path, words);
	return rc;
}

/* Before anything is made there: an empty directory is no store. */
static enum rc look_for(const struct depot *depot, struct bytes *fault)
{
	struct stat found;

	if (strlen(depot->path) + PATH_ROOM > PATH_MAX)
		return say(fault, RC_INVALID, depot->path, "the path is too long");
	if (stat(depot->path, &found) != 0)
		return say(fault, rc_of_errno(), depot->path,
			errno == ENOENT ? "there is no such directory" : strerror(errno));
	if (!S_ISDIR(found.st_mode))
		return say(fault, RC_ABSENT, depot->path, "not a directory");
	if (stat(depot->database_path, &found) != 0)
		return say(fault, rc_of_errno(), depot->path,
			errno == ENOENT ? "there is no store in it (no larder.db)"
					: strerror(errno));
	return RC_OK;
}

/* For what changes something; beside a larder that runs the database's lock must do. */
static enum rc take_lock(struct depot *depot, struct bytes *fault)
{
	char *path = join(depot, "lock");
	pid_t pid = 0;
	enum rc rc = RC_OK;

	if (depot_changes(depot))
		rc = lock_take(path, &depot->lock, &pid);
	else
		pid = lock_holder(path);
	if (rc == RC_LOCKED && pid == 0)
		pid = LOCK_HOLDER_UNKNOWN;
	depot->holder = pid;
	if (rc != RC_OK && rc != RC_LOCKED)
		say(fault, rc, path, rc_text(rc));
	free(path);
	return rc == RC_LOCKED ? RC_OK : rc;
}

static enum rc open_database(struct depot *depot, enum database_use use, struct bytes *fault)
{
	const struct database_options options = { .path = depot->database_path, .use = use };

	database_close(GIVE(depot->database));
	return database_open(&options, &depot->database, fault);
}

enum rc depot_renew(struct depot *depot, struct bytes *fault)
{
	database_close(GIVE(depot->database));
	TRY(aside_move(depot->database_path));
	return open_database(depot, DATABASE_WRITER, fault);
}

/* By somebody who reads first: that leaves another version as it is. */
static enum rc begin_database(struct depot *depot, struct bytes *fault)
{
	bool verifies = depot->options.use == DEPOT_VERIFY || depot->options.use == DEPOT_REPAIR;
	enum rc rc = open_database(depot, DATABASE_VISITOR, fault);

	if (rc == RC_OK && depot_changes(depot))
		rc = open_database(depot, DATABASE_WRITER, fault);
	if (rc == RC_OK)
		return RC_OK;
	snprintf(depot->words, sizeof(depot->words), "%s",
		fault->size > 0 ? fault->data : rc_text(rc));
	if (rc == RC_CORRUPT && verifies)
		return RC_OK;
	say(fault, rc, depot->database_path, depot->words);
	if (rc == RC_DENIED || rc == RC_READ_ONLY)
		(void)!bytes_format(fault,
			" (its -wal and -shm are made even for reading: the user of"
			" larder may)");
	return rc;
}

/* Opening would make directories that are missing: that is for the larder to do. */
static enum rc begin_files(struct depot *depot, struct bytes *fault)
{
	char *path = join(depot, "objects");
	struct stat found;
	enum rc rc = RC_OK;

	if (stat(path, &found) == 0)
		rc = artifacts_open(
			depot->path, DISK_FSYNC_NEVER, FEW_DESCRIPTORS, &depot->artifacts);
	if (rc != RC_OK)
		say(fault, rc, path, rc_text(rc));
	free(path);
	return rc;
}

enum rc depot_groups(const struct depot *depot, struct groups **ret)
{
	char *path = join(depot, "groups");
	enum rc rc = groups_copy(path, ret);

	free(path);
	return rc;
}

static enum rc begin(struct depot *depot, struct bytes *fault)
{
	TRY(look_for(depot, fault));
	TRY(take_lock(depot, fault));
	TRY(begin_database(depot, fault));
	depot->groups_rc = depot_groups(depot, &depot->groups);
	return begin_files(depot, fault);
}

enum rc depot_open(const struct depot_options *options, struct depot **ret, struct bytes *fault)
{
	SCOPED(depot) depot = xalloc(sizeof(*depot));

	depot->options = *options;
	depot->lock = -1;
	depot->path = xcopy(options->path, strlen(options->path));
	depot->database_path = join(depot, "larder.db");
	TRY(begin(depot, fault));
	*ret = GIVE(depot);
	return RC_OK;
}

void depot_close(struct depot *depot)
{
	if (depot == NULL)
		return;
	database_close(depot->database);
	artifacts_close(depot->artifacts);
	groups_free(depot->groups);
	if (depot->lock >= 0)
		lock_release(depot->lock);
	free(depot->path);
	free(depot->database_path);
	free(depot);
}

pid_t depot_holder(const struct depot *depot)
{
	return depot->holder;
}

uint64_t depot_bound(const struct depot *depot)
{
	return depot->options.size_bytes;
}

const char *depot_fault(const struct depot *depot)
{
	return depot->words[0] == '\0' && depot->database != NULL ? database_fault(depot->database)
								  : depot->words;
}

/* Without the lock a larder may have begun since. */
static bool is_alone(const struct depot *depot)
{
	char *path;
	bool alone;

	if (depot->lock >= 0)
		return true;
	path = join(depot, "lock");
	alone = lock_holder(path) == 0;
	free(path);
	return alone;
}

bool depot_is_settled(const struct depot *depot, int64_t changed_ms)
{
	return clock_wall_ms() - changed_ms >= DEPOT_GRACE_MS || is_alone(depot);
}

enum rc depot_remove_file(struct depot *depot, const unsigned char digest[static DIGEST_SIZE])
{
	enum rc rc;

	if (depot->artifacts == NULL)
		return RC_ABSENT;
	TRY(database_begin(depot->database));
	rc = records_artifact_known(depot->database, digest);
	if (rc == RC_ABSENT)
		rc = artifacts_remove(depot->artifacts, digest);
	else if (rc == RC_OK)
		rc = RC_BUSY;
	database_rollback(depot->database); /* nothing was written */
	return rc;
}

enum rc depot_remove_stray(const char *path)
{
	if (unlink(path) == 0)
		return RC_OK;
	return errno == EISDIR ? RC_IO : rc_of_errno();
}

enum rc depot_walk(
	struct depot *depot, bool (*visit)(void *arg, const struct artifact_file *file), void *arg)
{
	enum rc rc = artifacts_walk(depot->artifacts, visit, arg);

	if (rc != RC_OK)
		snprintf(depot->words, sizeof(depot->words), "objects/: %s", strerror(errno));
	return rc;
}

static enum rc remove_rows(
	struct database *database, const int64_t *ids, size_t count, uint64_t *removed)
{
	for (size_t i = 0; i < count; i++) {
		enum rc rc = records_remove(database, ids[i]);

		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		*removed += rc == RC_OK;
	}
	return RC_OK;
}

enum rc depot_remove_entries(
	struct depot *depot, const int64_t *ids, size_t count, uint64_t *ret_removed)
{
	uint64_t removed = 0;
	enum rc rc;

	TRY(database_begin(depot->database));
	rc = remove_rows(depot->database, ids, count, &removed);
	if (rc == RC_OK)
		rc = database_commit(depot->database);
	if (rc != RC_OK) {
		database_rollback(depot->database);
		return rc;
	}
	*ret_removed = removed;
	return RC_OK;
}

enum rc depot_used(struct depot *depot, uint64_t *ret_bytes)
{
	struct record_totals totals;
	uint64_t pages;

	TRY(records_totals(depot->database, &totals));
	TRY(records_pages(depot->database, &pages));
	*ret_bytes = pages + totals.artifact_bytes;
	return RC_OK;
}

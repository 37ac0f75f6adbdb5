/* store/disk/depot_files.c - large bodies: what is known of each against the file, and files of which nothing is
 * known.
 *
 * Each file is read once. Rows are read without a snapshot that lasts: what a larder removed meanwhile is looked
 * for again before it is a fault.
 *
 * Threads and ownership: store/depot.h.
 */
#include "depot_inside.h"

#include "artifacts_inside.h"
#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path below the store's directory. */
static struct slice below(const struct depot *depot, const char *path)
{
	return slice_skip(slice_of(path), strlen(depot->path) + 1);
}

static enum depot_fault_kind compare(const struct artifact *kept, const struct artifact *found)
{
	if (memcmp(kept->digest, found->digest, DIGEST_SIZE) != 0)
		return DEPOT_FAULT_FILE_BYTES;
	if (kept->sum_count != found->sum_count ||
		(found->sum_count > 0 && memcmp(kept->sums, found->sums,
						 found->sum_count * sizeof(*found->sums)) != 0))
		return DEPOT_FAULT_FILE_SUMS;
	return DEPOT_FAULT_COUNT;
}

/* takes fd */
static enum depot_fault_kind check_bytes(const struct artifact *kept, int fd)
{
	SCOPED(body) body = artifact_spooled(fd, kept->size);
	struct artifact found = { 0 };
	enum depot_fault_kind kind;

	if (artifact_describe(body, &found) != RC_OK)
		return DEPOT_FAULT_FILE_BYTES;
	kind = compare(kept, &found);
	artifact_done(&found);
	return kind;
}

/* DEPOT_FAULT_COUNT: nothing is wrong. */
static enum depot_fault_kind check_file(const struct artifact *kept, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat found;

	if (fd < 0)
		return errno == ENOENT ? DEPOT_FAULT_FILE_MISSING : DEPOT_FAULT_FILE_BYTES;
	if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) ||
		(uint64_t)found.st_size != kept->size) {
		close(fd);
		return DEPOT_FAULT_FILE_SIZE;
	}
	return check_bytes(kept, fd);
}

static void note_bad(struct depot_search *search, int64_t id)
{
	if ((search->bad_count & (search->bad_count - 1)) == 0) /* a power of two: full */
		search->bad = xgrow(
			search->bad, search->bad_count > 0 ? 2 * search->bad_count : 1, sizeof(id));
	search->bad[search->bad_count++] = id;
}

static bool is_gone(struct depot *depot, int64_t id)
{
	struct artifact artifact = { 0 };
	enum rc rc = records_artifact_read(depot->database, id, &artifact);

	if (rc == RC_OK)
		artifact_done(&artifact);
	return rc == RC_ABSENT;
}

static enum depot_fault_kind check_known(
	struct depot *depot, const struct artifact *artifact, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/objects", depot->path);
	if (depot->artifacts == NULL)
		return DEPOT_FAULT_FILE_MISSING;
	artifacts_path(depot->artifacts, artifact->digest, path);
	return check_file(artifact, path);
}

static enum rc check_artifact(struct depot_search *search, int64_t id)
{
	struct depot *depot = search->depot;
	struct artifact artifact = { 0 };
	enum depot_fault_kind kind = DEPOT_FAULT_ARTIFACT;
	char path[PATH_MAX];
	enum rc rc = records_artifact_read(depot->database, id, &artifact);

	if (rc != RC_OK && rc != RC_CORRUPT)
		return rc == RC_ABSENT ? RC_OK : rc;
	snprintf(path, sizeof(path), "%s/", depot->path); /* nothing below it */
	if (rc == RC_OK) {
		kind = check_known(depot, &artifact, path);
		search->verdict->files++;
		search->verdict->file_bytes += artifact.size;
		artifact_done(&artifact);
	}
	if (kind == DEPOT_FAULT_COUNT || is_gone(depot, id))
		return RC_OK;
	note_bad(search, id);
	depot_tell(search,
		&(struct depot_finding){ .kind = kind, .where = below(depot, path), .detail = "" });
	return RC_OK;
}

enum rc depot_check_artifacts(struct depot_search *search)
{
	struct audit_ids ids;
	int64_t after = -1;
	uint64_t done = 0;

	do {
		TRY(audit_artifacts(search->depot->database, after, &ids));
		for (size_t i = 0; i < ids.count; i++) {
			TRY(check_artifact(search, ids.ids[i]));
			depot_progress(search, "files", ++done, search->totals.artifacts);
		}
		if (ids.count > 0)
			after = ids.ids[ids.count - 1];
	} while (ids.count > 0);
	return RC_OK;
}

/* A row that somebody refers to again stays. */
static enum rc drop_row(struct depot *depot, int64_t id)
{
	enum rc rc;

	TRY(database_begin(depot->database));
	rc = records_artifact_remove(depot->database, id);
	if (rc == RC_OK)
		rc = database_commit(depot->database);
	if (rc != RC_OK)
		database_rollback(depot->database);
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc depot_remove_bad(struct depot_search *search)
{
	struct depot *depot = search->depot;

	for (size_t i = 0; i < search->bad_count; i++) {
		struct artifact artifact = { 0 };
		enum rc rc = records_artifact_read(depot->database, search->bad[i], &artifact);

		TRY(drop_row(depot, search->bad[i]));
		if (rc != RC_OK)
			continue;
		rc = depot_remove_file(depot, artifact.digest);
		artifact_done(&artifact);
		if (rc != RC_OK && rc != RC_ABSENT && rc != RC_BUSY)
			return rc;
	}
	return RC_OK;
}

static bool tell_orphan(struct depot_search *search, const struct artifact_file *file)
{
	enum rc rc = search->repairs ? depot_remove_file(search->depot, file->digest) : RC_OK;

	if (rc == RC_ABSENT || rc == RC_BUSY)
		return true; /* it went, or somebody refers to it by now */
	if (rc != RC_OK)
		search->rc = rc;
	depot_tell(search, &(struct depot_finding){ .kind = DEPOT_FAULT_ORPHAN,
				   .where = below(search->depot, file->path),
				   .detail = "",
				   .is_left = rc != RC_OK });
	return rc == RC_OK;
}

/* A directory is left to who made it. */
static void tell_stray(struct depot_search *search, const struct artifact_file *file)
{
	bool left = search->repairs && depot_remove_stray(file->path) != RC_OK;

	depot_tell(search, &(struct depot_finding){ .kind = DEPOT_FAULT_STRAY,
				   .where = below(search->depot, file->path),
				   .detail = left ? "not removed" : "",
				   .is_left = left });
}

static bool look_at(void *arg, const struct artifact_file *file)
{
	struct depot_search *search = arg;
	enum rc rc;

	if (!depot_is_settled(search->depot, file->changed_ms))
		return true;
	if (file->digest == NULL) {
		tell_stray(search, file);
		return true;
	}
	rc = records_artifact_known(search->depot->database, file->digest);
	if (rc == RC_ABSENT)
		return tell_orphan(search, file);
	search->rc = rc;
	return rc == RC_OK;
}

enum rc depot_check_files(struct depot_search *search)
{
	if (search->depot->artifacts == NULL)
		return RC_OK;
	search->rc = RC_OK;
	depot_progress(search, "objects", 0, 0);
	TRY(depot_walk(search->depot, look_at, search));
	return search->rc;
}

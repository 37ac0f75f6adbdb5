/* store/disk/opening.c - the database: opened, moved aside where it is corrupt, begun anew.
 *
 * On disk_open()'s thread, later on the writer's.
 */
#include "inside.h"

#include "aside.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY SLICE("groups")
#define AGAIN_MS 1000

/* Everything in it was stored beside another table of groups: nobody knows what was invalidated since. */
static enum rc check_identity(struct disk *disk)
{
	struct bytes known;
	char own[24];
	enum rc rc;

	snprintf(own, sizeof(own), "%016llx", (unsigned long long)groups_identity(disk->groups));
	bytes_init(&known, 64);
	rc = records_fact(disk->database, IDENTITY, &known);
	if (rc == RC_OK && !slice_equal(bytes_slice(&known), slice_of(own)))
		rc = RC_INVALID;
	bytes_done(&known);
	return rc == RC_ABSENT ? records_fact_set(disk->database, IDENTITY, slice_of(own)) : rc;
}

static enum rc open_once(struct disk *disk, struct bytes *fault)
{
	const struct database_options options = {
		.path = disk->database_path,
		.use = DATABASE_WRITER,
		.sync_always = disk->options.fsync == DISK_FSYNC_ALWAYS,
		.sync_never = disk->options.fsync == DISK_FSYNC_NEVER,
	};
	enum rc rc;

	TRY(database_open(&options, &disk->database, fault));
	rc = check_identity(disk);
	if (rc == RC_OK)
		return RC_OK;
	(void)!bytes_append_slice(fault, slice_of(database_fault(disk->database)));
	database_close(GIVE(disk->database));
	return rc;
}

static const char *const companions[] = { "", "-wal", "-shm" };
#define COMPANIONS (sizeof(companions) / sizeof(companions[0]))

static enum rc remove_database(struct disk *disk)
{
	size_t size = strlen(disk->database_path) + 8;
	char *path = xalloc(size);
	enum rc rc = RC_OK;

	for (size_t i = 0; i < COMPANIONS && rc == RC_OK; i++) {
		snprintf(path, size, "%s%s", disk->database_path, companions[i]);
		if (unlink(path) != 0 && errno != ENOENT)
			rc = rc_of_errno();
	}
	free(path);
	return rc;
}

/* What is left of its files the keeper finds. */
static enum rc move_aside(struct disk *disk)
{
	enum rc rc = aside_move(disk->database_path);

	if (rc == RC_OK) {
		atomic_fetch_add(&disk->moved_aside, 1);
		atomic_store(&disk->keep_again, true);
	}
	return rc;
}

/* The old filter may still be looked at by readers; it goes when the tier is closed. A second one in a
 * process's life is not made: it would only find more than there is. */
static void renew_filter(struct disk *disk)
{
	if (disk->retired != NULL)
		return;
	disk->retired = atomic_load(&disk->filter);
	atomic_store(&disk->filter, filter_new(disk->options.size_bytes / 4096));
}

enum rc opening_open(struct disk *disk, struct bytes *fault)
{
	enum rc rc = open_once(disk, fault);

	if (rc == RC_CORRUPT) {
		/* the words of the fault go to the report of what follows from it */
		disk_fault(disk, LABEL_DISK_OP_OPEN, rc, bytes_slice(fault).data);
		TRY(move_aside(disk));
		renew_filter(disk);
		bytes_clear(fault);
		rc = open_once(disk, fault);
	} else if (rc == RC_INVALID) {
		TRY(remove_database(disk));
		rc = open_once(disk, fault);
	}
	TRY(rc);
	atomic_fetch_add(&disk->generation, 1);
	opening_count(disk);
	return RC_OK;
}

void opening_failed(struct disk *disk, enum label_disk_op op, enum rc rc)
{
	disk_fault(disk, op, rc,
		disk->database != NULL ? database_fault(disk->database) : rc_text(rc));
	disk->open_again_ms = clock_monotonic_ms() + AGAIN_MS;
	if (disk->database != NULL)
		database_close(GIVE(disk->database));
	if (rc == RC_CORRUPT && move_aside(disk) == RC_OK) {
		renew_filter(disk);
		disk->open_again_ms = 0;
	}
}

/* Several may find it at once, and some of them late: one database is renewed once. */
void opening_suspect(struct disk *disk, unsigned generation)
{
	if (generation == atomic_load(&disk->generation) &&
		atomic_exchange(&disk->corrupt, generation) != generation)
		queue_renew(disk->queue);
}

/* The database is another from now on: what is in the queue goes there. */
void opening_renew(struct disk *disk)
{
	struct bytes fault;

	if (atomic_exchange(&disk->corrupt, 0) != atomic_load(&disk->generation) ||
		disk->database == NULL)
		return; /* renewed already; or tried again anyhow, and looked at then */
	database_close(GIVE(disk->database));
	if (move_aside(disk) != RC_OK)
		return;
	renew_filter(disk);
	bytes_init(&fault, 4096);
	if (opening_open(disk, &fault) == RC_OK) {
		disk_works(disk, DISK_WRITES);
		disk_works(disk, DISK_READS);
	}
	bytes_done(&fault);
}

/* store/disk/keeper.c - what is done behind the start, so that nothing waits for it: the filter learns all
 * ids, rows without a file and files without a row are found, the database is checked.
 *
 * A thread of its own, on a connection of its own; it ends when it is through. Until the filter knows all,
 * every read asks the database. Where it breaks off, or the database was begun
 * anew, the writer starts it again.
 */
#include "inside.h"

#include "observe/metrics.h"

#include <sched.h>
#include <unistd.h>

#define PIECE       4096
#define PIECE_FILED 256

static bool goes_on(void *arg)
{
	const struct disk *disk = arg;

	return !atomic_load_explicit(&disk->stopping, memory_order_relaxed);
}

/* What the writer adds meanwhile is counted twice at the most: that id is found a little longer than it is
 * there. */
static enum rc teach_filter(struct disk *disk, struct database *database)
{
	struct filter *filter = atomic_load(&disk->filter);
	int64_t ids[PIECE], after = -1;
	size_t count;

	do {
		TRY(records_ids(database, after, ids, PIECE, &count));
		for (size_t i = 0; i < count; i++)
			filter_add(filter, (uint64_t)record_first(ids[i]));
		if (count > 0)
			after = ids[count - 1];
	} while (count == PIECE && goes_on(disk));
	if (filter == atomic_load(&disk->filter) && goes_on(disk))
		atomic_store_explicit(&disk->filter_taught, true, memory_order_release);
	return RC_OK;
}

/* Entries whose body is a file: which row, which entry. */
struct filed {
	struct {
		int64_t id;
		int64_t artifact;
	} items[PIECE_FILED];
	size_t count;
	size_t seen;
	int64_t last;
};

static void note_filed(void *arg, const struct record_entry *entry)
{
	struct filed *filed = arg;

	filed->seen++;
	filed->last = entry->id;
	if (entry->artifact == 0)
		return;
	filed->items[filed->count].id = entry->id;
	filed->items[filed->count++].artifact = entry->artifact;
}

/* In doubt not: the writer looks again. */
static bool has_file(struct disk *disk, struct database *database, int64_t id)
{
	struct artifact artifact;
	bool there;
	enum rc rc = records_artifact_read(database, id, &artifact);

	if (rc != RC_OK)
		return rc != RC_ABSENT && rc != RC_CORRUPT;
	there = artifacts_has(atomic_load(&disk->artifacts), &artifact);
	artifact_done(&artifact);
	return there;
}

/* A file that is gone would be missed when it is asked for, too; until then it would count. */
static enum rc look_for_files(struct disk *disk, struct database *database)
{
	const struct disk_selection all = { .scope = DISK_ALL };
	struct filed filed = { .last = -1 };
	const struct record_visitor visitor = { note_filed, &filed };

	do {
		filed.count = filed.seen = 0;
		TRY(records_select(database, &all, (struct record_piece){ filed.last, PIECE_FILED },
			&visitor));
		for (size_t i = 0; i < filed.count; i++) {
			if (!has_file(disk, database, filed.items[i].artifact))
				queue_remove(disk->queue, filed.items[i].id);
		}
	} while (filed.seen == PIECE_FILED && goes_on(disk));
	return RC_OK;
}

struct walk {
	struct disk *disk;
	struct database *database;
};

static bool look_at(void *arg, const struct artifact_file *file)
{
	struct walk *walk = arg;

	if (file->digest == NULL)
		(void)!unlink(file->path); /* nothing of ours; a directory stays */
	else if (records_artifact_known(walk->database, file->digest) == RC_ABSENT)
		queue_orphan(walk->disk->queue, file->digest);
	return goes_on(walk->disk);
}

static enum rc check(struct disk *disk, struct connection *connection)
{
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = database_check(lookup_database(connection), goes_on, disk, &fault);
	if (rc != RC_OK && rc != RC_CANCELLED)
		lookup_failed(disk, connection, rc, fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	return rc;
}

static enum rc keep(struct disk *disk, struct connection *connection)
{
	struct walk walk = { .disk = disk, .database = lookup_database(connection) };

	if (!atomic_load(&disk->filter_taught))
		TRY(teach_filter(disk, walk.database));
	TRY(look_for_files(disk, walk.database));
	TRY(artifacts_walk(atomic_load(&disk->artifacts), look_at, &walk));
	return check(disk, connection);
}

void *keeper_run(void *arg)
{
	const struct sched_param none = { 0 };
	struct disk *disk = arg;
	struct connection *connection = lookup_connect(disk);

	(void)!sched_setscheduler(0, SCHED_IDLE, &none);
	if (connection == NULL || keep(disk, connection) != RC_OK)
		atomic_store(&disk->keep_again, true);
	if (connection != NULL)
		lookup_release(disk, connection);
	atomic_store(&disk->keeper_ended, true);
	return NULL;
}

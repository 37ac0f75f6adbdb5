/* store/disk/keeper.c - what is done behind the start, so that nothing waits for it: the filter learns all
 * ids, files without a row are found, the database is checked.
 *
 * A thread of its own, on a connection of its own; it ends when it is through. Until the filter knows all,
 * every read asks the database.
 */
#include "inside.h"

#include "observe/metrics.h"

#include <sched.h>

#define PIECE 4096

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
		atomic_store_explicit(&disk->filter_knows, true, memory_order_release);
	return RC_OK;
}

struct walk {
	struct disk *disk;
	struct database *database;
};

static bool look_at(void *arg, const struct artifact_file *file)
{
	struct walk *walk = arg;

	if (file->digest != NULL &&
		records_artifact_known(walk->database, file->digest) == RC_ABSENT)
		queue_orphan(walk->disk->queue, file->digest);
	return goes_on(walk->disk);
}

static void check(struct disk *disk, struct database *database)
{
	struct bytes fault;

	bytes_init(&fault, 4096);
	if (database_check(database, goes_on, disk, &fault) == RC_CORRUPT) {
		disk_fault(disk, LABEL_DISK_OP_READ, RC_CORRUPT, bytes_slice(&fault).data);
		queue_renew(disk->queue);
	}
	bytes_done(&fault);
}

void *keeper_run(void *arg)
{
	const struct sched_param none = { 0 };
	struct disk *disk = arg;
	struct connection *connection = lookup_connect(disk);
	struct walk walk = { .disk = disk };

	if (connection == NULL) /* the database can't be opened: there is nothing to keep */
		return NULL;
	(void)!sched_setscheduler(0, SCHED_IDLE, &none);
	walk.database = lookup_database(connection);
	if (teach_filter(disk, walk.database) == RC_OK &&
		artifacts_walk(disk->artifacts, look_at, &walk) == RC_OK)
		check(disk, walk.database);
	lookup_release(disk, connection);
	return NULL;
}

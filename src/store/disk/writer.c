/* store/disk/writer.c - the thread that writes: what comes next, and again when it failed.
 *
 * While nothing can be written, what needs no database is still done, and the database is tried again
 * once a second. Between the batches it keeps house: uses, expiry, room.
 */
#include "batch.h"

#include "util/clock.h"

#define AGAIN_MS   1000
#define COLLECT_MS 1000
#define KEEP_MS    60000

static void note_turn(struct disk *disk)
{
	atomic_store_explicit(&disk->turned_ms, clock_monotonic_ms(), memory_order_relaxed);
}

/* Until it has been through with the database that there is. */
static void start_keeper(struct disk *disk)
{
	int64_t now_ms = clock_monotonic_ms();

	if (disk->database == NULL || !atomic_load(&disk->keep_again) || now_ms < disk->keep_at_ms)
		return;
	if (disk->keeper_runs) {
		if (!atomic_load(&disk->keeper_ended))
			return;
		pthread_join(disk->keeper, NULL);
	}
	disk->keep_at_ms = now_ms + KEEP_MS;
	atomic_store(&disk->keep_again, false);
	atomic_store(&disk->keeper_ended, false);
	disk->keeper_runs = pthread_create(&disk->keeper, NULL, keeper_run, disk) == 0;
	if (!disk->keeper_runs)
		atomic_store(&disk->keep_again, true);
}

void opening_count(struct disk *disk)
{
	struct record_totals totals;
	uint64_t pages = 0;

	if (records_totals(disk->database, &totals) != RC_OK ||
		records_pages(disk->database, &pages) != RC_OK)
		return;
	atomic_store(&disk->entries, totals.entries);
	atomic_store(&disk->artifact_count, totals.artifacts);
	atomic_store(&disk->bytes, pages + totals.artifact_bytes);
	accounts_count(disk->accounts, disk->database);
}

static void try_again(struct disk *disk)
{
	struct bytes fault;
	enum rc rc;

	if (clock_monotonic_ms() < disk->open_again_ms || atomic_load(&disk->refused))
		return;
	bytes_init(&fault, 4096);
	rc = place_prepare(disk, &fault);
	if (rc == RC_OK)
		rc = opening_open(disk, &fault);
	if (rc != RC_OK) {
		disk_fault(disk, LABEL_DISK_OP_OPEN, rc,
			fault.size > 0 ? bytes_slice(&fault).data : rc_text(rc));
		disk->open_again_ms = clock_monotonic_ms() + AGAIN_MS;
	} else if (collect_some(
			   disk)) { /* before anything is written: it may be room that is lacking */
		disk->collect_at_ms = 0;
	}
	bytes_done(&fault);
}

static bool run_alone(struct disk *disk, struct batch *batch)
{
	struct job *job = LIST_ITEM(batch->jobs.next, struct job, link);

	if (job->kind == JOB_ERASE)
		erase_begin(disk, &batch->jobs);
	else if (job->kind == JOB_RENEW)
		opening_renew(disk);
	else if (job->kind != JOB_FLUSH)
		return false;
	queue_done(disk->queue, &batch->jobs);
	return true;
}

/* What can be done piecemeal; true: there is more. */
static bool keep_house(struct disk *disk)
{
	bool more = erase_some(disk);

	/* between batches: what is removed from now on was added before, by the keeper or by a batch */
	if (atomic_load_explicit(&disk->filter_taught, memory_order_acquire))
		atomic_store_explicit(&disk->filter_knows, true, memory_order_release);

	if (disk->database != NULL && !place_is_there(disk))
		opening_failed(disk, LABEL_DISK_OP_OPEN, RC_ABSENT);
	if (disk->database != NULL &&
		(clock_monotonic_ms() >= disk->collect_at_ms || collect_is_due(disk))) {
		bool rest;

		do { /* what is to be written waits until there is room for it */
			note_turn(disk);
			rest = collect_some(disk);
		} while (rest && collect_is_due(disk));
		more = more || rest;
		if (!rest)
			disk->collect_at_ms = clock_monotonic_ms() + COLLECT_MS;
	}
	lookup_try(disk);
	return more;
}

/* One turn: false when there was nothing to do. */
static bool turn(struct disk *disk, struct batch *batch, int64_t until_ms)
{
	batch_clear(batch);
	note_turn(disk);
	mark_give_way(disk);
	if (disk->database == NULL)
		try_again(disk);
	start_keeper(disk);
	if (disk->database == NULL)
		queue_take_urgent(disk->queue, &batch->jobs, until_ms);
	else
		queue_take(disk->queue, &batch->jobs, disk->was_full ? 1 : BATCH, until_ms);
	if (list_empty(&batch->jobs)) {
		/* nothing that failed is left, and what is done in any case was */
		if (disk->database != NULL && !disk->no_room)
			disk_works(disk, DISK_WRITES);
		return false;
	}
	if (!run_alone(disk, batch))
		batch_run(disk, batch);
	return true;
}

void *writer_run(void *arg)
{
	struct disk *disk = arg;
	struct batch *batch = batch_new();
	bool more = false, worked = true;

	keep_house(disk); /* before anything is written: is there room? */
	while (worked || !atomic_load(&disk->stopping)) {
		int64_t now_ms = clock_monotonic_ms();

		worked = turn(disk, batch, more ? now_ms : now_ms + AGAIN_MS);
		more = !atomic_load(&disk->stopping) && keep_house(disk);
	}
	batch_free(batch);
	return NULL;
}

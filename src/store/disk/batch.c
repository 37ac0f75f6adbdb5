/* store/disk/batch.c - many jobs in one transaction.
 *
 *	prepare	each put outside of the transaction: compressed, digested, its file written
 *	begin, a row or two a job, commit
 *	done	the filter knows what came and went, the jobs leave the queue
 *
 * A transaction that fails leaves its jobs in the queue, in order. Writer thread.
 */
#include "batch.h"

#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <assert.h>
#include <stdlib.h>

#define ROOM ((uint64_t)16 << 20) /* a device that has it is not full */

struct batch *batch_new(void)
{
	struct batch *batch = xalloc(sizeof(*batch));

	batch->stowed = xalloc(BATCH * sizeof(*batch->stowed));
	return batch;
}

void batch_free(struct batch *batch)
{
	free(batch->stowed);
	free(batch);
}

void batch_clear(struct batch *batch)
{
	list_init(&batch->jobs);
	batch->stowed_count = batch->change_count = 0;
}

static void note_change(struct batch *batch, int64_t id, int change)
{
	assert(batch->change_count < BATCH * RECORD_VARIANTS);
	batch->changes[batch->change_count].first_id = record_first(id);
	batch->changes[batch->change_count++].change = change;
}

static enum rc remove_row(struct disk *disk, struct batch *batch, int64_t id)
{
	enum rc rc = records_remove(disk->database, id);

	if (rc == RC_OK)
		note_change(batch, id, -1);
	return rc == RC_ABSENT ? RC_OK : rc;
}

static enum rc remove_damaged(struct disk *disk, struct batch *batch, int64_t id)
{
	bool damaged;

	TRY(damage_look(disk, id, &damaged));
	if (!damaged)
		return RC_OK;
	metrics_add(METRIC_DISK_ERRORS, LABELS(LABEL_DISK_OP_RECORD), 1);
	return remove_row(disk, batch, id);
}

static enum rc write_put(struct disk *disk, struct batch *batch, struct stowed *stowed)
{
	bool replaces = false;

	TRY(stow_write(disk, stowed, &replaces));
	if (!replaces)
		note_change(batch, record_id(stowed->job->key.hash), 1);
	return RC_OK;
}

static enum rc remove_variant(struct disk *disk, struct batch *batch, const struct job *job)
{
	int64_t id;
	enum rc rc = stow_find(disk, job, &id);

	if (rc == RC_ABSENT)
		return RC_OK;
	TRY(rc);
	return remove_row(disk, batch, id);
}

static enum rc remove_key(struct disk *disk, struct batch *batch, const struct job *job)
{
	int64_t ids[RECORD_VARIANTS];
	size_t count;

	TRY(stow_find_all(disk, job, ids, &count));
	for (size_t i = 0; i < count; i++)
		TRY(remove_row(disk, batch, ids[i]));
	return RC_OK;
}

static enum rc write_job(struct disk *disk, struct batch *batch, struct job *job)
{
	switch (job->kind) {
	case JOB_VOID:
	case JOB_DISCARD:
		return remove_variant(disk, batch, job);
	case JOB_DROP:
		return remove_key(disk, batch, job);
	case JOB_REMOVE:
		return remove_damaged(disk, batch, job->id);
	case JOB_REMEMBER: /* what was invalidated because of it must not be younger on the device */
		TRY(groups_sync(disk->groups));
		return records_fact_set(disk->database, job->name, job->value);
	case JOB_PUT: /* one that could not be prepared is a void by now */
	case JOB_ORPHAN:
	case JOB_ERASE:
	case JOB_RENEW:
	case JOB_FLUSH:
		break;
	}
	return RC_OK;
}

/* In the order of the queue: a key may come several times. */
static enum rc write_all(struct disk *disk, struct batch *batch)
{
	size_t next = 0;

	LIST_EACH(at, &batch->jobs) {
		struct job *job = LIST_ITEM(at, struct job, link);

		if (next < batch->stowed_count && batch->stowed[next].job == job)
			TRY(write_put(disk, batch, &batch->stowed[next++]));
		else
			TRY(write_job(disk, batch, job));
	}
	return RC_OK;
}

/* Whether another response would have room. */
static bool is_too_large(const struct disk *disk, const struct job *job)
{
	uint64_t room;

	return artifacts_room(disk->artifacts, &room) == RC_OK && room >= ROOM &&
	       job->object->body->size > room;
}

static bool is_hopeless(const struct disk *disk, const struct job *job, enum rc rc)
{
	return rc == RC_TOO_LARGE || rc == RC_ABSENT || rc == RC_INVALID ||
	       (rc == RC_FULL && is_too_large(disk, job));
}

/* A response that can't be stored however often it is tried is left out; a device that takes nothing
 * stops the batch. */
static enum rc prepare_all(struct disk *disk, struct batch *batch)
{
	LIST_EACH(at, &batch->jobs) {
		struct job *job = LIST_ITEM(at, struct job, link);
		struct stowed *stowed = &batch->stowed[batch->stowed_count];
		enum rc rc;

		if (job->kind == JOB_ORPHAN)
			collect_orphan(disk, job->digest);
		if (job->kind != JOB_PUT)
			continue;
		if (disk->no_room) {
			metrics_add(METRIC_DISK_WRITES_DROPPED, NO_LABELS, 1);
			queue_spoil(disk->queue, job);
			continue;
		}
		rc = stow_prepare(disk, job, stowed);
		if (rc == RC_OK) {
			batch->stowed_count++;
			continue;
		}
		stow_done(stowed);
		if (!is_hopeless(disk, job, rc))
			return rc;
		queue_spoil(disk->queue, job);
	}
	return RC_OK;
}

/* All but the commit. */
static enum rc write_batch(struct disk *disk, struct batch *batch, enum label_disk_op *ret_op)
{
	*ret_op = LABEL_DISK_OP_ARTIFACT;
	TRY(prepare_all(disk, batch));
	*ret_op = LABEL_DISK_OP_WRITE;
	TRY(database_begin(disk->database));
	return write_all(disk, batch);
}

static void tell_filter(struct disk *disk, const struct batch *batch)
{
	for (size_t i = 0; i < batch->change_count; i++) {
		int64_t id = batch->changes[i].first_id;

		if (batch->changes[i].change > 0)
			filter_add(atomic_load(&disk->filter), (uint64_t)id);
		else
			disk_forget_id(disk, id);
	}
}

/* A commit that failed may be found in the log when the database is opened again; its rows must be found,
 * too. */
static void tell_filter_of_doubt(struct disk *disk, const struct batch *batch)
{
	for (size_t i = 0; i < batch->change_count; i++) {
		if (batch->changes[i].change > 0)
			filter_add(
				atomic_load(&disk->filter), (uint64_t)batch->changes[i].first_id);
	}
}

/* What was written for rows that were not: the files take room that is lacking. Where the rows may have
 * been written after all, the keeper looks. */
static void drop_files(struct disk *disk, const struct batch *batch, enum label_disk_op op)
{
	if (op == LABEL_DISK_OP_COMMIT) {
		atomic_store(&disk->keep_again, true);
		return;
	}
	for (size_t i = 0; i < batch->stowed_count; i++) {
		if (batch->stowed[i].in_file)
			collect_orphan(disk, batch->stowed[i].artifact.digest);
	}
}

static void finish_batch(struct disk *disk, struct batch *batch)
{
	for (size_t i = 0; i < batch->stowed_count; i++)
		stow_done(&batch->stowed[i]);
	if (disk->database != NULL) {
		tell_filter(disk, batch);
		opening_count(disk);
		queue_done(disk->queue, &batch->jobs);
		return;
	}
	queue_return(disk->queue, &batch->jobs);
}

static void succeeded(struct disk *disk, int64_t began_us)
{
	metrics_observe_us(METRIC_CACHE_TIER_OPERATION_DURATION,
		LABELS(LABEL_TIER_DISK, LABEL_TIER_OP_PUT), clock_monotonic_us() - began_us);
	if (!disk->no_room)
		disk_works(disk, DISK_WRITES);
}

static void failed(struct disk *disk, const struct batch *batch, enum label_disk_op op, enum rc rc)
{
	database_rollback(disk->database);
	drop_files(disk, batch, op);
	opening_failed(disk, op, rc);
	if (op == LABEL_DISK_OP_COMMIT)
		tell_filter_of_doubt(disk, batch);
}

void batch_run(struct disk *disk, struct batch *batch)
{
	int64_t began_us = clock_monotonic_us();
	enum label_disk_op op;
	enum rc rc = write_batch(disk, batch, &op);

	pthread_mutex_lock(&disk->turnover);
	if (rc == RC_OK) {
		op = LABEL_DISK_OP_COMMIT;
		rc = database_commit(disk->database);
	}
	disk->was_full = rc == RC_FULL;
	if (rc == RC_OK)
		succeeded(disk, began_us);
	else
		failed(disk, batch, op, rc);
	finish_batch(disk, batch);
	pthread_mutex_unlock(&disk->turnover);
}

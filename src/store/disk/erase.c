/* store/disk/erase.c - purges: made durable first, told, and then what they are about is removed.
 *
 * The slots that the caller knows are raised already, so that what was purged is out of date for everybody
 * before this runs. Here those are raised that only the rows tell, the table of groups is made durable,
 * and who waits is told. The rows themselves are only housekeeping: a bounded piece at a time.
 *
 * A put that was queued before the purge is in the rows by now, since jobs run in order; one that is queued
 * later has an epoch from before, and its slots are raised.
 *
 * Writer thread.
 */
#include "inside.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 256

struct erasure {
	struct list link;
	struct disk_selection selection; /* into text */
	uint64_t epoch;
	int64_t after;
	char text[];
};

static bool needs_rows(enum disk_scope scope)
{
	return scope == DISK_PREFIX || scope == DISK_OLDER_THAN;
}

struct raising {
	struct disk *disk;
	enum groups_mode mode;
	int64_t last;
	size_t count;
};

static void raise_slot(void *arg, const struct record_entry *entry)
{
	struct raising *r = arg;

	groups_invalidate(r->disk->groups, entry->slot, r->mode);
	r->last = entry->id;
	r->count++;
}

static enum rc raise_all(struct disk *disk, const struct job_purge *purge)
{
	struct raising r = { .disk = disk, .mode = purge->mode, .last = -1 };
	const struct record_visitor visitor = { raise_slot, &r };

	do {
		struct record_piece piece = { .after = r.last, .most = PIECE };

		r.count = 0;
		TRY(records_select(disk->database, &purge->selection, piece, &visitor));
	} while (r.count == PIECE);
	return RC_OK;
}

static enum rc make_durable(struct disk *disk, const struct job_purge *purge, uint64_t *ret_count)
{
	if (!disk->groups_kept || !place_is_there(disk)) /* a restart would forget it */
		return RC_IO;
	if (disk->database == NULL && needs_rows(purge->selection.scope))
		return RC_IO;
	if (disk->database != NULL)
		TRY(records_count(disk->database, &purge->selection, ret_count));
	if (needs_rows(purge->selection.scope))
		TRY(raise_all(disk, purge));
	return groups_sync(disk->groups);
}

static void remove_later(struct disk *disk, const struct job_purge *purge)
{
	const struct disk_selection *s = &purge->selection;
	struct erasure *erasure = xalloc(sizeof(*erasure) + s->route.size + s->text.size);

	erasure->selection = *s;
	erasure->epoch = purge->epoch;
	erasure->after = -1;
	if (s->route.size > 0)
		memcpy(erasure->text, s->route.data, s->route.size);
	if (s->text.size > 0)
		memcpy(erasure->text + s->route.size, s->text.data, s->text.size);
	erasure->selection.route.data = erasure->text;
	erasure->selection.text.data = erasure->text + s->route.size;
	list_append(&disk->erasures, &erasure->link);
}

void erase_purge(struct disk *disk, const struct job *job)
{
	const struct job_purge *purge = &job->purge;
	uint64_t count = 0;
	enum rc rc = make_durable(disk, purge, &count);

	if (rc != RC_OK)
		disk_fault(disk, LABEL_DISK_OP_PURGE, rc, rc_text(rc));
	else if (purge->mode == GROUPS_HARD)
		remove_later(disk, purge);
	purge->done.call(purge->done.arg, rc, count);
}

struct removal {
	uint64_t epoch;
	int64_t ids[PIECE];
	size_t count;
	size_t seen;
	int64_t last;
};

static void note(void *arg, const struct record_entry *entry)
{
	struct removal *r = arg;

	r->last = entry->id;
	r->seen++;
	if (entry->epoch < r->epoch)
		r->ids[r->count++] = entry->id;
}

static enum rc remove_piece(struct disk *disk, struct erasure *e, bool *ret_over)
{
	struct removal r = { .epoch = e->epoch };
	const struct record_visitor visitor = { note, &r };
	enum rc rc = RC_OK;

	TRY(records_select(disk->database, &e->selection,
		(struct record_piece){ .after = e->after, .most = PIECE }, &visitor));
	*ret_over = r.seen < PIECE;
	e->after = r.last;
	if (r.count == 0)
		return RC_OK;
	TRY(database_begin(disk->database));
	for (size_t i = 0; i < r.count && rc == RC_OK; i++)
		rc = records_remove(disk->database, r.ids[i]);
	if (rc == RC_OK)
		rc = database_commit(disk->database);
	if (rc != RC_OK) {
		database_rollback(disk->database);
		return rc;
	}
	for (size_t i = 0; i < r.count; i++)
		disk_forget_id(disk, r.ids[i]);
	return RC_OK;
}

bool erase_some(struct disk *disk)
{
	struct erasure *e;
	bool over = false;
	enum rc rc;

	if (list_empty(&disk->erasures) || disk->database == NULL)
		return false;
	e = LIST_ITEM(disk->erasures.next, struct erasure, link);
	rc = remove_piece(disk, e, &over);
	if (rc != RC_OK) {
		opening_failed(disk, LABEL_DISK_OP_PURGE, rc);
		return false;
	}
	if (over) {
		list_remove(&e->link);
		free(e);
		opening_count(disk);
	}
	return !list_empty(&disk->erasures);
}

void erase_forget(struct disk *disk)
{
	LIST_EACH_SAFE(at, &disk->erasures) {
		list_remove(at);
		free(LIST_ITEM(at, struct erasure, link));
	}
}

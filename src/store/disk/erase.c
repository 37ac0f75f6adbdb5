/* store/disk/erase.c - the rows that a purge was about are removed: housekeeping, a bounded piece at a time.
 *
 * The purge was acknowledged before (mark.c): its slots are raised, and all that was stored before is out of date for
 * everybody. An erasure comes through the queue, behind the puts that were queued before it: these are rows by now.
 *
 * What a judge has taken is told again by its slots, of which one was raised: the judge has gone by then.
 *
 * Writer thread, but erase_later().
 */
#include "inside.h"

#include "audit.h"
#include "codec.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 256

static struct slice copy_to(char *at, struct slice text)
{
	if (text.size > 0)
		memcpy(at, text.data, text.size);
	return (struct slice){ at, text.size };
}

void erase_later(struct disk *disk, const struct disk_selection *selection, uint64_t epoch)
{
	size_t size = selection->route.size + selection->text.size;
	struct erasure *erasure = xalloc(sizeof(*erasure) + size);
	bool judged = selection->judge.takes != NULL;

	list_init(&erasure->link);
	erasure->selection = *selection;
	erasure->selection.judge = (struct disk_judge){ 0 };
	erasure->selection.route = copy_to(erasure->text, selection->route);
	erasure->selection.text = copy_to(erasure->text + selection->route.size, selection->text);
	erasure->epoch = epoch;
	erasure->after = -1;
	erasure->by_record = judged && selection->judge.raised;
	erasure->by_slot = judged && !selection->judge.raised;
	queue_erase(disk->queue, erasure);
}

void erase_begin(struct disk *disk, struct list *jobs)
{
	LIST_EACH(at, jobs) {
		struct erasure *erasure = GIVE(LIST_ITEM(at, struct job, link)->erasure);

		list_append(&disk->erasures, &erasure->link);
	}
}

struct removal {
	const struct disk *disk;
	const struct erasure *erasure;
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
	if (entry->epoch < r->erasure->epoch &&
		(!r->erasure->by_slot ||
			groups_outdated(r->disk->groups, &entry->slot, 1, entry->epoch)))
		r->ids[r->count++] = entry->id;
}

struct look {
	const struct disk *disk;
	bool is_out;
};

static void read_slots(void *arg, const struct record_row *row)
{
	struct look *look = arg;
	struct codec_record record;
	struct arena arena;

	arena_init(&arena);
	look->is_out = codec_decode(row->record, &arena, &record) == RC_OK &&
		       groups_outdated(look->disk->groups, record.parts.groups,
			       (size_t)(record.parts.group_count - record.parts.held_count),
			       record.parts.epoch);
	arena_done(&arena);
}

/* Leaves those that are out of date by one of their slots. */
static void keep_out_of_date(struct disk *disk, struct removal *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct look look = { disk, false };
		const struct audit_reader reader = { .read = read_slots, .arg = &look };

		if (audit_record(disk->database, r->ids[i], &reader) == RC_OK && look.is_out)
			r->ids[kept++] = r->ids[i];
	}
	r->count = kept;
}

static enum rc remove_piece(struct disk *disk, struct erasure *e, bool *ret_over)
{
	struct removal r = { .disk = disk, .erasure = e };
	const struct record_visitor visitor = { note, &r };
	enum rc rc = RC_OK;

	TRY(records_select(disk->database, &e->selection,
		(struct record_piece){ .after = e->after, .most = PIECE }, &visitor));
	*ret_over = r.seen < PIECE;
	e->after = r.last;
	if (e->by_record)
		keep_out_of_date(disk, &r);
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
	database_breathe(disk->database, true);
	rc = remove_piece(disk, e, &over);
	database_breathe(disk->database, false);
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

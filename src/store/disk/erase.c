/* store/disk/erase.c - purges: made durable first, told, and then what they are about is removed.
 *
 * The slots that the caller knows are raised already, so that what was purged is out of date for everybody
 * before this runs. Here those are raised that only the rows tell, the table of groups is made durable, once for
 * all purges that wait, and who waits is told. The rows themselves are only housekeeping: a bounded piece at a time.
 *
 * A put that was queued before the purge is in the rows by now, since jobs run in order; one that is queued
 * later has an epoch from before, and its slots are raised.
 *
 * What a judge has taken is told again later by its slots, of which one was raised: the judge has gone by then.
 *
 * Writer thread.
 */
#include "inside.h"

#include "audit.h"
#include "codec.h"

#include "util/alloc.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 256

struct erasure {
	struct list link;
	struct disk_selection selection; /* into text */
	uint64_t epoch;
	int64_t after;
	bool by_slot;   /* those only whose own is raised */
	bool by_record; /* those only of which any is, as their records tell */
	char text[];
};

/* Whether only the rows tell which slots are meant. */
static bool raises(const struct disk_selection *selection)
{
	return selection->scope == DISK_PREFIX || selection->scope == DISK_TARGETS ||
	       selection->scope == DISK_OLDER_THAN || selection->judge.takes != NULL;
}

struct raising {
	struct disk *disk;
	struct job_purge *purge;
	struct arena arena;
	size_t seen;
};

/* With all that its record says. One that is damaged is nobody's answer. */
static bool takes_record(struct raising *r, struct slice key_bytes, struct slice text)
{
	const struct disk_judge *judge = &r->purge->selection.judge;
	const struct key key = { key_bytes, 0 };
	struct codec_record record;
	struct object object = { 0 };

	arena_reset(&r->arena);
	if (codec_decode(text, &r->arena, &record) != RC_OK)
		return false;
	object.epoch = record.parts.epoch;
	object.freshness = record.parts.freshness;
	object.groups = record.parts.groups;
	object.group_count = record.parts.group_count;
	object.held_count = record.parts.held_count;
	return judge->takes(judge->arg, &key, &object);
}

struct question {
	struct raising *raising;
	const struct record_entry *entry;
	bool taken;
};

static void ask_record(void *arg, const struct record_row *row)
{
	struct question *question = arg;

	question->taken = takes_record(question->raising, question->entry->key, row->record);
}

static bool takes_thoroughly(struct raising *r, const struct record_entry *entry)
{
	struct question question = { r, entry, false };
	const struct audit_reader reader = { .read = ask_record, .arg = &question };

	if (entry->record.size > 0) /* it came with the row */
		return takes_record(r, entry->key, entry->record);
	return audit_record(r->disk->database, entry->id, &reader) == RC_OK && question.taken;
}

static bool takes(struct raising *r, const struct record_entry *entry)
{
	const struct disk_judge *judge = &r->purge->selection.judge;
	const struct key key = { entry->key, 0 };
	const struct object object = {
		.epoch = entry->epoch,
		.freshness = { .responded_ms = entry->stored_ms },
		.groups = &entry->slot,
		.group_count = 1,
	};

	if (judge->takes == NULL)
		return true;
	return judge->thorough ? takes_thoroughly(r, entry)
			       : judge->takes(judge->arg, &key, &object);
}

static void raise_slot(void *arg, const struct record_entry *entry)
{
	struct raising *r = arg;

	if (++r->seen % PIECE == 0)
		sched_yield(); /* who answers clients may wait for this core */
	if (!takes(r, entry))
		return;
	r->purge->count++;
	if (!r->purge->only_counts && !r->purge->selection.judge.raised)
		groups_invalidate(r->disk->groups, entry->slot, r->purge->mode);
}

/* In one walk: to begin again at each piece costs more than all that is done with them. */
static enum rc raise_all(struct disk *disk, struct job_purge *purge)
{
	const struct disk_selection *selection = &purge->selection;
	const struct record_piece all = { .after = -1, .most = SIZE_MAX };
	struct raising r = { .disk = disk, .purge = purge };
	const struct record_visitor visitor = { raise_slot, &r };
	enum rc rc;

	arena_init(&r.arena);
	if (selection->judge.thorough && selection->scope == DISK_ALL)
		rc = records_select_whole(disk->database, all, &visitor);
	else
		rc = records_select(disk->database, selection, all, &visitor);
	arena_done(&r.arena);
	return rc;
}

/* Counts, and raises what is not raised yet. */
static enum rc look_through(struct disk *disk, struct job_purge *purge)
{
	const struct disk_selection *selection = &purge->selection;

	if (!purge->only_counts &&
		(!disk->groups_kept || !place_is_there(disk))) /* a restart would forget it */
		return RC_IO;
	if (selection->scope == DISK_NOTHING)
		return RC_OK;
	if (disk->database == NULL)
		return raises(selection) || purge->only_counts ? RC_IO : RC_OK;
	return raises(selection) ? raise_all(disk, purge)
				 : records_count(disk->database, selection, &purge->count);
}

static void remove_later(struct disk *disk, const struct job_purge *purge)
{
	const struct disk_selection *s = &purge->selection;
	struct erasure *erasure = xalloc(sizeof(*erasure) + s->route.size + s->text.size);

	erasure->selection = *s;
	erasure->epoch = purge->epoch;
	erasure->after = -1;
	erasure->by_record = s->judge.takes != NULL && s->judge.raised;
	erasure->by_slot = s->judge.takes != NULL && !s->judge.raised;
	erasure->selection.judge = (struct disk_judge){ 0 };
	if (s->route.size > 0)
		memcpy(erasure->text, s->route.data, s->route.size);
	if (s->text.size > 0)
		memcpy(erasure->text + s->route.size, s->text.data, s->text.size);
	erasure->selection.route.data = erasure->text;
	erasure->selection.text.data = erasure->text + s->route.size;
	list_append(&disk->erasures, &erasure->link);
}

static void end(struct disk *disk, struct job_purge *purge, enum rc kept)
{
	if (purge->rc == RC_OK && !purge->only_counts)
		purge->rc = kept;
	if (purge->rc != RC_OK)
		disk_fault(disk, LABEL_DISK_OP_PURGE, purge->rc, rc_text(purge->rc));
	else if (purge->mode == GROUPS_HARD && !purge->only_counts &&
		 purge->selection.scope != DISK_NOTHING)
		remove_later(disk, purge);
	purge->done.call(purge->done.arg, purge->rc, purge->count);
}

void erase_purges(struct disk *disk, struct list *jobs)
{
	bool changes = false;
	enum rc kept = RC_OK;

	LIST_EACH(at, jobs) {
		struct job_purge *purge = &LIST_ITEM(at, struct job, link)->purge;

		purge->rc = look_through(disk, purge);
		changes = changes || !purge->only_counts;
	}
	if (changes)
		kept = groups_sync(disk->groups);
	LIST_EACH(at, jobs)
		end(disk, &LIST_ITEM(at, struct job, link)->purge, kept);
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

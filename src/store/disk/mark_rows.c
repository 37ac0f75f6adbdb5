/* store/disk/mark_rows.c - what of a purge is stored: looked at where it waits, then as rows, counted, and raised where only
 * that tells which slots are meant.
 *
 * To the marker a put is in one of the two: see struct disk's turnover. Threads: the marker.
 */
#include "inside.h"

#include "audit.h"
#include "codec.h"

#include <time.h>

#define PATIENCE_MS 100 /* for a commit */

/* Whether only what is stored tells which slots are meant. */
static bool raises(const struct disk_selection *selection)
{
	return selection->scope == DISK_PREFIX || selection->scope == DISK_TARGETS ||
	       selection->scope == DISK_OLDER_THAN || selection->judge.takes != NULL;
}

void mark_raise(struct disk *disk, const struct mark *mark, uint32_t slot)
{
	if (!mark->only_counts && raises(&mark->selection) && !mark->selection.judge.raised)
		groups_invalidate(disk->groups, slot, mark->mode);
}

/* A walk through rows. */
struct marking {
	struct disk *disk;
	struct database *database;
	struct mark *mark;
	struct arena arena;
};

/* With all that its record says. One that is damaged is nobody's answer. */
static bool takes_record(struct marking *m, struct slice key_bytes, struct slice text)
{
	const struct disk_judge *judge = &m->mark->selection.judge;
	const struct key key = { key_bytes, 0 };
	struct codec_record record;
	struct object object = { 0 };

	arena_reset(&m->arena);
	if (codec_decode(text, &m->arena, &record) != RC_OK)
		return false;
	object.epoch = record.parts.epoch;
	object.freshness = record.parts.freshness;
	object.groups = record.parts.groups;
	object.group_count = record.parts.group_count;
	object.held_count = record.parts.held_count;
	return judge->takes(judge->arg, &key, &object);
}

struct question {
	struct marking *marking;
	const struct record_entry *entry;
	bool taken;
};

static void ask_record(void *arg, const struct record_row *row)
{
	struct question *question = arg;

	question->taken = takes_record(question->marking, question->entry->key, row->record);
}

static bool takes_thoroughly(struct marking *m, const struct record_entry *entry)
{
	struct question question = { m, entry, false };
	const struct audit_reader reader = { .read = ask_record, .arg = &question };

	if (entry->record.size > 0) /* it came with the row */
		return takes_record(m, entry->key, entry->record);
	return audit_record(m->database, entry->id, &reader) == RC_OK && question.taken;
}

static bool takes(struct marking *m, const struct record_entry *entry)
{
	const struct disk_judge *judge = &m->mark->selection.judge;
	const struct key key = { entry->key, 0 };
	const struct object object = {
		.epoch = entry->epoch,
		.freshness = { .responded_ms = entry->stored_ms },
		.groups = &entry->slot,
		.group_count = 1,
	};

	if (judge->takes == NULL)
		return true;
	return judge->thorough ? takes_thoroughly(m, entry)
			       : judge->takes(judge->arg, &key, &object);
}

static void mark_row(void *arg, const struct record_entry *entry)
{
	struct marking *m = arg;

	if (!takes(m, entry))
		return;
	m->mark->count++;
	mark_raise(m->disk, m->mark, entry->slot);
}

/* In one walk: to begin again at each piece costs more than all that is done with them. */
static enum rc walk_rows(struct disk *disk, struct database *database, struct mark *mark)
{
	const struct disk_selection *selection = &mark->selection;
	const struct record_piece all = { .after = -1, .most = SIZE_MAX };
	struct marking m = { .disk = disk, .database = database, .mark = mark };
	const struct record_visitor visitor = { mark_row, &m };
	enum rc rc;

	arena_init(&m.arena);
	if (selection->judge.thorough && selection->scope == DISK_ALL)
		rc = records_select_whole(database, all, &visitor);
	else
		rc = records_select(database, selection, all, &visitor);
	arena_done(&m.arena);
	return rc;
}

static enum rc count_rows(struct database *database, struct mark *mark)
{
	uint64_t count;

	TRY(records_count(database, &mark->selection, &count));
	mark->count += count;
	return RC_OK;
}

static bool stop_turnover(struct disk *disk)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until); /* the lock's clock */
	until.tv_nsec += PATIENCE_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_mutex_timedlock(&disk->turnover, &until) == 0;
}

/* What waits, then a snapshot of the rows; a commit that takes its time is not waited for, and costs no more than numbers. */
static enum rc look_at_both(struct disk *disk, struct database *database, struct mark *mark)
{
	bool alone = stop_turnover(disk);
	enum rc rc;

	mark_queued(disk, mark);
	rc = database != NULL ? database_snapshot(database) : RC_OK;
	if (alone)
		pthread_mutex_unlock(&disk->turnover);
	return rc;
}

static enum rc mark_rows(struct disk *disk, struct database *database, struct mark *mark)
{
	TRY(look_at_both(disk, database, mark));
	return raises(&mark->selection) ? walk_rows(disk, database, mark)
					: count_rows(database, mark);
}

static enum rc mark_both(struct disk *disk, struct connection *connection, struct mark *mark)
{
	struct database *database = lookup_database(connection);
	enum rc rc;

	database_breathe(database, true);
	database_wait(database, true);
	rc = mark_rows(disk, database, mark);
	if (rc != RC_OK)
		lookup_failed(disk, connection, rc, database_fault(database));
	database_rollback(database);
	database_wait(database, false);
	database_breathe(database, false);
	return rc;
}

/* Without a database nobody can say what is stored; what the caller has raised is raised. */
enum rc mark_stored(struct disk *disk, struct mark *mark)
{
	struct connection *connection = lookup_connect(disk);
	enum rc rc;

	if (connection == NULL) {
		TRY(look_at_both(disk, NULL, mark));
		return raises(&mark->selection) || mark->only_counts ? RC_IO : RC_OK;
	}
	rc = mark_both(disk, connection, mark);
	lookup_release(disk, connection);
	return rc;
}

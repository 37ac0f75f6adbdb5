/* store/disk/collect.c - what leaves by itself: expired, idle when there is no room, and files that nobody
 * refers to any more.
 *
 * Writer thread; a bounded piece at a call, so that what is to be written doesn't wait for long.
 */
#include "inside.h"

#include "util/clock.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 256
#define USES  512

/* Owners that are no tenants' ids. */
#define NOBODY     0
#define ALL_AS_ONE (-1)

struct leaving {
	struct disk *disk;
	int64_t ids[PIECE];
	size_t count;
	bool spare_used; /* what is in use above stays */
	uint64_t enough; /* bytes; a file that others share is counted, too: the next piece sees */
	uint64_t freed;
	int64_t last_used_ms; /* of what was looked at */
};

static bool is_used_above(const struct leaving *l, const struct record_entry *entry)
{
	const struct disk_options *o = &l->disk->options;
	struct key key = { .bytes = entry->key };

	if (!l->spare_used || o->in_use == NULL)
		return false;
	key.hash = hash_bytes(key.bytes.data, key.bytes.size, groups_seed(l->disk->groups));
	return o->in_use(o->arg, &key);
}

static void choose(void *arg, const struct record_entry *entry)
{
	struct leaving *l = arg;

	if (l->count == PIECE || l->freed >= l->enough)
		return;
	l->last_used_ms = entry->used_ms;
	if (is_used_above(l, entry)) {
		l->ids[l->count++] = -entry->id;
		return;
	}
	l->ids[l->count++] = entry->id;
	l->freed += entry->bytes + (entry->artifact != 0 ? entry->body_bytes : 0);
}

static enum rc remove_or_touch(struct leaving *l, uint64_t *removed)
{
	for (size_t i = 0; i < l->count; i++) {
		enum rc rc;

		if (l->ids[i] < 0) {
			TRY(records_used(l->disk->database, -l->ids[i], clock_wall_ms()));
			continue;
		}
		rc = records_remove(l->disk->database, l->ids[i]);
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		*removed += rc == RC_OK;
	}
	return RC_OK;
}

/* In one transaction; the number of rows that left. */
static enum rc take_leave(struct leaving *l, uint64_t *ret_removed)
{
	struct disk *disk = l->disk;
	uint64_t removed = 0;
	enum rc rc;

	TRY(database_begin(disk->database));
	rc = remove_or_touch(l, &removed);
	if (rc == RC_OK)
		rc = database_commit(disk->database);
	if (rc != RC_OK) {
		database_rollback(disk->database);
		return rc;
	}
	for (size_t i = 0; i < l->count; i++) {
		if (l->ids[i] > 0)
			disk_forget_id(disk, l->ids[i]);
	}
	*ret_removed = removed;
	return RC_OK;
}

struct unreferenced {
	struct disk *disk;
	struct {
		int64_t id;
		unsigned char digest[DIGEST_SIZE];
	} files[PIECE];
	size_t count;
};

static void note_unreferenced(void *arg, int64_t id, const unsigned char digest[static DIGEST_SIZE])
{
	struct unreferenced *u = arg;

	if (u->count == PIECE)
		return;
	u->files[u->count].id = id;
	memcpy(u->files[u->count++].digest, digest, DIGEST_SIZE);
}

static enum rc remove_artifact_rows(struct unreferenced *u)
{
	struct database *database = u->disk->database;
	enum rc rc = RC_OK;

	TRY(database_begin(database));
	for (size_t i = 0; i < u->count && rc == RC_OK; i++)
		rc = records_artifact_remove(database, u->files[i].id);
	if (rc == RC_OK)
		rc = database_commit(database);
	if (rc != RC_OK)
		database_rollback(database);
	return rc;
}

/* The rows first: a crash in between leaves files too many, which the next start finds. */
enum rc collect_unreferenced(struct disk *disk)
{
	struct unreferenced *u = calloc(1, sizeof(*u));
	enum rc rc;

	if (u == NULL)
		return RC_OK;
	u->disk = disk;
	rc = records_unreferenced(disk->database, PIECE, note_unreferenced, u);
	if (rc == RC_OK && u->count > 0)
		rc = remove_artifact_rows(u);
	for (size_t i = 0; rc == RC_OK && i < u->count; i++)
		(void)!artifacts_remove(disk->artifacts, u->files[i].digest);
	free(u);
	return rc;
}

void collect_orphan(struct disk *disk, const unsigned char digest[static DIGEST_SIZE])
{
	if (database_begin(disk->database) != RC_OK)
		return;
	/* under the lock of writers, so that no other process begins to refer to it */
	if (records_artifact_known(disk->database, digest) == RC_ABSENT)
		(void)!artifacts_remove(disk->artifacts, digest);
	database_rollback(disk->database);
}

static enum rc write_used(struct disk *disk, const struct use *uses, size_t count)
{
	enum rc rc = RC_OK;

	if (count == 0)
		return RC_OK;
	TRY(database_begin(disk->database));
	for (size_t i = 0; i < count && rc == RC_OK; i++)
		rc = records_used(disk->database, uses[i].id, uses[i].used_ms);
	if (rc == RC_OK)
		rc = database_commit(disk->database);
	if (rc != RC_OK)
		database_rollback(disk->database);
	return rc;
}

/* What can't be written now is kept: with nothing to write a device would seem to work again. */
static enum rc write_uses(struct disk *disk)
{
	struct use uses[USES];
	size_t count = uses_take(disk->uses, uses, USES);
	enum rc rc = write_used(disk, uses, count);

	for (size_t i = 0; rc != RC_OK && i < count; i++)
		uses_note(disk->uses, uses[i].id, uses[i].used_ms);
	return rc;
}

static enum rc collect_expired(struct disk *disk, uint64_t *ret_removed)
{
	struct leaving l = { .disk = disk, .enough = UINT64_MAX };
	const struct record_visitor visitor = { choose, &l };

	TRY(records_expired(disk->database, clock_wall_ms(), PIECE, &visitor));
	*ret_removed = 0;
	if (l.count == 0)
		return RC_OK;
	TRY(take_leave(&l, ret_removed));
	atomic_fetch_add(&disk->expired, *ret_removed);
	return RC_OK;
}

static uint64_t low_water(const struct disk *disk)
{
	return atomic_load(&disk->limit_bytes) / 100 * disk->options.low_water_percent;
}

/* Whose entries leave next. Whoever comes after another has had nothing spared yet. */
static struct accounts_owner find_owner(struct disk *disk, uint64_t bytes, uint64_t low)
{
	const struct accounts_all all = { atomic_load(&disk->entries), bytes, low };
	struct accounts_owner owner;

	if (!accounts_choose(disk->accounts, &all, &owner))
		owner = (struct accounts_owner){ ALL_AS_ONE, all.entries, bytes };
	if (owner.tenant != disk->chosen) {
		disk->chosen = owner.tenant;
		disk->spared = 0;
		disk->idle_from_ms = INT64_MIN;
	}
	return owner;
}

/* Nobody's lie among all others in the order of use: those that were passed over are not looked at again. */
static enum rc find_idle(struct disk *disk, int64_t owner, struct leaving *l)
{
	const struct record_visitor visitor = { choose, l };

	if (owner == ALL_AS_ONE)
		return records_idle(disk->database, PIECE, &visitor);
	if (owner != NOBODY)
		return records_idle_of(disk->database, owner, PIECE, &visitor);
	TRY(records_idle_of_nobody(disk->database, disk->idle_from_ms, PIECE, &visitor));
	disk->idle_from_ms = l->count > 0 ? l->last_used_ms : INT64_MIN;
	return RC_OK;
}

/* Who is in use above has a second chance, but not a third: where all of them are, some leave. */
static enum rc collect_idle(struct disk *disk, uint64_t *ret_removed)
{
	uint64_t bytes = atomic_load(&disk->bytes), low = low_water(disk);
	struct accounts_owner owner = find_owner(disk, bytes, low);
	struct leaving l = {
		.disk = disk,
		.spare_used = disk->spared<owner.entries, .enough = bytes> low ? bytes - low : 1,
	};

	l.enough = l.enough < owner.excess ? l.enough : owner.excess;
	TRY(find_idle(disk, owner.tenant, &l));
	if (l.count == 0) /* what the accounts say is not what there is */
		TRY(find_idle(disk, ALL_AS_ONE, &l));
	*ret_removed = 0;
	if (l.count == 0)
		return RC_OK;
	TRY(take_leave(&l, ret_removed));
	disk->spared += l.count - *ret_removed;
	atomic_fetch_add(&disk->evicted, *ret_removed);
	return RC_OK;
}

/* What the tier may have in all: its size, or less where the device has no room left for others. */
static uint64_t limit_of(struct disk *disk)
{
	uint64_t room, most = atomic_load(&disk->bytes);

	if (artifacts_room(disk->artifacts, &room) != RC_OK)
		return disk->options.size_bytes;
	most += room;
	most = most > disk->options.free_floor_bytes ? most - disk->options.free_floor_bytes : 0;
	return most < disk->options.size_bytes ? most : disk->options.size_bytes;
}

bool collect_is_due(const struct disk *disk)
{
	return atomic_load(&disk->bytes) >
	       atomic_load(&disk->limit_bytes) / 100 * disk->options.high_water_percent;
}

static enum rc make_room(struct disk *disk, bool *ret_more)
{
	uint64_t limit = limit_of(disk), bytes = atomic_load(&disk->bytes), removed = 0;

	atomic_store(&disk->limit_bytes, limit);
	if (collect_is_due(disk))
		disk->shrinks = true;
	if (bytes <= low_water(disk))
		disk->shrinks = false;
	if (!disk->shrinks) {
		disk->spared = 0;
		disk->idle_from_ms = INT64_MIN;
		return RC_OK;
	}
	TRY(collect_idle(disk, &removed));
	TRY(collect_unreferenced(disk));
	TRY(records_give_back(disk->database));
	opening_count(disk);
	disk->shrinks = atomic_load(&disk->entries) > 0;
	*ret_more = *ret_more || disk->shrinks;
	return RC_OK;
}

/* Told where it changes; what is there can still be read. */
static void look_at_room(struct disk *disk)
{
	uint64_t limit = atomic_load(&disk->limit_bytes);
	bool no_room = limit < disk->options.size_bytes && atomic_load(&disk->bytes) > limit;

	if (no_room && !disk->no_room)
		disk_fault(disk, LABEL_DISK_OP_ROOM, RC_FULL,
			"the device has no room above cache.disk.free_floor");
	else if (!no_room && disk->no_room)
		disk_works(disk, DISK_WRITES);
	disk->no_room = no_room;
}

static enum rc collect(struct disk *disk, bool *ret_more)
{
	uint64_t expired = 0;

	TRY(write_uses(disk));
	TRY(collect_expired(disk, &expired));
	TRY(collect_unreferenced(disk));
	opening_count(disk);
	*ret_more = expired == PIECE;
	TRY(make_room(disk, ret_more));
	look_at_room(disk);
	return RC_OK;
}

bool collect_some(struct disk *disk)
{
	bool more = false;
	enum rc rc = collect(disk, &more);

	if (rc != RC_OK)
		opening_failed(disk, LABEL_DISK_OP_COLLECT, rc);
	return rc == RC_OK && more;
}

/* store/disk/depot_sweep.c - what goes because it is of no use: expired, beyond the bound, unreferenced,
 * forgotten.
 *
 * The same as a larder does while it runs (collect.c, keeper.c), for stores whose larder rests and for operators
 * who don't want to wait. Rows go first, files after the commit and while nobody can begin to refer to them.
 *
 * Threads and ownership: store/depot.h.
 */
#include "depot_inside.h"

#include "aside.h"
#include "util/clock.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE         256
#define ASIDE_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)

struct sweep {
	struct depot *depot;
	struct depot_swept *swept;
	const struct depot_sweeping *how;
	int64_t now_ms;
	/* a piece */
	struct {
		int64_t id;
		unsigned char digest[DIGEST_SIZE];
	} files[PIECE];
	int64_t ids[PIECE];
	size_t count;
	uint64_t bytes;
	uint64_t wanted_bytes; /* that evictions are still to free */
	uint64_t seen;         /* files of a walk */
	uint64_t rows;         /* files that rows speak of, as many as a walk sees, about */
	enum rc rc;            /* of a removal within a walk */
};

static void show(const struct sweep *s, const char *stage, uint64_t done, uint64_t total)
{
	if (s->how->progress != NULL)
		s->how->progress(s->how->arg, stage, done, total);
}

/* Entries are told by their own bytes; what a file had is told when the file goes. */
static void add(struct depot_amount *amount, uint64_t count, uint64_t bytes)
{
	amount->count += count;
	amount->bytes += bytes;
}

static void note(void *arg, const struct record_entry *entry)
{
	struct sweep *s = arg;

	if (s->count == PIECE)
		return;
	s->ids[s->count++] = entry->id;
	s->bytes += entry->bytes;
}

static enum rc remove_noted(struct sweep *s, struct depot_amount *amount)
{
	uint64_t removed = 0;

	TRY(depot_remove_entries(s->depot, s->ids, s->count, &removed));
	add(amount, removed, s->bytes);
	return RC_OK;
}

/* ---- entries ---- */

static enum rc sweep_expired(struct sweep *s)
{
	const struct record_visitor visitor = { note, s };
	struct audit_amount amount;

	show(s, "expired", 0, 0);
	TRY(audit_expired(s->depot->database, s->now_ms, &amount));
	if (s->how->dry_run) {
		add(&s->swept->expired, amount.count, amount.bytes);
		return RC_OK;
	}
	do {
		s->count = 0;
		s->bytes = 0;
		TRY(records_expired(s->depot->database, s->now_ms, PIECE, &visitor));
		TRY(remove_noted(s, &s->swept->expired));
		show(s, "expired", s->swept->expired.count, amount.count);
	} while (s->count == PIECE);
	return RC_OK;
}

/* ---- files that rows know, and nobody else does ---- */

static void note_file(void *arg, int64_t id, const unsigned char digest[static DIGEST_SIZE])
{
	struct sweep *s = arg;

	if (s->count == PIECE)
		return;
	s->files[s->count].id = id;
	memcpy(s->files[s->count++].digest, digest, DIGEST_SIZE);
}

/* Those that somebody refers to again stay: they are marked by an id of 0. */
static enum rc remove_rows(struct sweep *s)
{
	struct database *database = s->depot->database;

	for (size_t i = 0; i < s->count; i++) {
		struct artifact artifact = { 0 };
		enum rc rc = records_artifact_read(database, s->files[i].id, &artifact);

		if (rc == RC_OK)
			artifact_done(&artifact);
		rc = records_artifact_remove(database, s->files[i].id);
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		if (rc == RC_OK)
			s->bytes += artifact.size;
		else
			s->files[i].id = 0;
	}
	return RC_OK;
}

static enum rc remove_files(struct sweep *s)
{
	for (size_t i = 0; i < s->count; i++) {
		enum rc rc;

		if (s->files[i].id == 0)
			continue;
		rc = depot_remove_file(s->depot, s->files[i].digest);
		if (rc != RC_OK && rc != RC_ABSENT && rc != RC_BUSY)
			return rc;
		s->swept->unreferenced.count++;
	}
	add(&s->swept->unreferenced, 0, s->bytes);
	return RC_OK;
}

static enum rc remove_noted_files(struct sweep *s)
{
	enum rc rc;

	TRY(database_begin(s->depot->database));
	rc = remove_rows(s);
	if (rc == RC_OK)
		rc = database_commit(s->depot->database);
	if (rc != RC_OK) {
		database_rollback(s->depot->database);
		return rc;
	}
	return remove_files(s);
}

static enum rc sweep_unreferenced(struct sweep *s)
{
	struct audit_amount amount;

	if (s->how->dry_run) {
		show(s, "unreferenced", 0, 0);
		TRY(audit_unreferenced(s->depot->database, &amount));
		add(&s->swept->unreferenced, amount.count, amount.bytes);
		return RC_OK;
	}
	do {
		s->count = 0;
		s->bytes = 0;
		TRY(records_unreferenced(s->depot->database, PIECE, note_file, s));
		TRY(remove_noted_files(s));
		show(s, "unreferenced", s->swept->unreferenced.count, 0);
	} while (s->count == PIECE);
	return RC_OK;
}

/* ---- room ---- */

/* As collect.c has it: the bound, or less where the device has no room left for others. */
static uint64_t limit_of(const struct depot *depot, uint64_t used)
{
	const struct depot_options *o = &depot->options;
	uint64_t room, most;

	if (depot->artifacts == NULL || artifacts_room(depot->artifacts, &room) != RC_OK)
		return o->size_bytes;
	most = used + room > o->free_floor_bytes ? used + room - o->free_floor_bytes : 0;
	return most < o->size_bytes ? most : o->size_bytes;
}

/* What goes with an entry at the most: others may have its file, too. */
static uint64_t worth_of(const struct record_entry *entry)
{
	return entry->bytes + (entry->artifact != 0 ? entry->body_bytes : 0);
}

static void estimate(void *arg, const struct record_entry *entry)
{
	struct sweep *s = arg;

	if (s->swept->evicted.bytes < s->wanted_bytes && entry->expires_ms > s->now_ms)
		add(&s->swept->evicted, 1, worth_of(entry));
}

/* No more than are needed: bodies may be large. */
static void note_idle(void *arg, const struct record_entry *entry)
{
	struct sweep *s = arg;
	uint64_t worth = worth_of(entry);

	if (s->wanted_bytes == 0)
		return;
	note(s, entry);
	s->wanted_bytes -= worth < s->wanted_bytes ? worth : s->wanted_bytes;
}

static enum rc evict(struct sweep *s, uint64_t used, uint64_t low)
{
	const struct record_visitor visitor = { note_idle, s };
	uint64_t begin = used;
	size_t found = 1;

	while (used > low && found > 0) {
		s->count = 0;
		s->bytes = 0;
		s->wanted_bytes = used - low;
		TRY(records_idle(s->depot->database, PIECE, &visitor));
		found = s->count;
		TRY(remove_noted(s, &s->swept->evicted));
		TRY(sweep_unreferenced(s));
		TRY(depot_used(s->depot, &used));
		show(s, "MiB for room", used < begin ? (begin - used) >> 20 : 0,
			(begin - low) >> 20);
	}
	return RC_OK;
}

static enum rc sweep_room(struct sweep *s)
{
	const struct depot_options *o = &s->depot->options;
	const struct record_visitor visitor = { estimate, s };
	uint64_t used, limit, low;

	if (o->size_bytes == 0)
		return RC_OK;
	TRY(depot_used(s->depot, &used));
	limit = limit_of(s->depot, used);
	low = limit / 100 * o->low_water_percent;
	if (used <= limit / 100 * o->high_water_percent)
		return RC_OK;
	if (!s->how->dry_run)
		return evict(s, used, low);
	s->wanted_bytes = used - low;
	return records_idle(s->depot->database, SIZE_MAX, &visitor);
}

/* ---- files that no row knows ---- */

static bool sweep_orphan(struct sweep *s, const struct artifact_file *file)
{
	enum rc rc = records_artifact_known(s->depot->database, file->digest);

	if (rc == RC_OK)
		return true;
	if (rc == RC_ABSENT && !s->how->dry_run)
		rc = depot_remove_file(s->depot, file->digest);
	else if (rc == RC_ABSENT)
		rc = RC_OK;
	if (rc == RC_OK)
		add(&s->swept->orphans, 1, file->size);
	else if (rc != RC_ABSENT && rc != RC_BUSY)
		s->rc = rc;
	return s->rc == RC_OK;
}

static bool sweep_file(void *arg, const struct artifact_file *file)
{
	struct sweep *s = arg;

	if (++s->seen > s->rows)
		s->rows = s->seen;
	show(s, "files", s->seen, s->rows);
	if (!depot_is_settled(s->depot, file->changed_ms))
		return true;
	if (file->digest != NULL)
		return sweep_orphan(s, file);
	if (s->how->dry_run || depot_remove_stray(file->path) == RC_OK)
		add(&s->swept->strays, 1, file->size);
	return true;
}

/* While no larder runs, or they may be bodies that are on their way. */
static void sweep_temporary(struct sweep *s)
{
	const char *path = artifacts_temporary(s->depot->artifacts);
	char name[PATH_MAX + NAME_MAX];
	struct stat found;
	DIR *directory;

	if (s->depot->holder != 0 || (directory = opendir(path)) == NULL)
		return;
	for (struct dirent *at = readdir(directory); at != NULL; at = readdir(directory)) {
		snprintf(name, sizeof(name), "%s/%s", path, at->d_name);
		if (lstat(name, &found) != 0 || S_ISDIR(found.st_mode))
			continue;
		if (s->how->dry_run || unlink(name) == 0)
			add(&s->swept->temporary, 1, (uint64_t)found.st_size);
	}
	closedir(directory);
}

static void sweep_aside(void *arg, const struct aside_file *file)
{
	struct sweep *s = arg;

	if (s->now_ms - file->changed_ms < ASIDE_KEPT_MS)
		return;
	if (s->how->dry_run || unlink(file->path) == 0)
		add(&s->swept->aside, 1, file->size);
}

static enum rc sweep_files(struct sweep *s)
{
	struct record_totals totals;

	TRY(aside_list(s->depot->database_path, sweep_aside, s));
	if (s->depot->artifacts == NULL)
		return RC_OK;
	sweep_temporary(s);
	TRY(records_totals(s->depot->database, &totals));
	s->rows = totals.artifacts;
	TRY(depot_walk(s->depot, sweep_file, s));
	return s->rc;
}

/* A piece at a time, so that a larder that runs is not kept from writing for long. */
static enum rc give_back(struct sweep *s)
{
	struct database *database = s->depot->database;
	uint64_t begin, before, after, used;

	TRY(audit_size(database, &begin));
	TRY(records_pages(database, &used));
	after = begin;
	if (s->how->dry_run) {
		after = used;
	} else {
		do {
			before = after;
			TRY(records_give_back(database));
			TRY(audit_size(database, &after));
			show(s, "MiB of database", after < begin ? (begin - after) >> 20 : 0,
				used < begin ? (begin - used) >> 20 : 0);
		} while (after < before);
	}
	s->swept->database_bytes = begin - after;
	return RC_OK;
}

enum rc depot_sweep(struct depot *depot, const struct depot_sweeping *how, struct depot_swept *ret)
{
	struct depot_swept swept = { 0 };
	struct sweep s = { .depot = depot, .swept = &swept, .how = how, .now_ms = clock_wall_ms() };

	TRY(sweep_expired(&s));
	TRY(sweep_unreferenced(&s));
	TRY(sweep_room(&s));
	TRY(sweep_files(&s));
	TRY(give_back(&s));
	swept.freed_bytes = swept.unreferenced.bytes + swept.orphans.bytes + swept.strays.bytes +
			    swept.temporary.bytes + swept.aside.bytes + swept.database_bytes;
	*ret = swept;
	return RC_OK;
}

/* store/disk/lookup.c - a read: what is queued, the filter, one SELECT, the body.
 *
 * Runs inline on the front threads. Connections are opened when they are needed and shared: one is taken
 * for a read and given back, so there are as many as there were reads at once.
 *
 * What can't be read is not there: a row that is damaged is removed by the writer, a database that fails
 * is left alone for a second.
 */
#include "inside.h"

#include "store/stored.h"
#include "codec.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES (2 * RECORD_VARIANTS)
#define PAUSE_MS   1000 /* without reads, after one failed */

struct connection {
	struct connection *next; /* idle */
	struct database *database;
	unsigned generation;
	struct arena arena; /* of one read */
};

static void close_connection(struct connection *connection)
{
	database_close(connection->database);
	arena_done(&connection->arena);
	free(connection);
}

static struct connection *take_idle(struct disk *disk)
{
	struct connection *connection;

	pthread_mutex_lock(&disk->connections.lock);
	connection = disk->connections.idle;
	if (connection != NULL)
		disk->connections.idle = connection->next;
	pthread_mutex_unlock(&disk->connections.lock);
	return connection;
}

static void read_failed(struct disk *disk, unsigned generation, enum rc rc, const char *detail)
{
	atomic_store(&disk->read_again_ms, clock_coarse_ms() + PAUSE_MS);
	disk_fault(disk, LABEL_DISK_OP_READ, rc, detail);
	if (rc == RC_CORRUPT)
		opening_suspect(disk, generation);
}

void lookup_failed(struct disk *disk, struct connection *connection, enum rc rc, const char *detail)
{
	read_failed(disk, connection->generation, rc, detail);
}

static bool is_paused(const struct disk *disk)
{
	return atomic_load_explicit(&disk->fails[DISK_READS], memory_order_relaxed) &&
	       clock_coarse_ms() < atomic_load(&disk->read_again_ms);
}

/* One that began before another failed says nothing. */
static void read_worked(struct disk *disk)
{
	if (!is_paused(disk))
		disk_works(disk, DISK_READS);
}

static struct connection *open_connection(struct disk *disk, unsigned generation)
{
	const struct database_options options = {
		.path = disk->database_path,
		.use = DATABASE_READER,
	};
	struct database *database = NULL;
	struct connection *connection;
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = database_open(&options, &database, &fault);
	if (rc != RC_OK)
		read_failed(disk, generation, rc,
			fault.size > 0 ? bytes_slice(&fault).data : rc_text(rc));
	bytes_done(&fault);
	if (rc != RC_OK)
		return NULL;
	connection = xalloc(sizeof(*connection));
	connection->database = database;
	connection->generation = generation;
	arena_init(&connection->arena);
	return connection;
}

struct connection *lookup_connect(struct disk *disk)
{
	unsigned generation = atomic_load(&disk->generation);
	struct connection *connection;

	if (generation == 0) /* not opened yet */
		return NULL;
	while ((connection = take_idle(disk)) != NULL && connection->generation != generation)
		close_connection(connection);
	return connection != NULL ? connection : open_connection(disk, generation);
}

struct database *lookup_database(struct connection *connection)
{
	return connection->database;
}

void lookup_release(struct disk *disk, struct connection *connection)
{
	arena_reset(&connection->arena);
	pthread_mutex_lock(&disk->connections.lock);
	connection->next = disk->connections.idle;
	disk->connections.idle = connection;
	pthread_mutex_unlock(&disk->connections.lock);
}

void lookup_close_all(struct disk *disk)
{
	struct connection *connection;

	while ((connection = take_idle(disk)) != NULL)
		close_connection(connection);
}

static void end_read(struct disk *disk, struct connection *connection, enum rc rc)
{
	if (rc == RC_OK) {
		read_worked(disk);
		lookup_release(disk, connection);
		return;
	}
	lookup_failed(disk, connection, rc, database_fault(connection->database));
	close_connection(connection);
}

void lookup_try(struct disk *disk)
{
	struct connection *connection;
	struct record_totals totals;

	if (!atomic_load(&disk->fails[DISK_READS]) || is_paused(disk))
		return;
	connection = lookup_connect(disk);
	if (connection != NULL)
		end_read(disk, connection, records_totals(connection->database, &totals));
}

/* What may answer, latest Date first; and what the queue says about rows that are still there. */
struct gathering {
	struct disk *disk;
	const struct key *key;
	struct connection *connection;
	struct {
		struct object *object; /* a reference */
		int64_t id;            /* 0: from the queue */
	} found[CANDIDATES];
	size_t count;
	struct {
		struct object *object; /* a reference */
		bool exact;            /* just this response, and not its variant */
	} covers[CANDIDATES];
	size_t cover_count;
	bool rows_void; /* the queue's jobs leave nothing of them */
	enum rc fault;  /* of a row's body, which may be whole */
};

static bool is_covered(const struct gathering *g, const struct object *object)
{
	for (size_t i = 0; i < g->cover_count; i++) {
		const struct object *by = g->covers[i].object;

		if (g->covers[i].exact ? stored_same(by, object) : stored_same_variant(by, object))
			return true;
	}
	return false;
}

/* takes object. Equal dates: the one that was found first stays first. */
static void add(struct gathering *g, struct object *object, int64_t id)
{
	size_t at = g->count;

	if (g->count == CANDIDATES) {
		object_unref(object);
		return;
	}
	while (at > 0 && g->found[at - 1].object->freshness.date_ms < object->freshness.date_ms) {
		g->found[at] = g->found[at - 1];
		at--;
	}
	g->found[at].object = object;
	g->found[at].id = id;
	g->count++;
}

/* Newest job first. */
static bool take_queued(void *arg, const struct job *job)
{
	struct gathering *g = arg;

	if (job->kind == JOB_DROP || g->cover_count == CANDIDATES) {
		g->rows_void = true;
		return false;
	}
	if (job->object == NULL)
		return true;
	if (job->kind == JOB_PUT && !is_covered(g, job->object))
		add(g, object_ref(job->object), 0);
	g->covers[g->cover_count].object = object_ref(job->object);
	g->covers[g->cover_count++].exact = job->kind == JOB_DISCARD;
	return true;
}

/* The body of a row; NULL: it is not what was stored, or g->fault. */
static struct body *body_of(
	struct gathering *g, const struct record_row *row, const struct codec_record *record)
{
	struct artifact artifact = { 0 };
	struct body *body = NULL;
	enum rc rc;

	if (!record->body.in_file) {
		if (row->body.size != record->body.size ||
			codec_checksum(row->body) != record->body.checksum)
			return NULL;
		return body_new(xcopy(row->body.data, row->body.size), row->body.size);
	}
	rc = records_artifact_read(g->connection->database, row->artifact, &artifact);
	if (rc != RC_OK) {
		g->fault = rc == RC_ABSENT || rc == RC_CORRUPT ? RC_OK : rc;
		return NULL;
	}
	if (artifact.size == record->body.size &&
		memcmp(artifact.digest, record->body.digest, DIGEST_SIZE) == 0)
		body = artifacts_body(atomic_load(&g->disk->artifacts), &artifact);
	artifact_done(&artifact);
	return body;
}

static void row_damaged(struct gathering *g, const struct record_row *row)
{
	queue_remove(g->disk->queue, row->id);
}

static bool take_row(void *arg, const struct record_row *row)
{
	struct gathering *g = arg;
	struct codec_record record;
	SCOPED(body) body = NULL;
	SCOPED(object) object = NULL;

	if (codec_decode(row->record, &g->connection->arena, &record) != RC_OK) {
		row_damaged(g, row);
		return true;
	}
	if (!slice_equal(record.key, g->key->bytes))
		return true; /* another key with the same hash */
	body = body_of(g, row, &record);
	if (g->fault != RC_OK)
		return false;
	if (body == NULL) {
		row_damaged(g, row);
		return true;
	}
	if (groups_softened(g->disk->groups, &g->disk->suspect_slot, 1, record.parts.epoch))
		record.parts.freshness.lifetime_ms = 0; /* a newer one may have been lost */
	record.parts.body = body;
	object = object_new(&record.parts);
	if (!is_covered(g, object))
		add(g, GIVE(object), row->id);
	return true;
}

/* Whether there is any use in asking the database. */
static bool is_worth_reading(struct disk *disk, const struct key *key)
{
	if (atomic_load_explicit(&disk->filter_knows, memory_order_acquire) &&
		!filter_may_have(atomic_load(&disk->filter), (uint64_t)record_id(key->hash)))
		return false;
	return !is_paused(disk);
}

static void read_rows(struct gathering *g)
{
	struct disk *disk = g->disk;
	enum rc rc;

	g->connection = lookup_connect(disk);
	if (g->connection == NULL)
		return;
	rc = records_visit(g->connection->database, record_id(g->key->hash), take_row, g);
	if (rc == RC_OK)
		rc = g->fault;
	end_read(disk, g->connection, rc);
}

static struct object *choose(struct gathering *g, const struct chooser *chooser, bool uses)
{
	for (size_t i = 0; i < g->count; i++) {
		if (chooser != NULL && !chooser->takes(g->found[i].object, chooser->arg))
			continue;
		if (uses && g->found[i].id != 0)
			uses_note(g->disk->uses, g->found[i].id, clock_wall_ms());
		return object_ref(g->found[i].object);
	}
	return NULL;
}

static void forget(struct gathering *g)
{
	for (size_t i = 0; i < g->count; i++)
		object_unref(g->found[i].object);
	for (size_t i = 0; i < g->cover_count; i++)
		object_unref(g->covers[i].object);
}

static void note(enum label_lookup result)
{
	metrics_add(METRIC_CACHE_TIER_LOOKUPS, LABELS(LABEL_TIER_DISK, result), 1);
}

/* false: there is nothing to look for. */
static bool gather(struct gathering *g, struct disk *disk, const struct key *key)
{
	g->disk = disk;
	g->key = key;
	g->count = g->cover_count = 0;
	g->rows_void = false;
	g->fault = RC_OK;
	if (!queue_look(disk->queue, key, take_queued, g) && !is_worth_reading(disk, key))
		return false;
	if (!g->rows_void && is_worth_reading(disk, key))
		read_rows(g);
	return true;
}

enum rc lookup_get(struct disk *disk, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	int64_t began_us = clock_monotonic_us();
	struct gathering g;
	struct object *object;

	if (!gather(&g, disk, key)) {
		note(LABEL_LOOKUP_MISS);
		return RC_ABSENT;
	}
	object = choose(&g, chooser, true);
	forget(&g);
	metrics_observe_us(METRIC_CACHE_TIER_OPERATION_DURATION,
		LABELS(LABEL_TIER_DISK, LABEL_TIER_OP_GET), clock_monotonic_us() - began_us);
	note(object != NULL ? LABEL_LOOKUP_HIT : LABEL_LOOKUP_MISS);
	if (object == NULL)
		return RC_ABSENT;
	*ret = object;
	return RC_OK;
}

void disk_look(struct disk *disk, const struct key *key, const struct chooser *chooser)
{
	struct gathering g;
	struct object *object;

	if (!gather(&g, disk, key))
		return;
	object = choose(&g, chooser, false);
	forget(&g);
	if (object != NULL)
		object_unref(object);
}

/* store/disk/disk.c - open, close, state, and the tier's operations: which part does what, in which order.
 *
 * Threads and ownership: store/disk.h.
 */
#include "inside.h"

#include "store/stored.h"
#include "lock.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define SUSPECT_SCOPE UINT64_C(0x6b736964) /* no origin's, route's or tag's */

/* What is known of it altogether, and the report where that is news. Under the lock. */
static void tell(struct disk *disk, const char *detail)
{
	enum disk_state now = DISK_WORKS;

	if (atomic_load(&disk->refused))
		now = DISK_REFUSED;
	else if (atomic_load(&disk->fails[DISK_READS]) || atomic_load(&disk->fails[DISK_WRITES]))
		now = DISK_FAILS;
	if (atomic_exchange(&disk->state, now) != (int)now && disk->options.report != NULL)
		disk->options.report(disk->options.arg, now, detail);
}

enum rc disk_fault(struct disk *disk, enum label_disk_op op, enum rc rc, const char *detail)
{
	enum disk_side side = op == LABEL_DISK_OP_READ ? DISK_READS : DISK_WRITES;

	metrics_add(METRIC_DISK_ERRORS, LABELS(op), 1);
	pthread_mutex_lock(&disk->state_lock);
	atomic_store(&disk->fault, (int)rc);
	atomic_store(&disk->fails[side], true);
	if (rc == RC_UNSUPPORTED)
		atomic_store(&disk->refused, true);
	tell(disk, detail);
	pthread_mutex_unlock(&disk->state_lock);
	return rc;
}

void disk_works(struct disk *disk, enum disk_side side)
{
	if (!atomic_load(&disk->fails[side]) && atomic_load(&disk->state) != DISK_OPENING)
		return;
	pthread_mutex_lock(&disk->state_lock);
	atomic_store(&disk->fails[side], false);
	tell(disk, "");
	pthread_mutex_unlock(&disk->state_lock);
}

void disk_forget_id(struct disk *disk, int64_t id)
{
	if (atomic_load_explicit(&disk->filter_knows, memory_order_acquire))
		filter_remove(atomic_load(&disk->filter), (uint64_t)record_first(id));
}

static bool is_refused(const struct disk *disk)
{
	return atomic_load_explicit(&disk->refused, memory_order_relaxed);
}

/* Where not even a void was taken, everything on the disk has to be validated from now on. */
static void look_for_overflow(struct disk *disk)
{
	if (queue_overflowed(disk->queue))
		groups_invalidate(disk->groups, disk->suspect_slot, GROUPS_SOFT);
}

static enum rc disk_get(struct tier *base, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	return lookup_get((struct disk *)base, key, chooser, ret);
}

static enum rc disk_put(struct tier *base, const struct key *key, struct object *object)
{
	struct disk *disk = (struct disk *)base;

	if (is_refused(disk))
		return RC_BUSY;
	if (object->body->size > disk->options.max_object_bytes) {
		queue_void(disk->queue, key, object);
		look_for_overflow(disk);
		return RC_TOO_LARGE;
	}
	if (queue_put(disk->queue, key, object) != RC_OK) {
		metrics_add(METRIC_DISK_WRITES_DROPPED, NO_LABELS, 1);
		look_for_overflow(disk);
		return RC_BUSY;
	}
	return RC_OK;
}

/* For what is there, or may be. */
static bool may_have(struct disk *disk, const struct key *key)
{
	struct queue_usage queued;

	if (is_refused(disk))
		return false;
	queue_usage(disk->queue, &queued);
	return queued.jobs > 0 || !atomic_load(&disk->filter_knows) ||
	       filter_may_have(atomic_load(&disk->filter), (uint64_t)record_id(key->hash));
}

static enum rc disk_drop(struct tier *base, const struct key *key)
{
	struct disk *disk = (struct disk *)base;

	if (!may_have(disk, key))
		return RC_ABSENT;
	queue_drop(disk->queue, key);
	look_for_overflow(disk);
	return RC_OK;
}

static enum rc disk_discard(struct tier *base, const struct key *key, const struct object *object)
{
	struct disk *disk = (struct disk *)base;

	if (!may_have(disk, key))
		return RC_ABSENT;
	queue_discard(disk->queue, key, object);
	look_for_overflow(disk);
	return RC_OK;
}

/* The writer sweeps by itself. */
static void disk_sweep(struct tier *base, int64_t now_ms)
{
	(void)base;
	(void)now_ms;
}

static void disk_tier_usage(struct tier *base, struct tier_usage *ret)
{
	struct disk_usage usage;

	disk_usage((struct disk *)base, &usage);
	*ret = (struct tier_usage){
		.entries = usage.entries,
		.bytes = usage.bytes,
		.max_bytes = usage.max_bytes,
		.evicted = usage.evicted,
		.expired = usage.expired,
	};
}

static void disk_tier_free(struct tier *base)
{
	(void)base;
}

static const struct tier_ops disk_ops = {
	.name = "disk",
	.get = disk_get,
	.put = disk_put,
	.add = disk_put,
	.drop = disk_drop,
	.discard = disk_discard,
	.sweep = disk_sweep,
	.usage = disk_tier_usage,
	.free = disk_tier_free,
};

/* A response of 4 KiB is one of many; a filter that is too small only finds more than there is. */
static uint64_t expected_entries(const struct disk_options *options)
{
	return options->size_bytes / 4096;
}

static struct disk *disk_new(const struct disk_options *options)
{
	struct disk *disk = xalloc(sizeof(*disk));

	disk->base.ops = &disk_ops;
	disk->options = *options;
	disk->options.path = xcopy(options->path, strlen(options->path));
	disk->database_path = place_in(options->path, "larder.db");
	disk->lock = -1;
	disk->queue = queue_new(options->queue_bytes);
	disk->marks = marks_new();
	disk->uses = uses_new();
	disk->accounts = accounts_new();
	pthread_mutex_init(&disk->connections.lock, NULL);
	pthread_mutex_init(&disk->turnover, NULL);
	pthread_mutex_init(&disk->state_lock, NULL);
	list_init(&disk->erasures);
	atomic_store(&disk->keep_again, true);
	atomic_store(&disk->filter, filter_new(expected_entries(options)));
	atomic_store(&disk->limit_bytes, options->size_bytes);
	return disk;
}

static void disk_free(struct disk *disk)
{
	lookup_close_all(disk);
	database_close(disk->database);
	erase_forget(disk);
	queue_free(disk->queue);
	marks_free(disk->marks);
	uses_free(disk->uses);
	accounts_free(disk->accounts);
	artifacts_close(atomic_load(&disk->artifacts));
	groups_free(disk->groups);
	filter_free(atomic_load(&disk->filter));
	filter_free(disk->retired);
	if (disk->lock >= 0)
		lock_release(disk->lock);
	pthread_mutex_destroy(&disk->connections.lock);
	pthread_mutex_destroy(&disk->state_lock);
	pthread_mutex_destroy(&disk->turnover);
	free(disk->database_path);
	free((char *)(uintptr_t)disk->options.path);
	free(disk);
}

/* What can't be used now is a fault like those that come later: tried again. Only where another larder is
 * at work there is nothing to wait for. */
static enum rc begin(struct disk *disk, struct bytes *fault)
{
	enum rc rc = place_prepare(disk, fault);

	if (rc == RC_LOCKED)
		return rc;
	if (disk->groups == NULL)
		disk->groups = groups_new(hash_seed());
	disk->suspect_slot = groups_slot(disk->groups, SUSPECT_SCOPE, SLICE("suspect"));
	if (rc == RC_OK)
		rc = opening_open(disk, fault);
	if (rc == RC_OK)
		disk_works(disk, DISK_WRITES);
	else
		disk_fault(
			disk, LABEL_DISK_OP_OPEN, rc, fault->size > 0 ? fault->data : rc_text(rc));
	return RC_OK;
}

static enum rc start(struct disk *disk)
{
	if (pthread_create(&disk->marker, NULL, mark_run, disk) != 0)
		return RC_IO;
	if (pthread_create(&disk->writer, NULL, writer_run, disk) == 0)
		return RC_OK;
	mark_stop(disk->marks);
	pthread_join(disk->marker, NULL);
	return RC_IO;
}

enum rc disk_open(const struct disk_options *options, struct disk **ret, struct bytes *fault)
{
	struct disk *disk = disk_new(options);
	enum rc rc = begin(disk, fault);

	atomic_store(&disk->turned_ms, clock_monotonic_ms());
	if (rc == RC_OK) {
		rc = start(disk);
		if (rc != RC_OK)
			(void)!bytes_format(fault, "no thread could be started");
	}
	if (rc != RC_OK) {
		disk_free(disk);
		return rc;
	}
	*ret = disk;
	return RC_OK;
}

void disk_close(struct disk *disk)
{
	if (disk == NULL)
		return;
	mark_stop(disk->marks); /* first: what it leaves to the writer is done, or told */
	pthread_join(disk->marker, NULL);
	atomic_store(&disk->stopping, true);
	queue_stop(disk->queue);
	pthread_join(disk->writer, NULL);
	if (disk->keeper_runs)
		pthread_join(disk->keeper, NULL);
	disk_free(disk);
}

struct groups *disk_groups(struct disk *disk)
{
	return disk->groups;
}

struct tier *disk_tier(struct disk *disk)
{
	return &disk->base;
}

const char *disk_spool_path(const struct disk *disk)
{
	struct artifacts *artifacts = atomic_load(&disk->artifacts);

	return artifacts != NULL && atomic_load(&disk->state) == DISK_WORKS
		       ? artifacts_temporary(artifacts)
		       : NULL;
}

struct body *disk_spooled(int fd, uint64_t size)
{
	return artifact_spooled(fd, size);
}

void disk_usage(struct disk *disk, struct disk_usage *ret)
{
	struct queue_usage queued;

	queue_usage(disk->queue, &queued);
	*ret = (struct disk_usage){
		.state = (enum disk_state)atomic_load(&disk->state),
		.fault = (enum rc)atomic_load(&disk->fault),
		.entries = atomic_load(&disk->entries),
		.bytes = atomic_load(&disk->bytes),
		.max_bytes = disk->options.size_bytes,
		.artifacts = atomic_load(&disk->artifact_count),
		.queued = queued.jobs,
		.queued_bytes = queued.bytes,
		.evicted = atomic_load(&disk->evicted),
		.expired = atomic_load(&disk->expired),
		.moved_aside = atomic_load(&disk->moved_aside),
		.turned_ms = atomic_load(&disk->turned_ms),
	};
}

void disk_set_shares(struct disk *disk, const struct disk_share *shares, size_t count)
{
	accounts_set_shares(disk->accounts, shares, count);
}

bool disk_tenant_usage(struct disk *disk, struct slice tenant, struct tier_usage *ret)
{
	return accounts_usage(disk->accounts, tenant, ret);
}

void disk_flush(struct disk *disk)
{
	mark_flush(disk->marks);
	queue_flush(disk->queue);
}

void disk_flush_facts(struct disk *disk)
{
	queue_flush_facts(disk->queue);
}

void disk_remember(struct disk *disk, struct slice name, struct slice value)
{
	queue_remember(disk->queue, name, value);
}

enum rc disk_recall(struct disk *disk, struct slice name, struct bytes *ret)
{
	struct connection *connection = lookup_connect(disk);
	enum rc rc;

	if (connection == NULL)
		return RC_IO;
	rc = records_fact(lookup_database(connection), name, ret);
	lookup_release(disk, connection);
	return rc;
}

/* proxy/purge_disk.c - a purge's last step: what it means for the disk tier, and its end.
 *
 * Threads: begun by that of purges.c, ended by whichever answer of the disk tier is the last.
 */
#include "purge_job.h"

#include "purges.h"
#include "record.h"
#include "state.h"

#include "store/disk.h"

static void finish(struct purge_job *job)
{
	const struct purge_result result = { (enum rc)atomic_load(&job->rc), job->memory,
		atomic_load(&job->disk) };
	enum label_scope scope = (enum label_scope)job->what.scope;
	enum label_mode mode = job->what.mode == GROUPS_HARD ? LABEL_MODE_HARD : LABEL_MODE_SOFT;

	purges_withdraw(job->proxy->purges, job);
	record_invalidated(LABEL_TIER_MEMORY, scope, mode, result.memory);
	record_invalidated(LABEL_TIER_DISK, scope, mode, result.disk);
	job->done(job->arg, &result);
	purge_job_free(job);
}

static void on_disk_done(void *arg, enum rc rc, uint64_t count)
{
	struct purge_job *job = arg;

	if (rc != RC_OK)
		atomic_store(&job->rc, (int)rc);
	atomic_fetch_add(&job->disk, count);
	if (atomic_fetch_sub(&job->pending, 1) == 1)
		finish(job);
}

static struct slice text_on_disk(const struct purge_job *job, size_t part)
{
	switch (job->what.scope) {
	case PURGE_URL:
		return job->has_classes ? key_target(job->key) : job->key.bytes;
	case PURGE_PREFIX:
		return job->prefixes[part / job->proxy->config->route_count];
	case PURGE_TAG:
		return job->what.tags[part];
	case PURGE_ROUTE:
	case PURGE_OLDER_THAN:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return SLICE("");
}

static struct slice route_on_disk(const struct purge_job *job, size_t part)
{
	const struct config *config = job->proxy->config;

	switch (job->what.scope) {
	case PURGE_PREFIX:
		return slice_of(config->routes[part % config->route_count].path);
	case PURGE_URL:
	case PURGE_ROUTE:
	case PURGE_OLDER_THAN:
		return purge_job_route(job);
	case PURGE_TAG:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return SLICE("");
}

static struct disk_selection on_disk(const struct purge_job *job, size_t part)
{
	static const enum disk_scope scopes[] = {
		[PURGE_URL] = DISK_KEY,
		[PURGE_PREFIX] = DISK_PREFIX,
		[PURGE_TAG] = DISK_TAG,
		[PURGE_ROUTE] = DISK_ROUTE,
		[PURGE_OLDER_THAN] = DISK_OLDER_THAN,
		[PURGE_ALL] = DISK_ALL,
		[PURGE_NEGATIVE] = DISK_NEGATIVE,
	};

	return (struct disk_selection){
		.scope = job->has_classes ? DISK_TARGET : scopes[job->what.scope],
		.route = route_on_disk(job, part),
		.text = text_on_disk(job, part),
		.key_hash = job->key.hash,
		.before_ms = job->what.before_ms,
	};
}

/* The disk tier knows one prefix of one route, and one tag at a time. */
static size_t disk_parts(const struct purge_job *job)
{
	if (job->what.scope == PURGE_TAG)
		return job->what.tag_count;
	if (job->what.scope == PURGE_PREFIX)
		return job->prefix_count * job->proxy->config->route_count;
	return 1;
}

void purge_job_end(struct purge_job *job)
{
	const struct disk_done done = { on_disk_done, job };
	struct disk *disk = job->proxy->disk;
	size_t count = disk_parts(job);

	if (disk == NULL || count == 0) {
		finish(job);
		return;
	}
	atomic_store(&job->pending, (unsigned)count);
	/* with the last answer, which may come before the call returns, the job is gone */
	for (size_t i = 0; i < count; i++) {
		struct disk_selection selection = on_disk(job, i);

		disk_purge(disk, &selection, job->what.mode, &done);
	}
}

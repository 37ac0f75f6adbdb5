/* proxy/purge/purge_disk.c - a purge's last step: what it means for the disk tier, and its end.
 *
 * Threads: begun by that of purges.c, ended by whichever answer of the disk tier is the last.
 */
#include "purge_job.h"

#include "purges.h"
#include "record.h"
#include "state.h"

#include "proxy/triggers.h"
#include "store/disk.h"

static void tell(const struct purge_job *job, const struct purge_result *result)
{
	const struct purge *what = &job->what;
	enum label_scope scope = (enum label_scope)what->scope;
	enum label_mode mode = what->mode == GROUPS_HARD ? LABEL_MODE_HARD : LABEL_MODE_SOFT;
	const struct trigger trigger = {
		.id = result->id,
		.source = what->source,
		.scope = scope,
		.mode = mode,
		.about = what->about,
		.who = what->who,
		.tenant = what->tenant,
		.entries = result->memory + result->disk,
	};

	record_invalidated(LABEL_TIER_MEMORY, scope, mode, result->memory);
	record_invalidated(LABEL_TIER_DISK, scope, mode, result->disk);
	triggers_note(job->proxy, &trigger);
}

static void finish(struct purge_job *job)
{
	const struct purge_result result = { job->id, (enum rc)atomic_load(&job->rc), job->memory,
		atomic_load(&job->disk) };

	purges_withdraw(job->proxy->purges, job);
	if (!job->what.dry_run)
		tell(job, &result);
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
	case PURGE_KEY:
		return job->has_several ? key_target(job->key) : job->key.bytes;
	case PURGE_PREFIX:
	case PURGE_GLOB:
		return job->prefixes[part];
	case PURGE_TAG:
		return job->what.tags[part];
	case PURGE_ROUTE:
	case PURGE_TENANT:
	case PURGE_OLDER_THAN:
	case PURGE_STALE:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return SLICE("");
}

static struct slice route_of_key(const struct purge_job *job)
{
	struct key_parts parts = { 0 };

	(void)!key_split(job->key, &parts);
	return parts.route;
}

static struct slice route_on_disk(const struct purge_job *job)
{
	switch (job->what.scope) {
	case PURGE_URL:
	case PURGE_KEY:
		return route_of_key(job);
	case PURGE_ROUTE:
	case PURGE_OLDER_THAN:
		return purge_job_route(job);
	case PURGE_PREFIX:
	case PURGE_GLOB:
	case PURGE_TAG:
	case PURGE_TENANT:
	case PURGE_STALE:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return SLICE("");
}

static bool takes(void *arg, const struct key *key, const struct object *object)
{
	const struct purge_part *part = arg;

	return purge_job_concerns_row(part, key, object);
}

/* Whom the tables don't tell: patterns, freshness, whose it is; of a key's target, what shares its slot; and what an
 * earlier part has counted. */
static bool is_judged(const struct purge_job *job, size_t part)
{
	const struct purge *what = &job->what;

	switch (what->scope) {
	case PURGE_GLOB:
	case PURGE_STALE:
		return true;
	case PURGE_KEY:
		return job->has_several;
	case PURGE_URL:
		return job->has_several && what->tenant.size > 0;
	case PURGE_PREFIX:
	case PURGE_TAG:
	case PURGE_ROUTE:
	case PURGE_TENANT:
	case PURGE_OLDER_THAN:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return part > 0 || what->tenant.size > 0;
}

static struct disk_judge judge_on_disk(struct purge_job *job, size_t part)
{
	struct purge_part *of;

	if (!is_judged(job, part))
		return (struct disk_judge){ 0 };
	of = arena_alloc(&job->arena, sizeof(*of));
	*of = (struct purge_part){ job, part };
	return (struct disk_judge){
		.takes = takes,
		.arg = of,
		.thorough = job->what.scope == PURGE_STALE || job->what.scope == PURGE_KEY ||
			    (part > 0 && job->what.scope == PURGE_TAG),
		.raised = !purge_job_selects(job),
	};
}

static struct disk_selection on_disk(struct purge_job *job, size_t part)
{
	static const enum disk_scope scopes[] = {
		[PURGE_URL] = DISK_KEY,
		[PURGE_KEY] = DISK_KEY,
		[PURGE_PREFIX] = DISK_TARGETS,
		[PURGE_GLOB] = DISK_TARGETS,
		[PURGE_TAG] = DISK_TAG,
		[PURGE_ROUTE] = DISK_ROUTE,
		[PURGE_TENANT] = DISK_ALL,
		[PURGE_OLDER_THAN] = DISK_OLDER_THAN,
		[PURGE_STALE] = DISK_ALL,
		[PURGE_ALL] = DISK_ALL,
		[PURGE_NEGATIVE] = DISK_NEGATIVE,
	};

	return (struct disk_selection){
		.scope = job->has_several ? DISK_TARGET : scopes[job->what.scope],
		.route = route_on_disk(job),
		.text = text_on_disk(job, part),
		.key_hash = job->key.hash,
		.before_ms = job->what.before_ms,
		.judge = judge_on_disk(job, part),
	};
}

/* The disk tier knows one prefix and one tag at a time. */
static size_t disk_parts(const struct purge_job *job)
{
	if (job->what.scope == PURGE_TAG)
		return job->what.tag_count;
	if (job->what.scope == PURGE_PREFIX || job->what.scope == PURGE_GLOB)
		return job->prefix_count;
	return 1;
}

void purge_job_end(struct purge_job *job)
{
	const struct disk_done done = { on_disk_done, job };
	struct disk *disk = job->proxy->disk;
	size_t count = disk_parts(job);
	enum groups_mode mode = job->what.mode;
	bool dry_run = job->what.dry_run;

	if (disk == NULL || count == 0) {
		finish(job);
		return;
	}
	atomic_store(&job->pending, (unsigned)count);
	/* with the last answer, which may come before the call returns, the job is gone */
	for (size_t i = 0; i < count; i++) {
		struct disk_selection selection = on_disk(job, i);

		if (dry_run)
			disk_count(disk, &selection, &done);
		else
			disk_purge(disk, &selection, mode, &done);
	}
}

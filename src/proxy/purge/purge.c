/* proxy/purge/purge.c - in which order a purge is done, and why nothing brings back what it was about.
 *
 * A fetch that lands while a purge is under way must not bring back what was there before. What is stored
 * or fetched has an epoch from before it was asked for, and before what it may be made of was looked up.
 *
 * By slots (URL, KEY, TAG, ROUTE, TENANT, ALL, NEGATIVE): the slots are raised first. What has an older epoch is out
 * of date from then on, wherever it is and whenever it lands; what has a younger one was asked for afterwards and
 * is not meant. Looking for it in the memory tier is housekeeping, and counting. In a tenant's name the slots are
 * those that only its responses have (grouping.h): the same holds of them. A key leads to the slot that all stored under
 * it have first, so does what is fetched for it.
 *
 * By selection (PREFIX, GLOB, OLDER_THAN, STALE): slots are not known before things are found.
 * 1. The selection is announced, then a slot of its own raised, the fence: what is looked up later doesn't
 *    find what it is about, and a fetch that looked earlier has an epoch below the fence.
 * 2. The table of flights is walked: those it is about are not stored. One that comes into the table later
 *    began after the fence, or sees that it didn't, and then is not stored either. One that left it
 *    earlier has stored what it brought,
 * 3. which the walk through the memory tier finds, and the disk tier's behind it, in its queue or as a row. Both
 *    raise the slots of what they find.
 * 4. Only when the disk is done is the selection withdrawn.
 * What it is about is told by the key (PREFIX, GLOB, the tenant), which doesn't change; or by times of the response
 * against a moment that was fixed when it began (OLDER_THAN, STALE). So it is the same wherever it is asked. For STALE:
 * what a fetch brings was not stale then, unless it is made of something that was (a 304, a part), which the flight
 * carries, and step 2 sees. What was made stale softly after the purge began may go, too: it would have been
 * validated. A pattern may be that of targets which are stored under what a No-Vary-Search made of them: those go
 * where their path may begin something that matches, and flights so, since their response may bring such a field.
 *
 * A dry run raises nothing and announces nothing: it only counts.
 */
#include "purge_job.h"

#include "key/identity.h"
#include "own_tags.h"
#include "purges.h"
#include "record.h"
#include "state.h"

#include "util/alloc.h"

#include <stdlib.h>

void purge_job_free(struct purge_job *job)
{
	glob_free(job->glob);
	bytes_done(&job->key_bytes);
	arena_done(&job->arena);
	proxy_unref(job->proxy);
	free(job);
}

struct slice purge_job_route(const struct purge_job *job)
{
	if (job->what.route == PURGE_ANY_ROUTE)
		return SLICE("");
	return slice_of(job->proxy->config->routes[job->what.route].path);
}

bool purge_job_selects(const struct purge_job *job)
{
	return job->what.scope == PURGE_PREFIX || job->what.scope == PURGE_GLOB ||
	       job->what.scope == PURGE_OLDER_THAN || job->what.scope == PURGE_STALE;
}

static void copy_texts(struct purge_job *job, const struct purge *purge)
{
	struct slice *tags = arena_alloc(&job->arena, (purge->tag_count + 1) * sizeof(*tags));

	job->what = *purge;
	job->what.tenant = arena_copy(&job->arena, purge->tenant);
	job->what.target = arena_copy(&job->arena, purge->target);
	job->what.key = arena_copy(&job->arena, purge->key);
	job->what.about = arena_copy(&job->arena, purge->about);
	job->what.who = arena_copy(&job->arena, purge->who);
	for (size_t i = 0; i < purge->tag_count; i++)
		tags[i] = arena_copy(&job->arena, purge->tags[i]);
	job->what.tags = tags;
}

static enum rc job_new(struct proxy *proxy, const struct purge *purge, struct purge_job **ret)
{
	struct purge_job *job = xalloc(sizeof(*job));
	enum rc rc;

	list_init(&job->link);
	list_init(&job->announced);
	arena_init(&job->arena);
	job->proxy = proxy_ref(proxy);
	job->id = triggers_next_id(purges_triggers(proxy->purges));
	copy_texts(job, purge);
	rc = purge_job_read(job);
	if (rc != RC_OK) {
		purge_job_free(job);
		return rc;
	}
	*ret = job;
	return RC_OK;
}

/* Whether configurations may disagree on what it is about: a query is stored as a key rule writes it. */
static bool is_by_url(const struct purge *what)
{
	return what->scope == PURGE_URL || what->scope == PURGE_GLOB ||
	       (what->scope == PURGE_PREFIX && slice_find(what->target, '?') >= 0);
}

static void take_effect(struct purge_job *job)
{
	struct groups *groups = job->proxy->groups;

	purge_job_find_slots(job);
	job->epoch = job->fence = groups_epoch(groups);
	if (job->what.dry_run)
		return;
	for (size_t i = 0; i < job->slot_count; i++)
		groups_invalidate(groups, job->slots[i], job->what.mode);
	own_tags_purge(job);
	if (purge_job_selects(job))
		purges_announce(job->proxy->purges, job);
	if (is_by_url(&job->what))
		(void)keying_note_url(job->proxy, job->what.mode);
}

enum rc purge_run(struct proxy *proxy, const struct purge *purge,
	void (*done)(void *arg, const struct purge_result *result), void *arg)
{
	struct purge_job *job;
	enum label_scope scope;
	enum rc rc;

	TRY(job_new(proxy, purge, &job));
	scope = (enum label_scope)job->what.scope; /* "all" of a tenant's is another */
	job->done = done;
	job->arg = arg;
	take_effect(job);
	rc = purges_add(proxy->purges, job);
	if (rc != RC_OK) {
		purges_withdraw(proxy->purges, job);
		purge_job_free(job);
		return rc;
	}
	if (!purge->dry_run)
		record_invalidation(scope,
			purge->mode == GROUPS_HARD ? LABEL_MODE_HARD : LABEL_MODE_SOFT,
			purge->source);
	return RC_OK;
}

struct meeting {
	struct purge_job *job;
	const struct key *key;
};

static bool count_one(struct object *object, void *arg)
{
	struct meeting *meeting = arg;

	if (purge_job_concerns(meeting->job, meeting->key, object))
		meeting->job->memory++;
	return false;
}

/* All variants of one key. */
static void purge_key(struct purge_job *job, struct key key)
{
	struct meeting meeting = { job, &key };
	const struct chooser chooser = { count_one, &meeting };
	struct object *none = NULL;

	if (job->proxy->memory == NULL)
		return;
	(void)!tier_get(job->proxy->memory, &key, &chooser, &none);
	if (job->what.mode == GROUPS_HARD && !job->what.dry_run)
		(void)!tier_drop(job->proxy->memory, &key);
}

/* A URL for everybody is that of each tenant, too. */
static void purge_tenants_keys(struct purge_job *job)
{
	struct identity_target target = { .route = job->what.route,
		.raw_target = job->what.target };
	struct bytes buffer;
	struct key key;

	bytes_init(&buffer, job->key_bytes.limit);
	for (size_t i = 0; i < job->proxy->config->tenant_count; i++) {
		target.tenant = (uint16_t)(i + 1);
		if (identity_of_target(job->proxy, &target, &buffer, &key) == RC_OK)
			purge_key(job, key);
	}
	bytes_done(&buffer);
}

void purge_job_begin(struct purge_job *job)
{
	const struct flight_filter filter = { purge_job_concerns_flight, job };

	if (purge_job_selects(job) && !job->what.dry_run)
		flights_purge_matching(job->proxy->flights, &filter);
	if (purge_job_walks(job))
		return;
	purge_key(job, job->key);
	if (job->has_several)
		purge_tenants_keys(job);
}

bool purge_job_walks(const struct purge_job *job)
{
	return job->is_sought || (job->what.scope != PURGE_URL && job->what.scope != PURGE_KEY);
}

bool purge_job_meet(struct purge_job *job, const struct key *key, struct object *object)
{
	if (!purge_job_walks(job) || !purge_job_concerns(job, key, object))
		return false;
	job->memory++;
	if (job->what.dry_run)
		return false;
	if (purge_job_selects(job))
		groups_invalidate(job->proxy->groups, object->groups[0], job->what.mode);
	return job->what.mode == GROUPS_HARD;
}

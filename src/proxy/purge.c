/* proxy/purge.c - what each scope of a purge means, and in which order it is done.
 *
 * A fetch that lands while a purge is under way must not bring back what was there before. What is stored
 * or fetched has an epoch from before it was asked for, and before what it may be made of was looked up.
 *
 * By slots (URL, TAG, ROUTE, ALL, NEGATIVE): the slots are raised first. What has an older epoch is out of date
 * from then on, wherever it is and whenever it lands; what has a younger one was asked for afterwards and
 * is not meant. Looking for it in the memory tier is housekeeping, and counting.
 *
 * By selection (PREFIX, OLDER_THAN): slots are not known before things are found.
 * 1. The selection is announced, then a slot of its own raised, the fence: what is looked up later doesn't
 *    find what it is about, and a fetch that looked earlier has an epoch below the fence.
 * 2. The table of flights is walked: those it is about are not stored. One that comes into the table later
 *    began after the fence, or sees that it didn't, and then is not stored either. One that left it
 *    earlier has stored what it brought,
 * 3. which the walk through the memory tier finds, and the disk tier's behind it, whose queue has it. Both
 *    raise the slots of what they find.
 * 4. Only when the disk is done is the selection withdrawn.
 */
#include "purge_job.h"

#include "grouping.h"
#include "identity.h"
#include "purges.h"
#include "record.h"
#include "state.h"

#include "http/uri.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MOST_KEY_BYTES ((size_t)64 * 1024)

void purge_job_free(struct purge_job *job)
{
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

static bool is_selection(const struct purge_job *job)
{
	return job->what.scope == PURGE_PREFIX || job->what.scope == PURGE_OLDER_THAN;
}

static bool has_target(const struct purge_job *job)
{
	return job->what.scope == PURGE_URL || job->what.scope == PURGE_PREFIX;
}

static void copy_texts(struct purge_job *job, const struct purge *purge)
{
	struct slice *tags = arena_alloc(&job->arena, (purge->tag_count + 1) * sizeof(*tags));

	job->what = *purge;
	job->what.target = arena_copy(&job->arena, purge->target);
	for (size_t i = 0; i < purge->tag_count; i++)
		tags[i] = arena_copy(&job->arena, purge->tags[i]);
	job->what.tags = tags;
}

static void add_prefix(struct purge_job *job, struct slice prefix)
{
	for (size_t i = 0; i < job->prefix_count; i++) {
		if (slice_equal(job->prefixes[i], prefix))
			return;
	}
	job->prefixes[job->prefix_count++] = prefix;
}

/* A route's key rule writes queries in another way. What is ambiguous to it is stored as it came. */
static enum rc read_prefixes(struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;
	size_t routes = proxy->config->route_count;

	TRY(target_canonical(job->what.target, &job->key_bytes));
	job->prefixes = arena_alloc(&job->arena, (routes + 1) * sizeof(*job->prefixes));
	add_prefix(job, bytes_slice(&job->key_bytes));
	for (size_t i = 0; i < routes; i++) {
		const struct key_rule *rule = key_rules_of(proxy->key_rules, (uint16_t)i);
		struct slice ruled;

		if (rule != NULL &&
			key_rule_prefix(rule, job->prefixes[0], &job->arena, &ruled) == RC_OK)
			add_prefix(job, ruled);
	}
	return RC_OK;
}

/* The key of a target, or the canonical begins of many. */
static enum rc read_target(struct purge_job *job)
{
	const struct key_rule *rule;
	struct target target;

	bytes_init(&job->key_bytes, MOST_KEY_BYTES);
	if (!has_target(job))
		return RC_OK;
	if (target_split(job->what.target, &target) != RC_OK)
		return RC_INVALID;
	if (job->what.scope == PURGE_PREFIX)
		return read_prefixes(job);
	rule = key_rules_of(job->proxy->key_rules, job->what.route);
	job->has_classes = rule != NULL && key_rule_has_classes(rule);
	return identity_of_target(
		job->proxy, job->what.route, job->what.target, &job->key_bytes, &job->key);
}

static enum rc job_new(struct proxy *proxy, const struct purge *purge, struct purge_job **ret)
{
	struct purge_job *job = xalloc(sizeof(*job));
	enum rc rc;

	list_init(&job->link);
	list_init(&job->announced);
	arena_init(&job->arena);
	job->proxy = proxy_ref(proxy);
	copy_texts(job, purge);
	rc = read_target(job);
	if (rc != RC_OK) {
		purge_job_free(job);
		return rc;
	}
	*ret = job;
	return RC_OK;
}

/* A prefix with a query may be that of targets which are stored under what a No-Vary-Search made of them. */
static bool reaches_path(const struct purge_job *job)
{
	return job->what.scope == PURGE_URL ||
	       (job->what.scope == PURGE_PREFIX && slice_find(job->prefixes[0], '?') >= 0);
}

static void find_slots(struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;
	const struct purge *what = &job->what;
	uint32_t *slots = arena_alloc(&job->arena, (what->tag_count + 2) * sizeof(*job->slots));
	size_t count = 0;

	if (what->scope == PURGE_URL)
		slots[count++] = identity_target_slot(proxy, job->key);
	if (reaches_path(job))
		slots[count++] = identity_path_slot(proxy, what->target);
	if (what->scope == PURGE_ROUTE)
		slots[count++] = grouping_route_slot(proxy, what->route);
	if (what->scope == PURGE_ALL)
		slots[count++] = grouping_all_slot(proxy);
	if (what->scope == PURGE_NEGATIVE)
		slots[count++] = grouping_negative_slot(proxy);
	for (size_t i = 0; i < what->tag_count; i++)
		slots[count++] = grouping_slot(proxy, SLOT_TAG, what->tags[i]);
	job->slots = slots;
	job->slot_count = count;
}

static void raise_slots(struct purge_job *job)
{
	find_slots(job);
	job->epoch = groups_epoch(job->proxy->groups);
	for (size_t i = 0; i < job->slot_count; i++)
		groups_invalidate(job->proxy->groups, job->slots[i], job->what.mode);
}

enum rc purge_run(struct proxy *proxy, const struct purge *purge,
	void (*done)(void *arg, const struct purge_result *result), void *arg)
{
	struct purge_job *job;
	enum rc rc;

	TRY(job_new(proxy, purge, &job));
	job->done = done;
	job->arg = arg;
	raise_slots(job);
	if (is_selection(job))
		purges_announce(proxy->purges, job);
	rc = purges_add(proxy->purges, job);
	if (rc != RC_OK) {
		purges_withdraw(proxy->purges, job);
		purge_job_free(job);
		return rc;
	}
	record_invalidation((enum label_scope)purge->scope,
		purge->mode == GROUPS_HARD ? LABEL_MODE_HARD : LABEL_MODE_SOFT, LABEL_SOURCE_PURGE);
	return RC_OK;
}

static bool is_of_route(const struct purge_job *job, struct key key)
{
	struct key_parts parts;

	return job->what.route == PURGE_ANY_ROUTE ||
	       (key_split(key, &parts) == RC_OK && slice_equal(parts.route, purge_job_route(job)));
}

static bool has_slot(const struct purge_job *job, const struct object *object)
{
	for (size_t i = 0; i < job->slot_count; i++) {
		for (size_t k = 0; k < object->group_count; k++) {
			if (object->groups[k] == job->slots[i])
				return true;
		}
	}
	return false;
}

static bool begins_so(const struct purge_job *job, struct key key)
{
	for (size_t i = 0; i < job->prefix_count; i++) {
		if (slice_starts(key_target(key), job->prefixes[i]))
			return true;
	}
	return false;
}

bool purge_job_concerns(
	const struct purge_job *job, const struct key *key, const struct object *object)
{
	if (object->epoch > (is_selection(job) ? job->fence : job->epoch))
		return false;
	switch (job->what.scope) {
	case PURGE_PREFIX:
		return begins_so(job, *key);
	case PURGE_URL:
	case PURGE_TAG:
		return has_slot(job, object);
	case PURGE_ROUTE:
		return is_of_route(job, *key);
	case PURGE_OLDER_THAN:
		return object->freshness.responded_ms < job->what.before_ms &&
		       is_of_route(job, *key);
	case PURGE_NEGATIVE:
		return object->freshness.negative;
	case PURGE_ALL:
		break;
	}
	return true;
}

/* Of OLDER_THAN: what comes is young, but may be no more than a word about what is old. */
static bool carries_old(const struct flight *flight, int64_t before_ms)
{
	struct object *all[OTHERS_MOST + 1];
	size_t count = flight_candidates(flight, all);

	for (size_t i = 0; i < count; i++) {
		if (all[i]->freshness.responded_ms < before_ms)
			return true;
	}
	return flight->requested_ms < before_ms ||
	       (flight->part != NULL && flight->part->freshness.responded_ms < before_ms);
}

static bool concerns_flight(const struct flight *flight, void *arg)
{
	const struct purge_job *job = arg;

	if (flight->epoch > job->fence)
		return false;
	switch (job->what.scope) {
	case PURGE_PREFIX:
		return begins_so(job, flight->key);
	case PURGE_OLDER_THAN:
		return is_of_route(job, flight->key) && carries_old(flight, job->what.before_ms);
	case PURGE_URL:
	case PURGE_TAG:
	case PURGE_ROUTE:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return false;
}

struct meeting {
	struct purge_job *job;
	uint64_t count;
};

static bool count_one(struct object *object, void *arg)
{
	struct meeting *meeting = arg;

	if (purge_job_concerns(meeting->job, &meeting->job->key, object))
		meeting->count++;
	return false;
}

/* All variants of one key. */
static void purge_key(struct purge_job *job)
{
	struct meeting meeting = { job, 0 };
	const struct chooser chooser = { count_one, &meeting };
	struct object *none = NULL;

	if (job->proxy->memory == NULL)
		return;
	(void)!tier_get(job->proxy->memory, &job->key, &chooser, &none);
	job->memory = meeting.count;
	if (job->what.mode == GROUPS_HARD)
		(void)!tier_drop(job->proxy->memory, &job->key);
}

void purge_job_begin(struct purge_job *job)
{
	const struct flight_filter filter = { concerns_flight, job };

	if (is_selection(job))
		flights_purge_matching(job->proxy->flights, &filter);
	if (!purge_job_walks(job))
		purge_key(job);
}

bool purge_job_walks(const struct purge_job *job)
{
	return job->what.scope != PURGE_URL || job->has_classes;
}

bool purge_job_meet(struct purge_job *job, const struct key *key, struct object *object)
{
	if (!purge_job_walks(job) || !purge_job_concerns(job, key, object))
		return false;
	if (is_selection(job))
		groups_invalidate(job->proxy->groups, object->groups[0], job->what.mode);
	job->memory++;
	return job->what.mode == GROUPS_HARD;
}

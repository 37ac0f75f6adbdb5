/* proxy/purge/purge_concerns.c - whether a purge is about a stored response, or about what a fetch may bring.
 *
 * Of a selection a flight is concerned also where that can't be told yet: a fetch more, and never one too few.
 * Threads: any; nothing changes here.
 */
#include "purge_job.h"

#include "grouping.h"
#include "state.h"

#include "policy/freshness.h"

static bool is_any_route(const struct purge_job *job)
{
	return job->what.route == PURGE_ANY_ROUTE ||
	       (job->what.scope != PURGE_ROUTE && job->what.scope != PURGE_OLDER_THAN &&
		       job->what.scope != PURGE_STALE);
}

/* Whether it is of the tenant and of the route that are meant. */
static bool is_within(const struct purge_job *job, struct key key)
{
	struct key_parts parts;

	if (job->what.tenant.size == 0 && is_any_route(job))
		return true;
	if (key_split(key, &parts) != RC_OK)
		return false;
	return (job->what.tenant.size == 0 || slice_equal(parts.tenant, job->what.tenant)) &&
	       (is_any_route(job) || slice_equal(parts.route, purge_job_route(job)));
}

/* One of the first `count` that were raised. What its body holds is none of them, and may be called the same. */
static bool has_slot_of(const struct purge_job *job, size_t count, const struct object *object)
{
	size_t own = (size_t)(object->group_count - object->held_count);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < own; k++) {
			if (object->groups[k] == job->slots[i])
				return true;
		}
	}
	return false;
}

static bool has_slot(const struct purge_job *job, const struct object *object)
{
	return has_slot_of(job, job->slot_count, object);
}

/* With one of the first `count` prefixes. */
static bool begins_with(const struct purge_job *job, size_t count, struct key key)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_starts(key_target(key), job->prefixes[i]))
			return true;
	}
	return false;
}

static bool begins_so(const struct purge_job *job, struct key key)
{
	return begins_with(job, job->prefix_count, key);
}

/* A target up to its query, with the question mark. */
static struct slice path_of(struct slice target)
{
	ptrdiff_t at = slice_find(target, '?');

	return at < 0 ? target : (struct slice){ target.data, (size_t)at + 1 };
}

static bool has_rule(struct key key)
{
	struct key_parts parts;

	return key_split(key, &parts) == RC_OK && parts.rule.size > 0;
}

/* What is stored under a No-Vary-Search answers targets that can't be told from its own: any query is theirs. */
static bool is_like(const struct purge_job *job, struct key key)
{
	struct slice target = key_target(key);

	if (!slice_starts(target, job->prefixes[0]))
		return false;
	return glob_matches(job->glob, target) ||
	       (has_rule(key) && glob_may_follow(job->glob, path_of(target)));
}

static uint16_t route_of(const struct proxy *proxy, struct key key)
{
	struct key_parts parts = { 0 };

	(void)!key_split(key, &parts);
	for (size_t i = 0; i < proxy->config->route_count; i++) {
		if (slice_equal(slice_of(proxy->config->routes[i].path), parts.route))
			return (uint16_t)i;
	}
	return PURGE_ANY_ROUTE;
}

/* Also by a soft invalidation; and what has no route any more is of no use. */
static bool is_stale(const struct purge_job *job, struct key key, const struct object *object)
{
	const struct proxy *proxy = job->proxy;
	uint16_t route;

	if (freshness_left_ms(&object->freshness, job->what.before_ms) <= 0)
		return true;
	route = route_of(proxy, key);
	return route == PURGE_ANY_ROUTE || grouping_is_soft(proxy, route, object);
}

bool purge_job_concerns(
	const struct purge_job *job, const struct key *key, const struct object *object)
{
	if (object->epoch > (purge_job_selects(job) ? job->fence : job->epoch))
		return false;
	switch (job->what.scope) {
	case PURGE_URL:
	case PURGE_KEY:
	case PURGE_TAG:
		return has_slot(job, object);
	case PURGE_PREFIX:
		return begins_so(job, *key) && is_within(job, *key);
	case PURGE_GLOB:
		return is_like(job, *key) && is_within(job, *key);
	case PURGE_OLDER_THAN:
		return object->freshness.responded_ms < job->what.before_ms && is_within(job, *key);
	case PURGE_STALE:
		return is_stale(job, *key, object) && is_within(job, *key);
	case PURGE_NEGATIVE:
		return object->freshness.negative && is_within(job, *key);
	case PURGE_ROUTE:
	case PURGE_TENANT:
	case PURGE_ALL:
		break;
	}
	return is_within(job, *key);
}

static bool is_of_earlier(
	const struct purge_part *part, const struct key *key, const struct object *object)
{
	return part->job->what.scope == PURGE_TAG ? has_slot_of(part->job, part->part, object)
						  : begins_with(part->job, part->part, *key);
}

bool purge_job_concerns_row(
	const struct purge_part *part, const struct key *key, const struct object *object)
{
	const struct purge_job *job = part->job;

	if (part->part > 0 && is_of_earlier(part, key, object))
		return false;
	if (job->what.scope == PURGE_TAG || job->what.scope == PURGE_NEGATIVE)
		return object->epoch <= job->epoch && is_within(job, *key);
	return purge_job_concerns(job, key, object);
}

/* What comes is young, but may be no more than a word about what is old, or stale. */
static bool carries_old(const struct purge_job *job, const struct flight *flight)
{
	struct object *all[OTHERS_MOST + 2];
	size_t count = flight_candidates(flight, all);

	if (flight->part != NULL)
		all[count++] = flight->part;
	for (size_t i = 0; i < count; i++) {
		if (job->what.scope == PURGE_STALE
				? is_stale(job, flight->key, all[i])
				: all[i]->freshness.responded_ms < job->what.before_ms)
			return true;
	}
	return job->what.scope == PURGE_OLDER_THAN && flight->requested_ms < job->what.before_ms;
}

bool purge_job_concerns_flight(const struct flight *flight, void *arg)
{
	const struct purge_job *job = arg;

	if (flight->epoch > job->fence || !is_within(job, flight->key))
		return false;
	switch (job->what.scope) {
	case PURGE_PREFIX:
		return begins_so(job, flight->key);
	case PURGE_GLOB: /* its response may bring a No-Vary-Search */
		return glob_may_follow(job->glob, path_of(key_target(flight->key)));
	case PURGE_OLDER_THAN:
	case PURGE_STALE:
		return carries_old(job, flight);
	case PURGE_URL:
	case PURGE_KEY:
	case PURGE_TAG:
	case PURGE_ROUTE:
	case PURGE_TENANT:
	case PURGE_NEGATIVE:
	case PURGE_ALL:
		break;
	}
	return false;
}

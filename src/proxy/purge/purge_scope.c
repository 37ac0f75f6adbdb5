/* proxy/purge/purge_scope.c - what the scopes of purges are written as: targets, patterns, keys; and the slots that stand
 * for them.
 *
 * Targets by prefix and pattern are compared in the canonical form in which keys have them.
 * Threads: any; a job is one's. Ownership: the job's.
 */
#include "purge_job.h"

#include "grouping.h"
#include "key/identity.h"
#include "state.h"

#include "http/uri.h"
#include "policy/key_rule.h"
#include "util/hash.h"

#include <string.h>

#define MOST_KEY_BYTES ((size_t)64 * 1024)

static void add_prefix(struct purge_job *job, struct slice prefix)
{
	for (size_t i = 0; i < job->prefix_count; i++) {
		if (slice_equal(job->prefixes[i], prefix))
			return;
	}
	job->prefixes[job->prefix_count++] = prefix;
}

static enum rc read_canonical(struct purge_job *job, struct slice *ret)
{
	size_t routes = job->proxy->config->route_count;
	struct target target;

	if (target_split(job->what.target, &target) != RC_OK)
		return RC_INVALID;
	TRY(target_canonical(job->what.target, &job->key_bytes));
	job->prefixes = arena_alloc(&job->arena, (routes + 1) * sizeof(*job->prefixes));
	*ret = bytes_slice(&job->key_bytes);
	return RC_OK;
}

/* A route's key rule writes queries in another way. What is ambiguous to it is stored as it came. */
static enum rc read_prefixes(struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;
	struct slice prefix;

	TRY(read_canonical(job, &prefix));
	add_prefix(job, prefix);
	for (size_t i = 0; i < proxy->config->route_count; i++) {
		const struct key_rule *rule = key_rules_of(proxy->key_rules, (uint16_t)i);
		struct slice ruled;

		if (rule != NULL && key_rule_prefix(rule, prefix, &job->arena, &ruled) == RC_OK)
			add_prefix(job, ruled);
	}
	return RC_OK;
}

static enum rc read_glob(struct purge_job *job)
{
	struct slice pattern;

	TRY(read_canonical(job, &pattern));
	if (glob_new(pattern, &job->glob) != RC_OK)
		return RC_INVALID;
	add_prefix(job, (struct slice){ pattern.data, glob_literal(pattern) });
	return RC_OK;
}

/* As struct exchange has it: one more than its index; 0 nobody's. */
static enum rc find_tenant(const struct config *config, struct slice name, uint16_t *ret)
{
	*ret = 0;
	if (name.size == 0)
		return RC_OK;
	for (size_t i = 0; i < config->tenant_count; i++) {
		if (slice_equal(slice_of(config->tenants[i].name), name)) {
			*ret = (uint16_t)(i + 1);
			return RC_OK;
		}
	}
	return RC_ABSENT;
}

/* A URL for everybody is that of all tenants. */
static enum rc read_url(struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;
	const struct key_rule *rule = key_rules_of(proxy->key_rules, job->what.route);
	const struct identity_target about = { job->what.route, job->tenant, job->what.target };
	struct target target;

	if (target_split(job->what.target, &target) != RC_OK)
		return RC_INVALID;
	job->is_sought = rule != NULL && key_rule_has_classes(rule);
	job->has_several = job->is_sought || (job->tenant == 0 && proxy->config->tenant_count > 0);
	return identity_of_target(proxy, &about, &job->key_bytes, &job->key);
}

/* Bytes from anywhere: only what could have been made here. */
static enum rc read_key(struct purge_job *job)
{
	struct key key = { job->what.key, 0 };
	struct target target;
	struct key_parts parts;

	if (key.bytes.size > MOST_KEY_BYTES || key_split(key, &parts) != RC_OK ||
		target_split(parts.target, &target) != RC_OK)
		return RC_INVALID;
	if (job->what.tenant.size > 0 && !slice_equal(parts.tenant, job->what.tenant))
		return RC_DENIED;
	TRY(bytes_append_slice(&job->key_bytes, key.bytes));
	key.bytes = bytes_slice(&job->key_bytes);
	key.hash = hash_bytes(key.bytes.data, key.bytes.size, job->proxy->seed);
	job->key = key;
	job->has_several = parts.method.size > 0 || parts.rule.size > 0 || parts.mark.size > 0 ||
			   (parts.tenant.size == 0 && job->proxy->config->tenant_count > 0);
	job->is_sought = job->has_several;
	return RC_OK;
}

enum rc purge_job_read(struct purge_job *job)
{
	bytes_init(&job->key_bytes, MOST_KEY_BYTES);
	TRY(find_tenant(job->proxy->config, job->what.tenant, &job->tenant));
	if (job->what.scope == PURGE_ALL && job->tenant > 0)
		job->what.scope = PURGE_TENANT;
	if (job->what.scope == PURGE_TENANT && job->tenant == 0)
		return RC_ABSENT;
	switch (job->what.scope) {
	case PURGE_URL:
		return read_url(job);
	case PURGE_KEY:
		return read_key(job);
	case PURGE_PREFIX:
		return read_prefixes(job);
	case PURGE_GLOB:
		return read_glob(job);
	case PURGE_STALE: /* what is stale can't be made so */
		return job->what.mode == GROUPS_HARD ? RC_OK : RC_INVALID;
	case PURGE_TAG:
	case PURGE_ROUTE:
	case PURGE_TENANT:
	case PURGE_OLDER_THAN:
	case PURGE_NEGATIVE:
	case PURGE_ALL:
		break;
	}
	return RC_OK;
}

/* A prefix with a query may be that of targets which are stored under what a No-Vary-Search made of them. */
static bool reaches_path(const struct purge_job *job)
{
	return job->what.scope == PURGE_URL ||
	       (job->what.scope == PURGE_PREFIX && slice_find(job->prefixes[0], '?') >= 0);
}

static uint32_t slot_of_key(const struct purge_job *job)
{
	struct key_parts parts = { 0 };

	(void)!key_split(job->key, &parts); /* it was, when it was read */
	return identity_slot(job->proxy, &parts, job->key, parts.target);
}

static uint32_t slot_in(const struct purge_job *job, enum slot_scope scope, struct slice name)
{
	return grouping_slot_in(job->proxy, job->what.tenant, scope, name);
}

/* A target as routes have it that would take it if this one were gone. */
static size_t add_covering(struct purge_job *job, uint32_t *slots)
{
	const struct identity_target target = { job->what.route, job->tenant, job->what.target };
	uint32_t *found;
	size_t count = keying_slots(job->proxy, &target, &job->arena, &found);

	memcpy(slots, found, count * sizeof(*slots));
	return count;
}

void purge_job_find_slots(struct purge_job *job)
{
	const struct proxy *proxy = job->proxy;
	const struct purge *what = &job->what;
	size_t most = what->tag_count + proxy->config->route_count + 2;
	uint32_t *slots = arena_alloc(&job->arena, most * sizeof(*job->slots));
	size_t count = 0;

	if (what->scope == PURGE_URL) {
		slots[count++] = identity_target_slot(proxy, job->key);
		count += add_covering(job, slots + count);
	}
	if (what->scope == PURGE_KEY)
		slots[count++] = slot_of_key(job);
	if (reaches_path(job))
		slots[count++] = identity_path_slot_in(proxy, what->tenant, what->target);
	if (what->scope == PURGE_ROUTE)
		slots[count++] = slot_in(job, SLOT_ROUTE, purge_job_route(job));
	if (what->scope == PURGE_ALL || what->scope == PURGE_TENANT)
		slots[count++] = slot_in(job, SLOT_ALL, SLICE(""));
	if (what->scope == PURGE_NEGATIVE)
		slots[count++] = slot_in(job, SLOT_NEGATIVE, SLICE(""));
	for (size_t i = 0; i < what->tag_count; i++)
		slots[count++] = slot_in(job, SLOT_TAG, what->tags[i]);
	job->slots = slots;
	job->slot_count = count;
}

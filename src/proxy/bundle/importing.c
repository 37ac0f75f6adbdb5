/* proxy/bundle/importing.c - stored responses from elsewhere, into this larder's tiers.
 *
 * Their groups are found anew: slots are this store's own. Threads and ownership: proxy/importing.h.
 */
#include "proxy/importing.h"

#include "adopting.h"
#include "purge/grouping.h"
#include "key/identity.h"
#include "purge/purges.h"
#include "plan.h"
#include "route.h"
#include "state.h"

#include "http/uri.h"
#include "policy/vary.h"
#include "proxy/tenancy.h"
#include "store/stored.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

#define MOST_KEY      ((size_t)64 * 1024)
#define CLOCK_SKEW_MS 60000 /* by which the other machine's clock may be ahead */

struct importing {
	struct proxy *proxy;
	bool same_groups; /* epochs are of this table */
	uint64_t queued;  /* bytes since the last flush */
};

struct importing *importing_new(struct proxy *proxy, uint64_t groups)
{
	struct importing *i = xalloc(sizeof(*i));

	i->proxy = proxy;
	i->same_groups = groups != 0 && groups == groups_identity(proxy->groups);
	return i;
}

void importing_free(struct importing *i)
{
	free(i);
}

/* What was dropped by a disk that fails is missed here, and told. */
static enum rc flush(struct importing *i)
{
	struct disk_usage usage;

	i->queued = 0;
	if (i->proxy->disk == NULL)
		return RC_OK;
	disk_flush(i->proxy->disk);
	disk_usage(i->proxy->disk, &usage);
	return usage.state == DISK_WORKS ? RC_OK : RC_IO;
}

enum rc importing_finish(struct importing *i)
{
	return flush(i);
}

/* ---- may it? ---- */

static enum rc refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return RC_INVALID;
}

/* The route by which requests for it are answered. */
static enum rc check_place(
	const struct proxy *proxy, const struct parcel *parcel, uint16_t *ret, const char **ret_why)
{
	const struct config *config = proxy->config;
	const struct key_parts *parts = &parcel->parts;
	struct target target;

	if (target_split(parts->target, &target) != RC_OK ||
		!route_find(config, target.path, ret) ||
		!slice_equal(slice_of(config->routes[*ret].path), parts->route))
		return refuse("its route is not configured", ret_why);
	if (parts->tenant.size > 0 && tenancy_find(config, parts->tenant) == TENANT_NOBODY)
		return refuse("its tenant is not configured", ret_why);
	if (parts->namespace_version !=
		identity_version(config, tenancy_find(config, parts->tenant)))
		return refuse("it is of another namespace_version", ret_why);
	return RC_OK;
}

static bool has_names(const struct headers *variant, const struct headers *wanted)
{
	HEADERS_EACH(at, wanted) {
		uint32_t from = 0;

		if (headers_next_named(variant, at->name, &from) == NULL)
			return false;
	}
	return true;
}

/* RFC 9111 4.1: it would be for requests that it was never an answer to. */
static enum rc check_variant(const struct proxy *proxy, uint16_t route, const struct object *object,
	const char **ret_why)
{
	const char *why = NULL;
	struct headers request, wanted;
	struct arena arena;

	arena_init(&arena);
	headers_init(&request, &arena);
	headers_init(&wanted, &arena);
	vary_request_of(&object->variant, &request);
	if (plan_variant_of(&proxy->config->routes[route], &request, &object->headers, &wanted) !=
		RC_OK)
		why = "Vary: no request selects it, or one with credentials";
	else if (!has_names(&object->variant, &wanted))
		why = "variant: there isn't all that Vary names";
	arena_done(&arena);
	return why == NULL ? RC_OK : refuse(why, ret_why);
}

static enum rc check_dates(const struct object *object, const char **ret_why)
{
	int64_t now_ms = clock_wall_ms();

	if (object->freshness.responded_ms > now_ms + CLOCK_SKEW_MS)
		return refuse("it comes from the future", ret_why);
	if (!stored_useful(object, now_ms))
		return refuse("it is of no use any more: stale for too long", ret_why);
	return RC_OK;
}

/* ---- what it becomes ---- */

/* Never younger than now: what is purged from here on reaches it. */
static uint64_t epoch_of(const struct importing *i, const struct object *object)
{
	uint64_t now = groups_epoch(i->proxy->groups);

	if (!i->same_groups)
		return 0;
	return object->epoch < now ? object->epoch : now;
}

/* A reference; NULL: it has more groups than are kept. */
static struct object *object_of(
	const struct importing *i, const struct object *o, const struct grouping_of *of)
{
	struct object_parts parts = {
		.status = o->status,
		.http_version = (enum http_version)o->http_version,
		.freshness = o->freshness,
		.part = o->part,
		.headers = &o->headers,
		.variant = &o->variant,
		.epoch = epoch_of(i, o),
		.tagged = o->tagged,
		.gzipped = o->gzipped,
		.plain_size = o->plain_size,
		.source_version = o->source_version,
		.own_tags = o->own_tags,
		.body = o->body,
	};
	struct object *object = NULL;
	struct arena arena;

	arena_init(&arena);
	if (grouping_fill(of, &parts, &arena))
		object = object_new(&parts);
	arena_done(&arena);
	return object;
}

/* ---- its place ---- */

struct rival {
	const struct object *object;
	bool as_recent;
};

static bool is_as_recent(struct object *stored, void *arg)
{
	struct rival *r = arg;

	r->as_recent |= stored_same_variant(stored, r->object) &&
			stored->freshness.date_ms >= r->object->freshness.date_ms;
	return false;
}

static bool is_there(const struct proxy *proxy, const struct key *key, const struct object *object)
{
	struct rival rival = { .object = object };
	const struct chooser chooser = { is_as_recent, &rival };
	struct object *none;

	if (proxy->memory != NULL)
		(void)!tier_get(proxy->memory, key, &chooser, &none);
	if (proxy->disk != NULL && !rival.as_recent)
		disk_look(proxy->disk, key, &chooser);
	return rival.as_recent;
}

static bool has_its_variant(struct object *stored, void *arg)
{
	return stored_same_variant(stored, arg);
}

/* A fetch may have landed in between, and ours have gone over it on the disk: memory knows. */
static void yield_to_newer(struct proxy *proxy, const struct key *key, struct object *object)
{
	SCOPED(object) now = NULL;

	if (proxy->memory == NULL || proxy->disk == NULL ||
		tier_get(proxy->memory, key, &(struct chooser){ has_its_variant, object }, &now) !=
			RC_OK)
		return;
	if (!stored_same(now, object))
		(void)!tier_discard(disk_tier(proxy->disk), key, object);
}

static enum rc place(
	struct importing *i, const struct key *key, struct object *object, const char **ret_why)
{
	struct proxy *proxy = i->proxy;
	uint64_t room = (uint64_t)proxy->config->cache.disk.queue / 4;
	enum rc rc;

	if (is_there(proxy, key, object))
		return RC_BUSY;
	i->queued += object->body->size + headers_size(&object->headers);
	if (proxy->disk != NULL && i->queued > room)
		TRY(flush(i));
	rc = tier_put(proxy->store, key, object);
	if (rc == RC_TOO_LARGE)
		return refuse("no tier takes it: too large", ret_why);
	if (rc != RC_OK)
		return RC_IO;
	yield_to_newer(proxy, key, object);
	return RC_OK;
}

void importing_know_rule(struct proxy *proxy, const struct key_parts *parts)
{
	identity_know_rule(proxy, parts);
}

static enum rc take_with_key(struct importing *i, const struct parcel *parcel,
	const struct key *key, const char **ret_why)
{
	uint64_t epoch = groups_epoch(i->proxy->groups);
	SCOPED(object) object = NULL;
	struct grouping_of of = {
		.proxy = i->proxy,
		.parts = &parcel->parts,
		.key = *key,
		.raw_target = parcel->parts.target,
	};

	TRY(check_place(i->proxy, parcel, &of.route, ret_why));
	TRY(check_variant(i->proxy, of.route, parcel->object, ret_why));
	TRY(check_dates(parcel->object, ret_why));
	if (parcel->object->header_bytes > i->proxy->most_fields)
		return refuse("its header is longer than any upstream's max_header_bytes", ret_why);
	object = object_of(i, parcel->object, &of);
	if (object == NULL)
		return refuse("it has more tags than are kept", ret_why);
	if (grouping_is_out(i->proxy, of.route, object) ||
		grouping_is_soft(i->proxy, of.route, object) ||
		purges_reach(i->proxy->purges, key, object))
		return refuse("it was purged here", ret_why);
	TRY(place(i, key, object, ret_why));
	/* one that began before it lay in its place has not found it, and may be over */
	if (purges_began_since(i->proxy->purges, epoch)) {
		(void)!tier_discard(i->proxy->store, key, object);
		return refuse("a purge came between", ret_why);
	}
	identity_know_rule(i->proxy, &parcel->parts);
	return RC_OK;
}

static enum rc take_whole(struct importing *i, const struct parcel *parcel, const char **ret_why)
{
	struct bytes buffer;
	struct key key;
	enum rc rc;

	bytes_init(&buffer, MOST_KEY);
	rc = key_make(&parcel->parts, i->proxy->seed, &buffer, &key);
	if (rc == RC_OK)
		rc = take_with_key(i, parcel, &key, ret_why);
	else
		rc = refuse("its key is too long", ret_why);
	bytes_done(&buffer);
	return rc;
}

enum rc importing_adopt(const struct proxy *proxy, const struct parcel *bare, struct arena *arena,
	struct parcel *ret, const char **ret_why)
{
	return adopting_make(proxy, bare, arena, ret, ret_why);
}

static enum rc take_bare(struct importing *i, const struct parcel *bare, const char **ret_why)
{
	struct parcel parcel;
	struct arena arena;
	enum rc rc;

	arena_init(&arena);
	rc = adopting_make(i->proxy, bare, &arena, &parcel, ret_why);
	if (rc == RC_OK) {
		rc = take_whole(i, &parcel, ret_why);
		parcel_done(&parcel);
	}
	arena_done(&arena);
	return rc;
}

enum rc importing_take(struct importing *i, const struct parcel *parcel, const char **ret_why)
{
	return parcel_is_bare(parcel) ? take_bare(i, parcel, ret_why)
				      : take_whole(i, parcel, ret_why);
}

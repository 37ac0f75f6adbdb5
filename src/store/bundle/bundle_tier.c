/* store/bundle/bundle_tier.c - a bundle as a shelf from which a larder answers.
 *
 * Each get reads and checks the row anew: what is asked for often lies in the memory tier above. Threads and
 * ownership: store/bundle.h.
 */
#include "inside.h"

#include "util/alloc.h"

#include <sqlite3.h>
#include <stdlib.h>

#define MOST_KEY ((size_t)64 * 1024)

struct bundle_tier {
	struct tier base;
	struct bundle *bundle;
	struct slice tenant;
	uint64_t version; /* of the tenant's namespace */
};

/* The first of the rows that the chooser takes. */
static enum rc choose(struct bundle_tier *t, const struct chooser *chooser, struct object **ret)
{
	sqlite3_stmt *statement = t->bundle->by_key;
	struct arena arena;
	enum rc rc = RC_ABSENT;

	arena_init(&arena);
	while (rc == RC_ABSENT && sqlite3_step(statement) == SQLITE_ROW) {
		struct parcel parcel;
		const char *why;

		if (bundle_row(statement, &arena, &parcel, &why) != RC_OK)
			continue;
		if (chooser == NULL || chooser->takes(parcel.object, chooser->arg)) {
			*ret = object_ref(parcel.object);
			rc = RC_OK;
		}
		parcel_done(&parcel);
		arena_reset(&arena);
	}
	sqlite3_reset(statement);
	arena_done(&arena);
	return rc;
}

static enum rc find(
	struct bundle_tier *t, struct slice key, const struct chooser *chooser, struct object **ret)
{
	enum rc rc;

	pthread_mutex_lock(&t->bundle->lock);
	sqlite3_bind_blob64(t->bundle->by_key, 1, key.data, key.size, SQLITE_STATIC);
	rc = choose(t, chooser, ret);
	sqlite3_clear_bindings(t->bundle->by_key);
	pthread_mutex_unlock(&t->bundle->lock);
	return rc;
}

static enum rc get(struct tier *base, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	struct bundle_tier *t = (struct bundle_tier *)base;
	struct key_parts parts;
	struct key own;
	struct bytes buffer;
	enum rc rc;

	if (t->tenant.size == 0)
		return find(t, key->bytes, chooser, ret);
	bytes_init(&buffer, MOST_KEY);
	rc = key_split(*key, &parts);
	parts.tenant = t->tenant;
	parts.namespace_version = t->version;
	if (rc == RC_OK)
		rc = key_make(&parts, 0, &buffer, &own);
	rc = rc == RC_OK ? find(t, own.bytes, chooser, ret) : RC_ABSENT;
	bytes_done(&buffer);
	return rc;
}

static enum rc put(struct tier *base, const struct key *key, struct object *object)
{
	(void)base;
	(void)key;
	(void)object;
	return RC_TOO_LARGE; /* there is no room: it is whole */
}

static enum rc drop(struct tier *base, const struct key *key)
{
	(void)base;
	(void)key;
	return RC_ABSENT;
}

static enum rc discard(struct tier *base, const struct key *key, const struct object *object)
{
	(void)base;
	(void)key;
	(void)object;
	return RC_ABSENT;
}

static void visit(struct tier *base, const struct tier_visitor *visitor)
{
	(void)base;
	(void)visitor;
}

static void sweep(struct tier *base, int64_t now_ms)
{
	(void)base;
	(void)now_ms;
}

static void usage(struct tier *base, struct tier_usage *ret)
{
	const struct bundle_tier *t = (const struct bundle_tier *)base;

	*ret = (struct tier_usage){ .entries = t->bundle->end.entries };
}

static void release(struct tier *base)
{
	free(base);
}

static const struct tier_ops ops = {
	.name = "bundle",
	.get = get,
	.put = put,
	.add = put,
	.drop = drop,
	.discard = discard,
	.visit = visit,
	.sweep = sweep,
	.usage = usage,
	.free = release,
};

/* The one that it had when it was last asked for something: entries alone tell. */
static uint64_t version_of(const struct bundle *bundle, struct slice tenant)
{
	struct key_parts parts = { .namespace_version = 0 };
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(bundle->handle,
		    "SELECT key FROM entries WHERE tenant = ?1 ORDER BY fetched_ms DESC LIMIT 1",
		    -1, &statement, NULL) != SQLITE_OK)
		return 0;
	sqlite3_bind_text(statement, 1, tenant.data, (int)tenant.size, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW)
		(void)!key_split((struct key){ { sqlite3_column_blob(statement, 0),
						       (size_t)sqlite3_column_bytes(statement, 0) },
					 0 },
			&parts);
	sqlite3_finalize(statement);
	return parts.namespace_version;
}

struct tier *bundle_tier(struct bundle *bundle, struct slice tenant)
{
	struct bundle_tier *t = xalloc(sizeof(*t));

	t->base.ops = &ops;
	t->bundle = bundle;
	t->tenant = tenant;
	t->version = tenant.size > 0 ? version_of(bundle, tenant) : 0;
	return &t->base;
}

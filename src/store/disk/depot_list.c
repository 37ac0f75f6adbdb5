/* store/disk/depot_list.c - entries as people ask for them: listed, found by target or key, with their body.
 *
 * Each piece of a listing is a snapshot of its own, so that a listing of many doesn't keep the log of a larder
 * that runs from being copied back: what goes or comes meanwhile may or may not be shown.
 *
 * Threads and ownership: store/depot.h.
 */
#include "depot_inside.h"

#include "http/no_vary_search.h"
#include "http/uri.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define PIECE         256
#define MOST_KEY      ((size_t)64 * 1024)
#define TARGET_GROWTH 4 /* at the most, where a rule makes another target of one */

struct lister {
	struct depot *depot;
	const struct depot_filter *filter;
	bool (*show)(void *arg, const struct depot_entry *entry);
	void *arg;
	struct arena arena; /* of one entry */
	const struct record_entry *entry;
	bool whole; /* with the body */
	bool ended;
	int64_t last;
	size_t seen; /* of a piece */
	enum rc rc;  /* of the last entry */
};

static struct object object_of(const struct codec_record *record)
{
	struct object object = { 0 };

	object.status = record->parts.status;
	object.http_version = (uint8_t)record->parts.http_version;
	object.group_count = record->parts.group_count;
	object.given_count = record->parts.given_count;
	object.held_count = record->parts.held_count;
	object.holds_any = record->parts.holds_any;
	object.own_tags = record->parts.own_tags;
	object.groups = record->parts.groups;
	object.epoch = record->parts.epoch;
	object.tagged = record->parts.tagged;
	object.gzipped = record->parts.gzipped;
	object.plain_size = record->parts.plain_size;
	object.source_version = record->parts.source_version;
	object.freshness = record->parts.freshness;
	object.part = record->parts.part;
	object.headers = record->headers;
	object.variant = record->variant;
	return object;
}

static enum depot_validity validity_of(const struct depot *depot, const struct object *object)
{
	if (depot->groups == NULL)
		return DEPOT_OUTDATED; /* nobody knows what was invalidated: all of it is dropped */
	if (groups_outdated(depot->groups, object->groups,
		    (size_t)(object->group_count - object->held_count), object->epoch))
		return DEPOT_OUTDATED;
	if (groups_softened(depot->groups, object->groups, object->group_count, object->epoch))
		return DEPOT_SOFTENED;
	return DEPOT_VALID;
}

static uint64_t hash_of(const struct depot *depot, struct slice key)
{
	return depot->groups != NULL ? hash_bytes(key.data, key.size, groups_seed(depot->groups))
				     : 0;
}

static enum rc body_of_file(
	struct depot *depot, int64_t id, const struct codec_record *record, struct body **ret)
{
	struct artifact artifact = { 0 };
	struct body *body = NULL;

	if (depot->artifacts == NULL ||
		records_artifact_read(depot->database, id, &artifact) != RC_OK)
		return RC_CORRUPT;
	if (artifact.size == record->body.size &&
		memcmp(artifact.digest, record->body.digest, DIGEST_SIZE) == 0)
		body = artifacts_body(depot->artifacts, &artifact);
	artifact_done(&artifact);
	if (body == NULL)
		return RC_CORRUPT;
	*ret = body;
	return RC_OK;
}

static enum rc body_of(struct depot *depot, const struct record_row *row,
	const struct codec_record *record, struct body **ret)
{
	if (record->body.in_file)
		return body_of_file(depot, row->artifact, record, ret);
	if (row->body.size != record->body.size ||
		codec_checksum(row->body) != record->body.checksum)
		return RC_CORRUPT;
	*ret = body_new(xcopy(row->body.data, row->body.size), row->body.size);
	return RC_OK;
}

static void show_record(void *arg, const struct record_row *row)
{
	struct lister *l = arg;
	const struct record_entry *entry = l->entry;
	struct codec_record record;
	struct object object;

	l->rc = codec_decode(row->record, &l->arena, &record);
	if (l->rc != RC_OK)
		return;
	object = object_of(&record);
	if (l->whole)
		l->rc = body_of(l->depot, row, &record, &object.body);
	if (l->rc != RC_OK)
		return;
	l->ended =
		!l->show(l->arg, &(struct depot_entry){
					 .id = entry->id,
					 .key = { record.key, hash_of(l->depot, record.key) },
					 .route = entry->route,
					 .target = entry->target,
					 .namespace_version = entry->namespace_version,
					 .used_ms = entry->used_ms,
					 .expires_ms = entry->expires_ms,
					 .bytes = entry->bytes,
					 .body_bytes = entry->body_bytes,
					 .in_file = record.body.in_file,
					 .digest = record.body.in_file ? record.body.digest : NULL,
					 .validity = validity_of(l->depot, &object),
					 .object = &object,
				 });
	if (object.body != NULL)
		body_unref(object.body);
}

static bool fits(const struct depot_filter *filter, const struct record_entry *entry)
{
	if (filter == NULL)
		return true;
	return (filter->route.size == 0 || slice_equal(filter->route, entry->route)) &&
	       slice_starts(entry->target, filter->prefix);
}

static void show_entry(void *arg, const struct record_entry *entry)
{
	struct lister *l = arg;
	const struct audit_reader reader = { show_record, l, l->whole };

	l->seen++;
	l->last = entry->id;
	if (l->ended || !fits(l->filter, entry))
		return;
	l->entry = entry;
	l->rc = audit_record(l->depot->database, entry->id, &reader) == RC_OK ? l->rc : RC_CORRUPT;
	arena_reset(&l->arena);
}

static struct disk_selection selection_of(const struct depot_filter *filter)
{
	struct disk_selection selection = { .scope = DISK_ALL, .route = filter->route };

	if (filter->tag.size > 0) {
		selection.scope = DISK_TAG;
		selection.text = filter->tag;
	} else if (filter->route.size > 0) {
		selection.scope = filter->prefix.size > 0 ? DISK_PREFIX : DISK_ROUTE;
		selection.text = filter->prefix;
	}
	return selection;
}

enum rc depot_list(struct depot *depot, const struct depot_filter *filter,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg)
{
	const struct disk_selection selection = selection_of(filter);
	struct lister l = {
		.depot = depot,
		.filter = filter,
		.show = show,
		.arg = arg,
		.last = filter->from - 1,
	};
	const struct record_visitor visitor = { show_entry, &l };
	enum rc rc;

	arena_init(&l.arena);
	do {
		const struct record_piece piece = { .after = l.last, .most = PIECE };

		l.seen = 0;
		rc = records_select(depot->database, &selection, piece, &visitor);
	} while (rc == RC_OK && l.seen == PIECE && !l.ended);
	arena_done(&l.arena);
	return rc;
}

static enum rc show_one(struct lister *l, int64_t id)
{
	const struct record_visitor visitor = { show_entry, l };
	enum rc rc;

	arena_init(&l->arena);
	rc = records_entry(l->depot->database, id, &visitor);
	arena_done(&l->arena);
	return rc == RC_OK ? l->rc : rc;
}

enum rc depot_show(struct depot *depot, int64_t id,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg)
{
	return show_one(&(struct lister){ .depot = depot, .show = show, .arg = arg }, id);
}

enum rc depot_show_whole(struct depot *depot, int64_t id,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg)
{
	return show_one(
		&(struct lister){ .depot = depot, .show = show, .arg = arg, .whole = true }, id);
}

/* ---- finding ---- */

struct finder {
	struct slice raw;       /* the target as it was asked for */
	struct slice canonical; /* NULL data: only what a rule makes the same */
	struct depot_found *found;
};

static void take(struct finder *f, int64_t id)
{
	if (f->found->count < DEPOT_FOUND_MOST)
		f->found->ids[f->found->count++] = id;
}

/* What the rule in an entry's key makes of the target. */
static bool same_by_rule(const struct finder *f, const struct key_parts *parts)
{
	struct no_vary_search rule;
	struct arena arena;
	struct bytes made, canonical;
	bool same;

	arena_init(&arena);
	bytes_init(&made, TARGET_GROWTH * f->raw.size + 1);
	bytes_init(&canonical, TARGET_GROWTH * f->raw.size + 1);
	same = no_vary_search_parse(parts->rule, &arena, &rule) == RC_OK &&
	       no_vary_search_target(&rule, f->raw, &arena, &made) == RC_OK &&
	       target_canonical(bytes_slice(&made), &canonical) == RC_OK &&
	       slice_equal(bytes_slice(&canonical), parts->target);
	bytes_done(&made);
	bytes_done(&canonical);
	arena_done(&arena);
	return same;
}

static void look_at(void *arg, const struct record_entry *entry)
{
	struct finder *f = arg;
	struct key_parts parts;

	if (key_split((struct key){ entry->key, 0 }, &parts) != RC_OK)
		return;
	if (parts.rule.size > 0 ? same_by_rule(f, &parts) : slice_equal(f->canonical, parts.target))
		take(f, entry->id);
}

/* From text to all that begins with it; its last byte can be raised: it is ASCII. */
static enum rc find_from(struct depot *depot, struct slice text, struct finder *f)
{
	const struct record_visitor visitor = { look_at, f };
	char *end = xcopy(text.data, text.size);
	enum rc rc;

	end[text.size - 1]++;
	rc = records_targets(depot->database, text, (struct slice){ end, text.size }, &visitor);
	free(end);
	return rc;
}

/* The exact target first; where nothing has it, all of its path, for a rule may have changed the query. */
enum rc depot_find(struct depot *depot, struct slice target, struct depot_found *ret)
{
	struct finder f = { .raw = target, .found = ret };
	struct target parts;
	struct bytes canonical;
	enum rc rc;

	ret->count = 0;
	if (target_split(target, &parts) != RC_OK)
		return RC_INVALID;
	bytes_init(&canonical, MOST_KEY);
	rc = target_canonical(target, &canonical);
	f.canonical = bytes_slice(&canonical);
	if (rc == RC_OK)
		rc = find_from(depot, f.canonical, &f);
	if (rc == RC_OK && ret->count == 0) {
		struct slice rest = f.canonical;

		rc = find_from(depot, slice_cut(&rest, '?'), &f);
	}
	bytes_done(&canonical);
	return rc;
}

static void take_id(void *arg, const struct record_entry *entry)
{
	take(arg, entry->id);
}

enum rc depot_find_key(struct depot *depot, struct slice key, struct depot_found *ret)
{
	const struct disk_selection selection = {
		.scope = DISK_KEY, .text = key, .key_hash = hash_of(depot, key)
	};
	struct finder f = { .found = ret };
	const struct record_visitor visitor = { take_id, &f };

	ret->count = 0;
	return records_select(depot->database, &selection,
		(struct record_piece){ .after = -1, .most = DEPOT_FOUND_MOST }, &visitor);
}

/* ---- bodies ---- */

struct fetching {
	struct depot *depot;
	struct arena arena;
	struct body *body;
	enum rc rc;
};

static void fetch(void *arg, const struct record_row *row)
{
	struct fetching *f = arg;
	struct codec_record record;

	f->rc = codec_decode(row->record, &f->arena, &record);
	if (f->rc == RC_OK)
		f->rc = body_of(f->depot, row, &record, &f->body);
}

enum rc depot_body(struct depot *depot, int64_t id, struct body **ret)
{
	struct fetching f = { .depot = depot };
	const struct audit_reader reader = { fetch, &f, true };
	enum rc rc;

	arena_init(&f.arena);
	rc = audit_record(depot->database, id, &reader);
	arena_done(&f.arena);
	if (rc == RC_OK)
		rc = f.rc;
	if (rc == RC_OK)
		*ret = f.body;
	return rc;
}

static void note_tenant(void *arg, const struct record_tenant *tenant)
{
	*(bool *)arg |= tenant->entries > 0;
}

bool depot_has_tenants(struct depot *depot)
{
	bool any = false;

	return records_tenants(depot->database, note_tenant, &any) == RC_OK && any;
}

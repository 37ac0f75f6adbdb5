/* store/disk/depot_entries.c - each entry against its record: readable, in its place, saying the same, with the
 * body that was stored.
 *
 * An entry, its record and its tags come from one snapshot, so that a larder which writes meanwhile makes no
 * faults. A repair removes the entry, and with it what hangs on it: what is gone is fetched again. Should a
 * larder have stored another response under the id in between, that goes too.
 *
 * Threads and ownership: store/depot.h.
 */
#include "depot_inside.h"

#include "http/tags.h"
#include "store/stored.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 256

struct checking {
	struct depot_search *search;
	struct arena arena;
	const struct record_entry *entry;
	enum depot_fault_kind kind; /* DEPOT_FAULT_COUNT: none */
	const char *detail;
	struct slice *tags; /* of the response */
	size_t tag_count;
	size_t tags_found;
	int64_t last;
	size_t seen;
	int64_t bad[PIECE];
	size_t bad_count;
};

/* The first fault of an entry is told. */
static bool fault(struct checking *c, enum depot_fault_kind kind, const char *detail)
{
	if (c->kind == DEPOT_FAULT_COUNT) {
		c->kind = kind;
		c->detail = detail;
	}
	return false;
}

static bool check_place(struct checking *c, const struct codec_record *record)
{
	const struct groups *groups = c->search->depot->groups;
	uint64_t hash;

	if (!slice_equal(record->key, c->entry->key))
		return fault(c, DEPOT_FAULT_ENTRY, "key");
	if (groups == NULL)
		return true;
	hash = hash_bytes(record->key.data, record->key.size, groups_seed(groups));
	if (record_id(hash) != (c->entry->id & ~(int64_t)(RECORD_VARIANTS - 1)))
		return fault(c, DEPOT_FAULT_PLACE, "");
	return true;
}

static int64_t until_ms(const struct codec_record *record)
{
	struct object object = { 0 };

	object.freshness = record->parts.freshness;
	object.headers = record->headers;
	return stored_until_ms(&object);
}

/* What stands in both. */
static bool check_columns(
	struct checking *c, const struct record_row *row, const struct codec_record *record)
{
	const struct record_entry *e = c->entry;
	const struct object_parts *p = &record->parts;
	struct key_parts key;

	if (key_split((struct key){ record->key, 0 }, &key) != RC_OK)
		return fault(c, DEPOT_FAULT_ENTRY, "the key's layout");

	const struct {
		bool agrees;
		const char *what;
	} columns[] = {
		{ slice_equal(e->route, key.route), "route" },
		{ slice_equal(e->target, key.target), "target" },
		{ (e->tenant != 0) == (key.tenant.size > 0), "tenant" },
		{ e->namespace_version == key.namespace_version, "namespace version" },
		{ e->slot == (p->group_count > 0 ? p->groups[0] : 0), "slot" },
		{ e->epoch == p->epoch, "epoch" },
		{ e->status == p->status, "status" },
		{ e->stored_ms == p->freshness.responded_ms, "when it was stored" },
		{ e->expires_ms == until_ms(record), "when it expires" },
		{ slice_equal(e->source_version, p->source_version), "source version" },
		{ e->bytes == row->record.size + row->body.size, "size" },
		{ e->body_bytes == record->body.size, "size of the body" },
		{ e->artifact == row->artifact, "file" },
		{ record->body.in_file == (e->artifact != 0), "whether there is a file" },
	};
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (!columns[i].agrees)
			return fault(c, DEPOT_FAULT_ENTRY, columns[i].what);
	}
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool check_file(struct checking *c, const struct codec_record *record)
{
	const struct depot_search *s = c->search;
	struct artifact artifact = { 0 };
	int64_t id = c->entry->artifact;
	bool same;

	if (s->bad_count > 0 && bsearch(&id, s->bad, s->bad_count, sizeof(id), compare_ids) != NULL)
		return fault(c, DEPOT_FAULT_NO_FILE, "");
	if (records_artifact_read(s->depot->database, id, &artifact) != RC_OK)
		return fault(c, DEPOT_FAULT_NO_FILE, "nothing is known of it");
	same = artifact.size == record->body.size &&
	       memcmp(artifact.digest, record->body.digest, DIGEST_SIZE) == 0;
	artifact_done(&artifact);
	return same || fault(c, DEPOT_FAULT_NO_FILE, "it is another's");
}

static bool check_body(
	struct checking *c, const struct record_row *row, const struct codec_record *record)
{
	if (record->body.in_file)
		return check_file(c, record);
	if (row->body.size != record->body.size)
		return fault(c, DEPOT_FAULT_BODY, "its size");
	return codec_checksum(row->body) == record->body.checksum ||
	       fault(c, DEPOT_FAULT_BODY, "its checksum");
}

static void look_for_tag(void *arg, struct slice tag)
{
	struct checking *c = arg;

	for (size_t i = 0; i < c->tag_count; i++) {
		if (slice_equal(c->tags[i], tag)) {
			c->tags_found++;
			return;
		}
	}
	fault(c, DEPOT_FAULT_TAGS, "one too many");
}

static bool check_tags(struct checking *c, const struct codec_record *record)
{
	bool too_many;

	c->tags_found = 0;
	c->tag_count = tags_of_stored(
		&record->headers, record->parts.own_tags, &c->arena, &c->tags, &too_many);
	if (audit_tags(c->search->depot->database, c->entry->id, look_for_tag, c) != RC_OK)
		return fault(c, DEPOT_FAULT_TAGS, "they can't be read");
	return c->tags_found == c->tag_count || fault(c, DEPOT_FAULT_TAGS, "one is missing");
}

static void check_record(void *arg, const struct record_row *row)
{
	struct checking *c = arg;
	struct codec_record record;

	if (codec_decode(row->record, &c->arena, &record) != RC_OK) {
		fault(c, DEPOT_FAULT_RECORD, "it can't be read");
		return;
	}
	(void)(check_place(c, &record) && check_columns(c, row, &record) &&
		check_body(c, row, &record) && check_tags(c, &record));
}

static void check_entry(void *arg, const struct record_entry *entry)
{
	struct checking *c = arg;
	struct depot_search *s = c->search;
	const struct audit_reader reader = { check_record, c, true };

	c->entry = entry;
	c->kind = DEPOT_FAULT_COUNT;
	c->last = entry->id;
	c->seen++;
	s->verdict->entries++;
	s->verdict->inline_bytes += entry->bytes;
	if (audit_record(s->depot->database, entry->id, &reader) != RC_OK)
		fault(c, DEPOT_FAULT_RECORD, "it is not there");
	arena_reset(&c->arena);
	if (c->kind == DEPOT_FAULT_COUNT)
		return;
	c->bad[c->bad_count++] = entry->id;
	depot_tell(s, &(struct depot_finding){ .kind = c->kind,
			      .where = entry->target,
			      .id = entry->id,
			      .detail = c->detail });
}

static enum rc check_all(struct checking *c, uint64_t total)
{
	const struct disk_selection all = { .scope = DISK_ALL };
	const struct record_visitor visitor = { check_entry, c };
	struct depot *depot = c->search->depot;
	uint64_t removed;

	do {
		const struct record_piece piece = { .after = c->last, .most = PIECE };

		c->seen = c->bad_count = 0;
		TRY(records_select(depot->database, &all, piece, &visitor));
		if (c->search->repairs && c->bad_count > 0)
			TRY(depot_remove_entries(depot, c->bad, c->bad_count, &removed));
		depot_progress(c->search, "entries", c->search->verdict->entries, total);
	} while (c->seen == PIECE);
	return RC_OK;
}

enum rc depot_check_entries(struct depot_search *search)
{
	struct checking c = { .search = search, .last = -1 };
	enum rc rc;

	arena_init(&c.arena);
	rc = check_all(&c, search->totals.entries);
	arena_done(&c.arena);
	return rc;
}

/* proxy/look/entries.c - what is stored, listed and shown.
 *
 * Under a lock of the memory tier a candidate costs a look at its key and, if it may be on the page, a copy of the
 * key and a reference; of the disk's only ids are kept, and those on the page are read again.
 * Threads and ownership: proxy/entries.h.
 */
#include "entries_inside.h"

#include "purge/grouping.h"

#include "store/stored.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

#define MOST_TARGET ((size_t)128 * 1024)

/* One of the memory tier, that may be on the page. */
struct held {
	struct object *object; /* a reference */
	struct bytes key;
	uint64_t hash;
};

/* ---- the memory tier ---- */

static void held_free(void *item)
{
	struct held *held = item;

	object_unref(held->object);
	bytes_done(&held->key);
	free(held);
}

static struct held *hold(const struct key *key, struct object *object)
{
	struct held *held = xalloc(sizeof(*held));

	held->object = object_ref(object);
	held->hash = key->hash;
	bytes_init(&held->key, key->bytes.size);
	(void)!bytes_append_slice(&held->key, key->bytes);
	return held;
}

/* But for how it stands. false: its key has another layout. */
static bool describe_held(struct key key, struct object *object, struct entry_seen *ret)
{
	*ret = (struct entry_seen){
		.id = { ENTRY_MEMORY, key.hash, (int64_t)object->serial },
		.key = key,
		.object = object,
		.body_bytes = object->body->size,
		.hits = object_hits(object),
		.used_ms = -1,
	};
	return key_split(key, &ret->parts) == RC_OK;
}

static void judge_held(const struct search *s, struct entry_seen *entry)
{
	entry->expires_ms = stored_until_ms(entry->object);
	entry_judge(s, entry);
}

/* Under the tier's lock. */
static bool collect_held(const struct key *key, struct object *object, void *arg)
{
	struct search *s = arg;
	struct ranking_place place;
	struct entry_seen entry;

	if (!describe_held(*key, object, &entry))
		return false;
	if (s->asked->state != STANDING_COUNT)
		judge_held(s, &entry);
	if (!entry_is_asked_for(s, &entry))
		return false;
	place = entry_place(s, &entry);
	if (ranking_wants(s->ranking, &place))
		ranking_add(s->ranking, &place, hold(key, object));
	return false;
}

/* Under the tier's lock. */
static bool find_held(const struct key *key, struct object *object, void *arg)
{
	struct search *s = arg;

	if (s->found == NULL && key->hash == s->wanted.hash &&
		(int64_t)object->serial == s->wanted.number)
		s->found = hold(key, object);
	return false;
}

static void show_held(const struct search *s, const struct held *held, bool with_body)
{
	const struct key key = { bytes_slice(&held->key), held->hash };
	struct entry_seen entry;

	if (!describe_held(key, held->object, &entry))
		return;
	judge_held(s, &entry);
	if (with_body)
		entry.body = held->object->body;
	s->listener->see(s->listener->arg, &entry);
}

static void visit(struct search *s, bool (*look)(const struct key *, struct object *, void *))
{
	if (s->proxy->memory != NULL)
		tier_visit(s->proxy->memory, &(struct tier_visitor){ look, s });
}

/* ---- the disk ---- */

/* A store that isn't there yet has nothing. */
static enum rc open_depot(struct search *s, struct bytes *fault)
{
	const struct depot_options options = {
		.path = s->proxy->config->cache.disk.path,
		.use = DEPOT_LOOK,
	};
	enum rc rc;

	if (s->proxy->disk == NULL)
		return RC_OK;
	rc = depot_open(&options, &s->depot, fault);
	return rc == RC_ABSENT ? RC_OK : rc;
}

static bool describe_stored(
	const struct search *s, const struct depot_entry *stored, struct entry_seen *ret)
{
	*ret = (struct entry_seen){
		.id = { .tier = ENTRY_DISK, .number = stored->id },
		.key = stored->key,
		.object = stored->object,
		.body_bytes = stored->body_bytes,
		.hits = -1,
		.used_ms = stored->used_ms,
		.expires_ms = stored->expires_ms,
	};
	if (key_split(stored->key, &ret->parts) != RC_OK)
		return false;
	entry_judge(s, ret);
	return true;
}

/* Sorted as they lie the first ones are all that is wanted. */
static bool is_full(const struct search *s)
{
	return s->asked->sort == ENTRIES_SORT_NONE && s->ranking->count >= s->ranking->most;
}

static bool collect_stored(void *arg, const struct depot_entry *stored)
{
	struct search *s = arg;
	struct ranking_place place;
	struct entry_seen entry;

	if (!describe_stored(s, stored, &entry) || !entry_is_asked_for(s, &entry))
		return true;
	place = entry_place(s, &entry);
	if (ranking_wants(s->ranking, &place))
		ranking_add(s->ranking, &place, NULL);
	return !is_full(s);
}

static bool show_stored(void *arg, const struct depot_entry *stored)
{
	const struct search *s = arg;
	struct entry_seen entry;

	if (!describe_stored(s, stored, &entry))
		return false;
	if (s->asked != NULL && !entry_is_asked_for(s, &entry))
		return true; /* another one has taken its place meanwhile */
	entry.body = s->body;
	s->listener->see(s->listener->arg, &entry);
	return true;
}

/* Sorted as they lie, memory's come first. */
static bool is_past_memory(const struct entries_asked *asked)
{
	return asked->sort == ENTRIES_SORT_NONE && asked->after != NULL &&
	       asked->after->group == ENTRY_DISK;
}

static enum rc collect_from_disk(struct search *s, struct bytes *fault)
{
	const struct entries_asked *a = s->asked;
	struct depot_filter filter = { .route = a->route, .prefix = a->prefix, .tag = a->tag };
	enum rc rc;

	if (a->tier == ENTRY_MEMORY || is_full(s))
		return RC_OK;
	TRY(open_depot(s, fault));
	if (s->depot == NULL)
		return RC_OK;
	if (is_past_memory(a))
		filter.from = a->after->id;
	rc = depot_list(s->depot, &filter, collect_stored, s);
	if (rc != RC_OK)
		(void)!bytes_format(fault, "%s", depot_fault(s->depot));
	return rc;
}

/* ---- the whole ---- */

static void begin(struct search *s, struct proxy *proxy, const struct entries_listener *listener)
{
	*s = (struct search){
		.proxy = proxy,
		.listener = listener,
		.now_ms = clock_wall_ms(),
	};
	bytes_init(&s->text, MOST_TARGET);
}

static void end(struct search *s)
{
	bytes_done(&s->text);
	depot_close(s->depot);
	if (s->found != NULL)
		held_free(s->found);
	if (s->body != NULL)
		body_unref(s->body);
}

/* What went meanwhile is left out. */
static void show_page(struct search *s, size_t most)
{
	const struct ranking *r = s->ranking;

	for (size_t i = 0; i < r->count && i < most; i++) {
		const struct ranking_member *member = &r->members[i];

		if (member->item != NULL)
			show_held(s, member->item, false);
		else
			(void)!depot_show(s->depot, member->place.id, show_stored, s);
	}
	if (r->count > most)
		s->listener->more(s->listener->arg, &r->members[most - 1].place);
}

enum rc entries_list(struct proxy *proxy, const struct entries_asked *asked,
	const struct entries_listener *listener, struct bytes *fault)
{
	struct search s;
	enum rc rc;

	begin(&s, proxy, listener);
	s.asked = asked;
	s.tag_slot = grouping_slot(proxy, SLOT_TAG, asked->tag);
	s.ranking = ranking_new(asked->most + 1, asked->after, held_free);
	if (asked->tier != ENTRY_DISK && !is_past_memory(asked))
		visit(&s, collect_held);
	rc = collect_from_disk(&s, fault);
	ranking_finish(s.ranking);
	if (rc == RC_OK)
		show_page(&s, asked->most);
	ranking_free(s.ranking);
	end(&s);
	return rc;
}

static enum rc show_from_disk(struct search *s, struct bytes *fault)
{
	TRY(open_depot(s, fault));
	if (s->depot == NULL)
		return RC_ABSENT;
	if (depot_body(s->depot, s->wanted.number, &s->body) != RC_OK)
		s->body = NULL;
	return depot_show(s->depot, s->wanted.number, show_stored, s);
}

enum rc entries_show(struct proxy *proxy, struct entry_id id,
	const struct entries_listener *listener, struct bytes *fault)
{
	struct search s;
	enum rc rc = RC_OK;

	begin(&s, proxy, listener);
	s.wanted = id;
	if (id.tier == ENTRY_DISK) {
		rc = show_from_disk(&s, fault);
	} else {
		visit(&s, find_held);
		if (s.found != NULL)
			show_held(&s, s.found, true);
		else
			rc = RC_ABSENT;
	}
	end(&s);
	return rc;
}

/* control/calls/api_entries.c - what is stored: a listing in pages, and one of it. */
#include "entry_id.h"
#include "seeing.h"

#include "http/tags.h"
#include "policy/freshness.h"
#include "proxy/overview.h"
#include "util/base64.h"
#include "util/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PAGE 1000
#define MOST_BODY ((size_t)1 << 20)
#define PIECE     ((size_t)64 * 1024)

static const char *const tiers[] = { [ENTRY_MEMORY] = "memory", [ENTRY_DISK] = "disk" };

struct answering {
	struct call *call;
	unsigned sort;
	bool with_body;
	json_t *items; /* of a list */
	json_t *next;  /* NULL: there is no more */
	json_t *item;  /* of one; NULL: not found */
};

/* ---- an entry ---- */

static json_t *id_of(const struct entry_seen *entry)
{
	char text[64];

	if (entry->id.tier == ENTRY_MEMORY)
		snprintf(text, sizeof(text), "m-%016" PRIx64 "-%" PRIx64, entry->id.hash,
			(uint64_t)entry->id.number);
	else
		snprintf(text, sizeof(text), "d-%" PRId64, entry->id.number);
	return json_string(text);
}

static struct slice shown(const struct call *call, const struct field *field)
{
	return overview_is_secret(call->proxy, field->name) ? SLICE("***") : field->value;
}

static json_t *variant_of(const struct call *call, const struct object *object)
{
	json_t *variant = json_object();

	HEADERS_EACH(at, &object->variant)
		json_object_set_new(variant, at->name.data, json_of_slice(shown(call, at)));
	return variant;
}

/* A key is bytes in which the target stands as it came: it is only shown where all of that may be. */
static json_t *item_of(const struct call *call, const struct entry_seen *entry)
{
	const struct object *object = entry->object;
	const struct freshness *f = &object->freshness;
	bool whole;
	json_t *target = seeing_target(call, entry->parts.target, &whole);
	json_t *item = json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", id_of(entry), "key",
		whole ? seeing_hex(entry->key.bytes) : json_null(), "tenant",
		json_of_slice(entry->parts.tenant), "route", json_of_slice(entry->parts.route),
		"target", target);

	json_object_set_new(item, "tier", json_string(tiers[entry->id.tier]));
	json_object_set_new(item, "status", json_integer(object->status));
	json_object_set_new(item, "state", json_string(standing_word(entry->state)));
	json_object_set_new(item, "size", json_integer((json_int_t)entry->body_bytes));
	json_object_set_new(
		item, "type", json_of_slice(headers_get(&object->headers, FIELD_CONTENT_TYPE)));
	json_object_set_new(item, "age_ms", json_integer(freshness_age_ms(f, call->now_ms)));
	json_object_set_new(item, "ttl_ms", json_integer(freshness_left_ms(f, call->now_ms)));
	json_object_set_new(item, "hits", seeing_number(entry->hits, entry->hits >= 0));
	json_object_set_new(item, "variant", variant_of(call, object));
	return item;
}

static json_t *fields_of(const struct call *call, const struct headers *fields)
{
	json_t *list = json_array();

	HEADERS_EACH(at, fields)
		json_array_append_new(list, json_pack("[o, o]", json_of_slice(at->name),
						    json_of_slice(shown(call, at))));
	return list;
}

static json_t *tags_in(const struct call *call, const struct object *object)
{
	json_t *list = json_array();
	struct slice *tags = NULL;
	bool too_many;
	size_t count = tags_of_stored(
		&object->headers, object->own_tags, call->request->arena, &tags, &too_many);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_of_slice(tags[i]));
	return list;
}

/* Reads all of it, and keeps how it begins. RC_IO: it can't be read. */
static enum rc read_body(
	struct body *body, unsigned char digest_ret[static DIGEST_SIZE], struct bytes *begin)
{
	SCOPED(digest) digest = digest_begin();
	char *piece = malloc(PIECE);
	ssize_t count = piece != NULL || body->size == 0 ? 0 : -1;

	for (uint64_t at = 0; count >= 0 && at < body->size; at += (uint64_t)count) {
		size_t room = begin->limit - begin->size;

		count = body_read(body, at, piece, PIECE);
		if (count <= 0) {
			count = -1;
			break;
		}
		digest_update(digest, (struct slice){ piece, (size_t)count });
		(void)!bytes_append(begin, piece, (size_t)count < room ? (size_t)count : room);
	}
	free(piece);
	digest_end(digest, digest_ret);
	return count >= 0 ? RC_OK : RC_IO;
}

static void add_body(const struct answering *a, const struct entry_seen *entry, json_t *item)
{
	unsigned char digest[DIGEST_SIZE];
	struct bytes begin, text;
	bool is_read;

	bytes_init(&begin, MOST_BODY);
	bytes_init(&text, base64_size(MOST_BODY));
	is_read = entry->body != NULL && read_body(entry->body, digest, &begin) == RC_OK;
	json_object_set_new(item, "digest",
		is_read ? seeing_hex((struct slice){ (const char *)digest, DIGEST_SIZE })
			: json_null());
	if (a->with_body && is_read && base64_append(&text, bytes_slice(&begin)) == RC_OK) {
		json_object_set_new(item, "body_base64", json_of_slice(bytes_slice(&text)));
		json_object_set_new(item, "body_cut", json_boolean(begin.size < entry->body->size));
	}
	bytes_done(&text);
	bytes_done(&begin);
}

static json_t *held_in(const struct entry_seen *entry)
{
	const struct object *object = entry->object;

	if (object->holds_any)
		return json_string("any");
	return json_integer(object_held(object, entry->parts.tenant.size > 0));
}

static json_t *detail_of(const struct answering *a, const struct entry_seen *entry)
{
	const struct object *object = entry->object;
	const struct freshness *f = &object->freshness;
	const struct call *call = a->call;
	struct slice etag = headers_get(&object->headers, FIELD_ETAG);
	int64_t left_ms = freshness_left_ms(f, call->now_ms);
	json_t *item = item_of(call, entry);

	json_object_set_new(item, "headers", fields_of(call, &object->headers));
	json_object_set_new(item, "tags", tags_in(call, object));
	json_object_set_new(item, "held", held_in(entry));
	json_object_set_new(item, "etag", etag.data != NULL ? json_of_slice(etag) : json_null());
	json_object_set_new(item, "gzipped", json_boolean(object->gzipped));
	json_object_set_new(item, "created_at", json_of_moment(f->responded_ms));
	json_object_set_new(item, "expires_at", json_of_moment(call->now_ms + left_ms));
	json_object_set_new(item, "used_at",
		entry->used_ms >= 0 ? json_of_moment(entry->used_ms) : json_null());
	add_body(a, entry, item);
	return item;
}

/* ---- a list ---- */

static void see_item(void *arg, const struct entry_seen *entry)
{
	struct answering *a = arg;

	json_array_append_new(a->items, item_of(a->call, entry));
}

static void see_more(void *arg, const struct ranking_place *last)
{
	struct answering *a = arg;

	a->next = seeing_cursor(last, a->sort);
}

static unsigned word_among(struct slice word, const char *const *words, unsigned count)
{
	unsigned i = 0;

	while (i < count && !slice_equal(slice_of(words[i]), word))
		i++;
	return i;
}

/* Absent: *ret stays. */
static bool read_word(struct call *call, const char *name, const char *const *words, unsigned *ret)
{
	struct slice word = call_query(call, name);
	unsigned count = 0;

	if (word.data == NULL)
		return true;
	while (words[count] != NULL)
		count++;
	*ret = word_among(word, words, count);
	if (*ret < count)
		return true;
	call_refuse(call, 400, "\"" SLICE_FORMAT "\" is no %s", SLICE_ARGS(word), name);
	return false;
}

static bool read_words(struct call *call, struct entries_asked *ret)
{
	static const char *const sorts[] = {
#define X(id, word) [ENTRIES_SORT_##id] = (word),
		ENTRIES_SORT_TABLE(X)
#undef X
			NULL
	};
	static const char *const states[] = {
#define X(id, word) [STANDING_##id] = (word),
		STANDING_TABLE(X)
#undef X
			NULL
	};
	static const char *const shelves[] = { "memory", "disk", NULL };
	unsigned sort = ENTRIES_SORT_NONE, state = STANDING_COUNT, tier = ENTRY_TIER_COUNT;

	if (!read_word(call, "sort", sorts, &sort) || !read_word(call, "state", states, &state) ||
		!read_word(call, "tier", shelves, &tier))
		return false;
	ret->sort = (enum entries_sort)sort;
	ret->state = (enum standing)state;
	ret->tier = (enum entry_tier)tier;
	return true;
}

/* A tenant's own only, whatever it asks for. */
static bool read_tenant(struct call *call, struct slice *ret)
{
	struct slice own = slice_of(call->caller.tenant);

	*ret = call_query(call, "tenant");
	if (own.size == 0)
		return true;
	if (ret->data != NULL && !slice_equal(*ret, own)) {
		call_refuse(call, 403, "the token %s is another tenant's", call->caller.name);
		return false;
	}
	*ret = own;
	return true;
}

static bool read_query(struct call *call, struct entries_asked *ret, struct ranking_place *after)
{
	struct slice cursor = call_query(call, "cursor");
	int64_t limit = 100;

	*ret = (struct entries_asked){
		.route = call_query(call, "route"),
		.prefix = call_query(call, "prefix"),
		.tag = call_query(call, "tag"),
	};
	if (!read_words(call, ret) || !read_tenant(call, &ret->tenant) ||
		!call_query_number(call, "limit", 1, MOST_PAGE, &limit) ||
		(cursor.data != NULL && !seeing_place(call, cursor, ret->sort, after)))
		return false;
	ret->most = (size_t)limit;
	ret->after = cursor.data != NULL ? after : NULL;
	return true;
}

void entries_get(struct call *call)
{
	struct answering a = { .call = call };
	const struct entries_listener listener = { see_item, see_more, &a };
	struct ranking_place after;
	struct entries_asked asked;
	struct bytes fault;
	json_t *json;
	enum rc rc;

	if (!read_query(call, &asked, &after))
		return;
	a.sort = asked.sort;
	a.items = json_array();
	bytes_init(&fault, ENTRY_FAULT);
	rc = entries_list(call->proxy, &asked, &listener, &fault);
	json = json_pack("{s:o}", "items", a.items);
	if (a.next != NULL)
		json_object_set_new(json, "next", a.next);
	if (rc == RC_OK) {
		call_give(call, 200, json);
	} else {
		json_decref(json);
		entry_refuse(call, rc, &fault);
	}
	bytes_done(&fault);
}

/* ---- one ---- */

static void see_one(void *arg, const struct entry_seen *entry)
{
	struct answering *a = arg;
	if (entry_is_hers(a->call, entry))
		a->item = detail_of(a, entry);
}

void entry_get(struct call *call)
{
	struct answering a = {
		.call = call,
		.with_body = slice_equal(call_query(call, "body"), SLICE("true")),
	};
	const struct entries_listener listener = { see_one, see_more, &a };
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, ENTRY_FAULT);
	rc = entry_show(call, &listener, &fault);
	if (a.item != NULL)
		call_give(call, 200, a.item);
	else
		entry_refuse(call, rc, &fault);
	bytes_done(&fault);
}

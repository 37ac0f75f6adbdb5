/* store/bundle/parcel_read.c - a stored response from a line that anybody may have written.
 *
 * jansson reads it; each member is looked at by kind and range, and what can be computed is. Threads and ownership:
 * store/parcel.h.
 */
#include "store/parcel.h"

#include "http/gunzip.h"
#include "http/uri.h"
#include "util/alloc.h"
#include "util/base64.h"
#include "util/octets.h"

#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MOST   ((int64_t)1 << 52) /* as on the disk: sums of a few of them don't overflow */
#define SIZE_MOST   ((int64_t)1 << 60)
#define PLAIN_MOST  ((int64_t)4 << 30) /* of a gzip inflated: seconds at the worst */
#define MOST_FIELDS 1000
#define MOST_KEY    ((size_t)64 * 1024)

/* One line on its way. */
struct reading {
	json_t *root;
	struct arena *arena;
	struct object_parts parts;
	struct headers headers;
	struct headers variant;
	struct key_parts key;
	unsigned char digest[DIGEST_SIZE];
	struct body *body;
	int64_t size;
	const char *why;
};

static bool fails(struct reading *r, const char *why)
{
	r->why = why;
	return false;
}

/* ---- kinds ---- */

/* Text, or {"base64": text}. In the arena, with a NUL behind it. */
static bool text_of(const json_t *value, struct arena *arena, struct slice *ret)
{
	const json_t *coded = json_object_get(value, "base64");
	struct slice text;
	char *room;

	if (json_is_string(value)) {
		text = (struct slice){ json_string_value(value), json_string_length(value) };
		*ret = arena_copy(arena, text);
		return true;
	}
	if (!json_is_string(coded))
		return false;
	text = (struct slice){ json_string_value(coded), json_string_length(coded) };
	room = arena_alloc(arena, text.size / 4 * 3 + 1);
	if (base64_decode(text, room, &ret->size) != RC_OK)
		return false;
	room[ret->size] = '\0';
	ret->data = room;
	return true;
}

/* A member that may be missing: "". */
static bool take_text(struct reading *r, const char *name, struct slice *ret)
{
	const json_t *value = json_object_get(r->root, name);

	*ret = SLICE("");
	return value == NULL || text_of(value, r->arena, ret);
}

static bool take_hex(struct reading *r, const char *name, struct slice *ret)
{
	struct slice text;
	char *room;

	if (!take_text(r, name, &text))
		return false;
	room = arena_alloc(r->arena, text.size / 2 + 1);
	if (!octets_from_hex(text, room))
		return false;
	*ret = (struct slice){ room, text.size / 2 };
	return true;
}

static bool number_of(const json_t *value, int64_t least, int64_t most, int64_t *ret)
{
	if (!json_is_integer(value) || json_integer_value(value) < least ||
		json_integer_value(value) > most)
		return false;
	*ret = json_integer_value(value);
	return true;
}

static bool take_number(struct reading *r, const char *name, int64_t most, int64_t *ret)
{
	return number_of(json_object_get(r->root, name), 0, most, ret);
}

/* ---- the key ---- */

static bool take_key_parts(struct reading *r)
{
	struct key_parts *k = &r->key;
	int64_t version = 0;

	if (!take_text(r, "url", &k->target) || !take_text(r, "route", &k->route) ||
		!take_text(r, "tenant", &k->tenant) || !take_text(r, "method", &k->method) ||
		!take_text(r, "rule", &k->rule) || !take_text(r, "mark", &k->mark) ||
		!take_hex(r, "request_digest", &k->digest))
		return fails(r, "a part of the key is malformed");
	if (!take_number(r, "namespace_version", INT64_MAX, &version))
		return fails(r, "namespace_version: a number is expected");
	k->namespace_version = (uint64_t)version;
	return true;
}

/* Made anew: it must be the one that it says it is. */
static bool make_key(struct reading *r, struct bytes *ret)
{
	struct target target;
	struct slice told;
	struct key key;

	if (!take_key_parts(r))
		return false;
	if (target_split(r->key.target, &target) != RC_OK)
		return fails(r, "url: a target is expected");
	if (!take_hex(r, "key", &told))
		return fails(r, "key: hex digits are expected");
	if (key_make(&r->key, 0, ret, &key) != RC_OK || key_split(key, &r->key) != RC_OK)
		return fails(r, "the key is too long");
	return slice_equal(told, key.bytes) || fails(r, "the key is another's");
}

/* ---- the object ---- */

static bool take_freshness(struct reading *r)
{
	static const struct {
		const char *name;
		size_t at;
		int64_t least;
	} numbers[] = {
		{ "requested_ms", offsetof(struct freshness, requested_ms), -TIME_MOST },
		{ "responded_ms", offsetof(struct freshness, responded_ms), -TIME_MOST },
		{ "date_ms", offsetof(struct freshness, date_ms), -TIME_MOST },
		{ "initial_age_ms", offsetof(struct freshness, initial_age_ms), 0 },
		{ "lifetime_ms", offsetof(struct freshness, lifetime_ms), 0 },
		{ "stale_while_revalidate_ms",
			offsetof(struct freshness, stale_while_revalidate_ms), 0 },
		{ "stale_if_error_ms", offsetof(struct freshness, stale_if_error_ms), 0 },
	};
	static const struct {
		const char *name;
		size_t at;
	} truths[] = {
		{ "explicit", offsetof(struct freshness, explicit) },
		{ "heuristic", offsetof(struct freshness, heuristic) },
		{ "revalidate_always", offsetof(struct freshness, revalidate_always) },
		{ "revalidate_stale", offsetof(struct freshness, revalidate_stale) },
		{ "immutable", offsetof(struct freshness, immutable) },
		{ "for_all", offsetof(struct freshness, for_all) },
		{ "negative", offsetof(struct freshness, negative) },
	};
	const json_t *from = json_object_get(r->root, "freshness");
	char *to = (char *)&r->parts.freshness;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t number;

		if (!number_of(json_object_get(from, numbers[i].name), numbers[i].least, TIME_MOST,
			    &number))
			return fails(r, numbers[i].name);
		memcpy(to + numbers[i].at, &number, sizeof(number));
	}
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		const json_t *truth = json_object_get(from, truths[i].name);

		if (!json_is_boolean(truth))
			return fails(r, truths[i].name);
		*(bool *)(to + truths[i].at) = json_is_true(truth);
	}
	return true;
}

/* Which of the words a value is; count: none. */
static unsigned word_of(const json_t *value, const char *const *words, unsigned count)
{
	unsigned i = json_is_string(value) ? 0 : count;

	while (i < count && strcmp(json_string_value(value), words[i]) != 0)
		i++;
	return i;
}

static bool take_words(struct reading *r)
{
	static const char *const sources[] = {
#define X(id, text) [LIFETIME_##id] = text,
		LIFETIME_TABLE(X)
#undef X
	};
	static const char *const versions[] = {
#define X(id, text) [HTTP_##id] = text,
		HTTP_VERSION_TABLE(X)
#undef X
	};
	const json_t *freshness = json_object_get(r->root, "freshness");
	unsigned source = word_of(json_object_get(freshness, "source"), sources, LIFETIME_COUNT);
	unsigned version =
		word_of(json_object_get(r->root, "http_version"), versions, HTTP_VERSION_COUNT);

	r->parts.freshness.source = (uint8_t)source;
	r->parts.http_version = (enum http_version)version;
	return (source < LIFETIME_COUNT && version < HTTP_VERSION_COUNT) ||
	       fails(r, "http_version, freshness.source: a word is not known");
}

/* What a stored response has no business to have: it would be sent on, or is a client's. */
static bool is_stored(const struct field *field)
{
	return !(field_flags(field->id) & (FIELD_IS_HOP | FIELD_IS_OURS)) &&
	       !(field_flags_of(field) & FIELD_IS_ONCE && field->id != FIELD_RETRY_AFTER) &&
	       field->id != FIELD_SET_COOKIE;
}

static bool take_fields(struct reading *r, const char *name, struct headers *ret)
{
	const json_t *list = json_object_get(r->root, name), *pair;
	size_t i;

	headers_init(ret, r->arena);
	if (!json_is_array(list) || json_array_size(list) > MOST_FIELDS)
		return fails(r, "fields and variant: a list of [name, value] is expected");
	json_array_foreach(list, i, pair)
	{
		struct slice field, value;

		if (json_array_size(pair) != 2 ||
			!text_of(json_array_get(pair, 0), r->arena, &field) ||
			!text_of(json_array_get(pair, 1), r->arena, &value) ||
			!field_name_valid(field) || !field_value_valid(value))
			return fails(r, "a field is malformed");
		headers_add(ret, field, value);
	}
	return true;
}

static bool check_fields(struct reading *r)
{
	HEADERS_EACH(at, &r->headers) {
		if (!is_stored(at))
			return fails(r, "a field that is never stored: a connection's, a cookie, "
					"larder's own");
	}
	return true;
}

static bool take_part(struct reading *r)
{
	const json_t *part = json_object_get(r->root, "part");
	int64_t first, total;

	if (part == NULL)
		return true;
	if (!number_of(json_object_get(part, "first"), 0, SIZE_MOST, &first) ||
		!number_of(json_object_get(part, "total"), 0, SIZE_MOST, &total) || first > total ||
		r->size > total - first)
		return fails(r, "part: it doesn't lie within the whole");
	r->parts.part = (struct object_part){ true, (uint64_t)first, (uint64_t)total };
	return true;
}

static bool take_parts(struct reading *r)
{
	struct object_parts *p = &r->parts;
	int64_t status, epoch;

	if (!number_of(json_object_get(r->root, "status"), 200, 599, &status))
		return fails(r, "status");
	if (!take_number(r, "epoch", INT64_MAX, &epoch))
		return fails(r, "epoch");
	if (!json_is_boolean(json_object_get(r->root, "tagged")))
		return fails(r, "tagged");
	p->status = (int)status;
	p->epoch = (uint64_t)epoch;
	p->tagged = json_is_true(json_object_get(r->root, "tagged"));
	p->headers = &r->headers;
	p->variant = &r->variant;
	return take_freshness(r) && take_words(r) && take_fields(r, "variant", &r->variant) &&
	       take_fields(r, "fields", &r->headers) && check_fields(r) && take_part(r) &&
	       (take_text(r, "source_version", &p->source_version) || fails(r, "source_version"));
}

/* ---- the body ---- */

static bool take_body(struct reading *r)
{
	const json_t *value = json_object_get(r->root, "body");
	struct slice text = { json_string_value(value), json_string_length(value) };
	char *room;
	size_t size;

	if (!json_is_string(value))
		return fails(r, "there is no body");
	room = malloc(text.size / 4 * 3 + 1);
	if (room == NULL || base64_decode(text, room, &size) != RC_OK) {
		free(room);
		return fails(r, "body: base64 is expected");
	}
	r->body = body_new(room, size);
	return true;
}

static bool check_digest(struct reading *r)
{
	struct slice told;

	if (!take_number(r, "size", SIZE_MOST, &r->size) || !take_hex(r, "sha256", &told) ||
		told.size != DIGEST_SIZE)
		return fails(r, "size and sha256 are expected");
	if ((uint64_t)r->size != r->body->size)
		return fails(r, "the body has another size");
	digest_sha256((struct slice){ r->body->data, r->body->size }, r->digest);
	return memcmp(r->digest, told.data, DIGEST_SIZE) == 0 ||
	       fails(r, "the body has another digest");
}

/* What larder compressed must come to what it says: no more is ever inflated. */
static bool check_gzip(struct reading *r)
{
	const json_t *value = json_object_get(r->root, "gzip_of");
	int64_t size;

	if (value == NULL)
		return true;
	if (!number_of(value, 0, PLAIN_MOST, &size) || r->parts.part.is_part)
		return fails(r, "gzip_of");
	if (!gunzip_comes_to((struct slice){ r->body->data, r->body->size }, (uint64_t)size))
		return fails(r, "the body is no gzip of as much as it says");
	r->parts.gzipped = true;
	r->parts.plain_size = (uint64_t)size;
	return true;
}

static bool read_all(struct reading *r, struct bytes *key)
{
	if (!json_is_object(r->root))
		return fails(r, "a JSON object is expected");
	return (r->body != NULL || take_body(r)) && make_key(r, key) && check_digest(r) &&
	       take_parts(r) && check_gzip(r);
}

enum rc parcel_parse(struct slice text, struct body *body, struct arena *arena, struct parcel *ret,
	const char **ret_why)
{
	struct reading r = { .arena = arena, .why = "JSON is expected" };
	struct parcel parcel = { .arena = arena };
	bool good;

	r.root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	r.body = body != NULL ? body_ref(body) : NULL;
	bytes_init(&parcel.key, MOST_KEY);
	good = r.root != NULL && read_all(&r, &parcel.key) &&
	       take_text(&r, "source", &parcel.source);
	if (good) {
		parcel.parts = r.key;
		r.parts.body = r.body;
		parcel.object = object_new(&r.parts);
		memcpy(parcel.digest, r.digest, DIGEST_SIZE);
		*ret = parcel;
	} else {
		bytes_done(&parcel.key);
		*ret_why = r.why;
	}
	if (r.body != NULL)
		body_unref(r.body);
	json_decref(r.root);
	return good ? RC_OK : RC_INVALID;
}

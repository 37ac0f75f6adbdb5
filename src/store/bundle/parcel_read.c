/* store/bundle/parcel_read.c - a stored response from a line that anybody may have written.
 *
 * jansson reads it; each member is looked at by kind and range, and what can be computed is. Threads and ownership:
 * store/parcel.h.
 */
#include "reading.h"

#include "http/uri.h"
#include "util/base64.h"
#include "util/octets.h"

#include <stddef.h>
#include <string.h>

#define TIME_MOST   ((int64_t)1 << 52) /* as on the disk: sums of a few of them don't overflow */
#define MOST_FIELDS 1000
#define MOST_KEY    ((size_t)64 * 1024)

bool reading_fails(struct reading *r, const char *why)
{
	r->why = why;
	return false;
}

/* ---- kinds ---- */

bool reading_text_of(const json_t *value, struct arena *arena, struct slice *ret)
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
	return value == NULL || reading_text_of(value, r->arena, ret);
}

bool reading_hex(struct reading *r, const char *name, struct slice *ret)
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

bool reading_number_of(const json_t *value, int64_t least, int64_t most, int64_t *ret)
{
	if (!json_is_integer(value) || json_integer_value(value) < least ||
		json_integer_value(value) > most)
		return false;
	*ret = json_integer_value(value);
	return true;
}

bool reading_number(struct reading *r, const char *name, int64_t most, int64_t *ret)
{
	return reading_number_of(json_object_get(r->root, name), 0, most, ret);
}

/* ---- the key ---- */

static bool take_key_parts(struct reading *r)
{
	struct key_parts *k = &r->key;
	int64_t version = 0;

	if (!take_text(r, "url", &k->target) || !take_text(r, "route", &k->route) ||
		!take_text(r, "tenant", &k->tenant) || !take_text(r, "method", &k->method) ||
		!take_text(r, "rule", &k->rule) || !take_text(r, "mark", &k->mark) ||
		!reading_hex(r, "request_digest", &k->digest))
		return reading_fails(r, "a part of the key is malformed");
	if (!reading_number(r, "namespace_version", INT64_MAX, &version))
		return reading_fails(r, "namespace_version: a number is expected");
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
		return reading_fails(r, "url: a target is expected");
	if (!reading_hex(r, "key", &told))
		return reading_fails(r, "key: hex digits are expected");
	if (key_make(&r->key, 0, ret, &key) != RC_OK || key_split(key, &r->key) != RC_OK)
		return reading_fails(r, "the key is too long");
	return slice_equal(told, key.bytes) || reading_fails(r, "the key is another's");
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

		if (!reading_number_of(json_object_get(from, numbers[i].name), numbers[i].least,
			    TIME_MOST, &number))
			return reading_fails(r, numbers[i].name);
		memcpy(to + numbers[i].at, &number, sizeof(number));
	}
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		const json_t *truth = json_object_get(from, truths[i].name);

		if (!json_is_boolean(truth))
			return reading_fails(r, truths[i].name);
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

static bool take_source(struct reading *r)
{
	static const char *const sources[] = {
#define X(id, text) [LIFETIME_##id] = text,
		LIFETIME_TABLE(X)
#undef X
	};
	const json_t *freshness = json_object_get(r->root, "freshness");
	unsigned source = word_of(json_object_get(freshness, "source"), sources, LIFETIME_COUNT);

	r->parts.freshness.source = (uint8_t)source;
	return source < LIFETIME_COUNT || reading_fails(r, "freshness.source: a word is not known");
}

static bool take_version(struct reading *r)
{
	static const char *const versions[] = {
#define X(id, text) [HTTP_##id] = text,
		HTTP_VERSION_TABLE(X)
#undef X
	};
	unsigned version =
		word_of(json_object_get(r->root, "http_version"), versions, HTTP_VERSION_COUNT);

	r->parts.http_version = (enum http_version)version;
	return version < HTTP_VERSION_COUNT ||
	       reading_fails(r, "http_version: a word is not known");
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
		return reading_fails(r, "fields and variant: a list of [name, value] is expected");
	json_array_foreach(list, i, pair)
	{
		struct slice field, value;

		if (json_array_size(pair) != 2 ||
			!reading_text_of(json_array_get(pair, 0), r->arena, &field) ||
			!reading_text_of(json_array_get(pair, 1), r->arena, &value) ||
			!field_name_valid(field) || !field_value_valid(value))
			return reading_fails(r, "a field is malformed");
		headers_add(ret, field, value);
	}
	return true;
}

static bool check_fields(struct reading *r)
{
	HEADERS_EACH(at, &r->headers) {
		if (!is_stored(at))
			return reading_fails(r,
				"a field that is never stored: a connection's, a cookie, "
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
	if (!reading_number_of(json_object_get(part, "first"), 0, SIZE_MOST, &first) ||
		!reading_number_of(json_object_get(part, "total"), 0, SIZE_MOST, &total) ||
		first > total || r->size > total - first)
		return reading_fails(r, "part: it doesn't lie within the whole");
	r->parts.part = (struct object_part){ true, (uint64_t)first, (uint64_t)total };
	return true;
}

/* What no larder stores: RFC 9110 15.3.5, 15.3.6, 15.4.5; RFC 9111 3.3. */
static bool check_status(struct reading *r)
{
	int status = r->parts.status;

	if (status == 304)
		return reading_fails(r, "a 304 is never stored");
	if ((status == 204 || status == 205) && r->body->size > 0)
		return reading_fails(r, "a 204 and a 205 have no body");
	return (status == 206) == r->parts.part.is_part ||
	       reading_fails(r, "a 206, and nothing else, is a part");
}

/* The response's first line and fields, and what of the request is kept with it. */
static bool take_message(struct reading *r)
{
	int64_t status;

	if (!reading_number_of(json_object_get(r->root, "status"), 200, 599, &status))
		return reading_fails(r, "status");
	r->parts.status = (int)status;
	r->parts.headers = &r->headers;
	r->parts.variant = &r->variant;
	return take_version(r) && take_fields(r, "variant", &r->variant) &&
	       take_fields(r, "fields", &r->headers);
}

static bool take_parts(struct reading *r)
{
	struct object_parts *p = &r->parts;
	int64_t epoch;

	if (!reading_number(r, "epoch", INT64_MAX, &epoch))
		return reading_fails(r, "epoch");
	if (!json_is_boolean(json_object_get(r->root, "tagged")))
		return reading_fails(r, "tagged");
	p->epoch = (uint64_t)epoch;
	p->tagged = json_is_true(json_object_get(r->root, "tagged"));
	return take_freshness(r) && take_source(r) && take_message(r) && check_fields(r) &&
	       reading_take_own_tags(r) && take_part(r) && check_status(r) &&
	       (take_text(r, "source_version", &p->source_version) ||
		       reading_fails(r, "source_version"));
}

/* ---- all of it ---- */

static bool is_bare(const struct reading *r)
{
	return json_object_get(r->root, "fetched_ms") != NULL;
}

/* What others archived: where it goes and for how long is found when it is taken. */
static bool take_bare(struct reading *r)
{
	struct freshness *f = &r->parts.freshness;

	if (!reading_number(r, "fetched_ms", TIME_MOST, &f->responded_ms))
		return reading_fails(r, "fetched_ms");
	f->requested_ms = f->date_ms = f->responded_ms;
	return take_message(r);
}

static bool read_all(struct reading *r, struct bytes *key)
{
	if (!json_is_object(r->root))
		return reading_fails(r, "a JSON object is expected");
	if (!reading_take_body(r))
		return false;
	if (is_bare(r))
		return reading_check_digest(r) && take_bare(r);
	return make_key(r, key) && reading_check_digest(r) && take_parts(r) &&
	       reading_check_gzip(r);
}

static void fill_parcel(struct reading *r, struct parcel *ret)
{
	ret->parts = r->key;
	if (parcel_is_bare(ret))
		ret->parts.target = ret->source;
	r->parts.body = r->body;
	ret->object = object_new(&r->parts);
	memcpy(ret->digest, r->digest, DIGEST_SIZE);
}

static enum rc parse(struct reading *r, struct slice text, struct parcel *ret, const char **ret_why)
{
	struct parcel parcel = { .arena = r->arena };
	bool good;

	r->why = "JSON is expected";
	r->root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	bytes_init(&parcel.key, MOST_KEY);
	good = r->root != NULL && read_all(r, &parcel.key) &&
	       take_text(r, "source", &parcel.source);
	if (good) {
		fill_parcel(r, &parcel);
		*ret = parcel;
	} else {
		bytes_done(&parcel.key);
		*ret_why = r->why;
	}
	if (r->body != NULL)
		body_unref(r->body);
	json_decref(r->root);
	return good ? RC_OK : RC_INVALID;
}

enum rc parcel_parse(struct slice text, struct body *body, struct arena *arena, struct parcel *ret,
	const char **ret_why)
{
	struct reading r = { .arena = arena, .body = body != NULL ? body_ref(body) : NULL };

	return parse(&r, text, ret, ret_why);
}

enum rc parcel_parse_inflated(const struct inflated_parcel *from, struct arena *arena,
	struct parcel *ret, const char **ret_why)
{
	struct reading r = { .arena = arena, .body = body_ref(from->body), .again = from->again };

	return parse(&r, from->head, ret, ret_why);
}

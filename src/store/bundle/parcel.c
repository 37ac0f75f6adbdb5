/* store/bundle/parcel.c - what is written of a stored response. Threads and ownership: store/parcel.h. */
#include "store/parcel.h"

#include "http/tags.h"
#include "observe/jsonline.h"
#include "util/base64.h"
#include "util/octets.h"

#include <inttypes.h>
#include <string.h>

#define PIECE        ((size_t)48 * 1024) /* a multiple of 3 */
#define MOST_KEY     ((size_t)1 << 20)
#define END_OF_LINE  "\"}\n"
#define BODY_FOLLOWS ",\"body\":\""

enum stage { AT_HEAD, AT_BODY, AT_END };

static enum rc digest_of(struct body *body, unsigned char ret[static DIGEST_SIZE])
{
	SCOPED(digest) digest = digest_begin();
	char piece[16384];

	for (uint64_t at = 0; at < body->size;) {
		ssize_t count = body_read(body, at, piece, sizeof(piece));

		if (count <= 0)
			return RC_IO;
		digest_update(digest, (struct slice){ piece, (size_t)count });
		at += (uint64_t)count;
	}
	digest_end(digest, ret);
	return RC_OK;
}

enum rc parcel_make(
	struct slice key, struct object *object, struct arena *arena, struct parcel *ret)
{
	struct parcel parcel = { .arena = arena, .source = SLICE("") };
	enum rc rc;

	if (object->body->size > PARCEL_BODY_MOST)
		return RC_TOO_LARGE;
	TRY(digest_of(object->body, parcel.digest));
	bytes_init(&parcel.key, MOST_KEY);
	rc = bytes_append_slice(&parcel.key, key);
	if (rc == RC_OK)
		rc = key_split((struct key){ bytes_slice(&parcel.key), 0 }, &parcel.parts);
	if (rc != RC_OK) {
		bytes_done(&parcel.key);
		return rc;
	}
	parcel.object = object_ref(object);
	*ret = parcel;
	return RC_OK;
}

void parcel_done(struct parcel *parcel)
{
	if (parcel->object == NULL)
		return;
	object_unref(GIVE(parcel->object));
	bytes_done(&parcel->key);
}

/* ---- the head ---- */

/* What JSON can't say as text. */
static void put_octets(struct jsonline *line, const char *name, struct slice value)
{
	struct bytes text;

	bytes_init(&text, PARCEL_HEAD_MOST);
	jsonline_open(line, name, '{');
	line->cut = line->cut || base64_append(&text, value) != RC_OK;
	jsonline_text(line, "base64", bytes_slice(&text));
	jsonline_close(line, '}');
	bytes_done(&text);
}

static void put_text(struct jsonline *line, const char *name, struct slice value)
{
	if (octets_are_utf8(value))
		jsonline_text(line, name, value);
	else
		put_octets(line, name, value);
}

static void put_if(struct jsonline *line, const char *name, struct slice value)
{
	if (value.size > 0)
		put_text(line, name, value);
}

static void put_key(struct jsonline *line, const struct parcel *parcel)
{
	const struct key_parts *parts = &parcel->parts;

	put_text(line, "url", parts->target);
	put_if(line, "source", parcel->source);
	put_text(line, "route", parts->route);
	put_if(line, "tenant", parts->tenant);
	jsonline_number(line, "namespace_version", (int64_t)parts->namespace_version);
	put_if(line, "method", parts->method);
	if (parts->method.size > 0)
		jsonline_hex(line, "request_digest", parts->digest);
	put_if(line, "rule", parts->rule);
	put_if(line, "mark", parts->mark);
	jsonline_hex(line, "key", bytes_slice(&parcel->key));
}

static void put_freshness(struct jsonline *line, const struct freshness *f)
{
	jsonline_open(line, "freshness", '{');
	jsonline_number(line, "requested_ms", f->requested_ms);
	jsonline_number(line, "responded_ms", f->responded_ms);
	jsonline_number(line, "date_ms", f->date_ms);
	jsonline_number(line, "initial_age_ms", f->initial_age_ms);
	jsonline_number(line, "lifetime_ms", f->lifetime_ms);
	jsonline_number(line, "stale_while_revalidate_ms", f->stale_while_revalidate_ms);
	jsonline_number(line, "stale_if_error_ms", f->stale_if_error_ms);
	jsonline_truth(line, "explicit", f->explicit);
	jsonline_truth(line, "heuristic", f->heuristic);
	jsonline_truth(line, "revalidate_always", f->revalidate_always);
	jsonline_truth(line, "revalidate_stale", f->revalidate_stale);
	jsonline_truth(line, "immutable", f->immutable);
	jsonline_truth(line, "for_all", f->for_all);
	jsonline_truth(line, "negative", f->negative);
	jsonline_text(line, "source", slice_of(lifetime_text((enum lifetime_source)f->source)));
	jsonline_close(line, '}');
}

/* A cookie is a client's: what is stored goes without. A bare one is refused for it, where it is taken. */
static void put_fields(
	struct jsonline *line, const char *name, const struct headers *fields, bool all)
{
	jsonline_open(line, name, '[');
	HEADERS_EACH(at, fields) {
		if (at->id == FIELD_SET_COOKIE && !all)
			continue;
		jsonline_open(line, NULL, '[');
		put_text(line, NULL, at->name);
		put_text(line, NULL, at->value);
		jsonline_close(line, ']');
	}
	jsonline_close(line, ']');
}

/* They stand in the fields, or the configuration gave them, which may be another where it is read. */
static void put_tags(struct jsonline *line, const struct object *object)
{
	struct arena arena;
	struct slice *tags;
	bool too_many;
	size_t count;

	arena_init(&arena);
	count = tags_of_stored(&object->headers, object->own_tags, &arena, &tags, &too_many);
	jsonline_open(line, "tags", '[');
	for (size_t i = 0; i < count; i++)
		put_text(line, NULL, tags[i]);
	jsonline_close(line, ']');
	arena_done(&arena);
}

static void put_status(struct jsonline *line, const struct object *o)
{
	static const char *const versions[] = {
#define X(id, text) [HTTP_##id] = text,
		HTTP_VERSION_TABLE(X)
#undef X
	};

	jsonline_number(line, "status", o->status);
	jsonline_text(line, "http_version", slice_of(versions[o->http_version]));
}

static void put_bare(struct jsonline *line, const struct parcel *parcel)
{
	const struct object *o = parcel->object;

	put_text(line, "source", parcel->source);
	jsonline_number(line, "fetched_ms", o->freshness.responded_ms);
	put_status(line, o);
	put_fields(line, "variant", &o->variant, true);
	put_fields(line, "fields", &o->headers, true);
}

static void put_object(struct jsonline *line, const struct object *o)
{
	put_status(line, o);
	put_freshness(line, &o->freshness);
	if (o->part.is_part) {
		jsonline_open(line, "part", '{');
		jsonline_number(line, "first", (int64_t)o->part.first);
		jsonline_number(line, "total", (int64_t)o->part.total);
		jsonline_close(line, '}');
	}
	put_if(line, "source_version", o->source_version);
	jsonline_number(line, "epoch", (int64_t)o->epoch);
	jsonline_truth(line, "tagged", o->tagged);
	put_fields(line, "variant", &o->variant, false);
	put_tags(line, o);
	put_fields(line, "fields", &o->headers, false);
}

enum rc parcel_head(const struct parcel *parcel, struct bytes *ret)
{
	const struct object *o = parcel->object;
	struct jsonline line;

	jsonline_begin(&line);
	if (parcel_is_bare(parcel)) {
		put_bare(&line, parcel);
	} else {
		put_key(&line, parcel);
		put_object(&line, o);
	}
	if (o->gzipped)
		jsonline_number(&line, "gzip_of", (int64_t)o->plain_size);
	jsonline_number(&line, "size", (int64_t)o->body->size);
	jsonline_hex(&line, "sha256", (struct slice){ (const char *)parcel->digest, DIGEST_SIZE });
	TRY(jsonline_end(&line, ret));
	ret->data[--ret->size] = '\0'; /* the line feed: a body may follow */
	return RC_OK;
}

/* ---- a line ---- */

enum rc parcel_line_begin(const struct parcel *parcel, struct parcel_line *ret)
{
	struct parcel_line line = { .parcel = parcel, .stage = AT_HEAD };
	enum rc rc;

	bytes_init(&line.head, PARCEL_HEAD_MOST);
	rc = parcel_head(parcel, &line.head);
	if (rc == RC_OK) {
		line.head.size--; /* its brace */
		rc = bytes_append_slice(&line.head, SLICE(BODY_FOLLOWS));
	}
	if (rc != RC_OK) {
		bytes_done(&line.head);
		return rc;
	}
	*ret = line;
	return RC_OK;
}

static size_t tell(struct parcel_line *line, struct slice text, char *buffer, size_t size)
{
	size_t count = text.size - line->told;

	if (count > size)
		count = size;
	memcpy(buffer, text.data + line->told, count);
	line->told += count;
	if (line->told == text.size) {
		line->told = 0;
		line->stage++;
	}
	return count;
}

/* A body is read in pieces of a multiple of 3 bytes, but for its end. */
static ssize_t tell_body(struct parcel_line *line, char *buffer, size_t size)
{
	struct body *body = line->parcel->object->body;
	uint64_t left = body->size - line->body;
	size_t room = size / 4 * 3, wanted = left < room ? (size_t)left : room, got = 0;
	char piece[PIECE];

	if (wanted > sizeof(piece))
		wanted = sizeof(piece);
	while (got < wanted) {
		ssize_t count = body_read(body, line->body + got, piece + got, wanted - got);

		if (count <= 0)
			return -1;
		got += (size_t)count;
	}
	line->body += got;
	if (line->body == body->size)
		line->stage = AT_END;
	return (ssize_t)base64_encode((struct slice){ piece, got }, buffer);
}

ssize_t parcel_line_read(struct parcel_line *line, char *buffer, size_t size)
{
	if (line->stage == AT_HEAD)
		return (ssize_t)tell(line, bytes_slice(&line->head), buffer, size);
	if (line->stage == AT_BODY && line->parcel->object->body->size == 0)
		line->stage = AT_END;
	if (line->stage == AT_BODY)
		return tell_body(line, buffer, size);
	if (line->stage == AT_END)
		return (ssize_t)tell(line, SLICE(END_OF_LINE), buffer, size);
	return 0;
}

void parcel_line_end(struct parcel_line *line)
{
	bytes_done(&line->head);
}

/* ---- which of them ---- */

bool parcel_fits(const struct parcel_filter *filter, const struct key_parts *parts,
	const struct object *object)
{
	const struct parcel_filter *f = filter;
	int64_t came_ms = object->freshness.responded_ms;

	return (f->route.size == 0 || slice_equal(f->route, parts->route)) &&
	       (f->tenant.size == 0 || slice_equal(f->tenant, parts->tenant)) &&
	       slice_starts(parts->target, f->prefix) && came_ms >= f->since_ms &&
	       came_ms < f->until_ms &&
	       (f->tag.size == 0 || tags_have(&object->headers, object->own_tags, f->tag));
}

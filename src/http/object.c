/* http/object.c - stored responses: one allocation for all but the body.
 *
 * What it is not: a judge of freshness (policy), a codec (store). Threads: any; an object is not
 * changed once object_new() has returned. Ownership: object.h.
 */
#include "http/object.h"

#include "util/alloc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATION_HEAD 8 /* what an allocator keeps beside what it hands out, about */

static atomic_uint_fast64_t last_serial;

const char *lifetime_text(enum lifetime_source source)
{
	static const char *const texts[] = {
#define X(id, text) [LIFETIME_##id] = text,
		LIFETIME_TABLE(X)
#undef X
	};

	return source < LIFETIME_COUNT ? texts[source] : "unknown";
}

static size_t fields_size(const struct headers *h)
{
	return h != NULL ? h->count * sizeof(struct field) : 0;
}

static size_t text_size(const struct headers *h)
{
	size_t size = 0;

	if (h == NULL)
		return 0;
	HEADERS_EACH(at, h)
		size += at->name.size + at->value.size + 2; /* a NUL behind each */
	return size;
}

static struct slice copy_text(struct slice s, char **at)
{
	struct slice copy = { *at, s.size };

	if (s.size > 0)
		memcpy(*at, s.data, s.size);
	(*at)[s.size] = '\0';
	*at += s.size + 1;
	return copy;
}

/* Copies h's fields to *fields and their text to *text, and moves both behind. */
static struct headers copy_headers(const struct headers *h, struct field **fields, char **text)
{
	struct headers copy = { .fields = *fields };

	if (h == NULL)
		return copy;
	HEADERS_EACH(at, h) {
		copy.fields[copy.count++] = (struct field){
			.name = copy_text(at->name, text),
			.value = copy_text(at->value, text),
			.id = at->id,
		};
	}
	copy.capacity = copy.count;
	*fields += copy.count;
	return copy;
}

static bool refers(const struct headers *h)
{
	HEADERS_EACH(at, h) {
		if (at->id == FIELD_LOCATION || at->id == FIELD_CONTENT_LOCATION ||
			at->id == FIELD_LINK)
			return true;
	}
	return false;
}

static const uint32_t *copy_groups(const struct object_parts *parts, uint32_t *at)
{
	for (uint16_t i = 0; i < parts->group_count; i++)
		at[i] = parts->groups[i];
	return at;
}

static size_t spent_on(void *allocation)
{
	return allocation != NULL ? malloc_usable_size(allocation) + ALLOCATION_HEAD : 0;
}

struct object *object_new(const struct object_parts *parts)
{
	size_t fields = fields_size(parts->headers) + fields_size(parts->variant);
	size_t text = text_size(parts->headers) + text_size(parts->variant);
	size_t groups = parts->group_count * sizeof(*parts->groups);
	size_t rest = parts->source_version.size + 1 + parts->own_tags.size + 1;
	struct object *object = xalloc(sizeof(*object) + fields + groups + text + rest);
	struct field *field_at = (struct field *)(object + 1);
	uint32_t *groups_at = (uint32_t *)((char *)field_at + fields);
	char *text_at = (char *)groups_at + groups;

	atomic_init(&object->references, 1);
	object->serial = atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1;
	object->status = parts->status;
	object->http_version = (uint8_t)parts->http_version;
	object->freshness = parts->freshness;
	object->part = parts->part;
	object->groups = copy_groups(parts, groups_at);
	object->group_count = parts->group_count;
	object->given_count = parts->given_count;
	object->held_count = parts->held_count;
	object->epoch = parts->epoch;
	object->headers = copy_headers(parts->headers, &field_at, &text_at);
	object->header_bytes = headers_size(&object->headers);
	object->refers = refers(&object->headers);
	object->variant = copy_headers(parts->variant, &field_at, &text_at);
	object->tagged = parts->tagged;
	object->holds_any = parts->holds_any;
	object->gzipped = parts->gzipped;
	object->plain_size = parts->plain_size;
	object->source_version = copy_text(parts->source_version, &text_at);
	object->own_tags = copy_text(parts->own_tags, &text_at);
	object->body = body_ref(parts->body);
	object->footprint =
		spent_on(object) + spent_on(object->body) + spent_on(object->body->data);
	return object;
}

struct object_parts object_parts_of(const struct object *object)
{
	return (struct object_parts){
		.status = object->status,
		.http_version = (enum http_version)object->http_version,
		.freshness = object->freshness,
		.part = object->part,
		.headers = &object->headers,
		.variant = &object->variant,
		.groups = object->groups,
		.group_count = object->group_count,
		.given_count = object->given_count,
		.held_count = object->held_count,
		.epoch = object->epoch,
		.tagged = object->tagged,
		.gzipped = object->gzipped,
		.holds_any = object->holds_any,
		.plain_size = object->plain_size,
		.source_version = object->source_version,
		.own_tags = object->own_tags,
		.body = object->body,
	};
}

struct object *object_with_body(const struct object *object, struct body *body)
{
	struct object_parts parts = object_parts_of(object);

	parts.gzipped = false;
	parts.plain_size = 0;
	parts.body = body;
	return object_new(&parts);
}

struct object *object_ref(struct object *object)
{
	atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
	return object;
}

void object_unref(struct object *object)
{
	if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) != 1)
		return;
	body_unref(object->body);
	free(object);
}

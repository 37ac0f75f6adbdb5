/* proxy/keep/part.c - 206 responses: stored, combined, completed.
 *
 * What is stored is one run of bytes of the representation: parts that touch or overlap it make it
 * longer, another one takes its place. When it has all of them it is a 200.
 */
#include "part.h"

#include "purge/grouping.h"
#include "origin_side.h"
#include "state.h"

#include "http/range.h"
#include "http/validators.h"
#include "policy/conditional.h"
#include "policy/storable.h"
#include "util/alloc.h"

#include <string.h>

#define TOTAL_MOST ((uint64_t)1 << 60) /* no representation is as large */

/* The one range that a 206 says it has, of what could be stored as a whole. */
static bool content_range(const struct headers *fields, struct content_range *ret)
{
	return storable_part(fields, ret) && ret->total <= TOTAL_MOST;
}

/* RFC 9111 3.4: only a strong validator tells that two parts are of one representation. Some origins
 * give one tag to all codings. */
static bool same_representation(const struct headers *a, const struct headers *b)
{
	struct etag tag_a, tag_b;

	return slice_equal(headers_get(a, FIELD_CONTENT_ENCODING),
		       headers_get(b, FIELD_CONTENT_ENCODING)) &&
	       etag_parse(headers_get(a, FIELD_ETAG), &tag_a) == RC_OK &&
	       etag_parse(headers_get(b, FIELD_ETAG), &tag_b) == RC_OK &&
	       etag_equal_strong(tag_a, tag_b);
}

static bool completes(const struct flight *flight)
{
	const struct object *part = flight->part;
	struct content_range range;

	return flight->status == 206 && content_range(&flight->received, &range) &&
	       range.first == part->body->size && range.last == range.total - 1 &&
	       range.total == part->part.total &&
	       same_representation(&part->headers, &flight->received);
}

/* Its bytes go before those that come, which can't wait for a file. */
static bool load_part(struct flight *flight)
{
	struct object *part = flight->part;
	SCOPED(body) body = NULL;

	if (body_load(part->body, &body) != RC_OK)
		return false;
	if (body != part->body) {
		flight->part = object_with_body(part, body);
		object_unref(part);
	}
	return true;
}

bool part_continues(struct flight *flight, struct flight_verdict *ret)
{
	struct headers whole;

	/* it may have been invalidated by a tag that the 206 takes off */
	if (completes(flight) && !grouping_overtook_stored(flight, flight->part) &&
		load_part(flight)) {
		headers_init(&whole, &flight->arena);
		conditional_update(&flight->part->headers, &flight->received, &whole);
		flight->received = whole;
		flight->status = 200;
		flight->content_length = (int64_t)flight->part->part.total;
		ret->prefixed = true;
	} else if (flight->status != 200 && (flight->status < 500 || flight->status == 501)) {
		/* less than was asked for, of something else, because of what was asked, or the
		 * part can't be read any more: it is nothing to build on */
		origin_side_discard(flight, flight->part);
		ret->retry = true;
		return false;
	}
	return true;
}

bool part_is_asked_for(const struct flight *flight)
{
	struct slice wanted = headers_get(&flight->request, FIELD_RANGE);
	struct content_range range;
	struct ranges ranges;

	if (headers_has(&flight->sent, FIELD_RANGE))
		return true; /* the client's own: see part_continues() */
	return wanted.size > 0 && content_range(&flight->received, &range) &&
	       range_resolve(wanted, range.total, &ranges) == RANGE_PARTS && ranges.count == 1 &&
	       ranges.items[0].first == range.first && ranges.items[0].last == range.last;
}

/* One run of bytes. */
struct run {
	uint64_t first;
	struct body *body;
};

static uint64_t end_of(struct run run)
{
	return run.first + run.body->size;
}

/* In memory, where it is small enough for that. */
static enum rc load(const struct flight *flight, struct body *body, struct body **ret)
{
	if (!body_in_memory(body) &&
		body->size > (uint64_t)flight->proxy->config->cache.memory.max_object)
		return RC_TOO_LARGE;
	return body_load(body, ret);
}

/* Both as one; they touch or overlap. The newer bytes win, though they should be the same. */
static enum rc join(const struct flight *flight, struct run old, struct run new, struct body **ret)
{
	uint64_t first = old.first < new.first ? old.first : new.first;
	uint64_t end = end_of(old) > end_of(new) ? end_of(old) : end_of(new);
	SCOPED(body) before = NULL;
	SCOPED(body) behind = NULL;
	char *data;

	TRY(load(flight, old.body, &before));
	TRY(load(flight, new.body, &behind));
	data = xgrow(NULL, (size_t)(end - first) + 1, 1);
	memcpy(data + (old.first - first), before->data, before->size);
	memcpy(data + (new.first - first), behind->data, behind->size);
	*ret = body_new(data, (size_t)(end - first));
	return RC_OK;
}

/* What of the same representation is stored in this place. */
struct search {
	const struct flight *flight;
	uint64_t total;
};

static bool is_same(struct object *object, void *arg)
{
	struct search *search = arg;
	const struct headers *variant = &search->flight->verdict.variant;

	if (object->variant.count != variant->count ||
		object->header_bytes > search->flight->proxy->most_fields ||
		grouping_is_out(search->flight->proxy, search->flight->route, object))
		return false;
	for (uint32_t i = 0; i < variant->count; i++) {
		if (!slice_equal(object->variant.fields[i].name, variant->fields[i].name) ||
			!slice_equal(object->variant.fields[i].value, variant->fields[i].value))
			return false;
	}
	if (object->part.is_part ? object->part.total != search->total
				 : object->status != 200 || object_size(object) != search->total)
		return false;
	return same_representation(&object->headers, &search->flight->received);
}

static void store(struct flight *flight, const struct headers *fields, struct object_parts *parts)
{
	struct object *object;

	parts->freshness = flight->verdict.freshness;
	parts->headers = fields;
	parts->variant = &flight->verdict.variant;
	object = grouping_object(flight, parts, NULL);
	origin_side_store(flight, object);
	object_unref(object);
}

/* Stores the run under these fields; complete, it is a response of its own. */
static void store_run(
	struct flight *flight, const struct headers *fields, struct run run, uint64_t total)
{
	bool whole = run.first == 0 && run.body->size == total;

	store(flight, fields,
		&(struct object_parts){
			.status = whole ? 200 : 206,
			.part = whole ? (struct object_part){ 0 }
				      : (struct object_part){ true, run.first, total },
			.body = run.body,
		});
}

/* The fields of what is stored, brought up to date by the new part's (RFC 9111 3.4, 3.2). */
static void combine(struct flight *flight, const struct headers *fields, struct object *stored,
	struct run new, uint64_t total)
{
	struct run old = { stored->part.first, stored->body };
	SCOPED(body) body = NULL;
	struct headers updated;

	headers_init(&updated, &flight->arena);
	conditional_update(&stored->headers, fields, &updated);
	origin_side_add_date(&updated, flight->verdict.freshness.responded_ms);
	if (headers_size(&updated) > flight->proxy->most_fields) {
		store_run(flight, fields, new, total);
		return;
	}
	if (!stored->part.is_part) {
		store(flight, &updated,
			&(struct object_parts){
				.status = 200,
				.gzipped = stored->gzipped,
				.plain_size = stored->plain_size,
				.body = stored->body,
			});
		return;
	}
	if (old.first <= end_of(new) && new.first <= end_of(old) &&
		join(flight, old, new, &body) == RC_OK) {
		new.first = old.first < new.first ? old.first : new.first;
		new.body = body;
	}
	store_run(flight, &updated, new, total);
}

void part_store(struct flight *flight, const struct headers *fields, struct body *body)
{
	struct search search = { .flight = flight };
	const struct chooser chooser = { is_same, &search };
	struct object *stored = NULL;
	struct content_range range;
	struct headers kept;
	struct run run;

	if (!content_range(&flight->received, &range) || range.last - range.first + 1 != body->size)
		return; /* it lies about what it is */
	headers_init(&kept, &flight->arena);
	HEADERS_EACH(at, fields) {
		if (at->id != FIELD_CONTENT_RANGE)
			headers_add(&kept, at->name, at->value);
	}
	run = (struct run){ range.first, body };
	search.total = range.total;
	if (tier_get(flight->proxy->store, &flight->key, &chooser, &stored) != RC_OK) {
		store_run(flight, &kept, run, range.total);
		return;
	}
	combine(flight, &kept, stored, run, range.total);
	object_unref(stored);
}

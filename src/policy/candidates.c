/* candidates.c - several stored responses asked about in one request, and what a HEAD says of one
 * (RFC 9111 4.3.1, 4.3.4, 4.3.5).
 *
 * What it is not: conditions on one stored response (conditional.c). Pure; threads: any. Ownership:
 * text that is put together lies in the list's arena.
 */
#include "policy/conditional.h"

#include "validating.h"

#include "http/validators.h"

/* RFC 9111 4.3.2: a part's tag is never sent, and what isn't 200 is not what a 304 speaks of. */
static bool is_whole(const struct object *object)
{
	return object->status == 200 && !object->part.is_part;
}

/* A tag that can stand in a list. */
static bool has_tag(const struct object *object)
{
	struct etag tag;

	return is_whole(object) && etag_parse(validator_origins_tag(object), &tag) == RC_OK;
}

static bool is_repeated(struct object *const *objects, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (has_tag(objects[i]) && slice_equal(validator_tag(&objects[i]->headers),
						   validator_tag(&objects[at]->headers)))
			return true;
	}
	return false;
}

enum rc conditional_add_candidates(struct object *const *objects, size_t count, struct headers *ret)
{
	struct slice list = SLICE("");

	if (count == 1)
		return conditional_add(objects[0], ret);
	for (size_t i = 0; i < count; i++) {
		if (!has_tag(objects[i]) || is_repeated(objects, i))
			continue;
		list = arena_format(ret->arena, SLICE_FORMAT "%s" SLICE_FORMAT, SLICE_ARGS(list),
			list.size > 0 ? ", " : "", SLICE_ARGS(validator_tag(&objects[i]->headers)));
	}
	if (list.size == 0)
		return RC_ABSENT;
	headers_add_known(ret, FIELD_IF_NONE_MATCH, list);
	return RC_OK;
}

static bool same_date(const struct object *object, const struct headers *not_modified)
{
	int64_t now_ms = object->freshness.responded_ms;
	int64_t stored_ms, new_ms;

	return validator_modified(&object->headers, now_ms, &stored_ms) == RC_OK &&
	       validator_modified(not_modified, now_ms, &new_ms) == RC_OK && stored_ms == new_ms;
}

/* Among several, the 304 must name the one that it means. */
static bool is_named(const struct object *object, const struct headers *not_modified)
{
	struct slice stored = validator_origins_tag(object);
	struct slice new = validator_tag(not_modified);

	if (!is_whole(object))
		return false;
	if (new.size == 0)
		return same_date(object, not_modified);
	return stored.size > 0 && validator_tags_agree(stored, new);
}

static bool is_newer(const struct object *a, const struct object *b)
{
	if (a->freshness.date_ms != b->freshness.date_ms)
		return a->freshness.date_ms > b->freshness.date_ms;
	return a->freshness.responded_ms > b->freshness.responded_ms;
}

struct object *conditional_pick(
	struct object *const *objects, size_t count, const struct headers *not_modified)
{
	struct object *found = NULL;

	if (count == 1)
		return conditional_freshens(objects[0], not_modified) ? objects[0] : NULL;
	for (size_t i = 0; i < count; i++) {
		if (is_named(objects[i], not_modified) &&
			(found == NULL || is_newer(objects[i], found)))
			found = objects[i];
	}
	return found;
}

/* Bytes of the whole representation that the object is, or is a part of. */
static uint64_t whole_size(const struct object *object)
{
	return object->part.is_part ? object->part.total : object_size(object);
}

static bool same_length(const struct object *object, struct slice length)
{
	uint64_t size;

	return slice_to_u64(length, &size) && size == whole_size(object);
}

/* Whether a validator that the HEAD has is the stored one's as well. */
static bool agrees(struct slice said, struct slice stored)
{
	return said.data == NULL || slice_equal(said, stored);
}

/* A HEAD without any of what the GET had is not what a GET would have got: it shows nothing. */
static bool is_poorer(const struct object *object, const struct headers *head)
{
	return !headers_has(head, FIELD_ETAG) && !headers_has(head, FIELD_LAST_MODIFIED) &&
	       !headers_has(head, FIELD_CONTENT_LENGTH) &&
	       (validator_origins_tag(object).data != NULL ||
		       headers_has(&object->headers, FIELD_LAST_MODIFIED));
}

enum head_verdict conditional_judge_head(
	const struct object *object, int status, const struct headers *head)
{
	struct slice length = headers_get(head, FIELD_CONTENT_LENGTH);
	struct slice coding = headers_get(head, FIELD_CONTENT_ENCODING);

	if (status != 200)
		return HEAD_SAYS_NOTHING;
	if (object->status != 200 && object->status != 206)
		return HEAD_OUTDATES; /* a GET would not get it any more */
	if (is_poorer(object, head))
		return HEAD_SAYS_NOTHING;
	if (!agrees(validator_tag(head), validator_origins_tag(object)) ||
		!agrees(headers_get(head, FIELD_LAST_MODIFIED),
			headers_get(&object->headers, FIELD_LAST_MODIFIED)) ||
		!slice_equal_nocase(coding, headers_get(&object->headers, FIELD_CONTENT_ENCODING)))
		return HEAD_OUTDATES;
	if (length.data != NULL && !same_length(object, length))
		return HEAD_OUTDATES;
	return HEAD_UPDATES;
}

/* conditional.c - preconditions: a client's against what is stored, and ours to the origin.
 *
 * What it is not: the update of stored fields by a 304 (fields.c). Pure; threads: any. Ownership:
 * views into the object.
 */
#include "policy/conditional.h"

#include "status.h"
#include "validating.h"

#include "http/date.h"
#include "http/validators.h"

/* The date in a field that must stand alone; false: absent, several, or no date, and so to be
 * ignored (RFC 9110 13.1.3, 13.1.4). */
static bool date_in(const struct headers *h, enum field_id id, int64_t now_ms, int64_t *ret_ms)
{
	if (headers_count_of(h, id) != 1)
		return false;
	return date_parse(headers_get(h, id), now_ms, ret_ms) == RC_OK;
}

/* Whether one of the fields' tags, or "*", fits what is stored. */
static bool any_tag_matches(const struct headers *request, const struct object *object)
{
	struct etag current = { 0 }; /* without an ETag only "*" matches */
	const struct field *at;
	uint32_t from = 0;

	if (etag_parse(validator_tag(&object->headers), &current) != RC_OK)
		current = (struct etag){ 0 };
	while ((at = headers_next(request, FIELD_IF_NONE_MATCH, &from)) != NULL) {
		if (etag_list_matches_weak(at->value, true, current))
			return true;
	}
	return false;
}

bool conditional_is_for_origin(const struct headers *request)
{
	return headers_has(request, FIELD_IF_MATCH) ||
	       headers_has(request, FIELD_IF_UNMODIFIED_SINCE);
}

/* RFC 9110 13.1.3; RFC 9111 4.3.2: without Last-Modified, Date (or when it came) stands in. */
static bool is_unmodified(
	const struct request_view *request, const struct object *object, int64_t now_ms)
{
	int64_t since_ms, modified_ms = object->freshness.date_ms;

	if (!date_in(request->headers, FIELD_IF_MODIFIED_SINCE, now_ms, &since_ms))
		return false;
	if (headers_has(&object->headers, FIELD_LAST_MODIFIED) &&
		validator_modified(&object->headers, now_ms, &modified_ms) != RC_OK)
		return false;
	return modified_ms / 1000 <= since_ms / 1000; /* HTTP-dates have whole seconds */
}

/* RFC 10008 2.6: a conditional QUERY is as conditional as the GET that it stands for. */
static bool asks_for_representation(enum method method)
{
	return method == METHOD_GET || method == METHOD_HEAD || method == METHOD_QUERY;
}

bool conditional_not_modified(
	const struct request_view *request, const struct object *object, int64_t now_ms)
{
	/* RFC 9110 13.2.1, RFC 9111 4.3.2. A part answers only who asked for a range inside of it:
	 * that would be a 206, and conditions come before ranges (RFC 9110 13.2.2). */
	if (object->status != 200 && object->status != 206)
		return false;
	if (!asks_for_representation(request->method))
		return false;
	if (conditional_is_for_origin(request->headers))
		return false;
	if (headers_has(request->headers, FIELD_IF_NONE_MATCH))
		return any_tag_matches(request->headers, object);
	return is_unmodified(request, object, now_ms);
}

enum rc conditional_add(const struct object *object, struct headers *ret)
{
	const struct headers *stored = &object->headers;
	struct slice tag = validator_origins_tag(object);
	int64_t now_ms = object->freshness.responded_ms;
	int64_t modified_ms;
	bool dated = validator_modified(stored, now_ms, &modified_ms) == RC_OK;

	if (!status_is_validatable(object->status) || (tag.size == 0 && !dated))
		return RC_ABSENT;
	if (tag.size > 0)
		headers_add_known(ret, FIELD_IF_NONE_MATCH, tag);
	if (dated)
		headers_add_known(
			ret, FIELD_IF_MODIFIED_SINCE, headers_get(stored, FIELD_LAST_MODIFIED));
	return RC_OK;
}

/* RFC 9110 8.8.2.2: a Last-Modified is as good as a strong tag where the stored Date lies a second
 * behind it. */
static bool is_strong_date(const struct object *object, int64_t modified_ms)
{
	return object->freshness.date_ms - modified_ms >= 1000;
}

/* A 304 with a tag for what was stored without one: only Last-Modified can identify it. */
static bool dates_identify(const struct object *object, const struct headers *not_modified)
{
	int64_t now_ms = object->freshness.responded_ms;
	int64_t stored_ms, new_ms;

	return validator_modified(&object->headers, now_ms, &stored_ms) == RC_OK &&
	       validator_modified(not_modified, now_ms, &new_ms) == RC_OK && stored_ms == new_ms &&
	       is_strong_date(object, stored_ms);
}

/* A 304 with Last-Modified alone, or no validator: it must not contradict what was asked about. */
static bool dates_agree(const struct object *object, const struct headers *not_modified)
{
	int64_t now_ms = object->freshness.responded_ms;
	int64_t stored_ms, new_ms;

	if (validator_modified(not_modified, now_ms, &new_ms) != RC_OK)
		return true;
	if (validator_modified(&object->headers, now_ms, &stored_ms) != RC_OK)
		return validator_origins_tag(object).size > 0;
	return stored_ms == new_ms;
}

bool conditional_freshens(const struct object *object, const struct headers *not_modified)
{
	struct slice stored = validator_origins_tag(object);
	struct slice new = validator_tag(not_modified);

	if (!status_is_validatable(object->status))
		return false; /* it was never asked about */
	if (new.size == 0)
		return dates_agree(object, not_modified);
	if (stored.size > 0)
		return validator_tags_agree(stored, new);
	return dates_identify(object, not_modified);
}

/* RFC 9110 13.1.5: by exact match, and never weakly. */
bool conditional_if_range_holds(const struct headers *request, const struct object *object)
{
	struct slice text = headers_get(request, FIELD_IF_RANGE);
	int64_t now_ms = object->freshness.responded_ms;
	int64_t wanted_ms, stored_ms;
	struct etag wanted, stored;

	if (text.data == NULL)
		return true;
	if (headers_count_of(request, FIELD_IF_RANGE) != 1)
		return false;
	if (etag_parse(text, &wanted) == RC_OK)
		return etag_parse(validator_tag(&object->headers), &stored) == RC_OK &&
		       etag_equal_strong(wanted, stored);
	return date_parse(text, now_ms, &wanted_ms) == RC_OK &&
	       validator_modified(&object->headers, now_ms, &stored_ms) == RC_OK &&
	       wanted_ms == stored_ms && is_strong_date(object, stored_ms);
}

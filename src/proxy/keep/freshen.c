/* proxy/keep/freshen.c - what a response says about what is stored. */
#include "freshen.h"

#include "adaptive_inside.h"
#include "key/askers.h"
#include "purge/grouping.h"
#include "origin_side.h"
#include "stand_in.h"
#include "state.h"

#include "policy/conditional.h"
#include "policy/freshness.h"
#include "policy/share.h"
#include "policy/storable.h"

/* A view of the stored response with the fields that the new head brought. */
static void update(struct flight *flight, const struct object *stored,
	const struct response_view *head, struct response_view *ret)
{
	struct headers *fields = arena_alloc(&flight->arena, sizeof(*fields));

	headers_init(fields, &flight->arena);
	conditional_update(&stored->headers, head->headers, fields);
	response_view_init(ret, stored->status, fields);
	ret->requested_ms = head->requested_ms;
	ret->responded_ms = head->responded_ms;
	ret->not_modified = head->headers;
	origin_side_add_date(fields, head->responded_ms);
}

/* The bytes are the same, so what was made of them stays; unless the origin has a name of its own now. */
static bool keeps_our_tag(const struct object *stored, const struct response_view *head)
{
	return stored->tagged && !headers_has(head->headers, FIELD_ETAG);
}

/* Not stored anew, since it was softly invalidated meanwhile: as it is stored it is stale. */
static bool is_made_stale(const struct flight *flight, const struct object *stored, enum skip skip)
{
	return skip == SKIP_PURGED && !grouping_is_out(flight->proxy, flight->route, stored);
}

/* RFC 9111 4.3.4, 4.3.5: the stored response is as good as new. False: with its new fields it can't be sent. */
static bool freshen(struct flight *flight, struct object *stored, const struct response_view *head,
	struct flight_verdict *ret)
{
	struct policy_limits limits = origin_side_limits(flight);
	struct response_view updated;
	struct request_view request;

	update(flight, stored, head, &updated);
	if (headers_size(updated.headers) > flight->proxy->most_fields)
		return false;
	request_view_init(&request, METHOD_GET, &flight->request);
	request.keyed_by_body = flight->parts.method.size > 0;
	ret->freshness = freshness_of(&updated, &limits);
	adaptive_settle(flight, stored, TTL_UNCHANGED, &ret->freshness);
	ret->skip = storable_check(&request, &updated, &limits);
	if (askers_variant(flight, &updated, ret) != RC_OK && ret->skip == SKIP_NONE)
		ret->skip = SKIP_AUTHORIZATION; /* it has credentials that select */
	/* it may have been invalidated by a tag that the 304 takes off */
	if ((!grouping_find(flight, updated.headers, ret) ||
		    grouping_is_out(flight->proxy, flight->route, stored) ||
		    grouping_overtook_stored(flight, stored)) &&
		ret->skip == SKIP_NONE)
		ret->skip = SKIP_PURGED;
	ret->share = share_of(ret->skip, &ret->freshness);
	origin_side_remember_share(flight, ret);
	ret->from_store = true;
	ret->object = grouping_object(flight,
		&(struct object_parts){
			.status = stored->status,
			.freshness = ret->freshness,
			.headers = updated.headers,
			.variant = &ret->variant,
			.tagged = keeps_our_tag(stored, head),
			.gzipped = stored->gzipped,
			.plain_size = stored->plain_size,
			.body = stored->body,
		},
		stored);
	if (ret->skip == SKIP_NONE)
		ret->skip = origin_side_store(flight, ret->object);
	else if (!origin_side_is_of_request(ret->skip) && !is_made_stale(flight, stored, ret->skip))
		origin_side_discard(flight, stored);
	return true;
}

/* The stored response that a 304 speaks of (RFC 9111 4.3.4), or NULL. */
static struct object *named_by(const struct flight *flight)
{
	struct object *all[OTHERS_MOST + 1];
	size_t count = flight_candidates(flight, all);

	return conditional_pick(all, count, &flight->received);
}

/* What is stored, for who takes it, in the place of the origin's error (RFC 9111 4.3.3). */
static void stand_in(struct flight *flight, struct flight_verdict *ret)
{
	HEADERS_EACH(at, &flight->stale->variant)
		headers_add(&ret->variant, at->name, at->value);
	ret->freshness = grouping_freshness(
		flight->proxy, flight->route, flight->stale, flight->requested_ms);
	ret->slots = flight->slots;
	ret->slot_count = flight->slot_count;
	ret->share = SHARE_ALL;
	ret->skip = SKIP_STATUS;
	ret->object = object_ref(flight->stale);
	ret->from_store = ret->stands_in = true;
}

/* RFC 9111 4.3.5 */
static bool keep_head(
	struct flight *flight, const struct response_view *head, struct flight_verdict *ret)
{
	switch (conditional_judge_head(flight->stale, flight->status, &flight->received)) {
	case HEAD_UPDATES:
		if (freshen(flight, flight->stale, head, ret))
			return true;
		origin_side_discard(flight, flight->stale);
		break;
	case HEAD_OUTDATES:
		origin_side_discard(flight, flight->stale);
		break;
	case HEAD_SAYS_NOTHING:
		break;
	}
	return false;
}

/* What was asked about is of no use: without it there is nothing to ask about. */
static void begin_again(struct flight *flight, struct flight_verdict *ret)
{
	struct object *all[OTHERS_MOST + 1];
	size_t count = flight_candidates(flight, all);

	for (size_t i = 0; i < count; i++)
		origin_side_discard(flight, all[i]);
	ret->retry = true;
}

bool freshen_keep(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret)
{
	struct request_view request;
	struct object *named;

	if (flight->status == 304 && flight->validates) {
		named = named_by(flight);
		/* else it speaks of something else */
		if (named == NULL || !freshen(flight, named, response, ret))
			begin_again(flight, ret);
		return true;
	}
	/* an origin that knows conditions of GET and HEAD only (RFC 9110 13.1.2) */
	if (flight->status == 412 && flight->validates) {
		begin_again(flight, ret);
		return true;
	}
	request_view_init(&request, flight->method, &flight->request);
	if (stand_in_is_error(flight->status) &&
		stand_in_serves(flight, &request, response->responded_ms)) {
		stand_in(flight, ret);
		return true;
	}
	if (flight->method == METHOD_HEAD && flight->stale != NULL)
		return keep_head(flight, response, ret);
	return false;
}

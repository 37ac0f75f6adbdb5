/* policy/conditional.h - preconditions of clients and our own to the origin
 * (RFC 9110 13, RFC 9111 4.3). */
#pragma once

#include "policy/views.h"

/* Whether the request asks about the state at the origin (If-Match, If-Unmodified-Since): a cache must
 * not evaluate that (RFC 9111 4.3.2). Such a request is sent on. */
bool conditional_is_for_origin(const struct headers *request);

/* Whether If-None-Match or If-Modified-Since makes a 304 of a stored response to GET, HEAD or QUERY
 * (RFC 9110 13.2.2, RFC 9111 4.3.2, RFC 10008 2.6); only on a stored status 200, or 206 whose part
 * answers the request. */
bool conditional_not_modified(
	const struct request_view *request, const struct object *object, int64_t now_ms);

/* Whether the Range of a request stands (RFC 9110 13.1.5): no If-Range, the object's tag by strong
 * comparison, or exactly its Last-Modified where that is a strong validator (8.8.2.2). */
bool conditional_if_range_holds(const struct headers *request, const struct object *object);

/* Adds If-None-Match and/or If-Modified-Since that validate the object (RFC 9111 4.3.1).
 * RC_ABSENT: it has no validator, or its status is not 2xx, where a 304 would speak of something
 * else (RFC 9110 13.2.1). Views into the object. */
NODISCARD enum rc conditional_add(const struct object *object, struct headers *ret);

/* The same for several stored responses (RFC 9111 4.3.1): If-None-Match with each entity tag of those
 * that are whole and of status 200, once. RC_ABSENT: none has one. */
NODISCARD enum rc conditional_add_candidates(
	struct object *const *objects, size_t count, struct headers *ret);

/* The one of those that were asked about which a 304 freshens (RFC 9111 4.3.4), the most recent where
 * it names several; borrowed. NULL: none, so ask again without conditions. */
struct object *conditional_pick(
	struct object *const *objects, size_t count, const struct headers *not_modified);

/* Whether a 304 freshens this object: RFC 9111 4.3.4 (strong, weak, or a 304 without validator
 * for the only object that was asked about). false: ask again without conditions. */
bool conditional_freshens(const struct object *object, const struct headers *not_modified);

enum head_verdict {
	HEAD_UPDATES,      /* conditional_update() with its fields, and judge anew */
	HEAD_OUTDATES,     /* stale from now on */
	HEAD_SAYS_NOTHING, /* leave what is stored as it is */
};

/* What the response to a HEAD means for a stored response to GET that it could have selected
 * (RFC 9111 4.3.5): a 200 whose ETag, Last-Modified and Content-Length, as far as it has them, are
 * the stored ones updates it. One that has none of them, where the stored response has a validator,
 * is no evidence. */
enum head_verdict conditional_judge_head(
	const struct object *object, int status, const struct headers *head);

/* The stored fields updated by a 304's, or a HEAD's (RFC 9111 3.2): FRAMING fields, hop-by-hop, OURS, ONCE and
 * Set-Cookie are not taken from it; the stored Date goes even where the 304 has none. Freshness,
 * storability and the variant are found anew from ret, with response_view.not_modified set.
 * ret is initialised with an arena; views are kept. */
void conditional_update(
	const struct headers *stored, const struct headers *not_modified, struct headers *ret);

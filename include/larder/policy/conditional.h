/* policy/conditional.h - preconditions of clients and our own to the origin
 * (RFC 9110 13, RFC 9111 4.3). */
#pragma once

#include "policy/views.h"

/* Whether the request asks about the state at the origin (If-Match, If-Unmodified-Since): a cache must
 * not evaluate that (RFC 9111 4.3.2). Such a request is sent on. */
bool conditional_is_for_origin(const struct headers *request);

/* Whether If-None-Match or If-Modified-Since makes a 304 of a stored response to GET or HEAD (RFC 9110
 * 13.2.2, RFC 9111 4.3.2); only on a stored status 200. */
bool conditional_not_modified(
	const struct request_view *request, const struct object *object, int64_t now_ms);

/* Adds If-None-Match and/or If-Modified-Since that validate the object (RFC 9111 4.3.1).
 * RC_ABSENT: it has no validator, or its status is not 2xx, where a 304 would speak of something
 * else (RFC 9110 13.2.1). Views into the object. */
NODISCARD enum rc conditional_add(const struct object *object, struct headers *ret);

/* Whether a 304 freshens this object: RFC 9111 4.3.4 (strong, weak, or a 304 without validator
 * for the only object that was asked about). false: ask again without conditions. */
bool conditional_freshens(const struct object *object, const struct headers *not_modified);

/* The stored fields updated by a 304's (RFC 9111 3.2): FRAMING fields, hop-by-hop, OURS, ONCE and
 * Set-Cookie are not taken from it; the stored Date goes even where the 304 has none. Freshness,
 * storability and the variant are found anew from ret, with response_view.not_modified set.
 * ret is initialised with an arena; views are kept. */
void conditional_update(
	const struct headers *stored, const struct headers *not_modified, struct headers *ret);

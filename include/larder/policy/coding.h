/* policy/coding.h - content codings: one stored gzip serves those who take it and those who don't
 * (RFC 9110 8.4, 12.5.3).
 *
 * gzip is asked of the origin for everybody. Who doesn't take it gets the stored bytes inflated, where
 * no-transform (RFC 9111 5.2.2.6, 5.2.1.6) doesn't forbid that. Pure; threads: any.
 */
#pragma once

#include "http/object.h"
#include "policy/views.h"

enum coding {
	CODING_IDENTITY, /* none, or "identity" */
	CODING_GZIP,     /* gzip or x-gzip, and nothing else */
	CODING_OTHER,    /* anything that can't be undone here */
};

/* The coding of a body with these response fields. */
enum coding coding_of(const struct headers *response);

/* Whether the client prefers gzip to identity (RFC 9110 12.5.3, q-values respected; in doubt not). */
bool coding_prefers_gzip(const struct headers *request);

enum coding_use {
	CODING_AS_IT_IS, /* send the stored bytes */
	CODING_INFLATE,  /* send them inflated */
	CODING_UNFIT,    /* neither is allowed: another representation is wanted */
};

/* Whether a proxy may change the content on its way to this request (no-transform: RFC 9111 5.2.2.6, 5.2.1.6). */
bool coding_may_transform(const struct headers *response, const struct request_view *request);

/* What of a response with these fields this request may get. */
enum coding_use coding_use(const struct headers *response, const struct request_view *request);

/* The same for what is stored. Where larder compressed the body itself (object->gzipped), as it is means
 * the gzip, and inflated means as it came: for who takes no gzip or forbids to transform, and for a
 * range, which is one of the representation that the fields describe. */
enum coding_use coding_use_object(const struct object *object, const struct request_view *request);

/* Whether this request may get the response that is stored under `variant` (policy/vary.h) as far as
 * the coding goes: some use of it is allowed, or the origin was asked just as this client asks and
 * answered so. */
bool coding_fits(const struct headers *response, const struct headers *variant,
	const struct request_view *request);

/* Whether some use of a response with these fields is allowed for everybody who doesn't forbid it by
 * no-transform: identity, or gzip that may be inflated. Such a response does not depend on
 * Accept-Encoding. */
bool coding_serves_all(const struct headers *response);

/* Whether a field speaks of the encoded bytes and so must not be sent with the inflated ones
 * (Content-Encoding, Content-Length, Content-MD5, Digest, Content-Digest, Repr-Digest ...). */
bool coding_is_of_bytes(const struct field *field);

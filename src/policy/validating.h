/* validating.h - the validators of a stored response, as far as they are of use to us.
 *
 * An entity tag is sent back as it came, even one without quotes: the origin that made it may know
 * it again. A Last-Modified that is no date is none. Pure; threads: any; borrows everything.
 */
#pragma once

#include "http/object.h"

/* The ETag as it came; size 0: none. */
struct slice validator_tag(const struct headers *h);

/* The same of what is stored, as far as the origin knows it: not one that was made here. data NULL: none. */
struct slice validator_origins_tag(const struct object *object);

/* Last-Modified. now_ms: for two-digit years. RC_ABSENT: none, or not a date. */
NODISCARD enum rc validator_modified(const struct headers *h, int64_t now_ms, int64_t *ret_ms);

/* Whether the tags of a stored response and of a 304 name the same representation: a strong one must
 * match strongly (RFC 9111 4.3.4). Tags that are none match when they are the same text. */
bool validator_tags_agree(struct slice stored, struct slice new);

/* Whether a response of this status with these fields can be validated. */
bool validator_usable(int status, const struct headers *h, int64_t now_ms);

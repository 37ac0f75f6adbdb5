/* http/validators.h - entity tags and their comparison (RFC 9110 8.8). */
#pragma once

#include "http/headers.h"

struct etag {
	struct slice opaque; /* without the quotes; data NULL: there is no tag, equal to none */
	bool weak;
};

/* RC_INVALID: not an entity tag. The view is into text. */
NODISCARD enum rc etag_parse(struct slice text, struct etag *ret);

/* RFC 9110 8.8.3.2 */
bool etag_equal_strong(struct etag a, struct etag b);
bool etag_equal_weak(struct etag a, struct etag b);

/* Whether an If-None-Match value (a list or "*") matches; has_current false: there is no current
 * representation. A malformed member matches nothing. If-Match, whose comparison is the strong one,
 * is the origin's to evaluate (RFC 9111 4.3.2). */
bool etag_list_matches_weak(struct slice list, bool has_current, struct etag current);

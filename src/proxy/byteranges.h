/* proxy/byteranges.h - several ranges in one body: multipart/byteranges (RFC 9110 14.6). */
#pragma once

#include "proxy/exchange.h"

/* The body with x->cut.ranges of `body`, and x->cut.boundary. It is x->made, which is let go of at the
 * exchange's end. */
struct body *byteranges_make(struct exchange *x, struct slice body);

/* The value of Content-Range for one range, in the arena. */
struct slice byteranges_content_range(const struct exchange *x, const struct range *range);

/* proxy/deliver/byteranges.h - several ranges in one body: multipart/byteranges (RFC 9110 14.6). */
#pragma once

#include "proxy/exchange.h"

/* The body with x->cut.ranges of these bytes, and x->cut.boundary; a reference. */
struct body *byteranges_make(struct exchange *x, struct slice bytes);

/* The same of a body that is elsewhere; NULL: it can't be read. */
struct body *byteranges_read(struct exchange *x, struct body *body);

/* Bytes that the ranges have together. */
uint64_t byteranges_size(const struct exchange *x);

/* The value of Content-Range for one range, in the arena. */
struct slice byteranges_content_range(const struct exchange *x, const struct range *range);

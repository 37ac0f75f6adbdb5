/* proxy/deliver/inflate.h - gzip bodies for clients that take no gzip: one that came bounded by
 * cache.decode_limit and by how many times its gzip a body may be, one that was made here by what it
 * was made of. */
#pragma once

#include "proxy/exchange.h"

#define INFLATE_WHOLE_MOST ((uint64_t)1024 * 1024) /* in memory for one client */

/* A body that is there as a whole and small. RC_INVALID: it is no gzip, or not of what it was made of.
 * RC_TOO_LARGE: to be inflated while it is sent. Returns a reference. */
NODISCARD enum rc inflate_whole(const struct exchange *x, struct slice data, struct body **ret);

/* While it is sent, from the begin of x->cut's one range on, if it has one: sets x->inflating. data: of
 * x->object; of size 0: it comes from x->pieces, else from the flight. */
void inflate_begin(struct exchange *x, struct slice data);
void inflate_end(struct inflating *inflating);

/* As exchange_read(). */
ssize_t inflate_read(struct exchange *x, char *buffer, size_t size);

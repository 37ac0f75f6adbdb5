/* proxy/inflate.h - gzip bodies for clients that take no gzip: bounded by cache.decode_limit
 * and by how many times its gzip a body may be. */
#pragma once

#include "proxy/exchange.h"

/* A body that is there as a whole and small. RC_INVALID: it is no gzip. RC_TOO_LARGE: to be inflated
 * while it is sent. Returns a reference. */
NODISCARD enum rc inflate_whole(const struct exchange *x, struct slice data, struct body **ret);

/* While it is sent: sets x->inflating. data: of x->object; of size 0: it comes from the flight. */
void inflate_begin(struct exchange *x, struct slice data);
void inflate_end(struct inflating *inflating);

/* As exchange_read(). */
ssize_t inflate_read(struct exchange *x, char *buffer, size_t size);

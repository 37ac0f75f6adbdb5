/* proxy/inflate.h - gzip bodies for clients that take no gzip: bounded by cache.decode_limit. */
#pragma once

#include "proxy/exchange.h"

/* A body that is there as a whole. RC_INVALID: it is no gzip; RC_TOO_LARGE. Returns a reference. */
NODISCARD enum rc inflate_whole(const struct exchange *x, struct slice data, struct body **ret);

/* One that comes from the exchange's flight: sets x->inflating. */
void inflate_begin(struct exchange *x);
void inflate_end(struct inflating *inflating);

/* As exchange_read(). */
ssize_t inflate_read(struct exchange *x, char *buffer, size_t size);

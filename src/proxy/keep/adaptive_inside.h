/* proxy/keep/adaptive_inside.h - the learning side of proxy/adaptive.h, for the files of this layer only. */
#pragma once

#include "flight/flight.h"

#include "policy/ttl.h"
#include "proxy/adaptive.h"

/* One a route. */
struct adaptive {
	atomic_int_fast64_t start_ms;
	atomic_uint_fast64_t refreshes;
	atomic_uint_fast64_t changes;
};

struct adaptive *adaptives_new(const struct config *config);
void adaptives_free(struct adaptive *adaptives);
/* What was learned stays where the configuration is another. */
void adaptive_copy(struct adaptive *to, const struct adaptive *from);

int64_t adaptive_start_ms(const struct proxy *proxy, uint16_t route);

/* A refresh of `before` found this: makes an adaptive lifetime of f what follows, and learns. No effect on
 * other lifetimes. before: NULL, there was none. */
void adaptive_settle(struct flight *flight, const struct object *before, enum ttl_news news,
	struct freshness *f);

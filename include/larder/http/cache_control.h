/* http/cache_control.h - Cache-Control of requests and responses (RFC 9111 5.2).
 *
 * Directives are one table in cache_control.c. Unknown ones are ignored. A delta-seconds that is
 * malformed counts as 0 in a response (stale: RFC 9111 4.2.1) and as absent in a request; one that
 * overflows is 2^31 (RFC 9111 1.2.2). Of duplicates the most restrictive stands: two lists of one
 * kind count as the unqualified directive, max-stale with a number beats the bare one. A list that
 * is empty or has other than field names counts as unqualified, too.
 */
#pragma once

#include "http/headers.h"
#include "http/structured.h"

#define CC_NONE (-1) /* the directive was not there */

enum cc_flags {
	CC_NO_STORE = 1,
	CC_NO_CACHE = 2,        /* unqualified */
	CC_NO_CACHE_FIELDS = 4, /* no-cache="field, ..." */
	CC_PRIVATE = 8,         /* unqualified */
	CC_PRIVATE_FIELDS = 16, /* private="field, ..." */
	CC_PUBLIC = 32,
	CC_MUST_REVALIDATE = 64,
	CC_PROXY_REVALIDATE = 128,
	CC_MUST_UNDERSTAND = 256,
	CC_NO_TRANSFORM = 512,
	CC_ONLY_IF_CACHED = 1024,
	CC_IMMUTABLE = 2048,
	CC_MAX_STALE_ANY = 4096, /* max-stale without a number */
};

struct cache_control {
	unsigned flags;  /* enum cc_flags */
	bool present;    /* there was a Cache-Control field at all */
	int64_t max_age; /* seconds, or CC_NONE; so are all below */
	int64_t s_maxage;
	int64_t max_stale;
	int64_t min_fresh;
	int64_t stale_while_revalidate;
	int64_t stale_if_error;
	struct slice no_cache_fields; /* the quoted list, borrowed; empty when not there */
	struct slice private_fields;
};

/* Reads every Cache-Control field of a response (resp. a request). */
void cache_control_of_response(const struct headers *h, struct cache_control *ret);
void cache_control_of_request(const struct headers *h, struct cache_control *ret);

/* A targeted field of a response (RFC 9213 2.1). A directive whose value is not of its type is
 * ignored, parameters are too. Lists are views into the members. */
void cache_control_of_members(const struct sf_members *members, struct cache_control *ret);

/* No directive at all. */
void cache_control_init(struct cache_control *ret);

/* delta-seconds (RFC 9111 1.2.2), at most 2^31; false: something else. */
bool cache_control_seconds(struct slice text, int64_t *ret);

/* http/object.h - a stored response: immutable and refcounted.
 *
 *	| struct object | fields | variant | groups | text of the fields | source version | own tags |
 *	       |							one allocation
 *	       +--------- struct body (shared by the objects that a 304 makes of one another)
 *
 * What policy found when it was stored stands in struct freshness, so that a hit only does sums.
 * Threads: any; nothing but the count of hits changes after object_new(). Ownership: object_new() gives the first
 * reference.
 */
#pragma once

#include "http/body.h"
#include "http/headers.h"
#include "http/version.h"

/* Where a lifetime comes from: words of `larder why` and of `detail`. */
#define LIFETIME_TABLE(X)                                                    \
	X(NONE, "none")           /* none is given: validated at each use */ \
	X(EXPLICIT, "explicit")   /* s-maxage, max-age, Expires */           \
	X(HEURISTIC, "heuristic") /* Last-Modified */                        \
	X(FORCED, "forced")       /* the route's, above the origin's */      \
	X(ROUTE, "route")         /* its ttl */                              \
	X(CLASS, "class")         /* its class's */                          \
	X(POLICY, "policy")       /* its upstream's ttl_policy */            \
	X(ADAPTIVE, "adaptive")   /* learnt from what refreshes found */     \
	X(ERRORS, "errors")       /* the table of errors */                  \
	X(RETRY_AFTER, "retry-after")                                        \
	X(GUARD, "guard") /* a body that is an error under a good status */

enum lifetime_source {
#define X(id, text) LIFETIME_##id,
	LIFETIME_TABLE(X)
#undef X
		LIFETIME_COUNT
};

const char *lifetime_text(enum lifetime_source source);

/* What decides for how long a stored response may be used; filled by policy/freshness. Times are
 * wall milliseconds. */
struct freshness {
	int64_t requested_ms;   /* when the request went out (RFC 9111 4.2.3 request_time) */
	int64_t responded_ms;   /* when its head came (response_time) */
	int64_t date_ms;        /* Date, or responded_ms without one */
	int64_t initial_age_ms; /* corrected_initial_age (RFC 9111 4.2.3) */
	int64_t lifetime_ms;    /* freshness_lifetime (RFC 9111 4.2.1) */
	int64_t stale_while_revalidate_ms; /* 0: none */
	int64_t stale_if_error_ms; /* the origin's, or the grace that policy_limits gives; 0: none */
	bool explicit;             /* lifetime from s-maxage, max-age or Expires */
	bool heuristic;
	bool revalidate_always; /* no-cache */
	bool revalidate_stale;  /* must-revalidate, proxy-revalidate, s-maxage: never stale */
	bool immutable;         /* RFC 8246: a reload needs no validation while it is fresh */
	bool for_all;           /* may answer requests with Authorization (RFC 9111 3.5) */
	bool negative;          /* an error: bounded by cache.negative_share, never used stale */
	uint8_t source;         /* enum lifetime_source */
};

/* Which bytes of the representation the body is, where it is not all of them (status 206). */
struct object_part {
	bool is_part;
	uint64_t first; /* position of the body's first byte */
	uint64_t total; /* bytes of the whole representation */
};

struct object {
	atomic_uint references;
	atomic_uint
		hits; /* lookups of the memory tier that took it: written under that one's lock */
	uint64_t serial; /* unique in this process */
	int status;
	uint8_t http_version; /* in which it was received: enum http_version */
	bool tagged;          /* its ETag was made here, and is nothing to the origin */
	uint16_t group_count;
	uint16_t given_count;   /* of them, the last ones: of tags that the configuration gives, */
	uint16_t held_count;    /* and of these the last ones: of what its body holds */
	const uint32_t *groups; /* slots (store/groups.h): first its own target's, then its tags' */
	uint64_t epoch;         /* of the groups, when its fetch began */
	/* Its body is a gzip that was made here, of an identity body of plain_size bytes; the fields
	 * speak of that one, as they came. Never of a part. */
	bool gzipped;
	uint64_t plain_size;
	bool holds_any; /* its body may hold whatever has a tag: nobody could tell */
	bool refers;    /* it has Location, Content-Location or Link */
	struct slice
		source_version; /* of the data at the origin, as the route tells it; or empty */
	struct slice own_tags;  /* that its path has: as http/tags.h packs them */
	struct freshness freshness;
	struct object_part part;
	struct headers headers; /* end-to-end fields as they came; arena NULL */
	size_t header_bytes;    /* that these take when they are sent */
	struct body *body;      /* never NULL, may be of size 0 */
	struct headers variant; /* under Vary: names and the request's normalised values */
	size_t footprint;       /* bytes that the allocator spends on it, the body included */
};

struct object_parts {
	int status;
	enum http_version http_version;
	struct freshness freshness;
	struct object_part part;
	const struct headers *headers; /* borrowed and copied */
	const struct headers *variant; /* borrowed and copied; may be NULL */
	const uint32_t *groups;        /* borrowed and copied; may be NULL when there are none */
	uint16_t group_count, given_count, held_count;
	uint64_t epoch;
	bool tagged;
	bool gzipped;
	uint64_t plain_size;
	bool holds_any;
	struct slice source_version; /* borrowed and copied, as the next */
	struct slice own_tags;
	struct body *body; /* borrowed; gets one more reference */
};

struct object *object_new(const struct object_parts *parts);
/* How many tags its body holds; tenant: whether it is a tenant's, for whom each has two slots. One or two more
 * say by which patterns they were found. */
static inline unsigned object_held(const struct object *object, bool tenant)
{
	return object->held_count == 0 || object->holds_any
		       ? 0
		       : (object->held_count - 1U) / (tenant ? 2 : 1);
}

/* What a stored response consists of; borrowed from it. */
struct object_parts object_parts_of(const struct object *object);
/* The same response with its body in another form: as it came (body, borrowed, gets one more
 * reference). */
struct object *object_with_body(const struct object *object, struct body *body);

/* Lookups of the memory tier that took it. Written by one thread at a time, under that tier's lock: a load and a
 * store, to the cache line that the reference is about to be written to anyway. */
static inline unsigned object_hits(const struct object *object)
{
	return atomic_load_explicit(&object->hits, memory_order_relaxed);
}

/* more: than what it has; it stays at the largest number. */
static inline void object_add_hits(struct object *object, unsigned more)
{
	unsigned hits;

	if (__builtin_add_overflow(object_hits(object), more, &hits))
		hits = ~0U;
	atomic_store_explicit(&object->hits, hits, memory_order_relaxed);
}

/* Bytes of the body as it came. */
static inline uint64_t object_size(const struct object *object)
{
	return object->gzipped ? object->plain_size : object->body->size;
}

struct object *object_ref(struct object *object);
void object_unref(struct object *object);

SCOPE_DEFINE(object, object_unref)

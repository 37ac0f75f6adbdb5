/* policy/views.h - what policy looks at: a request and a response with their directives read once.
 *
 * Policy is pure: no I/O, no clock, no lock, no log. Everything is borrowed.
 */
#pragma once

#include "http/cache_control.h"
#include "http/method.h"
#include "http/object.h"
#include "policy/ttl.h"

struct request_view {
	enum method method;
	const struct headers *headers;
	struct cache_control
		cc; /* with Pragma: no-cache folded in where there is no Cache-Control */
	bool has_authorization;
	bool keyed_by_body; /* the caller's to set: the body of a POST or QUERY stands in the key, so
			     * its response is stored as that of a GET is (RFC 10008 2.7) */
};

struct response_view {
	int status;
	const struct headers *headers;
	/* Of Cache-Control, or of larder-cache-control, CDN-Cache-Control or Surrogate-Control. A
	 * private="..." or no-cache="..." that names a field without which the rest would be
	 * misread stands as the unqualified directive. */
	struct cache_control cc;
	bool targeted; /* cc was read from a targeted field: neither Cache-Control nor Expires says
			* anything about caching (RFC 9213 2.2) */
	int64_t requested_ms; /* wall */
	int64_t responded_ms; /* wall */
	/* NULL, or where headers are what conditional_update() made the 304's own: its Age counts,
	 * and is not among those. */
	const struct headers *not_modified;
};

/* What becomes of a response with Set-Cookie. */
enum cookie_rule {
	COOKIE_REFUSE, /* not stored */
	COOKIE_STRIP,  /* stored without it */
	COOKIE_KEEP,   /* stored and replayed with it */
};

/* Bounds that the configuration puts on what policy may decide. */
struct policy_limits {
	int64_t max_heuristic_ms;   /* cap of a heuristic lifetime */
	unsigned heuristic_percent; /* of the time since Last-Modified */
	int64_t max_object_bytes;
	int64_t grace_ms; /* how long a stale response may stand in for an origin that fails, where
			   * neither side forbids it nor the origin says how long (RFC 9111 4.2.4) */
	enum cookie_rule set_cookie;
	const struct text_list *vary; /* the only names of Vary that count; NULL or empty: all */
	struct ttl_rules ttl;
};

/* Both read the directives. The times, and not_modified where there was a 304, are the caller's to
 * fill in. */
void request_view_init(struct request_view *ret, enum method method, const struct headers *headers);
void response_view_init(struct response_view *ret, int status, const struct headers *headers);

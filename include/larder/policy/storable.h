/* policy/storable.h - may a response be stored by a shared cache? (RFC 9111 3) */
#pragma once

#include "http/range.h"
#include "policy/views.h"

/*	X(id, "word of cache_store_skips_total{reason} and docs") */
#define SKIP_TABLE(X)                           \
	X(NONE, "none")                         \
	X(METHOD, "method")                     \
	X(STATUS, "status")                     \
	X(REQUEST_NO_STORE, "request-no-store") \
	X(NO_STORE, "no-store")                 \
	X(PRIVATE, "private")                   \
	X(AUTHORIZATION, "authorization")       \
	X(SET_COOKIE, "set-cookie")             \
	X(VARY_ANY, "vary-any")                 \
	X(NO_FRESHNESS, "no-freshness")         \
	X(PARTIAL, "partial")                   \
	X(TOO_LARGE, "too-large")               \
	X(INCOMPLETE, "incomplete")             \
	X(PURGED, "purged")                     \
	X(KEEPS_STALE, "keeps-stale")           \
	X(BYPASS, "bypass")                     \
	X(GUARD_REJECTED, "guard-rejected")     \
	X(GUARD_PASS, "guard-pass")

enum skip {
#define X(id, text) SKIP_##id,
	SKIP_TABLE(X)
#undef X
		SKIP_COUNT
};

const char *skip_text(enum skip skip);

/* SKIP_NONE: may be stored. Looks at the head only: SKIP_INCOMPLETE, SKIP_TOO_LARGE by counting,
 * SKIP_PURGED and SKIP_KEEPS_STALE are found later by who receives the body (a Content-Length above
 * limits->max_object_bytes is SKIP_TOO_LARGE here already). SKIP_NO_FRESHNESS: neither a lifetime
 * nor a validator that makes it worth keeping. */
enum skip storable_check(const struct request_view *request, const struct response_view *response,
	const struct policy_limits *limits);

/* Whether the 2xx to a POST with these fields may be stored for later GETs of the same target
 * (RFC 9110 9.3.3). That its Content-Location is the target's URI is the caller's to see. */
bool storable_for_get(const struct request_view *request, const struct response_view *response,
	const struct policy_limits *limits);

/* Which part of what a 206 with these fields has: its one Content-Range is in bytes, valid, of known
 * total and as long as Content-Length (RFC 9110 14.4). false: it can't be told. */
bool storable_part(const struct headers *response, struct content_range *ret);

enum fields_for {
	FIELDS_SENT_ON,           /* to the client that caused the fetch */
	FIELDS_STORED,            /* and for whoever else shares the fetch */
	FIELDS_STORED_NO_COOKIES, /* the same under COOKIE_STRIP */
};

/* The end-to-end fields: hop-by-hop fields, those that Connection names and OURS left out. Sent on:
 * without FOR_US. Stored: without ONCE and the fields that private="..." and no-cache="..." name
 * (RFC 9111 3.1, 5.2.2.4, 5.2.2.7); FOR_US is then left out when it is delivered. ret is initialised
 * with an arena; views are kept, not copied. */
void fields_end_to_end(
	const struct headers *response, enum fields_for purpose, struct headers *ret);

/* Whether private="..." or no-cache="..." keep a field of this response for the client that caused
 * the fetch: then its head must not be shared as it is. */
bool fields_reserved(const struct headers *response);

/* http/uri.h - request targets and base URLs (RFC 3986, RFC 9112 3.2). */
#pragma once

#include "util/bytes.h"

/* Views into the raw target "/path?query". */
struct target {
	struct slice path;  /* up to '?' */
	struct slice query; /* behind '?'; data NULL when there is none: "/a" and "/a?" differ */
};

/* Splits an origin-form target. RC_INVALID: it doesn't begin with '/', has a character outside
 * of RFC 3986's path and query (a lenient reading: any visible ASCII but '#' and '\\'; bytes above
 * 127 are refused), a '%' without two hex digits, or %00.
 * RC_UNSUPPORTED: a "." or ".." segment, plain or percent-encoded: routes are found by prefix, so
 * such a path could leave its route at the origin. Segments are cut as the laxest origin would cut
 * them: "%2f" and "%5c" end one too, and ';' (also "%3b") begins parameters that are no part of it;
 * so "/a/..%2fb" and "/a/..;/b" are refused, while "/a%2fb" is taken and stays as it is. */
NODISCARD enum rc target_split(struct slice raw, struct target *ret);

/* Whether a path has a "." or ".." segment, in disguise or not, as target_split() finds them; of any
 * characters. */
bool target_has_dots(struct slice path);

/* Appends the canonical form: percent-encodings of unreserved characters decoded, hex digits of
 * the others in upper case (RFC 3986 6.2.2). Nothing else changes: such targets are equivalent for
 * every origin. The input is one that target_split() took. */
NODISCARD enum rc target_canonical(struct slice raw, struct bytes *ret);

/* A base URL of an upstream. */
struct base_url {
	bool secure;       /* https */
	struct slice host; /* without brackets */
	uint16_t port;
	struct slice path; /* without a slash at its end; may be empty */
};

/* http or https only; no user, query or fragment; the path as target_split() takes one. Without a
 * port: 80 or 443. Views into text. RC_INVALID otherwise. */
NODISCARD enum rc base_url_parse(struct slice text, struct base_url *ret);

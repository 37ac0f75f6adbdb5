/* http/reference.h - URI references as responses bear them (RFC 3986 5): Location,
 * Content-Location, Link.
 *
 * What it is not: a reader of any URL. Whatever larder could not have been asked for (http/uri.h)
 * is refused: other schemes, userinfo, hosts that are no names or addresses, bytes above 127, dot
 * segments in disguise. Threads: any. Ownership: views into the text that was handed in.
 */
#pragma once

#include "util/bytes.h"

/* Resolves a reference against an absolute http or https URL into another, without fragment, dot
 * segments removed: "scheme://host[:port]/path[?query]" with scheme and host in lower case and the
 * scheme's own port left out (6.2.2.1, 6.2.3). Percent-encodings stay as they came.
 *
 * The buffer is cleared first and must not hold what is resolved; ret lies in it. RC_INVALID: the
 * base or the reference can't be read. RC_TOO_LARGE: longer than the buffer's limit. */
NODISCARD enum rc reference_resolve(
	struct slice base, struct slice reference, struct bytes *buffer, struct slice *ret);

/* An absolute http or https URL without fragment. */
struct url {
	bool secure;
	struct slice host;   /* as it came, without brackets */
	uint16_t port;       /* the scheme's when none is written */
	struct slice target; /* "/path?query" as target_split() takes it; "/" when there is none */
};

/* RC_UNSUPPORTED: a query without a path ("http://host?a"), whose target stands nowhere in text;
 * reference_resolve() puts the '/' in. RC_INVALID: anything else that can't be read. */
NODISCARD enum rc url_parse(struct slice text, struct url *ret);

/* Scheme, host and port are the same (RFC 9110 4.3.1, RFC 6454 5); letter case of hosts ignored. */
bool url_same_origin(const struct url *a, const struct url *b);

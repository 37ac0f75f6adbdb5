/* policy/vary.h - which stored response a request selects (RFC 9111 4.1).
 *
 * A stored object carries the names that its Vary listed with the normalised values of the request
 * that it answered. Accept-Encoding counts as "gzip" or "identity", as forwarded upstream.
 * A response with Content-Encoding is always kept under Accept-Encoding, listed or not: a client
 * that takes no gzip must not get it.
 */
#pragma once

#include "policy/views.h"

/* What larder asks of the origin for a client's Accept-Encoding: "gzip" or "identity"
 * (RFC 9110 12.5.3, q-values respected). */
struct slice vary_accept_encoding(const struct headers *request);

/* Fills ret (initialised with an arena) with the selecting names and values of this response to
 * this request: lower case, sorted, each once; an absent field differs from an empty one.
 * RC_UNSUPPORTED: Vary: *, or it names credentials that the request carries (never kept). */
NODISCARD enum rc vary_select(
	const struct headers *request, const struct headers *response, struct headers *ret);

/* Whether a request selects the response stored under `variant` (RFC 9111 4.1: same presence, same
 * value after normalisation: blanks around commas, several fields joined). Allocates nothing. */
bool vary_matches(const struct headers *variant, const struct headers *request);

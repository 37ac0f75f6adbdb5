/* policy/vary.h - which stored response a request selects (RFC 9111 4.1).
 *
 * A stored object carries the names that its Vary listed with the normalised values of the request
 * that it answered. Accept-Language counts by falling weight: how it is spelled selects nothing.
 *
 * Accept-Encoding selects nothing where the response is fit for everybody as it is or inflated
 * (policy/coding.h): the origin was asked for gzip whatever the client wrote. Another response with
 * Content-Encoding is kept under it, listed or not, as "gzip" or "identity": a client that doesn't
 * take the coding must not get it.
 */
#pragma once

#include "policy/views.h"

/* A client's Accept-Encoding as one of two: "gzip" or "identity" (RFC 9110 12.5.3, q-values
 * respected). It is asked so of the origin where what is stored is unfit for the client. */
struct slice vary_accept_encoding(const struct headers *request);

/* What of a response counts where a route says which fields it may vary by: its fields with those names of
 * Vary alone that are in `allowed` (NULL or empty: all), and Authorization. "*" stays unless it is
 * forced. ret is initialised with an arena; views are kept. */
void vary_narrow(const struct headers *response, const struct text_list *allowed, bool forced,
	struct headers *ret);

/* Fills ret (initialised with an arena) with the selecting names and values of this response to
 * this request: lower case, sorted, each once; an absent field differs from an empty one.
 * RC_UNSUPPORTED: Vary: *, or it names credentials that the request carries (never kept). */
NODISCARD enum rc vary_select(
	const struct headers *request, const struct headers *response, struct headers *ret);

/* Fills ret (initialised with an arena; views are kept) with the fields of the request that a variant of vary_select()
 * was made of, as far as it tells. */
void vary_request_of(const struct headers *variant, struct headers *ret);

/* Whether a request selects the response stored under `variant` (RFC 9111 4.1: same presence, same
 * value after normalisation: blanks around commas, several fields joined, languages by weight).
 * Allocates nothing. */
bool vary_matches(const struct headers *variant, const struct headers *request);

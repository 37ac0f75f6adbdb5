/* proxy/final.h - requests that end here because they say so: OPTIONS of the server as a whole, and
 * OPTIONS and TRACE whose Max-Forwards is used up (RFC 9110 7.6.2, 9.3.7, 9.3.8).
 *
 * Pure but for the exchange that it answers. What is malformed in them the front has refused.
 */
#pragma once

#include "proxy/exchange.h"

/* Whether larder is the final recipient of this request; if so, x->answer and x->local_fields are
 * made, in the exchange's arena, and there is nothing left to do. */
bool final_recipient(struct exchange *x);

/* Whether a field of this name is likely to carry what only its sender should know (RFC 9110 9.3.8). */
bool final_is_secret(struct slice name);

/* What Max-Forwards says to the next: one less for TRACE and OPTIONS, at most 2^31-1 (RFC 9110 7.6.2);
 * for other methods it goes on as it came. In the arena. */
struct slice final_forwards_left(enum method method, struct slice value, struct arena *arena);

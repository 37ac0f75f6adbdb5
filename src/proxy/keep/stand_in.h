/* proxy/keep/stand_in.h - stale responses in the place of errors (RFC 9111 4.2.4, 4.3.3; RFC 5861 4). */
#pragma once

#include "flight/flight.h"

/* Whether an origin that answers so counts as one that failed: 429, 500, 502, 503, 504. */
bool stand_in_is_error(int status);

/* Whether a fetch that ends so says that the origin failed. */
bool stand_in_is_failure(enum rc rc);

/* Whether something is stored where the response would be, which may be used in the place of an error by
 * whoever doesn't forbid it: an error doesn't take its place. */
bool stand_in_is_there(const struct flight *flight, const struct headers *variant, int64_t now_ms);

/* Whether what was stored may be used for this request in the place of an error at now_ms. */
bool stand_in_serves(
	const struct flight *flight, const struct request_view *request, int64_t now_ms);

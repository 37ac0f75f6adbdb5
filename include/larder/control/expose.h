/* control/expose.h - /metrics: which of the two formats a scraper gets, and the bytes.
 *
 * Text 0.0.4 unless the Accept field prefers OpenMetrics 1.0.0 by name (RFC 9110 12.5.1): a browser
 * or curl (any type) gets text. Knows no HTTP server. The answer depends on Accept: send it with
 * Vary: Accept. Any thread.
 */
#pragma once

#include "util/bytes.h"

/* accept: the Accept field's value, several joined by commas; empty without one. Appends the
 * exposition to ret_body; *ret_content_type is static. A field that excludes both formats gets text
 * all the same: RFC 9110 12.5.1 allows it, and a scraper can do more with it than with a 406.
 * RC_TOO_LARGE: ret_body's limit. RC_ABSENT: metrics aren't initialised. */
NODISCARD enum rc expose_metrics(
	struct slice accept, struct bytes *ret_body, const char **ret_content_type);

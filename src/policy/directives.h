/* directives.h - which fields of a response direct this cache, read as one.
 *
 * Cache-Control, or instead of it the first targeted field that is present, valid and not empty
 * (RFC 9213 2.2): larder-cache-control, CDN-Cache-Control, Surrogate-Control as older caches knew it.
 * Whoever looks at a response's directives reads them here, or one would store what another forbids.
 * Pure; threads: any; lists are views into the field values.
 */
#pragma once

#include "http/cache_control.h"

/* true: a targeted field decides, and Expires says nothing (RFC 9213 2.2). no-transform counts in
 * Cache-Control as well: it speaks to whoever touches the content, cache or not (RFC 9111 5.2.2.6). */
bool directives_read(const struct headers *response, struct cache_control *ret);

/* Whether what was stored for one may answer requests with Authorization (RFC 9111 3.5). */
bool directives_are_for_all(const struct cache_control *cc);

/* Reads Surrogate-Control into ret; false, and ret is untouched: it says nothing to this cache. */
bool surrogate_read(const struct headers *response, struct cache_control *ret);

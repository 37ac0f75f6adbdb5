/* status.h - what RFC 9110 15 says of status codes and caches.
 *
 * One table; statuses that are not in it are unknown to us: storable with explicit freshness
 * (RFC 9111 3), but neither heuristically nor under must-understand. Pure; threads: any.
 */
#pragma once

#include <stdbool.h>

/* Cacheable without explicit freshness (RFC 9110 15.1, RFC 9111 4.2.2). */
bool status_is_heuristic(int status);

/* Whether all of its caching rules are implemented (RFC 9111 3, 5.2.2.3). */
bool status_is_understood(int status);

/* Whether a stored response of this status can be validated: origins ignore preconditions where
 * they would not answer 2xx (RFC 9110 13.2.1), so a 304 would speak of something else. */
bool status_is_validatable(int status);

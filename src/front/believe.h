/* front/believe.h - who the client is, when a trusted proxy says so.
 *
 * Forwarded (RFC 7239) or X-Forwarded-For and -Proto are read only on connections from
 * `server.trusted_proxies`; the last address in the list is the one that the nearest proxy saw.
 */
#pragma once

#include "http/request.h"

/* Sets request->client and request->secure from the fields; leaves them where they say nothing. */
void believe_forwarded(struct request *request, struct arena *arena);

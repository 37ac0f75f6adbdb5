/* front/believe.h - who the client is, when a trusted proxy says so.
 *
 * Forwarded (RFC 7239) or X-Forwarded-For and -Proto are read only on connections from
 * `server.trusted_proxies`. The list is read from its end, where the nearest proxy wrote, over those that
 * are trusted too: the first other one is the client.
 */
#pragma once

#include "addresses.h"

#include "http/request.h"

/* Sets request->client and request->secure from the fields; leaves them where they say nothing. */
void believe_forwarded(
	struct request *request, const struct address_blocks *trusted, struct arena *arena);

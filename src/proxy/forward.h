/* proxy/forward.h - which fields of a client's request the origin gets.
 *
 * On a request whose response may be stored: the allow-list and what the route adds, because what
 * is not in the key must not shape what others get. On other requests: all end-to-end fields.
 * Host, Via, CDN-Loop and Forwarded are ours.
 */
#pragma once

#include "flight/flight.h"

#include "http/request.h"

/* Fills flight->sent from flight->request and sends it. request: the same as it came, for what it tells
 * of the connection: HTTP version, peer, TLS. */
void forward_request(struct flight *flight, const struct request *request);

/* Whether the request has already been here (RFC 8586: our own cdn-info in CDN-Loop). */
bool forward_is_loop(const struct proxy *proxy, const struct headers *request);

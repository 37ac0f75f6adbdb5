/* proxy/purge/invalidate.h - what an unsafe request does to the cache (RFC 9111 4.4; RFC 9875; RFC 9110
 * 9.3.3). On the upstream loop. */
#pragma once

#include "flight/flight.h"

#include "policy/views.h"

/* The head came: its target, Location and Content-Location where they are of the same origin, and the
 * groups that the response names are not answered from the store again. */
void invalidate_after(struct flight *flight);

/* Whether the response to a POST may answer later GETs: it says for how long, and that it is what a
 * GET of the same target would have got. */
bool invalidate_answers_get(const struct flight *flight, const struct request_view *request,
	const struct response_view *response);

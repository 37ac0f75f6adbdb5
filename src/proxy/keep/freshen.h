/* proxy/keep/freshen.h - what a response says about what is stored: 304, a HEAD's head, an origin's error,
 * a 412 to our own conditions (RFC 9111 4.3.3 - 4.3.5). On the upstream loop. */
#pragma once

#include "flight/flight.h"

#include "policy/views.h"

/* The head came. true: the answer is what was stored, freshened or standing in, or readers must begin
 * again; ret says which. false: it is a response of its own. */
bool freshen_keep(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret);

/* proxy/quota.h - whose rate at the origin a request counts for.
 *
 * An origin that gives keys a rate of their own counts for the key, whichever address it comes from; the
 * upstream's `credentials` say where such keys stand: in query parameters or in fields. Threads: front.
 */
#pragma once

#include "flight/flight.h"

#include "http/request.h"

/* A hash of the request's credentials at the flight's upstream; 0: it has none. */
uint64_t quota_of(const struct flight *flight, const struct request *request);

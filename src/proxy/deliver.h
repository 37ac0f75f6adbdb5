/* proxy/deliver.h - what a client gets of what was found: status, fields, kind of body.
 *
 * Knows of 304, HEAD, Age, Cache-Status (RFC 9211) and Via; not how it was found.
 */
#pragma once

#include "proxy/exchange.h"

/* The answer is x->object, or a 304 by the request's conditions. */
void deliver_object(struct exchange *x);

/* The answer is the response of the reader's flight, whose head is there. */
void deliver_stream(struct exchange *x);

/* The answer is x->problem. */
void deliver_problem(struct exchange *x);

/* The words of Cache-Status for this exchange, in the arena. */
struct slice deliver_cache_status(const struct exchange *x);

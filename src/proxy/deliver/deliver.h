/* proxy/deliver/deliver.h - what a client gets of what was found: status, kind of body, which bytes.
 *
 * Knows of 304, ranges and inflating; not how it was found, and not of HEAD, whose body the front
 * leaves out. The fields are fields_out.c's.
 */
#pragma once

#include "proxy/exchange.h"

/* The answer is x->object, or a 304, 206 or 416 by the request's fields; it may turn to a problem
 * (x->has_problem). false: it is a gzip that can't be inflated for this client (x->found.undecodable), or
 * it can't be read any more and was forgotten (x->found.unreadable); there may be another way. */
bool deliver_object(struct exchange *x);

/* The same for the response of the reader's flight, whose head is there. */
bool deliver_stream(struct exchange *x);

/* The answer is x->problem. */
void deliver_problem(struct exchange *x);

/* proxy/select.h - which stored response answers a request (RFC 9111 4, 4.1).
 *
 * The tier knows a key's responses; whether one of them is for this request is decided here, by Vary,
 * coding, credentials, groups and parts. What is not chosen but may be of use to the fetch that
 * follows is kept in x->beside.
 */
#pragma once

#include "proxy/exchange.h"

/* Looks in the memory tier; counts. true: x->object is the one. */
bool select_stored(struct exchange *x);

/* Whether a stored response answers the request; what doesn't may go into x->beside. */
bool select_takes(struct exchange *x, struct object *object);

/* Lets go of x->beside. */
void select_forget(struct exchange *x);

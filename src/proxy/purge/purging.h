/* proxy/purge/purging.h - PURGE on a public listener: who may, what is meant, what is answered.
 *
 * It is one where server.purge.from has addresses; else PURGE is a method like others, and the origin's.
 * docs/purging.md says what its fields mean. The request sleeps until the purge is done; no thread waits.
 *
 * Threads: the exchange's, and that on which the purge ends. Ownership: x->purging is shared by both.
 */
#pragma once

#include "proxy/exchange.h"

/* Whether the request is one of ours. */
bool purging_is_asked(const struct exchange *x);

enum purging_state { PURGING_WAITS, PURGING_REFUSED, PURGING_DONE };

/* Begins it, the first time. WAITS: suspended, to be called again. REFUSED: the problem. DONE: x->answer and
 * x->local_fields are made. */
enum purging_state purging_run(
	struct exchange *x, enum problem *ret_problem, const char **ret_detail);

/* The client waits no longer; the purge goes on. No effect without one. */
void purging_leave(struct exchange *x);

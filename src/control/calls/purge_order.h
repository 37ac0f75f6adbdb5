/* control/calls/purge_order.h - a purge as a JSON object asks for it: for POST /purges and for what is planned.
 *
 * Threads: a call's, or the schedule's. Ownership: an order borrows the JSON, and has its texts in the arena.
 */
#pragma once

#include "call.h"

#include "proxy/purge.h"
#include "util/arena.h"

struct order_terms {
	const struct proxy *proxy;
	struct arena *arena;
	struct slice tenant; /* in whose name it is asked; of size 0: everybody's */
	int64_t now_ms;
	bool is_due; /* it was planned, and its time has come */
};

struct order {
	struct purge purge; /* but source and who */
	bool is_planned;
	int64_t at_ms;    /* of what is planned: the first time */
	int64_t every_ms; /* 0: once */
};

/* What can be wrong. */
struct order_fault {
	int status;
	struct slice detail; /* in the arena: what was found, what is expected */
};

/* false: *ret_fault. */
bool order_read(const struct order_terms *terms, const json_t *json, struct order *ret,
	struct order_fault *ret_fault);

/* The status for how a purge ended, and its words. */
struct order_fault order_failed(enum rc rc);

/* The words of the API, which has _ where larder has -. */
json_t *order_word(const char *word);

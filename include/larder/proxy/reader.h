/* proxy/reader.h - a client of a fetch under way; embedded in who reads.
 *
 * Guarded by the flight's lock while attached (src/proxy/flight/flight.h).
 */
#pragma once

#include "http/object.h"
#include "policy/views.h"
#include "util/list.h"

#include <sys/types.h>

struct flight;
struct answer;

/* How a reader's thread is put to sleep and woken; both are called under the flight's lock, suspend
 * by the reader's own thread, resume by any. They must not block. */
struct reader_client {
	void (*suspend)(void *arg);
	void (*resume)(void *arg);
	/* By the reader's own thread, before an answer is made that takes some making: whether what was made of
	 * an equal one (exchange.h) is still there and is going to be sent. Then ret's body and length are set.
	 * NULL: nothing is kept. */
	bool (*keeps)(void *arg, struct answer *ret);
};

enum reader_fate {
	READER_KEPT,
	READER_RELEASED, /* the response is not shareable: go your own way */
	READER_VARIED,   /* it is not for this request, or unusable: begin again */
	READER_UNSERVED, /* the origin failed, and this request takes nothing stale */
};

struct reader {
	struct list link;
	struct flight *flight; /* a reference; NULL: not attached */
	uint64_t position;
	bool waiting;
	bool leads;     /* its request is the one that was sent */
	bool wants_new; /* its request directives want nothing that was there before it */
	bool head;      /* it needs no body */
	uint64_t credentials, dropped; /* in its request (policy/key_rule.h); 0: none */
	enum reader_fate fate;
	struct object *object; /* the complete answer, once it is there: a reference, or NULL */
	bool stands_in;        /* it is stale, and given because the origin failed */
	uint64_t epoch;        /* of store/groups.h, when it joined */
	int64_t now_ms;        /* wall: when its request came */
	const struct request_view *view; /* borrowed: to see whether it selects the response */
	const struct reader_client *client;
	void *arg;
};

/* What reading a body may say beside a count and 0 (suspended). */
#define STREAM_END    ((ssize_t)-1)
#define STREAM_BROKEN ((ssize_t)-2)

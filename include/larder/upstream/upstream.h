/* upstream/upstream.h - asking an origin: one thread, one CURLM, many transfers.
 *
 *	any thread: upstream_fetch() -- inbox (eventfd) --> loop thread: curl_multi_socket_action
 *	loop thread: ops.head, ops.body ..., ops.done  (in this order, done exactly once)
 *
 * The callbacks run on the loop thread and must not block. Nothing is logged here: done() says why.
 */
#pragma once

#include "http/headers.h"
#include "http/method.h"
#include "http/request.h"
#include "http/version.h"

struct upstream_loop;
struct transfer;

struct upstream_loop_options {
	unsigned max_idle_connections; /* kept for reuse */
	/* Called on the loop thread when a round's events were dealt with, before it waits for more,
	 * and once at its end: so that what many callbacks found can be passed on at once. NULL: not
	 * wanted. */
	void (*after_round)(void *arg);
	void *arg;
};

/* Starts the thread. RC_IO: no epoll, eventfd or thread. */
NODISCARD enum rc upstream_loop_start(
	const struct upstream_loop_options *options, struct upstream_loop **ret);

/* Ends all transfers with RC_STOPPED (their done() runs) and joins the thread; from now on
 * upstream_fetch() says RC_STOPPED. */
void upstream_loop_stop(struct upstream_loop *loop);

/* After upstream_loop_stop(), when nobody uses it any more. */
void upstream_loop_free(struct upstream_loop *loop);

/* One origin as configured; immutable, outlives its transfers. */
struct origin {
	const char *base_url;  /* scheme://host[:port][/path], no slash at the end */
	const char *unix_path; /* a socket to connect to instead of the host; NULL: TCP */
	int64_t connect_ms;    /* deadlines: connection made, */
	int64_t first_byte_ms; /* final head complete, after the request began to leave or the last
				* piece of its body did, */
	int64_t idle_ms;       /* longest silence in the body while nobody holds it, */
	int64_t total_ms;      /* all of it; 0 (of any): none */
	bool verify_tls;
	const char *ca_file; /* NULL: the system's */
	bool http2;          /* offer it over TLS (ALPN) */
	size_t max_header_bytes;
};

enum transfer_flow {
	TRANSFER_GO_ON,
	TRANSFER_PAUSE,
	TRANSFER_ABORT,
	TRANSFER_REJECT, /* only to ask.h: what comes is not a good response */
};

struct transfer_head {
	int status;
	enum http_version version;
	const struct headers *headers; /* all as they came, hop-by-hop ones too */
	int64_t content_length;        /* LENGTH_UNKNOWN without one */
	int64_t asked_ms; /* wall: when the request of this try went out; only from ask.h */
};

struct transfer_ops {
	/* The final response's head (1xx are passed over): views valid during the call.
	 * TRANSFER_PAUSE is not allowed here. */
	enum transfer_flow (*head)(void *arg, const struct transfer_head *head);
	/* Bytes of the body, transfer codings removed, content codings kept. On TRANSFER_PAUSE the
	 * bytes were *not* taken: they come again after transfer_resume(). */
	enum transfer_flow (*body)(void *arg, const char *data, size_t size);
	/* RC_OK: complete. Otherwise why not; detail: words for the log, valid during the call, ""
	 * with RC_OK. The transfer is gone when this returns.
	 *	RC_DNS RC_CONNECT RC_TLS RC_CONNECT_TIMEOUT	nothing of the request has left
	 *	RC_FIRST_BYTE_TIMEOUT RC_IDLE_TIMEOUT RC_TOTAL_TIMEOUT
	 *	RC_TRUNCATED	the connection broke, before, in or behind the head
	 *	RC_PROTOCOL RC_TOO_LARGE	the head or the framing can't be taken
	 *	RC_INVALID	read() ended before body_length
	 *	RC_CANCELLED RC_STOPPED	by us */
	void (*done)(void *arg, enum rc rc, const char *detail);
	/* Fills buffer with up to size bytes of the request's body. Returns the count; 0: the end;
	 * TRANSFER_READ_PAUSE: nothing now, transfer_resume() follows; TRANSFER_READ_ABORT. NULL
	 * when there is no body. Not called for a body of length 0, and no more once the whole
	 * response has come. */
	size_t (*read)(void *arg, char *buffer, size_t size);
};

#define TRANSFER_READ_PAUSE ((size_t)-1)
#define TRANSFER_READ_ABORT ((size_t)-2)

struct fetch {
	const struct origin *origin;
	struct slice method;           /* the token to send */
	struct slice target;           /* appended to the base URL as it is: "/path?query" */
	const struct headers *headers; /* sent as they are; Host, Content-Length and Connection are
					 * curl's: left out here. Copied. */
	bool has_body;
	int64_t body_length;            /* LENGTH_UNKNOWN: chunked */
	const struct transfer_ops *ops; /* static */
	void *arg;
};

/* Queues a transfer; never blocks. Everything in fetch but ops, arg and origin is copied. The
 * transfer stays valid until ops->done() has returned, which may be before this does: who keeps *ret
 * holds, over the call, the lock that done() takes. Not sent twice unless the method is idempotent
 * (RFC 9110 9.2.2). Without done() being called: RC_STOPPED: the loop is stopping; RC_INVALID: the
 * method, the target or a field can't be sent as HTTP; RC_UNSUPPORTED: CONNECT, HEAD with a body. */
NODISCARD enum rc upstream_fetch(
	struct upstream_loop *loop, const struct fetch *fetch, struct transfer **ret);

/* Goes on with a paused transfer (either direction). Any thread, any number of times, only before
 * done() has returned (the caller's lock sees to that). */
void transfer_resume(struct transfer *transfer);

/* Ends it soon with RC_CANCELLED through done(). Same terms as transfer_resume(). */
void transfer_cancel(struct transfer *transfer);

struct upstream_usage {
	uint64_t active;       /* transfers */
	uint64_t opened;       /* connections since the start */
	uint64_t reused;       /* transfers that found one open */
	int64_t busy_since_ms; /* monotonic: begin of the round; 0: it waits for something to do */
};

void upstream_usage(struct upstream_loop *loop, struct upstream_usage *ret);

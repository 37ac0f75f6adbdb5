/* front/session.h - one client connection and the request on it.
 *
 *	NEW --request line--> HEADER --header--> BODY --end--> ANSWER --sent--> IDLE --request line--> HEADER
 *
 * Lives from libmicrohttpd's notification that a connection started to the one that it closed. The
 * thread of the connection uses all of it; the watch thread reads phase, since and body bytes, and
 * shuts the socket down under the list's lock, which the closing thread takes before the descriptor
 * is closed.
 */
#pragma once

#include "wire.h"

#include "proxy/exchange.h"
#include "util/digest.h"
#include "util/list.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct front;
struct listener;
struct terms;

enum session_phase {
	SESSION_NEW,
	SESSION_HEADER,
	SESSION_BODY,
	SESSION_ANSWER,
	SESSION_IDLE,
};

#define ADDRESS_TEXT_SIZE 48

struct session {
	struct list link; /* in front->sessions */
	struct front *front;
	struct MHD_Connection *connection;
	int fd;
	bool secure;
	struct terms *terms;                /* of the request; NULL between two */
	_Atomic(struct terms *) idle_terms; /* kept between two; or NULL */
	bool trusted_peer;
	char peer[ADDRESS_TEXT_SIZE];
	struct {
		bool known; /* it was looked for */
		bool there;
		unsigned char digest[DIGEST_SIZE];
	} certificate; /* the client's */

	atomic_int phase;             /* enum session_phase */
	atomic_int_fast64_t since_ms; /* monotonic: begin of the phase */
	atomic_uint_fast64_t body_bytes;
	atomic_bool asleep; /* suspended: who takes this away resumes it */
	atomic_bool gone;   /* the client left while it slept */
	struct {
		int64_t since_ms; /* of the phase that is measured */
		int64_t at_ms;    /* begin of the window */
		uint64_t bytes;   /* moved until then */
	} rate;                   /* the watch thread's alone: see watch.c */

	struct arena arena; /* of the request: reset when the next one begins */
	struct exchange exchange;
	struct request request;
	struct slice wire_target; /* where the raw target lay: for wire_begin() */
	struct wire wire;
	struct MHD_Response *kept; /* that answers the request: the table's; or NULL */
	bool begun;                /* the header was looked at */
	bool body_over;            /* the end of the body was told */
	bool too_large;            /* the body exceeded the limit: 413 when it ends */
};

/* A connection is counted: by who handed it to libmicrohttpd, whose threads open its session a little later, or
 * else when it is opened. change: 1, or -1 where there will be no session after all. */
void session_expect(struct front *front, const struct sockaddr *address, int change);

/* Makes the session of a connection and enters it in the front's list. */
struct session *session_open(const struct listener *listener, struct MHD_Connection *connection);
void session_close(struct session *session);

/* For a front that drains. Whether somebody is about to ask, or just has: requests that nobody else counts yet.
 * Connections without one count for a moment only. */
bool session_any_due(struct front *front);
/* Nobody may ask any more: who has, is answered; idle connections end. */
void session_hang_up(struct front *front);

/* The request line came: raw_target is copied. */
void session_request(struct session *session, const char *raw_target);
void session_enter(struct session *session, enum session_phase phase);

/* The SHA-256 of the client's certificate, which is verified; NULL: it has none. Of use once a request is
 * there. */
const unsigned char *session_certificate(struct session *session);

/* The client of a sleeping session is gone: wakes it, so that it can end. From the watch thread, under
 * the list's lock. */
void session_leave(struct session *session);

/* proxy/exchange.h - one request of one client, from its header to the last byte of its answer.
 *
 * The front owns the struct (it lies in the connection's session) and drives it:
 *
 *	exchange_begin()                        the header is there
 *	exchange_upload() ..., exchange_upload_end()   only with a body
 *	exchange_run()   EXCHANGE_WAIT: suspended, run again when resumed; EXCHANGE_ANSWER
 *	exchange_fields() ... exchange_read()   what to send
 *	exchange_end()                          always, whatever happened
 *
 * Threads: one at a time, that of the connection; only `resume` is called from elsewhere.
 */
#pragma once

#include "http/key.h"
#include "http/range.h"
#include "http/request.h"
#include "http/rewrite.h"
#include "observe/metrics.h"
#include "policy/key_rule.h"
#include "policy/views.h"
#include "proxy/problem.h"
#include "proxy/proxy.h"
#include "proxy/reader.h"

struct purging;

enum exchange_state { EXCHANGE_WAIT, EXCHANGE_ANSWER };

enum answer_kind {
	ANSWER_BYTES,  /* body: all of it, valid until exchange_end() or as long as `owner` */
	ANSWER_FILE,   /* `length` bytes of `file` from `offset` on */
	ANSWER_STREAM, /* exchange_read() until it says STREAM_END, or `length` bytes */
	ANSWER_EMPTY,  /* no body and none announced: 204, 304 */
};

struct answer {
	enum answer_kind kind;
	int status;
	struct slice body;
	struct body *owner; /* borrowed: reference it to keep `body`; NULL: it can't be kept */
	int64_t length;     /* of a stream or in a file; LENGTH_UNKNOWN */
	int file;           /* of ANSWER_FILE: who takes it sets it to -1 and closes it */
	uint64_t offset;
	/* Equal (serial, status, recoded, written_for, age, ttl) of answers with serial != 0 means equal
	 * bytes: a front may keep what it made of one. */
	uint64_t serial;
	uint64_t written_for; /* what of the client stands in it; 0: nothing */
	bool recoded;         /* inflated or compressed: not in the coding that came */
	int64_t age_s;
	int64_t ttl_s;
};

/* What an answer is made of: see src/proxy/deliver/deliver.c. */
enum form {
	FORM_WHOLE,
	FORM_NOT_MODIFIED, /* 304 */
	FORM_PART,         /* 206, one range */
	FORM_PARTS,        /* 206, multipart/byteranges */
	FORM_UNSATISFIED,  /* 416 */
};

/* Which coding the answer has, beside the one in which the response came. */
enum recoding {
	RECODED_NOT,   /* the fields speak of just these bytes */
	RECODED_PLAIN, /* it came as gzip, and is inflated */
	RECODED_GZIP,  /* it came as it is, and was compressed here */
};

#define OTHERS_MOST 8 /* tags in one If-None-Match */

struct exchange {
	struct proxy *proxy;
	const struct request *request; /* borrowed */
	struct arena *arena;           /* borrowed: the session's, reset between requests */
	struct bytes key_buffer;       /* kept between requests */
	struct reader reader;

	int next;           /* step */
	int64_t now_ms;     /* wall, read once */
	int64_t started_us; /* monotonic */
	uint16_t route;
	uint16_t
		tenant; /* whose request it is: one more than its index in the configuration; 0: nobody's */
	struct request_view view;
	struct key_reading asked; /* what the route's key rule makes of it; all 0 without one */
	struct key_parts parts;
	struct key key;

	struct slice range;         /* the value of Range, where it counts; else of size 0 */
	struct object *object;      /* answered from, or to be validated: a reference */
	uint64_t epoch;             /* of store/groups.h, from before it was found */
	struct freshness freshness; /* of an object that the answer is from, as it is now */
	/* What else is stored under the key; references. */
	struct {
		struct object *others[OTHERS_MOST]; /* complete, not selected, with an entity tag */
		size_t other_count;
		struct object *part; /* of what is asked for, or NULL */
	} beside;
	/* The request's body, where it is part of the key. */
	struct {
		struct bytes body;
		size_t passed; /* bytes of it that went on to a fetch */
		bool under_way;
		bool whole; /* and part of the key */
	} gathered;
	struct {
		enum cache_result result;
		int fwd_status; /* 0: none sent, or the answer's own */
		bool stored;
		bool collapsed;
		bool waited;        /* for a fetch that turned out not to be for it */
		bool other_variant; /* something else is stored under the key */
		bool unfit_coding;  /* and it is the coding that doesn't fit */
		bool undecodable;   /* a gzip of this key could not be inflated */
		bool unreadable;    /* what was stored of this key could not be read any more */
		bool stand_in;      /* stale, because the origin failed */
		bool alone;         /* must not share a fetch */
		unsigned retries;
	} found;
	struct purging *purging; /* the invalidation that it asks for; or NULL */
	bool has_problem;
	enum problem problem;
	struct slice problem_detail;
	const char *local_type;       /* media type of a local answer */
	struct headers *local_fields; /* of an answer that the story itself made, in the arena */

	struct answer answer;
	/* How the answer is cut from the representation. */
	struct {
		enum form form;
		struct ranges ranges; /* of FORM_PART: one */
		uint64_t total;
		struct slice boundary;
		enum recoding recoding;
	} cut;
	/* What is written for this client (src/proxy/deliver/rewriting.h). */
	struct {
		struct slice base; /* "http://host:port" by which it knows us; "": nobody knows */
		enum rewrite_syntax body; /* of a body that is rewritten */
		uint64_t identity;        /* of the base; 0: nothing is written */
	} rewrite;
	struct body *made; /* inflated, loaded, rewritten, or in parts: a reference, or NULL */
	struct inflating *inflating; /* of a stream; or NULL */
	struct rewriting *rewriting; /* of a stream; or NULL */
	struct pieces *pieces;       /* of a stream from a body that is not in memory; or NULL */
	uint64_t sent_bytes;
	bool active;
};

/* Sets up the parts that live as long as the connection; the caller then sets x->reader.client and
 * x->reader.arg. */
void exchange_init(struct exchange *x, struct proxy *proxy, struct arena *arena);

/* The generation by which the next request goes; the caller holds it until exchange_end(). */
void exchange_turn(struct exchange *x, struct proxy *proxy);
void exchange_done(struct exchange *x);

/* A request came. request is borrowed until exchange_end(). */
void exchange_begin(struct exchange *x, const struct request *request);

/* The same for a request that the front refuses: only for counting and the access log. */
void exchange_refuse(struct exchange *x, const struct request *request, enum problem problem,
	struct slice detail);

/* A request that turned out wrong while its body came: the fetch is given up, the problem is the
 * answer. detail: static words. */
void exchange_fail(struct exchange *x, enum problem problem, const char *detail);

/* A request that the front itself answers (/metrics), for counting and the access log, too: the front
 * fills in x->answer.body and x->local_type (the body's media type, static). */
void exchange_local(struct exchange *x, const struct request *request, int status);

/* Takes up to size bytes of the request's body; 0: suspended, offer them again. */
size_t exchange_upload(struct exchange *x, const char *data, size_t size);
void exchange_upload_end(struct exchange *x);

enum exchange_state exchange_run(struct exchange *x);

/* All fields of the answer, in the arena; valid until exchange_end(). ret is initialised. */
void exchange_fields(struct exchange *x, struct headers *ret);

/* Bytes of a streamed body: the count, 0: suspended, STREAM_END, STREAM_BROKEN. */
ssize_t exchange_read(struct exchange *x, char *buffer, size_t size);

/* The answer was sent (complete), or the client left. Counts, logs, lets go of everything. */
void exchange_end(struct exchange *x, bool complete);

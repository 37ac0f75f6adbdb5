/* upstream/transfer.h - one request on its way and its response; what curl needs for both.
 *
 *	spare --upstream_fetch()--> posted --start--> active --finish--> spare (or gone until the
 *	inbox, where it still lies, has been emptied)
 *
 * Threads: `orders` and `next` belong to the inbox (inbox.h). `out` is written by the thread that
 * calls upstream_fetch() and only read afterwards. All else belongs to the loop's thread.
 * Ownership: the loop's, always; the curl handle and the arenas live as long as the transfer does,
 * through many requests.
 */
#pragma once

#include "upstream/upstream.h"

#include "http/head.h"
#include "util/list.h"

#include <curl/curl.h>
#include <stdatomic.h>

/* What is sent, as curl wants it. */
struct outgoing {
	struct arena arena; /* where all of it lies */
	const char *method;
	const char *target; /* base path and target */
	struct curl_slist *lines;
	bool has_body; /* of more than no bytes */
	bool is_head;
	bool idempotent;     /* RFC 9110 9.2.2 */
	int64_t body_length; /* LENGTH_UNKNOWN: chunked */
};

/* The origin for which the curl handle is set up: compared by content, since origins come and go
 * with the configuration. */
struct binding {
	char *base_url;
	char *unix_path; /* or NULL */
	char *ca_file;   /* or NULL */
	int64_t connect_ms;
	bool verify_tls;
	bool http2;
};

enum phase {
	PHASE_CONNECT, /* until the request begins to leave */
	PHASE_WAIT,    /* until the final head is complete */
	PHASE_BODY,
};

struct transfer {
	struct upstream_loop *loop;
	struct transfer *next;
	_Atomic(unsigned) orders;
	struct list link; /* among the active ones */
	bool gone;        /* done() has run */

	const struct origin *origin;
	const struct transfer_ops *ops;
	void *arg;
	struct outgoing out;

	CURL *easy;
	struct binding binding;
	char error[CURL_ERROR_SIZE];

	enum phase phase;
	int64_t started_ms;
	int64_t since_ms; /* when the phase began, or when bytes last moved in it */
	bool body_paused;
	bool upload_paused;
	bool uploading; /* read() has more to give */
	int64_t upload_left;

	struct head head;
	int64_t length; /* of the body to come; LENGTH_UNKNOWN: until its own end */
	int64_t received;

	enum rc verdict; /* ours, stronger than curl's; RC_OK: none */
	const char *why;
};

struct transfer *transfer_new(struct upstream_loop *loop);
void transfer_free(struct transfer *t);

/* request.c: checks and copies what is asked. RC_INVALID: it can't be sent as HTTP;
 * RC_UNSUPPORTED: CONNECT, or HEAD with a body. */
NODISCARD enum rc outgoing_set(struct outgoing *out, const struct fetch *fetch);

/* setup.c: the curl handle for what transfer->out says. */
void setup_easy(struct transfer *t);

/* callbacks.c: connects curl's callbacks with the transfer; once for each handle. */
void callbacks_set(struct transfer *t);

/* outcome.c: what became of it. code: curl's word; *ret_detail: words valid until the next use. */
enum rc outcome(const struct transfer *t, CURLcode code, const char **ret_detail);

/* Whether every byte of the response that was announced has come. */
bool outcome_is_whole(const struct transfer *t);

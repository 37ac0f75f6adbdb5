/* upstream/callbacks.c - what curl calls while it drives a transfer.
 *
 * Each takes note of progress for the deadlines, hands the bytes on, and puts the reader's answer
 * into curl's words. A verdict of ours is noted before curl is told to fail, so that its own code
 * (a write error, mostly) is never the one that is reported.
 *
 * Threads: the loop's only.
 */
#include "loop.h"
#include "transfer.h"

#include <assert.h>

static void fail(struct transfer *t, enum rc rc, const char *why)
{
	t->verdict = rc;
	t->why = why;
}

/* The answer is whole before the request is: the rest of it serves nobody. The transfer can't be
 * ended in the midst of a callback, so the loop is told to. */
static void end_upload_early(struct transfer *t)
{
	if (t->uploading && outcome_is_whole(t))
		inbox_post(t, ORDER_SETTLE);
}

static bool never_has_body(const struct transfer *t)
{
	return t->out.is_head || t->head.status == 204 || t->head.status == 304;
}

static bool announce(struct transfer *t)
{
	struct transfer_head head = {
		.status = t->head.status,
		.version = t->head.version,
		.headers = &t->head.fields,
	};
	enum transfer_flow flow;

	if (head_length(&t->head, &head.content_length) != RC_OK) {
		fail(t, RC_PROTOCOL, "the body's framing is malformed or ambiguous");
		return false;
	}
	t->phase = PHASE_BODY;
	t->length = never_has_body(t) ? 0 : head.content_length;
	progress_note(t);
	flow = t->ops->head(t->arg, &head);
	assert(flow != TRANSFER_PAUSE);
	if (flow == TRANSFER_ABORT || flow == TRANSFER_REJECT) {
		fail(t, RC_CANCELLED, "the reader wants no more");
		return false;
	}
	end_upload_early(t);
	return true;
}

static size_t on_header(char *data, size_t one, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t size = one * count;
	const char *why = NULL;
	enum rc rc;

	if (t->head.complete)
		return size; /* a trailer: nobody asked for it (RFC 9110 6.5.1) */
	rc = head_line(&t->head, (struct slice){ data, size }, &why);
	if (rc != RC_OK) {
		fail(t, rc, why);
		return 0;
	}
	return !t->head.complete || announce(t) ? size : 0;
}

static size_t on_body(char *data, size_t one, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t size = one * count;

	if (t->length != LENGTH_UNKNOWN && (int64_t)size > t->length - t->received) {
		fail(t, RC_PROTOCOL, "the body is longer than announced");
		return 0;
	}
	progress_touch(t);
	switch (t->ops->body(t->arg, data, size)) {
	case TRANSFER_PAUSE:
		t->body_paused = true;
		return CURL_WRITEFUNC_PAUSE;
	case TRANSFER_ABORT:
	case TRANSFER_REJECT:
		fail(t, RC_CANCELLED, "the reader wants no more");
		return 0;
	case TRANSFER_GO_ON:
		break;
	}
	t->received += (int64_t)size;
	end_upload_early(t);
	return size;
}

static size_t end_of_upload(struct transfer *t)
{
	t->uploading = false;
	if (t->out.body_length == LENGTH_UNKNOWN || t->upload_left == 0)
		return 0;
	fail(t, RC_INVALID, "the request's body is shorter than announced");
	return CURL_READFUNC_ABORT;
}

static size_t on_read(char *buffer, size_t one, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t size = one * count, got;

	if (!t->uploading)
		return 0;
	if (t->out.body_length != LENGTH_UNKNOWN && (int64_t)size > t->upload_left)
		size = (size_t)t->upload_left;
	got = t->ops->read(t->arg, buffer, size);
	if (got == TRANSFER_READ_PAUSE) {
		t->upload_paused = true;
		return CURL_READFUNC_PAUSE;
	}
	if (got == TRANSFER_READ_ABORT) {
		fail(t, RC_CANCELLED, "the request's body broke off");
		return CURL_READFUNC_ABORT;
	}
	assert(got <= size);
	progress_touch(t);
	if (got == 0)
		return end_of_upload(t);
	if (t->out.body_length != LENGTH_UNKNOWN)
		t->upload_left -= (int64_t)got;
	t->uploading = t->out.body_length == LENGTH_UNKNOWN || t->upload_left > 0;
	return got;
}

/* The request is about to leave. A second time means that a connection from the pool broke and curl
 * tries anew: RFC 9110 9.2.2 forbids that unless the method is idempotent. */
static int on_request(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = arg;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	if (t->phase != PHASE_CONNECT && !t->out.idempotent) {
		fail(t, RC_TRUNCATED, "the connection broke; the method must not be sent twice");
		return CURL_PREREQFUNC_ABORT;
	}
	t->phase = PHASE_WAIT;
	progress_note(t);
	return CURL_PREREQFUNC_OK;
}

void callbacks_set(struct transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
	sockets_set_easy(t->loop, t->easy);
}

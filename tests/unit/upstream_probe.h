/* tests/unit/upstream_probe.h - a reader of one transfer that writes down all it is told.
 *
 * Its lock is the one of the transfer's contract: done() takes it, and nobody resumes or cancels
 * without it. It can pause at every piece of either body, and abort at a place of choice.
 *
 * Threads: the callbacks run on the loop's; the test reads after probe_wait(). Ownership: the test.
 */
#pragma once

#include "upstream/upstream.h"
#include "util/bytes.h"

#include <pthread.h>
#include <string.h>

struct probe {
	bool pauses;     /* at every other call */
	bool abort_head; /* head() says TRANSFER_ABORT */
	bool abort_body;
	struct slice upload;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct transfer *transfer;
	bool paused, paused_last; /* now; at the last call */
	unsigned pause_count;
	unsigned heads;
	int status;
	enum http_version version;
	int64_t length;
	struct bytes fields; /* "name=value|..." */
	struct bytes body;
	unsigned ends;
	enum rc rc;
	char detail[128];
};

static void probe_init(struct probe *p)
{
	*p = (struct probe){ .length = -2 };
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	bytes_init(&p->fields, 1 << 20);
	bytes_init(&p->body, 64 << 20);
}

static void probe_done(struct probe *p)
{
	bytes_done(&p->fields);
	bytes_done(&p->body);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
}

static enum transfer_flow probe_head(void *arg, const struct transfer_head *head)
{
	struct probe *p = arg;

	pthread_mutex_lock(&p->lock);
	p->heads++;
	p->status = head->status;
	p->version = head->version;
	p->length = head->content_length;
	HEADERS_EACH(at, head->headers)
		(void)!bytes_format(&p->fields, "%s=%s|", at->name.data, at->value.data);
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return p->abort_head ? TRANSFER_ABORT : TRANSFER_GO_ON;
}

/* Whether to pause now; the lock is held. */
static bool probe_pauses(struct probe *p)
{
	p->paused_last = p->pauses && !p->paused_last;
	if (!p->paused_last)
		return false;
	p->paused = true;
	p->pause_count++;
	pthread_cond_broadcast(&p->changed);
	return true;
}

static enum transfer_flow probe_body(void *arg, const char *data, size_t size)
{
	struct probe *p = arg;
	enum transfer_flow flow = TRANSFER_GO_ON;

	pthread_mutex_lock(&p->lock);
	if (p->abort_body)
		flow = TRANSFER_ABORT;
	else if (probe_pauses(p))
		flow = TRANSFER_PAUSE;
	else if (bytes_append(&p->body, data, size) != RC_OK)
		flow = TRANSFER_ABORT;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return flow;
}

static size_t probe_read(void *arg, char *buffer, size_t size)
{
	struct probe *p = arg;
	size_t count = p->upload.size < size ? p->upload.size : size;

	if (count > 1000)
		count = 1000;
	pthread_mutex_lock(&p->lock);
	if (probe_pauses(p)) {
		count = TRANSFER_READ_PAUSE;
	} else {
		memcpy(buffer, p->upload.data, count);
		p->upload = slice_skip(p->upload, count);
	}
	pthread_mutex_unlock(&p->lock);
	return count;
}

static void probe_end(void *arg, enum rc rc, const char *detail)
{
	struct probe *p = arg;

	pthread_mutex_lock(&p->lock);
	p->ends++;
	p->rc = rc;
	strncat(p->detail, detail, sizeof(p->detail) - 1);
	p->transfer = NULL;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

static const struct transfer_ops PROBE_OPS = {
	.head = probe_head,
	.body = probe_body,
	.done = probe_end,
	.read = probe_read,
};

/* Starts it; the lock keeps done() out until the transfer has been written down. */
static enum rc probe_start(struct probe *p, struct upstream_loop *loop, struct fetch *fetch)
{
	enum rc rc;

	fetch->ops = &PROBE_OPS;
	fetch->arg = p;
	pthread_mutex_lock(&p->lock);
	rc = upstream_fetch(loop, fetch, &p->transfer);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* Until done() has run; goes on with what is paused meanwhile. */
static void probe_wait(struct probe *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->ends == 0) {
		if (p->paused) {
			p->paused = false;
			transfer_resume(p->transfer);
			transfer_resume(p->transfer);
		}
		pthread_cond_wait(&p->changed, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

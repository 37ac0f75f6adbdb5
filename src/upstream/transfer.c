/* upstream/transfer.c - the life of a transfer, and what other threads may ask of it.
 *
 * Threads: upstream_fetch(), transfer_resume() and transfer_cancel() from any; transfer_finish()
 * on the loop's. Ownership: see transfer.h.
 */
#include "transfer.h"

#include "loop.h"
#include "util/alloc.h"

#include <stdlib.h>

struct transfer *transfer_new(struct upstream_loop *loop)
{
	struct transfer *t = xalloc(sizeof(*t));

	t->loop = loop;
	list_init(&t->link);
	arena_init(&t->out.arena);
	head_init(&t->head);
	return t;
}

void transfer_free(struct transfer *t)
{
	if (t->easy != NULL)
		curl_easy_cleanup(t->easy);
	free(t->binding.base_url);
	free(t->binding.unix_path);
	free(t->binding.ca_file);
	arena_done(&t->out.arena);
	head_done(&t->head);
	free(t);
}

static void begin_anew(struct transfer *t, const struct fetch *fetch)
{
	t->gone = false;
	t->origin = fetch->origin;
	t->ops = fetch->ops;
	t->arg = fetch->arg;
	t->phase = PHASE_CONNECT;
	t->body_paused = t->upload_paused = false;
	t->uploading = t->out.has_body;
	t->upload_left = t->out.body_length;
	t->length = LENGTH_UNKNOWN;
	t->received = 0;
	t->verdict = RC_OK;
	t->why = NULL;
	head_reset(&t->head, fetch->origin->max_header_bytes);
}

enum rc upstream_fetch(struct upstream_loop *loop, const struct fetch *fetch, struct transfer **ret)
{
	struct transfer *t = spare_take(loop);
	enum rc rc = outgoing_set(&t->out, fetch);

	if (rc == RC_OK) {
		begin_anew(t, fetch);
		rc = inbox_admit(t, ret); /* t may be gone when this returns RC_OK */
	}
	if (rc != RC_OK)
		spare_put(t);
	return rc;
}

void transfer_resume(struct transfer *t)
{
	inbox_post(t, ORDER_RESUME);
}

void transfer_cancel(struct transfer *t)
{
	inbox_post(t, ORDER_CANCEL);
}

/* Only now is it known whether a connection was made for it. */
static void count_connection(struct transfer *t)
{
	long opened = 0;

	if (t->phase == PHASE_CONNECT)
		return;
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
	if (opened > 0)
		atomic_fetch_add(&t->loop->opened_count, (uint64_t)opened);
	else
		atomic_fetch_add(&t->loop->reused_count, 1);
}

void transfer_finish(struct transfer *t, enum rc rc, const char *detail)
{
	struct upstream_loop *loop = t->loop;

	if (!list_empty(&t->link)) {
		count_connection(t);
		curl_multi_remove_handle(loop->multi, t->easy);
		list_remove(&t->link);
		atomic_fetch_sub(&loop->active_count, 1);
	}
	t->ops->done(t->arg, rc, detail);
	t->gone = true;
	/* The last order may have come while done() was on its way: the inbox lets go of it. */
	if ((atomic_load(&t->orders) & ORDER_QUEUED) == 0)
		spare_put(t);
}

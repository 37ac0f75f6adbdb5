/* proxy/client_side.c - how the front drives an exchange: its begin, the request's body, the answer's
 * bytes, its end.
 *
 * What happens to a request is exchange.c's; this file only moves bytes and lets go of things.
 */
#include "deliver/deliver.h"
#include "flight/flight.h"
#include "deliver/inflate.h"
#include "deliver/pieces.h"
#include "purge/purging.h"
#include "record.h"
#include "deliver/rewriting.h"
#include "select.h"
#include "state.h"
#include "story.h"

#include <assert.h>
#include <unistd.h>

#define MOST_KEY_BYTES ((size_t)64 * 1024)
#define MOST_GATHERED \
	((uint64_t)64 * 1024 * 1024) /* of all requests together, but for the last ones to grow */

void exchange_init(struct exchange *x, struct proxy *proxy, struct arena *arena)
{
	*x = (struct exchange){ .arena = arena };
	list_init(&x->reader.link);
	bytes_init(&x->key_buffer, MOST_KEY_BYTES);
	bytes_init(&x->gathered.body, 0);
	exchange_turn(x, proxy);
}

void exchange_turn(struct exchange *x, struct proxy *proxy)
{
	x->proxy = proxy;
	x->gathered.body.limit = (size_t)proxy->config->cache.key_body;
}

void exchange_done(struct exchange *x)
{
	assert(!x->active);
	bytes_done(&x->key_buffer);
	bytes_done(&x->gathered.body);
}

void exchange_begin(struct exchange *x, const struct request *request)
{
	record_begin(x, request);
	story_begin(x);
	/* a body has to flow before the answer can: up to fetch without waiting for it */
	if (request->has_body)
		story_until_fetched(x);
}

enum exchange_state exchange_run(struct exchange *x)
{
	return story_run(x);
}

void exchange_refuse(struct exchange *x, const struct request *request, enum problem problem,
	struct slice detail)
{
	record_begin(x, request);
	story_refuse(x, problem, NULL);
	x->problem_detail = detail;
	story_run(x);
}

static void let_go(struct exchange *x)
{
	if (x->answer.kind == ANSWER_FILE && x->answer.file >= 0) {
		close(x->answer.file); /* nobody sent it */
		x->answer.file = -1;
	}
	flight_leave(&x->reader);
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	if (x->made != NULL)
		body_unref(GIVE(x->made));
	if (x->rewriting != NULL)
		rewriting_end(GIVE(x->rewriting));
	if (x->inflating != NULL)
		inflate_end(GIVE(x->inflating));
	x->pieces = NULL;
	select_forget(x);
	purging_leave(x);
	if (x->gathered.body.data != NULL) {
		atomic_fetch_sub(&x->proxy->house->gathered, x->gathered.body.capacity);
		bytes_done(&x->gathered.body);
	}
	x->gathered.under_way = x->gathered.whole = false;
	x->gathered.passed = 0;
}

void exchange_fail(struct exchange *x, enum problem problem, const char *detail)
{
	let_go(x);
	story_refuse(x, problem, detail);
}

void exchange_local(struct exchange *x, const struct request *request, int status)
{
	record_begin(x, request);
	x->answer = (struct answer){ .kind = ANSWER_BYTES, .status = status };
	story_end(x);
}

/* What was gathered before it turned out too long for a key goes on first. */
static bool pass_gathered(struct exchange *x)
{
	const struct bytes *body = &x->gathered.body;

	while (x->gathered.passed < body->size) {
		size_t count = flight_upload(&x->reader, body->data + x->gathered.passed,
			body->size - x->gathered.passed);

		if (count == 0)
			return false;
		x->gathered.passed += count;
	}
	return true;
}

/* false: it is too long for a key, or there are too many. */
static bool gathers(struct exchange *x, const char *data, size_t size)
{
	struct bytes *body = &x->gathered.body;
	size_t before = body->capacity;
	enum rc rc;

	if (atomic_load(&x->proxy->house->gathered) + size > MOST_GATHERED)
		return false;
	rc = bytes_append(body, data, size);
	atomic_fetch_add(&x->proxy->house->gathered, body->capacity - before);
	return rc == RC_OK;
}

size_t exchange_upload(struct exchange *x, const char *data, size_t size)
{
	if (x->gathered.under_way) {
		if (gathers(x, data, size))
			return size;
		x->gathered.under_way = false;
		story_until_fetched(x);
	}
	if (x->reader.flight == NULL)
		return size;
	return pass_gathered(x) ? flight_upload(&x->reader, data, size) : 0;
}

void exchange_upload_end(struct exchange *x)
{
	if (x->gathered.under_way) {
		x->gathered.under_way = false;
		x->gathered.whole = true;
	} else if (x->reader.flight != NULL) {
		flight_upload_end(&x->reader);
	}
}

ssize_t exchange_read(struct exchange *x, char *buffer, size_t size)
{
	ssize_t count;

	if (x->rewriting != NULL)
		count = rewriting_read(x, buffer, size);
	else if (x->inflating != NULL)
		count = inflate_read(x, buffer, size);
	else if (x->pieces != NULL)
		count = pieces_read(x, buffer, size);
	else
		count = flight_read(&x->reader, buffer, size);
	if (count > 0)
		x->sent_bytes += (uint64_t)count;
	return count;
}

/* farewell */
void exchange_end(struct exchange *x, bool complete)
{
	if (!x->active)
		return;
	record_end(x, complete);
	let_go(x);
	x->active = false;
}

/* proxy/deliver/rewriting_body.c - bodies that are written for the client that gets them.
 *
 * In memory where they are small, else while they are sent, with what http/rewrite.h holds of one value. Threads,
 * ownership: rewriting.h.
 */
#include "rewriting.h"

#include "address_map.h"
#include "answer.h"
#include "flight/flight.h"
#include "inflate.h"
#include "pieces.h"
#include "state.h"

#include "http/gzip.h"
#include "policy/coding.h"

#include <string.h>

#define WHOLE_MOST   ((size_t)1024 * 1024) /* of a body that is rewritten in memory */
#define WRITTEN_MOST (4 * WHOLE_MOST)
#define INPUT_SIZE   ((size_t)16 * 1024)
#define OUTPUT_MOST  ((size_t)4 * 1024 * 1024) /* for a long base, and nothing but addresses */
#define LEVEL        1                         /* of gzip: it is made for one client */

struct rewriting {
	struct rewrite *rewrite;
	struct slice data; /* what is left of a body in memory */
	bool in_memory;
	char *input;         /* in the exchange's arena */
	struct bytes output; /* not sent yet, from `sent` on */
	size_t sent;
	bool ended;
};

static struct rewrite *rewrite_of(const struct exchange *x)
{
	return rewrite_new(x->rewrite.body, &address_map_of(x->proxy->addresses, x->route)->rules,
		x->rewrite.base);
}

static enum rc rewrite_all(const struct exchange *x, struct slice body, struct bytes *out)
{
	SCOPED(rewrite) rewrite = rewrite_of(x);

	TRY(rewrite_feed(rewrite, body, out));
	return rewrite_end(rewrite, out);
}

/* Compressed for who takes it, where that is worth it; else as it is. */
static struct body *coded(struct exchange *x, struct body *plain)
{
	const struct config_cache *cache = &x->proxy->config->cache;
	struct body *gzip;

	if (cache->compression.level == 0 || plain->size < (size_t)cache->compression.threshold ||
		!coding_prefers_gzip(x->view.headers) ||
		gzip_whole((struct slice){ plain->data, plain->size }, LEVEL, plain->size, &gzip) !=
			RC_OK)
		return plain;
	x->cut.recoding = RECODED_GZIP;
	body_unref(plain);
	return gzip;
}

bool rewriting_whole(struct exchange *x, struct slice *body, struct body **owner)
{
	struct bytes out;
	struct body *made;
	size_t size;

	if (body->size > WHOLE_MOST)
		return false;
	bytes_init(&out, WRITTEN_MOST);
	if (rewrite_all(x, *body, &out) != RC_OK) {
		bytes_done(&out);
		return false;
	}
	size = out.size;
	made = coded(x, body_new(bytes_take(&out), size));
	*body = answer_made(x, made);
	*owner = made;
	return true;
}

void rewriting_begin(struct exchange *x, struct slice data)
{
	x->rewriting = arena_alloc(x->arena, sizeof(*x->rewriting));
	*x->rewriting = (struct rewriting){
		.rewrite = rewrite_of(x),
		.data = data,
		.in_memory = data.size > 0,
		.input = arena_alloc(x->arena, INPUT_SIZE),
	};
	bytes_init(&x->rewriting->output, OUTPUT_MOST);
}

void rewriting_end(struct rewriting *rewriting)
{
	rewrite_free(rewriting->rewrite);
	bytes_done(&rewriting->output);
}

/* As exchange_read(), of the body as it came. */
static ssize_t read_input(struct exchange *x, struct rewriting *rewriting)
{
	size_t count;

	if (x->inflating != NULL)
		return inflate_read(x, rewriting->input, INPUT_SIZE);
	if (x->pieces != NULL)
		return pieces_read(x, rewriting->input, INPUT_SIZE);
	if (!rewriting->in_memory)
		return flight_read(&x->reader, rewriting->input, INPUT_SIZE);
	count = rewriting->data.size < INPUT_SIZE ? rewriting->data.size : INPUT_SIZE;
	if (count == 0)
		return STREAM_END;
	memcpy(rewriting->input, rewriting->data.data, count);
	rewriting->data = slice_skip(rewriting->data, count);
	return (ssize_t)count;
}

static size_t take_output(struct rewriting *rewriting, char *buffer, size_t size)
{
	size_t left = rewriting->output.size - rewriting->sent;
	size_t count = left < size ? left : size;

	if (count > 0)
		memcpy(buffer, rewriting->output.data + rewriting->sent, count);
	rewriting->sent += count;
	return count;
}

/* More output, maybe none yet: as exchange_read(). */
static ssize_t refill(struct exchange *x, struct rewriting *rewriting)
{
	ssize_t got = read_input(x, rewriting);
	enum rc rc = RC_OK;

	bytes_clear(&rewriting->output);
	rewriting->sent = 0;
	rewriting->ended = got == STREAM_END;
	if (got > 0)
		rc = rewrite_feed(rewriting->rewrite,
			(struct slice){ rewriting->input, (size_t)got }, &rewriting->output);
	else if (got == STREAM_END)
		rc = rewrite_end(rewriting->rewrite, &rewriting->output);
	if (rc != RC_OK)
		return STREAM_BROKEN;
	return rewriting->ended ? 1 : got;
}

ssize_t rewriting_read(struct exchange *x, char *buffer, size_t size)
{
	struct rewriting *rewriting = x->rewriting;

	for (;;) {
		size_t count = take_output(rewriting, buffer, size);
		ssize_t got;

		if (count > 0)
			return (ssize_t)count;
		if (rewriting->ended)
			return STREAM_END;
		got = refill(x, rewriting);
		if (got <= 0)
			return got;
	}
}

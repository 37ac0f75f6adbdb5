/* proxy/deliver/inflate.c - gzip bodies for clients that take no gzip. */
#include "inflate.h"

#include "flight/flight.h"
#include "pieces.h"
#include "state.h"

#include "http/gunzip.h"
#include "util/clock.h"

#include <limits.h>
#include <string.h>

#define INPUT_SIZE ((size_t)16 * 1024)
/* Real bodies of these services are 4 to 40 times as long as their gzip; a bomb is up to 1030. */
#define MOST_RATIO 500

struct inflating {
	struct gunzip *gunzip;
	char *input;          /* in the exchange's arena; NULL: all of it is pending */
	struct slice pending; /* of the input */
	bool begun;           /* a body of no bytes is whole, whatever it calls itself */
	uint64_t given;       /* inflated so far */
	uint64_t first;       /* what comes before isn't sent */
};

/* Whether it is a gzip that was made here. */
static bool is_ours(const struct exchange *x)
{
	return x->object != NULL && x->object->gzipped;
}

static struct gunzip_limits limits_of(const struct exchange *x)
{
	if (is_ours(x))
		return (struct gunzip_limits){ .bytes = x->object->plain_size, .ratio = UINT_MAX };
	return (struct gunzip_limits){
		.bytes = (uint64_t)x->proxy->config->cache.decode_limit,
		.ratio = MOST_RATIO,
	};
}

enum rc inflate_whole(const struct exchange *x, struct slice data, struct body **ret)
{
	struct gunzip_limits limits = limits_of(x);
	SCOPED(body) body = NULL;

	if (limits.bytes > INFLATE_WHOLE_MOST)
		limits.bytes = INFLATE_WHOLE_MOST;
	TRY(gunzip_all(data, &limits, &body));
	if (is_ours(x) && body->size != x->object->plain_size)
		return RC_INVALID;
	*ret = GIVE(body);
	return RC_OK;
}

void inflate_begin(struct exchange *x, struct slice data)
{
	const struct gunzip_limits limits = limits_of(x);

	x->inflating = arena_alloc(x->arena, sizeof(*x->inflating));
	*x->inflating = (struct inflating){
		.gunzip = gunzip_new(&limits),
		.input = data.size > 0 ? NULL : arena_alloc(x->arena, INPUT_SIZE),
		.pending = data,
		.begun = data.size > 0,
		.first = x->cut.form == FORM_PART ? x->cut.ranges.items[0].first : 0,
	};
}

void inflate_end(struct inflating *inflating)
{
	gunzip_free(inflating->gunzip);
}

/* Why it broke off: one that came is asked for without gzip the next time, one that was made here is
 * damaged. */
static ssize_t broken(struct exchange *x, enum rc rc)
{
	if (is_ours(x))
		pieces_unreadable(x);
	else if (rc == RC_TOO_LARGE)
		memo_note(x->proxy->memo, x->key.hash, MEMO_SWOLLEN,
			clock_monotonic_ms() + x->proxy->config->cache.coalesce.hit_for_miss_ms);
	return STREAM_BROKEN;
}

static ssize_t read_input(struct exchange *x, struct inflating *inflating)
{
	if (inflating->input == NULL)
		return STREAM_END;
	return x->pieces != NULL ? pieces_read(x, inflating->input, INPUT_SIZE)
				 : flight_read(&x->reader, inflating->input, INPUT_SIZE);
}

/* Whether the end of the input is that of the body. */
static bool is_whole(const struct exchange *x, const struct inflating *inflating)
{
	if (is_ours(x) && inflating->given != x->object->plain_size)
		return false;
	return !inflating->begun || gunzip_is_whole(inflating->gunzip);
}

/* More input: as exchange_read(). */
static ssize_t refill(struct exchange *x, struct inflating *inflating)
{
	ssize_t got = read_input(x, inflating);

	if (got > 0)
		inflating->pending = (struct slice){ inflating->input, (size_t)got };
	if (got == STREAM_END && !is_whole(x, inflating))
		return broken(x, RC_INVALID);
	inflating->begun |= got > 0;
	return got;
}

/* count bytes were inflated into buffer: what is to be sent of them, at its begin. */
static size_t wanted(struct inflating *inflating, char *buffer, size_t count)
{
	uint64_t ahead =
		inflating->first > inflating->given ? inflating->first - inflating->given : 0;

	inflating->given += count;
	if (ahead >= count)
		return 0;
	if (ahead > 0)
		memmove(buffer, buffer + ahead, count - (size_t)ahead);
	return count - (size_t)ahead;
}

ssize_t inflate_read(struct exchange *x, char *buffer, size_t size)
{
	struct inflating *inflating = x->inflating;

	for (;;) {
		size_t count = 0;
		ssize_t got;
		enum rc rc =
			gunzip_read(inflating->gunzip, &inflating->pending, buffer, size, &count);

		if (rc != RC_OK && rc != RC_ABSENT)
			return broken(x, rc);
		if (count > 0) {
			count = wanted(inflating, buffer, count);
			if (count > 0)
				return (ssize_t)count;
			continue;
		}
		got = refill(x, inflating);
		if (got <= 0)
			return got;
	}
}

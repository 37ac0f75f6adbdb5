/* proxy/inflate.c - gzip bodies for clients that take no gzip. */
#include "inflate.h"

#include "flight.h"
#include "state.h"

#include "http/gunzip.h"
#include "util/clock.h"

#define INPUT_SIZE ((size_t)16 * 1024)
#define WHOLE_MOST ((uint64_t)1024 * 1024) /* in memory for one client */
/* Real bodies of these services are 4 to 40 times as long as their gzip; a bomb is up to 1030. */
#define MOST_RATIO 500

struct inflating {
	struct gunzip *gunzip;
	char *input;          /* in the exchange's arena; NULL: all of it is pending */
	struct slice pending; /* of the input */
	bool begun;           /* a body of no bytes is whole, whatever it calls itself */
};

static struct gunzip_limits limits_of(const struct exchange *x)
{
	return (struct gunzip_limits){
		.bytes = (uint64_t)x->proxy->config->cache.decode_limit,
		.ratio = MOST_RATIO,
	};
}

enum rc inflate_whole(const struct exchange *x, struct slice data, struct body **ret)
{
	struct gunzip_limits limits = limits_of(x);

	if (limits.bytes > WHOLE_MOST)
		limits.bytes = WHOLE_MOST;
	return gunzip_all(data, &limits, ret);
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
	};
}

void inflate_end(struct inflating *inflating)
{
	gunzip_free(inflating->gunzip);
}

/* More input: as exchange_read(). */
static ssize_t refill(struct exchange *x, struct inflating *inflating)
{
	ssize_t got = STREAM_END;

	if (inflating->input != NULL)
		got = flight_read(&x->reader, inflating->input, INPUT_SIZE);
	if (got > 0)
		inflating->pending = (struct slice){ inflating->input, (size_t)got };
	if (got == STREAM_END && inflating->begun && !gunzip_is_whole(inflating->gunzip))
		return STREAM_BROKEN;
	inflating->begun |= got > 0;
	return got;
}

ssize_t inflate_read(struct exchange *x, char *buffer, size_t size)
{
	struct inflating *inflating = x->inflating;

	for (;;) {
		size_t count = 0;
		ssize_t got;
		enum rc rc =
			gunzip_read(inflating->gunzip, &inflating->pending, buffer, size, &count);

		if (rc == RC_TOO_LARGE)
			memo_note(x->proxy->memo, x->key.hash, MEMO_SWOLLEN,
				clock_monotonic_ms() +
					x->proxy->config->cache.coalesce.hit_for_miss_ms);
		if (rc != RC_OK && rc != RC_ABSENT)
			return STREAM_BROKEN;
		if (count > 0)
			return (ssize_t)count;
		got = refill(x, inflating);
		if (got <= 0)
			return got;
	}
}

/* proxy/inflate.c - gzip bodies for clients that take no gzip. */
#include "inflate.h"

#include "flight.h"
#include "state.h"

#include "http/gunzip.h"

#define INPUT_SIZE ((size_t)16 * 1024)
/* Real bodies of these services are 4 to 40 times as long as their gzip; a bomb is up to 1030. */
#define MOST_RATIO 250

struct inflating {
	struct gunzip *gunzip;
	char *input;          /* in the exchange's arena */
	struct slice pending; /* of the input */
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
	const struct gunzip_limits limits = limits_of(x);

	return gunzip_all(data, &limits, ret);
}

void inflate_begin(struct exchange *x)
{
	const struct gunzip_limits limits = limits_of(x);

	x->inflating = arena_alloc(x->arena, sizeof(*x->inflating));
	*x->inflating = (struct inflating){
		.gunzip = gunzip_new(&limits),
		.input = arena_alloc(x->arena, INPUT_SIZE),
	};
}

void inflate_end(struct inflating *inflating)
{
	gunzip_free(inflating->gunzip);
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
			return STREAM_BROKEN;
		if (count > 0)
			return (ssize_t)count;
		got = flight_read(&x->reader, inflating->input, INPUT_SIZE);
		if (got == STREAM_END && !gunzip_is_whole(inflating->gunzip))
			return STREAM_BROKEN;
		if (got <= 0)
			return got;
		inflating->pending = (struct slice){ inflating->input, (size_t)got };
	}
}

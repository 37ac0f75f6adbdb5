/* fuzz_rates.c - any bytes as what an origin's answers say of rates: no fault, and a pacer that listens to
 * them neither goes beyond its rules nor is shut for ever.
 *
 * The input is answers, cut at empty lines, each of lines "<which><value>": which is the field's place in the
 * table below, beginning with 'a'; the answer's first byte is its status.
 */
#include "pacer.h"

#include "http/retry_after.h"

#include <assert.h>

#define HOUR_MS ((int64_t)3600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum field_id fields[] = {
	FIELD_RATELIMIT,
	FIELD_RATELIMIT_POLICY,
	FIELD_RATELIMIT_LIMIT,
	FIELD_RATELIMIT_REMAINING,
	FIELD_RATELIMIT_RESET,
	FIELD_X_RATELIMIT_LIMIT,
	FIELD_X_RATELIMIT_REMAINING,
	FIELD_X_RATELIMIT_RESET,
	FIELD_X_RATE_LIMIT_LIMIT,
	FIELD_X_RATE_LIMIT_INTERVAL,
	FIELD_X_CONCURRENCY_LIMIT,
	FIELD_RETRY_AFTER,
};

static void check_told(const struct rate_fields *told)
{
	assert(told->count >= 0 && told->concurrency >= 0 && told->remaining >= -1);
	assert(told->count == 0 || (told->period_ms > 0 && told->period_ms <= 60000));
	assert(told->reset_ms >= 0 && told->reset_ms <= RETRY_AFTER_MOST_MS);
	assert(told->retry_after_ms >= -1 && told->retry_after_ms <= RETRY_AFTER_MOST_MS);
}

/* One goes as soon as it may; *now_ms is then. */
static void go(struct pacer *pacer, int64_t *now_ms)
{
	struct pacer_state state;
	int64_t wait_ms;

	pacer_state(pacer, *now_ms, &state);
	assert(state.shut_ms >= 0 && state.shut_ms <= HOUR_MS);
	assert(state.tokens >= 0 && state.tokens <= 2);
	assert(state.count > 0 && state.concurrency >= 0 && state.concurrency <= 3);
	assert(pacer_estimate_ms(pacer, 0, *now_ms) <= pacer_estimate_ms(pacer, 7, *now_ms));
	wait_ms = pacer_take(pacer, *now_ms);
	assert(wait_ms >= 0 && wait_ms <= HOUR_MS);
	if (wait_ms > 0) {
		*now_ms += wait_ms;
		assert(pacer_take(pacer, *now_ms) == 0);
	}
}

static void read_answer(struct slice *rest, struct headers *ret)
{
	while (rest->data != NULL) {
		struct slice line = slice_cut(rest, '\n');
		size_t which = line.size > 0 ? (size_t)(unsigned char)line.data[0] - 'a' : 0;

		if (line.size == 0)
			return;
		if (which < sizeof(fields) / sizeof(fields[0]))
			headers_add_copy(
				ret, field_name(fields[which]), slice_trim(slice_skip(line, 1)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int status[] = { 200, 404, 429, 503, 500 };
	struct slice rest = { (const char *)data, size };
	struct pacer *pacer = pacer_new(&(struct pacer_rules){
		.count = 5, .period_ms = 1000, .burst = 2, .concurrency = 3, .learns = true });
	int64_t now_ms = 1000;

	while (rest.size > 0) {
		struct rate_fields told;
		struct headers headers;
		struct arena arena;
		uint8_t first = (uint8_t)rest.data[0];

		rest = slice_skip(rest, 1);
		arena_init(&arena);
		headers_init(&headers, &arena);
		read_answer(&rest, &headers);
		rate_fields_read(&headers, 1763683200000 + now_ms, &told);
		arena_done(&arena);
		check_told(&told);
		go(pacer, &now_ms);
		pacer_learn(pacer, status[first % 5], &told, now_ms);
		pacer_give_back(pacer);
	}
	pacer_free(pacer);
	return 0;
}

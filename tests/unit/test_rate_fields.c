/* test_rate_fields.c - what answers say of rates: one row, one answer's fields. */
#include "http/rate_fields.h"

#include "policy_rows.h"

#define NOTHING                                                      \
	{                                                            \
		.remaining = -1, .reset_ms = 0, .retry_after_ms = -1 \
	}
#define RATE(n, ms)                                                                    \
	{                                                                              \
		.count = (n), .period_ms = (ms), .remaining = -1, .retry_after_ms = -1 \
	}
#define QUOTA(n, ms)                                                     \
	{                                                                \
		.remaining = (n), .reset_ms = (ms), .retry_after_ms = -1 \
	}
#define BOTH(n, ms, left, reset)                                                           \
	{                                                                                  \
		.count = (n), .period_ms = (ms), .remaining = (left), .reset_ms = (reset), \
		.retry_after_ms = -1                                                       \
	}

static const struct {
	const char *fields;
	struct rate_fields want;
} rows[] = {
	{ "", NOTHING },
	{ "Content-Type: application/json\nServer: x", NOTHING },
	/* RateLimit-Policy */
	{ "RateLimit-Policy: \"default\";q=100;w=10", RATE(100, 10000) },
	{ "RateLimit-Policy: default;q=100;w=10", RATE(100, 10000) },
	{ "RateLimit-Policy: 100;w=10", RATE(100, 10000) },
	{ "ratelimit-policy: 100;window=60", RATE(100, 60000) },
	{ "RateLimit-Policy: 10;w=1;burst=1000;policy=\"leaky bucket\"", RATE(10, 1000) },
	{ "RateLimit-Policy: \"a\";q=10;w=1, \"b\";q=100;w=60", RATE(100, 60000) },
	{ "RateLimit-Policy: \"b\";q=100;w=60\nRateLimit-Policy: \"a\";q=1;w=1", RATE(1, 1000) },
	{ "RateLimit-Policy: \"a\";q=5;w=1, \"b\";q=10;w=1", RATE(5, 1000) },
	{ "RateLimit-Policy: \"a\";q=5;w=0.5", RATE(5, 500) },
	{ "RateLimit-Policy: \"a\";q=5;w=1;qu=\"requests\"", RATE(5, 1000) },
	{ "RateLimit-Policy: \"a\";q=5;w=1;qu=\"content-bytes\"", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=1;qu=\"content-bytes\", \"b\";q=9;w=1", RATE(9, 1000) },
	{ "RateLimit-Limit: 100, 100;w=10", RATE(100, 10000) },
	{ "X-RateLimit-Limit: 50, 50;w=1, 1000;w=3600", RATE(50, 1000) },
	/* a long one is a quota: it isn't spread */
	{ "RateLimit-Policy: \"a\";q=50;w=60, \"b\";q=500;w=86400", RATE(50, 60000) },
	{ "RateLimit-Policy: 5000;w=3600", NOTHING },
	{ "RateLimit-Policy: 5000;w=61", NOTHING },
	/* a limit without its time */
	{ "RateLimit-Policy: \"a\";q=5", NOTHING },
	{ "RateLimit-Limit: 100", NOTHING },
	{ "X-RateLimit-Limit: 55000", NOTHING },
	/* hostile */
	{ "RateLimit-Policy: \"a\";q=0;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=-5;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=0", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=-1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=999999999999999", NOTHING },
	{ "RateLimit-Policy: \"a\";q=999999999999999;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=99999999999999999999;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=\"5\";w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5.5;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=\"1\"", NOTHING },
	{ "RateLimit-Policy: (100;w=10)", NOTHING },
	{ "RateLimit-Policy: (\"a\" \"b\");q=5;w=1", NOTHING },
	{ "RateLimit-Policy: \"a\";q=5;w=1 nonsense", NOTHING },
	{ "RateLimit-Policy:", NOTHING },
	{ "RateLimit-Policy: ,,,", NOTHING },
	/* RateLimit, now and before */
	{ "RateLimit: \"default\";r=50;t=30", QUOTA(50, 30000) },
	{ "RateLimit: default;r=50;t=30", QUOTA(50, 30000) },
	{ "RateLimit: \"default\";r=0;t=30", QUOTA(0, 30000) },
	{ "RateLimit: limit=100, remaining=50, reset=5", QUOTA(50, 5000) },
	{ "RateLimit: limit=100\nRateLimit: remaining=0\nRateLimit: reset=5", QUOTA(0, 5000) },
	{ "RateLimit: \"a\";r=50;t=30, \"b\";r=3;t=10", QUOTA(3, 10000) },
	{ "RateLimit: \"a\";r=0;t=30, \"b\";r=0;t=3600", QUOTA(0, 3600000) },
	{ "RateLimit: \"a\";r=5;t=30\nRateLimit-Policy: \"a\";q=100;w=60",
		BOTH(100, 60000, 5, 30000) },
	{ "RateLimit: \"a\";r=0;t=30\nRateLimit-Policy: \"a\";q=100;w=60;qu=\"content-bytes\"",
		NOTHING },
	{ "RateLimit: \"a\";r=0;t=30, \"b\";r=7;t=1\n"
	  "RateLimit-Policy: \"a\";q=1;w=60;qu=\"x\", \"b\";q=9;w=1",
		BOTH(9, 1000, 7, 1000) },
	{ "RateLimit: \"a\";r=50", NOTHING },
	{ "RateLimit: \"a\";t=50", NOTHING },
	{ "RateLimit: limit=100, remaining=0", NOTHING },
	{ "RateLimit: \"a\";r=-1;t=5", NOTHING },
	{ "RateLimit: \"a\";r=1;t=-5", NOTHING },
	{ "RateLimit: \"a\";r=1;t=99999999999", NOTHING },
	{ "RateLimit: remaining=nan, reset=5", NOTHING },
	{ "RateLimit: remaining=0, reset=-5", NOTHING },
	{ "RateLimit: remaining, reset", NOTHING },
	{ "RateLimit: (1 2);r=1;t=5", NOTHING },
	{ "RateLimit: \"a\";r=1;t=5 \"b\"", NOTHING },
	{ "RateLimit:", NOTHING },
	/* the same in fields of their own */
	{ "RateLimit-Remaining: 7\nRateLimit-Reset: 30", QUOTA(7, 30000) },
	{ "X-RateLimit-Limit: 55000\nX-RateLimit-Remaining: 54999\nX-RateLimit-Reset: 892",
		QUOTA(54999, 892000) },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 0", QUOTA(0, 0) },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1.5", QUOTA(0, 1500) },
	{ "X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 9\nRateLimit-Remaining: 4\n"
	  "RateLimit-Reset: 8",
		QUOTA(4, 8000) },
	{ "X-RateLimit-Remaining: 0", NOTHING },
	{ "X-RateLimit-Reset: 30", NOTHING },
	{ "X-RateLimit-Remaining: -1\nX-RateLimit-Reset: 30", NOTHING },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: -30", NOTHING },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset:", NOTHING },
	{ "X-RateLimit-Remaining:\nX-RateLimit-Reset: 30", NOTHING },
	{ "X-RateLimit-Remaining: nan\nX-RateLimit-Reset: 30", NOTHING },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: inf", NOTHING },
	{ "X-RateLimit-Remaining: 99999999999999999999\nX-RateLimit-Reset: 30", NOTHING },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 99999999999999999999", NOTHING },
	{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 999999999", NOTHING }, /* 31 years */
	/* Crossref */
	{ "x-rate-limit-limit: 5\nx-rate-limit-interval: 1s", RATE(5, 1000) },
	{ "X-Rate-Limit-Limit: 50\nX-Rate-Limit-Interval: 1m", RATE(50, 60000) },
	{ "X-Rate-Limit-Limit: 50\nX-Rate-Limit-Interval: 250ms", RATE(50, 250) },
	{ "X-Rate-Limit-Limit: 50\nX-Rate-Limit-Interval: 2", RATE(50, 2000) },
	{ "X-Rate-Limit-Limit: 50", NOTHING },
	{ "X-Rate-Limit-Interval: 1s", NOTHING },
	{ "X-Rate-Limit-Limit: 0\nX-Rate-Limit-Interval: 1s", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: 0", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: 0s", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: -1s", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: 99999999999d", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: 1d", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval:", NOTHING },
	{ "X-Concurrency-Limit: 3", { .remaining = -1, .concurrency = 3, .retry_after_ms = -1 } },
	{ "X-Concurrency-Limit: 0", NOTHING },
	{ "X-Concurrency-Limit: -1", NOTHING },
	{ "X-Concurrency-Limit: 1.5", NOTHING },
	{ "X-Concurrency-Limit: 18446744073709551615", NOTHING },
	{ "X-Rate-Limit-Limit: 5\nX-Rate-Limit-Interval: 1s\nX-Concurrency-Limit: 1",
		{ 5, 1000, -1, 0, 1, -1 } },
	/* Retry-After */
	{ "Retry-After: 40.0", { .remaining = -1, .retry_after_ms = 40000 } },
	{ "Retry-After: " DATE_NEXT, { .remaining = -1, .retry_after_ms = HOUR } },
	{ "Retry-After: -1", NOTHING },
	{ "Retry-After: nan", NOTHING },
	{ "Retry-After:", NOTHING },
	/* several at once */
	{ "X-RateLimit-Limit: 10, 10;w=1\nRateLimit-Policy: 100;w=60\nX-Rate-Limit-Limit: 9\n"
	  "X-Rate-Limit-Interval: 1s",
		RATE(100, 60000) },
};

static void check_same(const struct rate_fields *got, const struct rate_fields *want)
{
	ck_assert_int_eq(got->count, want->count);
	ck_assert_int_eq(got->period_ms, want->period_ms);
	ck_assert_int_eq(got->remaining, want->remaining);
	ck_assert_int_eq(got->reset_ms, want->reset_ms);
	ck_assert_int_eq(got->concurrency, want->concurrency);
	ck_assert_int_eq(got->retry_after_ms, want->retry_after_ms);
}

START_TEST(reads)
{
	struct rate_fields got;
	struct headers headers;

	rows_begin();
	headers = row_headers(rows[_i].fields);
	rate_fields_read(&headers, NOW, &got);
	check_same(&got, &rows[_i].want);
}
END_TEST

/* Resets since the epoch: in seconds, with a fraction, in milliseconds, and when they have passed. A clock of
 * today, since a second of 1994 could as well be a time from now. */
static const struct {
	const char *reset;
	int64_t reset_ms; /* -1: not read */
} resets[] = {
	{ "1763683260", 60000 },
	{ "1763683260.25", 60250 },
	{ "1763683200", 0 },
	{ "1763683199", 0 },
	{ "1000000000", 0 },
	{ "1763683260000", 60000 },
	{ "1763683199999", 0 },
	{ "1795219200", 31536000000 },
	{ "1795219201", -1 },
	{ "99999999999", -1 },
	{ "9223372036854775807", -1 },
};

START_TEST(since_the_epoch)
{
	struct rate_fields got;
	struct headers headers;

	rows_begin();
	headers_init(&headers, &row_arena);
	headers_add(&headers, SLICE("X-RateLimit-Remaining"), SLICE("1"));
	headers_add(&headers, SLICE("X-RateLimit-Reset"), slice_of(resets[_i].reset));
	rate_fields_read(&headers, 1763683200000, &got);
	ck_assert_int_eq(got.remaining, resets[_i].reset_ms < 0 ? -1 : 1);
	ck_assert_int_eq(got.reset_ms, resets[_i].reset_ms < 0 ? 0 : resets[_i].reset_ms);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("rate_fields");
	Suite *suite = suite_create("rate_fields");

	tcase_add_loop_test(tests, reads, 0, ROWS(rows));
	tcase_add_loop_test(tests, since_the_epoch, 0, ROWS(resets));
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

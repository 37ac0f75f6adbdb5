/* tests/bench/upstream_rate.c - how many small transfers a second one upstream loop makes.
 *
 *	upstream_rate http://127.0.0.1:PORT /target [transfers] [at once]
 *
 * Keeps that many in flight, each started by the end of another, and prints rate, connections and
 * the processor time of a transfer. Not a part of the build; bring an origin that is faster, on a
 * core of its own.
 */
#include "upstream/upstream.h"

#include "util/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct upstream_loop *loop;
static struct origin origin = {
	.connect_ms = 5000,
	.first_byte_ms = 30000,
	.idle_ms = 30000,
	.total_ms = 300000,
	.verify_tls = true,
	.max_header_bytes = 65536,
};
static struct fetch fetch = { .origin = &origin };
static long to_start, to_end, failed; /* guarded by lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

static void start_one(void)
{
	struct transfer *transfer;

	if (upstream_fetch(loop, &fetch, &transfer) != RC_OK)
		abort();
}

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	return head->status == 200 ? TRANSFER_GO_ON : TRANSFER_ABORT;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	return TRANSFER_GO_ON;
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	bool more;

	pthread_mutex_lock(&lock);
	failed += rc != RC_OK;
	more = to_start > 0;
	to_start -= more;
	if (--to_end == 0)
		pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
	if (more)
		start_one();
}

static const struct transfer_ops OPS = { .head = on_head, .body = on_body, .done = on_done };

static double processor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(long transfers, long at_once)
{
	struct upstream_usage usage;
	int64_t from_us = clock_monotonic_us();
	double seconds, processor = processor_seconds();

	to_end = transfers;
	to_start = transfers - at_once;
	for (long i = 0; i < at_once; i++)
		start_one();
	pthread_mutex_lock(&lock);
	while (to_end > 0)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	seconds = (double)(clock_monotonic_us() - from_us) / 1e6;
	processor = processor_seconds() - processor;
	upstream_usage(loop, &usage);
	printf("%.0f transfers/s, %.1f us of processor each, %ld failed, %llu connections\n",
		(double)transfers / seconds, processor * 1e6 / (double)transfers, failed,
		(unsigned long long)usage.opened);
}

int main(int argc, char **argv)
{
	struct upstream_loop_options options = { .max_idle_connections = 256 };
	struct arena arena;
	struct headers fields;

	if (argc < 3)
		return 2;
	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_add(&fields, SLICE("Accept"), SLICE("application/json"));
	headers_add(&fields, SLICE("Accept-Encoding"), SLICE("gzip"));
	headers_add(&fields, SLICE("Via"), SLICE("1.1 larder"));
	origin.base_url = argv[1];
	fetch.method = SLICE("GET");
	fetch.target = slice_of(argv[2]);
	fetch.headers = &fields;
	fetch.ops = &OPS;
	if (upstream_loop_start(&options, &loop) != RC_OK)
		return 1;
	run(argc > 3 ? strtol(argv[3], NULL, 10) : 200000,
		argc > 4 ? strtol(argv[4], NULL, 10) : 64);
	upstream_loop_stop(loop);
	upstream_loop_free(loop);
	arena_done(&arena);
	return failed > 0;
}

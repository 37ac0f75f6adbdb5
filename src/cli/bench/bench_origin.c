/* cli/bench/bench_origin.c - what an origin takes to answer, and what a larder before it takes: one request after the
 * other, few of them, because origins are other people's.
 *
 * Each request has a parameter of its own, so that the first through the larder misses; the second hits if the
 * origin lets it be stored.
 *
 * Threads: the caller's, which waits, and the loop's.
 */
#include "bench.h"

#include "http/uri.h"
#include "upstream/upstream.h"
#include "util/hash.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define DEADLINE_MS 30000
#define MOST_URL    8192

struct asking {
	struct bench *bench;
	struct upstream_loop *loop;
	struct origin origin;
	char base[MOST_URL];
	char target[MOST_URL]; /* up to the parameter's value */
	uint64_t run;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
	bool failed;
};

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	struct asking *a = arg;

	a->failed = head->status >= 500;
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	(void)arg;
	(void)data;
	(void)size;
	return TRANSFER_GO_ON;
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	struct asking *a = arg;

	(void)detail;
	pthread_mutex_lock(&a->lock);
	a->failed = a->failed || rc != RC_OK;
	a->over = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static const struct transfer_ops ops = { .head = on_head, .body = on_body, .done = on_done };

static enum rc ask(void *arg, size_t i)
{
	struct asking *a = arg;
	char target[MOST_URL + 64];
	struct headers none = { 0 };
	struct transfer *transfer = NULL;

	snprintf(target, sizeof(target), "%s%016llx-%zu", a->target, (unsigned long long)a->run, i);
	a->over = a->failed = false;
	TRY(upstream_fetch(a->loop,
		&(struct fetch){ .origin = &a->origin,
			.method = SLICE("GET"),
			.target = slice_of(target),
			.headers = &none,
			.ops = &ops,
			.arg = a },
		&transfer));
	pthread_mutex_lock(&a->lock);
	while (!a->over)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	a->bench->failures += a->failed;
	return RC_OK;
}

/* "http://host:port" and "/path?query&larder-bench=". */
static enum rc split(struct asking *a, const char *url)
{
	const char *host = strstr(url, "://"), *path;
	struct base_url base;
	struct target target;

	if (host == NULL || strlen(url) + 64 > MOST_URL)
		return RC_INVALID;
	path = strchr(host + 3, '/');
	if (path == NULL)
		path = url + strlen(url);
	snprintf(a->base, sizeof(a->base), "%.*s", (int)(path - url), url);
	snprintf(a->target, sizeof(a->target), "%s%slarder-bench=", path[0] != '\0' ? path : "/",
		strchr(path, '?') != NULL ? "&" : "?");
	TRY(base_url_parse(slice_of(a->base), &base));
	TRY(target_split(slice_of(a->target), &target));
	a->origin = (struct origin){ .base_url = a->base,
		.connect_ms = DEADLINE_MS,
		.first_byte_ms = DEADLINE_MS,
		.idle_ms = DEADLINE_MS,
		.total_ms = DEADLINE_MS,
		.verify_tls = true,
		.max_header_bytes = (size_t)256 << 10 };
	return RC_OK;
}

static enum rc measure(struct asking *a, const char *name, const char *about)
{
	return bench_measure(a->bench, bench_series(a->bench, name, about),
		&(struct bench_steps){ a->bench->requests, ask, a });
}

static enum rc measure_all(struct asking *a)
{
	if (a->bench->origin != NULL) {
		TRY(split(a, a->bench->origin));
		TRY(measure(a, "origin", "the origin itself"));
	}
	if (a->bench->proxy == NULL)
		return RC_OK;
	a->run++; /* the origin may keep what it was asked, too */
	TRY(split(a, a->bench->proxy));
	TRY(measure(a, "proxy-miss", "through larder, for the first time"));
	return measure(a, "proxy-hit", "the same again");
}

enum rc bench_origin(struct bench *bench)
{
	const struct upstream_loop_options options = { .max_idle_connections = 4 };
	struct asking asking = { .bench = bench, .run = random_u64() };
	enum rc rc;

	pthread_mutex_init(&asking.lock, NULL);
	pthread_cond_init(&asking.changed, NULL);
	rc = upstream_loop_start(&options, &asking.loop);
	if (rc == RC_OK) {
		rc = measure_all(&asking);
		upstream_loop_stop(asking.loop);
		upstream_loop_free(asking.loop);
	}
	pthread_mutex_destroy(&asking.lock);
	pthread_cond_destroy(&asking.changed);
	return rc;
}

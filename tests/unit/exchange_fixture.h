/* exchange_fixture.h - requests as the front would drive them through the story, before an origin that
 * the test plays.
 *
 * Threads: the test's, and the upstream loop's, which only wakes. Ownership: set_up() makes all,
 * tear_down() ends it; each visit ends with visit_end().
 */
#pragma once

#include "flight/flight.h"
#include "state.h"

#include "http_fixture.h"
#include "played_origin.h"
#include "proxy/exchange.h"

static struct played_origin origin;
static struct config *config;
static struct proxy *proxy;
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;

static inline void set_up(void)
{
	struct bytes words;
	char text[512];
	struct config_faults faults;
	int size;

	play_open(&origin);
	size = snprintf(text, sizeof(text),
		"upstreams: { o: { url: \"%s\", retry: { attempts: 1 },\n"
		"                  breaker: { consecutive: 0, error_rate: 0%% } } }\n"
		"routes: [ { path: /a, upstream: o, upstream_path: /a } ]\n"
		"log: { level: error }\n",
		origin.url);
	ck_assert_int_eq(config_parse("test", text, (size_t)size, &config, &faults), RC_OK);
	bytes_init(&words, 4096);
	ck_assert_int_eq(
		proxy_start(&(struct proxy_options){ .config = config }, &proxy, &words), RC_OK);
	bytes_done(&words);
}

static inline void tear_down(void)
{
	proxy_stop(proxy);
	ck_assert_uint_eq(proxy_in_flight(proxy), 0);
	play_end(&origin);
	proxy_unref(proxy);
	config_free(config);
}

struct visit {
	struct exchange x;
	struct arena arena;
	struct request request;
	struct headers answered; /* fields of the answer */
	bool asleep;             /* under sleep_lock */
	char body[65536];
	ssize_t end; /* of the body: STREAM_END or STREAM_BROKEN */
};

static void visit_suspend(void *arg)
{
	pthread_mutex_lock(&sleep_lock);
	((struct visit *)arg)->asleep = true;
	pthread_mutex_unlock(&sleep_lock);
}

static void visit_resume(void *arg)
{
	pthread_mutex_lock(&sleep_lock);
	((struct visit *)arg)->asleep = false;
	pthread_cond_broadcast(&woken);
	pthread_mutex_unlock(&sleep_lock);
}

static const struct reader_client visit_callbacks = {
	.suspend = visit_suspend,
	.resume = visit_resume,
};

static inline void visit_sleep(struct visit *v)
{
	pthread_mutex_lock(&sleep_lock);
	while (v->asleep)
		pthread_cond_wait(&woken, &sleep_lock);
	pthread_mutex_unlock(&sleep_lock);
}

/* "METHOD /target", and "name: value" lines. Runs until it waits or is answered. */
static inline enum exchange_state visit_begin(struct visit *v, const char *line, const char *fields)
{
	struct slice rest = slice_of(fields), target = slice_of(line);
	struct slice method = slice_cut(&target, ' ');

	memset(v, 0, sizeof(*v));
	arena_init(&v->arena);
	exchange_init(&v->x, proxy, &v->arena);
	v->x.reader.client = &visit_callbacks;
	v->x.reader.arg = v;
	headers_init(&v->request.headers, &v->arena);
	headers_add(&v->request.headers, SLICE("Host"), SLICE("larder"));
	while (rest.size > 0) {
		struct slice value = slice_cut(&rest, '\n'), name = slice_cut(&value, ':');

		headers_add_copy(&v->request.headers, name, slice_trim(value));
	}
	v->request.method_text = arena_copy(&v->arena, method);
	v->request.method = method_lookup(method);
	v->request.raw_target = target;
	v->request.client = SLICE("192.0.2.1");
	slice_to_u64(headers_get(&v->request.headers, FIELD_CONTENT_LENGTH),
		(uint64_t *)&v->request.content_length);
	v->request.has_body = v->request.content_length > 0;
	v->request.asterisk = slice_equal(target, SLICE("*"));
	if (!v->request.asterisk)
		ck_assert_int_eq(target_split(target, &v->request.target), RC_OK);
	exchange_begin(&v->x, &v->request);
	return v->request.has_body ? EXCHANGE_WAIT : exchange_run(&v->x);
}

static inline void visit_read(struct visit *v)
{
	size_t size = 0;
	ssize_t count = 0;

	while (count >= 0) {
		visit_sleep(v);
		count = exchange_read(&v->x, v->body + size, sizeof(v->body) - 1 - size);
		size += count > 0 ? (size_t)count : 0;
	}
	v->end = count;
}

/* To the end of the answer. */
static inline void visit_finish(struct visit *v)
{
	do
		visit_sleep(v);
	while (exchange_run(&v->x) == EXCHANGE_WAIT);
	headers_init(&v->answered, &v->arena);
	exchange_fields(&v->x, &v->answered);
	v->end = STREAM_END;
	if (v->x.answer.kind == ANSWER_STREAM)
		visit_read(v);
	else if (v->x.answer.kind == ANSWER_BYTES)
		memcpy(v->body, v->x.answer.body.data, v->x.answer.body.size);
}

static inline void visit_end(struct visit *v)
{
	exchange_end(&v->x, v->end == STREAM_END);
	exchange_done(&v->x);
	arena_done(&v->arena);
}

/* status, Cache-Status (how it begins, when that ends in '=': what follows is time), and the body. */
static inline void assert_answer(
	const struct visit *v, int status, const char *cache, const char *body)
{
	struct slice told = headers_get(&v->answered, FIELD_CACHE_STATUS);

	ck_assert_int_eq(v->x.answer.status, status);
	if (cache[strlen(cache) - 1] == '=' && told.size > strlen(cache))
		told.size = strlen(cache);
	ck_assert_msg(slice_equal(told, slice_of(cache)), "got '" SLICE_FORMAT "', not '%s'",
		SLICE_ARGS(told), cache);
	ck_assert_str_eq(v->body, body);
	ck_assert_int_eq(v->end, STREAM_END);
}

/* The whole of it against an origin that says head and body, or isn't asked (head NULL). */
static inline void visit_all(struct visit *v, const char *line, const char *head, const char *body)
{
	if (visit_begin(v, line, "") == EXCHANGE_WAIT && head != NULL) {
		play_accept(&origin);
		play_head(&origin, 200, head, (long)strlen(body));
		ck_assert(play_bytes(&origin, body, strlen(body)));
	}
	visit_finish(v);
}

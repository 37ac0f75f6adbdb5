/* flight_fixture.h - what the tests of flights play with: a proxy before an origin that the test
 * plays itself, clients whose sleep and waking are watched, and a story that does what the origin's
 * head says:
 *
 *	x-share: all | waiting | none	who may have it; else all
 *	x-store: yes			it is wanted for the store
 *	x-lang: de			it is for requests with this x-lang only
 *	x-retry: yes			nobody can use it
 *	x-object: yes			it freshened `stored`
 *
 * Threads: the test's, and the upstream loop's, which calls the story; `scene.lock` guards what both
 * use. Ownership: set_up() makes all, tear_down() ends it.
 */
#pragma once

#include "flight/flight.h"
#include "state.h"

#include "http_fixture.h"
#include "played_origin.h"
#include "util/clock.h"

#include <poll.h>

#define MAX_OBJECT ((size_t)64 * 1024) /* as configured below */
#define WINDOW     ((size_t)32 * 1024)
#define SPOOL      ((size_t)256 * 1024)
#define PATIENT    60000 /* flight deadline, milliseconds */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned heads, landed, stored, ended;
	enum rc rc;    /* of the last end */
	bool detailed; /* and whether more was said than that */
} scene;

static struct played_origin origin;
static struct config *config;
static struct proxy *proxy;
static struct object *stored;
static bool stopped; /* by the test */

static bool says(const struct flight *flight, const char *name, const char *value)
{
	uint32_t from = 0;
	const struct field *field = headers_next_named(&flight->received, slice_of(name), &from);

	return field != NULL && slice_equal(field->value, slice_of(value));
}

static void keep(struct flight *flight, struct flight_verdict *ret)
{
	uint32_t from = 0;
	const struct field *lang = headers_next_named(&flight->received, SLICE("x-lang"), &from);

	ret->skip = says(flight, "x-store", "yes") ? SKIP_NONE : SKIP_NO_FRESHNESS;
	ret->share = SHARE_ALL;
	ret->freshness.lifetime_ms = INT64_MAX / 2;
	if (says(flight, "x-share", "waiting"))
		ret->share = SHARE_WAITING;
	if (says(flight, "x-share", "none"))
		ret->share = SHARE_NONE;
	ret->retry = says(flight, "x-retry", "yes");
	if (lang != NULL)
		headers_add(&ret->variant, lang->name, lang->value);
	if (says(flight, "x-object", "yes")) {
		ret->object = object_ref(stored);
		ret->from_store = true;
	}
	pthread_mutex_lock(&scene.lock);
	scene.heads++;
	pthread_mutex_unlock(&scene.lock);
}

static void land(struct flight *flight)
{
	SCOPED(body) body = NULL;
	bool wanted = flight->keeps && stream_body(&flight->stream, &body) == RC_OK;

	pthread_mutex_lock(&flight->lock);
	wanted = wanted && !flight->purged && !flight->detached;
	if (wanted)
		flight->verdict.object =
			object_new(&(struct object_parts){ .status = flight->status,
				.headers = &flight->verdict.fields,
				.body = body });
	pthread_mutex_unlock(&flight->lock);
	pthread_mutex_lock(&scene.lock);
	scene.landed++;
	scene.stored += wanted;
	pthread_mutex_unlock(&scene.lock);
}

static void ended(struct flight *flight, enum rc rc, const char *detail)
{
	(void)flight;
	pthread_mutex_lock(&scene.lock);
	scene.ended++;
	scene.detailed = detail[0] != '\0';
	scene.rc = rc;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
}

static const struct flight_story story = { .keep = keep, .land = land, .ended = ended };

/* Waits for the count-th end of a fetch; how it ended. */
static enum rc end_of(unsigned count)
{
	enum rc rc;

	pthread_mutex_lock(&scene.lock);
	while (scene.ended < count)
		pthread_cond_wait(&scene.changed, &scene.lock);
	rc = scene.rc;
	pthread_mutex_unlock(&scene.lock);
	return rc;
}

static void set_up(void)
{
	struct bytes words;
	char text[512];
	struct config_faults faults;
	struct body *body = body_new(malloc(1), 0);
	struct headers none = { 0 };
	int size;

	pthread_mutex_init(&scene.lock, NULL);
	pthread_cond_init(&scene.changed, NULL);
	play_open(&origin);
	size = snprintf(text, sizeof(text),
		"cache: { memory: { max_object: 64KiB }, coalesce: { window: 32KiB },\n"
		"         spool: { path: /tmp, limit: 256KiB } }\n"
		"upstreams: { o: { url: \"%s\", retry: { attempts: 1 },\n"
		"                  breaker: { consecutive: 0, error_rate: 0%% } } }\n"
		"routes: [ { path: /, upstream: o } ]\n",
		origin.url);
	ck_assert_int_eq(config_parse("test", text, (size_t)size, &config, &faults), RC_OK);
	bytes_init(&words, 4096);
	ck_assert_int_eq(
		proxy_start(&(struct proxy_options){ .config = config }, &proxy, &words), RC_OK);
	bytes_done(&words);
	stored =
		object_new(&(struct object_parts){ .status = 200, .headers = &none, .body = body });
	body_unref(body);
}

static struct flights_usage usage_now(void)
{
	struct flights_usage usage;

	flights_usage(proxy->flights, clock_monotonic_ms(), &usage);
	return usage;
}

/* Nothing is left over: neither flights nor readers. */
static void tear_down(void)
{
	if (!stopped)
		proxy_stop(proxy);
	ck_assert_uint_eq(usage_now().flights, 0);
	ck_assert_uint_eq(usage_now().readers, 0);
	play_end(&origin);
	proxy_unref(proxy);
	config_free(config);
	object_unref(stored);
}

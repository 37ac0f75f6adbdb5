/* proxy/flight/flight_life.c - how a flight begins to be, and ceases: what it copies of its plan, what it holds.
 *
 * Threads: a front thread makes it, whoever lets go of it last ends it.
 */
#include "flight.h"

#include "state.h"

#include "policy/vary.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UPLOAD_ROOM ((size_t)64 * 1024)

static void copy_request(struct flight *flight, const struct flight_plan *plan)
{
	struct slice coding =
		plan->exact_coding ? vary_accept_encoding(plan->request) : SLICE("gzip");

	headers_init(&flight->request, &flight->arena);
	HEADERS_EACH(at, plan->request) {
		if (plan->cached && at->id == FIELD_ACCEPT_ENCODING)
			continue;
		if (!plan->background || at->id != FIELD_CACHE_CONTROL)
			headers_add_copy(&flight->request, at->name, at->value);
	}
	if (plan->cached)
		headers_add_known(&flight->request, FIELD_ACCEPT_ENCODING, coding);
	headers_init(&flight->verdict.variant, &flight->arena);
	if (plan->variant != NULL) {
		HEADERS_EACH(at, plan->variant)
			headers_add_copy(&flight->verdict.variant, at->name, at->value);
		flight->has_variant = flight->is_foreseen = true;
		flight->foreseen = flight->verdict.variant;
	}
	flight->target = arena_copy(&flight->arena, plan->target);
	flight->key.bytes = arena_copy(&flight->arena, plan->key.bytes);
	flight->key.hash = plan->key.hash;
}

/* What the key is made of: a rule may ask for another one when the response is there. */
static void copy_parts(struct flight *flight, const struct flight_plan *plan)
{
	struct arena *arena = &flight->arena;

	flight->raw_target = arena_copy(arena, plan->raw_target);
	flight->ruled_target = arena_copy(arena, plan->ruled_target);
	flight->credentials = plan->credentials;
	flight->dropped = plan->dropped;
	flight->parts = plan->parts; /* the route is the configuration's */
	flight->parts.target = arena_copy(arena, plan->parts.target);
	flight->parts.method = arena_copy(arena, plan->parts.method);
	flight->parts.digest = arena_copy(arena, plan->parts.digest);
	flight->parts.rule = arena_copy(arena, plan->parts.rule);
	flight->parts.mark = arena_copy(arena, plan->parts.mark);
	flight->parts.tenant = arena_copy(arena, plan->parts.tenant);
	flight->tenant = plan->tenant;
}

static void take_stored(struct flight *flight, const struct flight_plan *plan)
{
	size_t size = plan->slot_count * sizeof(*plan->slots);

	if (size > 0) {
		flight->slots = memcpy(arena_alloc(&flight->arena, size), plan->slots, size);
		flight->slot_count = plan->slot_count;
	}
	flight->stale = plan->stale != NULL ? object_ref(plan->stale) : NULL;
	flight->part = plan->part != NULL ? object_ref(plan->part) : NULL;
	while (flight->other_count < plan->other_count) {
		flight->others[flight->other_count] = object_ref(plan->others[flight->other_count]);
		flight->other_count++;
	}
}

size_t flight_candidates(const struct flight *flight, struct object *ret[static OTHERS_MOST + 1])
{
	size_t count = 0;

	if (flight->stale != NULL)
		ret[count++] = flight->stale;
	for (size_t i = 0; i < flight->other_count; i++)
		ret[count++] = flight->others[i];
	return count;
}

static void release_stored(struct flight *flight)
{
	if (flight->stale != NULL)
		object_unref(flight->stale);
	if (flight->part != NULL)
		object_unref(flight->part);
	while (flight->other_count > 0)
		object_unref(flight->others[--flight->other_count]);
}

/* A body that is there as a whole is sent from memory; others flow through. */
static void take_body(struct flight *flight, struct slice body)
{
	struct upload *upload = &flight->upload;

	bytes_init(&upload->buffer, body.size > UPLOAD_ROOM ? body.size : UPLOAD_ROOM);
	upload->ended = body.size > 0 && bytes_append_slice(&upload->buffer, body) == RC_OK;
	flight->body_whole = upload->ended;
}

struct flight *flight_new(struct flights *flights, const struct flight_plan *plan)
{
	struct flight *flight = xalloc(sizeof(*flight));

	atomic_init(&flight->references, 1);
	list_init(&flight->link);
	list_init(&flight->readers);
	list_init(&flight->wake_link);
	pthread_mutex_init(&flight->lock, NULL);
	arena_init(&flight->arena);
	flight->table = flights;
	flight->proxy = proxy_ref(plan->proxy);
	flight->story = plan->story;
	flight->check = plan->check;
	flight->route = plan->route;
	flight->purpose = plan->purpose;
	flight->private = plan->private;
	flight->cached = plan->cached;
	flight->bypasses = plan->bypasses;
	flight->secure = plan->secure;
	flight->exact = plan->exact_coding;
	flight->epoch = plan->epoch;
	flight->joinable = !plan->private;
	flight->method = plan->method;
	flight->class = plan->background ? ASK_REVALIDATION : ASK_MISS;
	flight->has_body = plan->has_body;
	flight->body_length = plan->body_length;
	flight->started_ms = clock_monotonic_ms();
	flight->requested_ms = plan->now_ms;
	flight->content_length = LENGTH_UNKNOWN;
	take_stored(flight, plan);
	copy_request(flight, plan);
	copy_parts(flight, plan);
	headers_init(&flight->sent, &flight->arena);
	headers_init(&flight->received, &flight->arena);
	headers_init(&flight->verdict.fields, &flight->arena);
	take_body(flight, plan->body);
	stream_init(&flight->stream, &(struct stream_options){ .memory_limit = SIZE_MAX });
	flights_count(flights, 1, 0);
	return flight;
}

const struct config_route *flight_route(const struct flight *flight)
{
	return &flight->proxy->config->routes[flight->route];
}

const struct config_upstream *flight_upstream(const struct flight *flight)
{
	return &flight->proxy->config->upstreams[flight_route(flight)->upstream_index];
}

struct flight *flight_ref(struct flight *flight)
{
	atomic_fetch_add_explicit(&flight->references, 1, memory_order_relaxed);
	return flight;
}

void flight_unref(struct flight *flight)
{
	if (atomic_fetch_sub_explicit(&flight->references, 1, memory_order_acq_rel) != 1)
		return;
	assert(list_empty(&flight->readers) && list_empty(&flight->link));
	flights_count(flight->table, -1, 0);
	atomic_fetch_sub(&flight->proxy->house->spooled, flight->spooled);
	release_stored(flight);
	if (flight->object != NULL)
		object_unref(flight->object);
	if (flight->verdict.object != NULL)
		object_unref(flight->verdict.object);
	stream_done(&flight->stream);
	bytes_done(&flight->upload.buffer);
	arena_done(&flight->arena);
	pthread_mutex_destroy(&flight->lock);
	proxy_unref(flight->proxy); /* the route's path in parts was its configuration's */
	free(flight);
}

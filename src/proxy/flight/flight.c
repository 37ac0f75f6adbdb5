/* proxy/flight/flight.c - the origin's side of a flight: head, body, end.
 *
 * What goes to the origin is sending.c's. The callbacks run on the upstream loop. They prepare what they found without the lock and publish
 * it under the lock, so that readers are held up for a few pointers only.
 */
#include "flight.h"

#include "audience.h"
#include "guarded.h"
#include "purge/holding.h"
#include "shelves.h"
#include "keep/stand_in.h"
#include "state.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MOST_IGNORED ((uint64_t)64 * 1024)

uint64_t flight_window(const struct flight *flight)
{
	const struct config_cache *cache = &flight->proxy->config->cache;

	if (flight->keeps)
		return UINT64_MAX;
	if (flight->stream.options.memory_limit == SIZE_MAX ||
		atomic_load(&flight->proxy->house->spooled) >= (uint64_t)cache->spool.limit)
		return (uint64_t)cache->coalesce.window;
	return (uint64_t)cache->spool.limit;
}

/* libcurl 7.88 keeps what comes for a paused HTTP/2 stream in memory, and gives up at 64 MiB: such a
 * fetch is rather let go on into the spool. */
static bool may_be_http2(const struct flight *flight)
{
	const struct config_upstream *upstream = flight_upstream(flight);

	return upstream->http2 && strncmp(upstream->url, "https:", 6) == 0;
}

/* The head's verdict decides where the body goes. Under the lock. */
static void prepare_stream(struct flight *flight)
{
	const struct config_cache *cache = &flight->proxy->config->cache;
	/* no client reads before it has sent all: held back for it, both would wait for ever */
	bool uploading = flight->has_body && !flight->upload.ended;
	bool held = flight->guarding != NULL && flight_route(flight)->guard.hold;
	bool pipe = flight->verdict.share == SHARE_NONE && flight->verdict.skip != SKIP_NONE &&
		    !uploading && !held && !may_be_http2(flight);

	stream_init(&flight->stream,
		&(struct stream_options){
			.memory_limit = pipe ? SIZE_MAX : (size_t)cache->memory.max_object,
			.keep = flight->verdict.skip == SKIP_NONE,
			.spool_path = shelves_spool_path(flight->proxy->house),
			.spare_path = flight->proxy->house->spool_path,
			.expected = flight->content_length,
		});
}

/* The fetch ends before its end; nobody joins it any more. Under the lock. */
static enum transfer_flow give_up(struct flight *flight, enum rc fault)
{
	flight->joinable = false;
	flight->keeps = false;
	flight->fault = fault;
	return TRANSFER_ABORT;
}

/* Whether nothing comes behind the head. Such a response is published at its end: who has it must
 * find it stored. */
static bool is_all(const struct flight *flight)
{
	return flight->content_length == 0 || flight->status == 204 || flight->status == 304 ||
	       flight->method == METHOD_HEAD;
}

/* What was stored of the body comes first. It fits into memory, as it did before. Under the lock. */
static enum transfer_flow put_prefix(struct flight *flight)
{
	const struct body *body = flight->part->body;
	enum rc rc = stream_write(&flight->stream, body->data, body->size);

	if (rc != RC_OK)
		return give_up(flight, rc);
	stream_publish(&flight->stream);
	return TRANSFER_GO_ON;
}

/* Whether something stored could still take the place of this response: then it isn't shown before some
 * of its body is there, so that one that breaks off at once harms nobody (RFC 5861 4). */
static bool may_stand_in(const struct flight *flight)
{
	const struct freshness *f = flight->stale != NULL ? &flight->stale->freshness : NULL;

	return f != NULL && f->stale_if_error_ms > 0 && !f->revalidate_always &&
	       !f->revalidate_stale;
}

/* Under the lock. */
static bool may_be_shown(const struct flight *flight)
{
	return guarded_shows_locked(flight) && !is_all(flight) && !may_stand_in(flight) &&
	       !flight->repeatable;
}

enum transfer_flow flight_on_head(void *arg, const struct transfer_head *head)
{
	struct flight *flight = arg;
	enum transfer_flow flow = TRANSFER_GO_ON;
	struct flight_verdict verdict = { 0 };

	flight->status = flight->status_told = head->status;
	flight->http_version = head->version;
	flight->content_length = head->content_length;
	/* not before it left: what it waited for its turn doesn't age the response (RFC 9111 4.2.3) */
	flight->requested_ms = head->asked_ms;
	HEADERS_EACH(at, head->headers)
		headers_add_copy(&flight->received, at->name, at->value);
	headers_init(&verdict.fields, &flight->arena);
	headers_init(&verdict.variant, &flight->arena);
	flight->story->keep(flight, &verdict);
	if (verdict.fault == RC_OK && !verdict.from_store && !verdict.retry) {
		guarded_begin(flight, verdict.prefixed ? flight->part->body : NULL);
		holding_begin(flight, verdict.prefixed ? flight->part->body : NULL);
	}

	pthread_mutex_lock(&flight->lock);
	flight->verdict = verdict;
	flight->has_verdict = true;
	flight->stands_in = verdict.stands_in;
	flight->slots = verdict.slots;
	flight->slot_count = verdict.slot_count;
	if (verdict.from_store)
		flight->object = object_ref(verdict.object);
	flight->has_variant = verdict.variant.count > 0;
	flight->keeps = (verdict.skip == SKIP_NONE || guarded_wants_locked(flight)) &&
			!verdict.retry && !verdict.from_store;
	flight->joinable = flight->joinable && verdict.share == SHARE_ALL && !verdict.retry &&
			   verdict.fault == RC_OK;
	prepare_stream(flight);
	flight->phase = FLIGHT_STREAMING;
	audience_sort(flight);
	if (verdict.prefixed)
		flow = put_prefix(flight);
	if (flow == TRANSFER_GO_ON)
		flow = guarded_settle_locked(flight);
	flight->has_head = verdict.fault == RC_OK && (verdict.from_store || may_be_shown(flight));
	if (verdict.fault != RC_OK || (flow == TRANSFER_GO_ON && !flight->keeps &&
					      verdict.object == NULL && !audience_remains(flight)))
		flow = give_up(flight, verdict.fault);
	pthread_mutex_unlock(&flight->lock);
	flight_wake_later(flight);
	return flow;
}

/* Whether what is kept for the store must leave the spool to others. Under the lock. */
static bool crowds_spool(const struct flight *flight, size_t size)
{
	return flight->stream.total + size > flight->stream.options.memory_limit &&
	       atomic_load(&flight->proxy->house->spooled) + size >
		       (uint64_t)flight->proxy->config->cache.spool.limit;
}

/* Whether size more bytes may come now. Under the lock. */
static bool has_room(struct flight *flight, size_t size)
{
	uint64_t total = flight->stream.total;
	const struct config_cache *cache = &flight->proxy->config->cache;

	if (total + size > flight->proxy->most_object || crowds_spool(flight, size))
		flight->keeps = false; /* no tier takes it */
	if (total + size > (uint64_t)cache->spool.limit)
		flight->joinable = false; /* its begin will not be there for long */
	if (flight_slowest(flight) >= total)
		return true;
	return total + size - flight_slowest(flight) <= flight_window(flight);
}

/* Under the lock. */
static enum transfer_flow may_take(struct flight *flight, size_t size)
{
	bool room = has_room(flight, size);

	if (flight->cancelled || (!flight->keeps && !audience_remains(flight)))
		return give_up(flight, RC_OK);
	flight->paused = !room;
	if (!room && (!flight->has_head || flight->guard == GUARD_UNDECIDED)) {
		/* nobody reads what isn't shown */
		if (flight->guard == GUARD_UNDECIDED)
			guarded_give_up_locked(flight);
		flight->has_head = true;
		flight_wake_later(flight);
	}
	return room ? TRANSFER_GO_ON : TRANSFER_PAUSE;
}

void flight_count_spooled(struct flight *flight)
{
	const struct stream *stream = &flight->stream;
	uint64_t limit = stream->options.memory_limit;
	uint64_t from = stream->base > limit ? stream->base : limit;
	uint64_t spooled = stream->total > from ? stream->total - from : 0;

	atomic_fetch_add(&flight->proxy->house->spooled, spooled - flight->spooled);
	flight->spooled = spooled;
}

enum transfer_flow flight_on_body(void *arg, const char *data, size_t size)
{
	struct flight *flight = arg;
	enum transfer_flow flow;
	enum rc rc;

	if (flight->verdict
			.from_store) /* an error's, which nobody gets: so that the connection lasts */
		return (flight->ignored += size) > MOST_IGNORED ? TRANSFER_ABORT : TRANSFER_GO_ON;
	pthread_mutex_lock(&flight->lock);
	flow = may_take(flight, size);
	if (flow == TRANSFER_GO_ON && flight->verdict.prefixed &&
		flight->stream.written + size > (uint64_t)flight->content_length)
		flow = give_up(flight, RC_PROTOCOL);
	pthread_mutex_unlock(&flight->lock);
	if (flow != TRANSFER_GO_ON)
		return flow;

	guarded_feed(flight, data, size);
	holding_feed(flight, data, size);
	rc = stream_write(&flight->stream, data, size);
	if (rc != RC_OK) {
		pthread_mutex_lock(&flight->lock);
		flow = give_up(flight, rc);
		pthread_mutex_unlock(&flight->lock);
		return flow;
	}
	/* who has the last byte must find the response stored: that piece is published at the end */
	if (flight->stream.written == (uint64_t)flight->content_length)
		return TRANSFER_GO_ON;
	pthread_mutex_lock(&flight->lock);
	stream_publish(&flight->stream);
	flight_count_spooled(flight);
	flow = guarded_settle_locked(flight);
	if (!flight->has_head && guarded_shows_locked(flight))
		flight->has_head = true; /* who has seen it reads on without the lock */
	pthread_mutex_unlock(&flight->lock);
	flight_wake_later(flight);
	return flow;
}

/* The last thing that happens to a flight beside its readers. */
void flight_end(struct flight *flight, enum rc rc, const char *detail)
{
	bool spoilt;

	flight->story->ended(flight, rc, detail);
	pthread_mutex_lock(&flight->lock);
	stream_publish(&flight->stream);
	flight_count_spooled(flight);
	flight->ask = NULL;
	flight->joinable = false;
	flight->upload.unwanted = true;
	spoilt = rc == RC_REJECTED && guarded_is_spoilt(flight);
	flight->phase = rc == RC_OK || spoilt ? FLIGHT_DONE : FLIGHT_FAILED;
	if (rc == RC_OK) {
		if (!flight->has_head) /* who has seen it reads on without the lock */
			flight->has_head = true;
		if (flight->object == NULL && flight->verdict.object != NULL)
			flight->object = object_ref(flight->verdict.object);
	} else if (!spoilt && flight->stale != NULL && stand_in_is_failure(rc)) {
		audience_stand_in(flight);
	}
	flight->failure = rc;
	pthread_mutex_unlock(&flight->lock);
	flights_remove(flight);
}

void flight_on_done(void *arg, enum rc rc, const char *detail)
{
	struct flight *flight = arg;

	if (flight->fault != RC_OK) {
		rc = flight->fault;
		detail = rc_text(rc);
	}
	if (flight->verdict.from_store)
		rc = RC_OK; /* whatever became of a body that nobody gets */
	if (rc == RC_OK && flight->verdict.prefixed &&
		flight->stream.written != (uint64_t)flight->content_length) {
		rc = RC_PROTOCOL;
		detail = "the rest of a stored part is not as long as announced";
	}
	if (rc == RC_OK && flight->verdict.object == NULL && !flight->verdict.retry)
		flight->story->land(flight);
	flight_end(flight, rc, detail != NULL ? detail : "");
	guarded_done(flight);
	holding_done(flight);
	flight_wake_later(flight);
	flight_unref(flight);
}

void flight_settle(struct flight *flight, struct object *object)
{
	pthread_mutex_lock(&flight->lock);
	flight->object = object_ref(object);
	audience_settle(flight, object);
	flight->phase = FLIGHT_DONE;
	flight->joinable = false;
	flight_wake(flight);
	pthread_mutex_unlock(&flight->lock);
	flights_remove(flight);
}

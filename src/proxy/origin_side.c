/* proxy/origin_side.c - the part of the story that runs for a flight and not for a client.
 *
 *	keep: the head came. What is it, who may have it, is it to be stored?
 *	land: the body is complete. Into the store.
 *
 * On the upstream loop, without the flight's lock but where a purge must not slip through.
 */
#include "origin_side.h"

#include "record.h"
#include "route.h"
#include "state.h"

#include "http/date.h"
#include "policy/conditional.h"
#include "policy/freshness.h"
#include "policy/share.h"
#include "policy/vary.h"
#include "util/clock.h"

static struct policy_limits limits_of(const struct proxy *proxy)
{
	const struct config_cache *cache = &proxy->config->cache;

	return (struct policy_limits){
		.max_heuristic_ms = cache->heuristic.max_ms,
		.heuristic_percent = (unsigned)cache->heuristic.percent,
		.max_object_bytes = cache->memory.max_object,
	};
}

/* Under what a response is selected: its Vary, and what the route sends on beside the allow-list;
 * else one client's answer would be another's. */
static enum rc select_variant(const struct config_route *route, const struct headers *request,
	const struct headers *response, struct headers *ret)
{
	struct headers more;

	if (route->forward.count == 0)
		return vary_select(request, response, ret);
	headers_init(&more, ret->arena);
	HEADERS_EACH(at, response) {
		if (at->id == FIELD_VARY || at->id == FIELD_CONTENT_ENCODING)
			headers_add(&more, at->name, at->value);
	}
	for (size_t i = 0; i < route->forward.count; i++)
		headers_add_known(&more, FIELD_VARY, slice_of(route->forward.items[i]));
	return vary_select(request, &more, ret);
}

static const struct config_route *route_of(const struct flight *flight)
{
	return &flight->proxy->config->routes[flight->route];
}

/* Stores under the flight's lock: a purge either comes before and is seen, or after and finds it. */
static enum skip store(struct flight *flight, struct object *object)
{
	enum skip skip = SKIP_NONE;

	pthread_mutex_lock(&flight->lock);
	if (flight->purged || flight->detached)
		skip = SKIP_PURGED;
	else if (tier_put(flight->proxy->memory, &flight->key, object) != RC_OK)
		skip = SKIP_TOO_LARGE;
	pthread_mutex_unlock(&flight->lock);
	record_store(flight, skip);
	return skip;
}

/* Whether anything was stored. */
static bool forget(struct flight *flight)
{
	return tier_drop(flight->proxy->memory, &flight->key) == RC_OK;
}

/* RFC 9110 6.6.1: a response that is stored or sent on has a Date. */
static void add_date(struct headers *fields, int64_t now_ms)
{
	char text[DATE_SIZE];

	if (headers_has(fields, FIELD_DATE))
		return;
	date_format(now_ms, text);
	headers_add(fields, SLICE("Date"), arena_copy(fields->arena, slice_of(text)));
}

/* Hit-for-miss: what was not shareable is not waited for. */
static void remember_share(struct flight *flight, const struct flight_verdict *verdict)
{
	struct memo *memo = flight->proxy->memo;

	if (verdict->share != SHARE_NONE)
		memo_note_shareable(memo, flight->key.hash);
	else if (!flight->private)
		memo_note_unshareable(memo, flight->key.hash,
			clock_monotonic_ms() +
				flight->proxy->config->cache.coalesce.hit_for_miss_ms);
}

static void remember_vary(struct flight *flight, const struct flight_verdict *verdict)
{
	const struct headers *received = &flight->received;
	struct slice vary = headers_combined(received, field_name(FIELD_VARY), &flight->arena);

	if (headers_has(received, FIELD_CONTENT_ENCODING))
		vary = arena_format(&flight->arena, SLICE_FORMAT "%saccept-encoding",
			SLICE_ARGS(vary), vary.size > 0 ? ", " : "");
	if (verdict->skip == SKIP_VARY_ANY)
		vary = SLICE("");
	memo_note_vary(flight->proxy->memo, flight->key.hash, vary);
}

/* Whether it is the request that keeps the response from being stored: what is there may stay. */
static bool is_of_request(enum skip skip)
{
	return skip == SKIP_REQUEST_NO_STORE || skip == SKIP_AUTHORIZATION;
}

/* A 304 to our own condition: the stored response with the fields that it brought
 * (RFC 9111 4.3.4). */
static void freshen(
	struct flight *flight, const struct response_view *not_modified, struct flight_verdict *ret)
{
	struct response_view updated;
	struct headers fields;
	struct policy_limits limits = limits_of(flight->proxy);
	struct request_view request;

	headers_init(&fields, &flight->arena);
	conditional_update(&flight->stale->headers, not_modified->headers, &fields);
	response_view_init(&updated, flight->stale->status, &fields);
	updated.requested_ms = not_modified->requested_ms;
	updated.responded_ms = not_modified->responded_ms;
	updated.not_modified = not_modified->headers;
	add_date(&fields, not_modified->responded_ms);
	request_view_init(&request, flight->method, &flight->request);
	ret->freshness = freshness_of(&updated, &limits);
	ret->skip = storable_check(&request, &updated, &limits);
	if (select_variant(route_of(flight), &flight->request, &fields, &ret->variant) != RC_OK &&
		ret->skip == SKIP_NONE)
		ret->skip = SKIP_VARY_ANY;
	ret->share = share_of(ret->skip, &ret->freshness);
	remember_share(flight, ret);
	ret->object = object_new(&(struct object_parts){
		.status = flight->stale->status,
		.http_version = flight->http_version,
		.freshness = ret->freshness,
		.headers = &fields,
		.variant = &ret->variant,
		.body = flight->stale->body,
	});
	if (ret->skip == SKIP_NONE)
		ret->skip = store(flight, ret->object);
	else if (!is_of_request(ret->skip))
		forget(flight);
}

static void judge_response(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret)
{
	struct policy_limits limits = limits_of(flight->proxy);
	struct request_view request;

	request_view_init(&request, flight->method, &flight->request);
	ret->freshness = freshness_of(response, &limits);
	ret->skip = flight->has_body ? SKIP_METHOD : storable_check(&request, response, &limits);
	ret->share = share_of(ret->skip, &ret->freshness);
	fields_end_to_end(&flight->received, false, &ret->fields);
	add_date(&ret->fields, response->responded_ms);
	if (select_variant(route_of(flight), &flight->request, &flight->received, &ret->variant) !=
		RC_OK) {
		ret->skip = ret->skip == SKIP_NONE ? SKIP_VARY_ANY : ret->skip;
		ret->share = SHARE_NONE;
	}
	if (fields_reserved(&flight->received))
		ret->share = SHARE_NONE;
	if (flight->method == METHOD_GET && !flight->has_body) {
		remember_vary(flight, ret);
		remember_share(flight, ret);
	}
	if (flight->private)
		ret->share = SHARE_NONE;
}

/* RFC 9111 4.4: what an unsafe request may have changed is not answered from the store again. */
static void invalidate(struct flight *flight)
{
	if (method_is_safe(flight->method) || flight->status >= 400)
		return;
	flights_purge(flight->table, flight->key);
	if (forget(flight))
		record_invalidation(flight);
}

/* Whether the client's own conditions went along. */
static bool is_conditional(const struct flight *flight)
{
	return headers_has(&flight->sent, FIELD_IF_NONE_MATCH) ||
	       headers_has(&flight->sent, FIELD_IF_MODIFIED_SINCE);
}

static void keep(struct flight *flight, struct flight_verdict *ret)
{
	struct response_view response;

	response_view_init(&response, flight->status, &flight->received);
	response.requested_ms = flight->requested_ms;
	response.responded_ms = clock_wall_ms();
	record_head(flight);
	if (flight->status == 304 && flight->stale != NULL) {
		if (conditional_freshens(flight->stale, &flight->received)) {
			freshen(flight, &response, ret);
			return;
		}
		/* it speaks of something else: what is stored is of no use */
		forget(flight);
		ret->retry = true;
		return;
	}
	if (flight->status == 304 && !is_conditional(flight)) {
		ret->fault = RC_PROTOCOL; /* an answer to a question that nobody asked */
		return;
	}
	judge_response(flight, &response, ret);
	if (ret->skip != SKIP_NONE)
		record_store(flight, ret->skip);
	invalidate(flight);
}

static void land(struct flight *flight)
{
	SCOPED(body) body = NULL;
	struct headers fields;
	struct object *object;

	if (!flight->keeps) {
		if (flight->verdict.skip == SKIP_NONE)
			record_store(flight, SKIP_TOO_LARGE);
		return;
	}
	if (stream_body(&flight->stream, &body) != RC_OK)
		return;
	headers_init(&fields, &flight->arena);
	fields_end_to_end(&flight->received, true, &fields);
	add_date(&fields, flight->verdict.freshness.responded_ms);
	object = object_new(&(struct object_parts){
		.status = flight->status,
		.http_version = flight->http_version,
		.freshness = flight->verdict.freshness,
		.headers = &fields,
		.variant = &flight->verdict.variant,
		.body = body,
	});
	store(flight, object);
	flight->verdict.object = object; /* published at the end */
}

static const struct flight_story story = {
	.keep = keep,
	.land = land,
	.ended = record_flight,
};

/* The selecting fields of this request, as far as earlier responses told their names. */
static const struct headers *foreseen_variant(struct exchange *x)
{
	const struct config_route *route = &x->proxy->config->routes[x->route];
	char vary[MEMO_VARY_MAX + 1];
	struct headers response, *variant;
	bool told = memo_vary(x->proxy->memo, x->key.hash, vary);

	if (!told && route->forward.count == 0)
		return NULL;
	headers_init(&response, x->arena);
	if (told)
		headers_add_known(&response, FIELD_VARY, arena_copy(x->arena, slice_of(vary)));
	variant = arena_alloc(x->arena, sizeof(*variant));
	headers_init(variant, x->arena);
	if (select_variant(route, &x->request->headers, &response, variant) != RC_OK)
		return NULL;
	return variant;
}

void plan_make(struct exchange *x, struct flight_plan *ret)
{
	const struct config_route *route = &x->proxy->config->routes[x->route];
	bool head = x->request->method == METHOD_HEAD;
	bool pass = x->found.result == CACHE_RESULT_METHOD;
	/* a HEAD is answered from a GET, which can be stored */
	enum method method = head && !x->found.alone ? METHOD_GET : x->request->method;

	*ret = (struct flight_plan){
		.proxy = x->proxy,
		.story = &story,
		.route = x->route,
		.purpose = pass ? FLIGHT_PASS : FLIGHT_MISS,
		.private = x->found.alone,
		.key = x->key,
		.method = method,
		.target = route_target(route, x->request->raw_target, x->arena),
		.request = &x->request->headers,
		.has_body = x->request->has_body,
		.body_length = x->request->content_length,
		.now_ms = x->now_ms,
	};
	if (method == METHOD_GET && !pass) {
		ret->variant = foreseen_variant(x);
		ret->stale = x->object;
	}
	if (ret->stale != NULL)
		ret->purpose = FLIGHT_VALIDATION;
}

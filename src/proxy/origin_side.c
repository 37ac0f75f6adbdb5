/* proxy/origin_side.c - the part of the story that runs for a flight and not for a client. */
#include "origin_side.h"

#include "keep/adaptive_inside.h"
#include "key/askers.h"
#include "keep/etag.h"
#include "keep/freshen.h"
#include "key/identity.h"
#include "purge/invalidate.h"
#include "key/key_check.h"
#include "purge/grouping.h"
#include "flight/guarded.h"
#include "flight/guarding.h"
#include "keep/lifetime.h"
#include "keep/part.h"
#include "record.h"
#include "keep/source_version.h"
#include "keep/stand_in.h"
#include "state.h"

#include "http/date.h"
#include "http/retry_after.h"
#include "policy/freshness.h"
#include "policy/share.h"
#include "util/clock.h"

#define HOLD_MS 1000 /* after a failure nothing is refreshed in the background */

struct policy_limits origin_side_limits_of(const struct proxy *proxy, uint16_t route)
{
	static const enum cookie_rule cookies[] = {
		[CONFIG_REFUSE] = COOKIE_REFUSE,
		[CONFIG_STRIP] = COOKIE_STRIP,
		[CONFIG_KEEP] = COOKIE_KEEP,
	};
	const struct config_cache *cache = &proxy->config->cache;
	const struct config_route *of = &proxy->config->routes[route];

	return (struct policy_limits){
		.max_heuristic_ms = cache->heuristic.max_ms,
		.heuristic_percent = (unsigned)cache->heuristic.percent,
		.max_object_bytes = (int64_t)proxy->most_object,
		.grace_ms = lifetime_grace_ms(proxy, route),
		.set_cookie = cookies[of->set_cookie],
		.vary = &of->vary,
		.ttl = lifetime_rules_of(proxy, route),
	};
}

struct policy_limits origin_side_limits(const struct flight *flight)
{
	struct policy_limits limits = origin_side_limits_of(flight->proxy, flight->route);

	limits.ttl = lifetime_rules(flight);
	return limits;
}

/* Stores under the flight's lock: a purge either comes before and is seen, or after and finds it. */
enum skip origin_side_store(struct flight *flight, struct object *object)
{
	struct bytes buffer;
	struct key key;
	enum skip skip = SKIP_NONE;
	enum rc rc;

	bytes_init(&buffer, 4 * flight->key.bytes.size + flight->raw_target.size + MEMO_VARY_MAX);
	rc = identity_of_response(flight, &object->headers, &buffer, &key);
	pthread_mutex_lock(&flight->lock);
	if (flight->purged || flight->detached)
		skip = SKIP_PURGED;
	else if (rc == RC_OK && !grouping_may_store(flight, &key, object))
		skip = SKIP_PURGED;
	else if (rc != RC_OK || tier_put(flight->proxy->store, &key, object) != RC_OK)
		skip = SKIP_TOO_LARGE;
	pthread_mutex_unlock(&flight->lock);
	bytes_done(&buffer);
	record_store(flight, skip);
	return skip;
}

void origin_side_discard(struct flight *flight, const struct object *object)
{
	/* another may have taken its place already */
	(void)!tier_discard(flight->proxy->store, &flight->key, object);
}

void origin_side_add_date(struct headers *fields, int64_t now_ms)
{
	char text[DATE_SIZE];

	if (headers_has(fields, FIELD_DATE))
		return;
	date_format(now_ms, text);
	headers_add(fields, SLICE("Date"), arena_copy(fields->arena, slice_of(text)));
}

void origin_side_remember_share(struct flight *flight, const struct flight_verdict *verdict)
{
	struct memo *memo = flight->proxy->memo;

	if (verdict->personal)
		return;
	if (verdict->share != SHARE_NONE)
		memo_note(memo, flight->key.hash, MEMO_UNSHAREABLE, 0);
	else if (!flight->private)
		memo_note(memo, flight->key.hash, MEMO_UNSHAREABLE,
			clock_monotonic_ms() +
				flight->proxy->config->cache.coalesce.hit_for_miss_ms);
}

static void remember_vary(struct flight *flight, const struct flight_verdict *verdict)
{
	struct slice vary =
		headers_combined(&flight->received, field_name(FIELD_VARY), &flight->arena);

	if (verdict->skip == SKIP_VARY_ANY)
		vary = SLICE("");
	memo_note_vary(flight->proxy->memo, flight->key.hash, vary);
}

/* Whether the client's own conditions or range went along: they are not in the key. */
static bool has_own_questions(const struct flight *flight)
{
	return flight->private && !flight->validates &&
	       (headers_has(&flight->sent, FIELD_RANGE) ||
		       headers_has(&flight->sent, FIELD_IF_NONE_MATCH) ||
		       headers_has(&flight->sent, FIELD_IF_MODIFIED_SINCE) ||
		       headers_has(&flight->sent, FIELD_IF_MATCH) ||
		       headers_has(&flight->sent, FIELD_IF_UNMODIFIED_SINCE));
}

/* May it be stored, and as what? */
static enum skip skip_of(struct flight *flight, const struct request_view *request,
	const struct response_view *response)
{
	struct policy_limits limits = origin_side_limits(flight);

	if (flight->cached && has_own_questions(flight) && flight->status != 200 &&
		flight->status != 206)
		return SKIP_STATUS;
	if (flight->cached)
		return storable_check(request, response, &limits);
	if (flight->bypasses)
		return SKIP_BYPASS;
	/* what answers GETs of a guarded route was judged */
	if (guard_is_on(&flight_route(flight)->guard))
		return SKIP_METHOD;
	return invalidate_answers_get(flight, request, response) ? SKIP_NONE : SKIP_METHOD;
}

static void judge_response(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret)
{
	struct policy_limits limits = origin_side_limits(flight);
	struct request_view request;
	enum rc rc;

	request_view_init(&request, flight->method, &flight->request);
	request.keyed_by_body = flight->parts.method.size > 0;
	ret->freshness = freshness_of(response, &limits);
	ret->skip = skip_of(flight, &request, response);
	if (!grouping_find(flight, &flight->received, ret) && ret->skip == SKIP_NONE)
		ret->skip = SKIP_PURGED;
	if (ret->skip == SKIP_NONE && flight->status == 206 && !guarding_takes_part(flight))
		ret->skip = SKIP_PARTIAL;
	fields_end_to_end(&flight->received, FIELDS_SENT_ON, &ret->fields);
	origin_side_add_date(&ret->fields, response->responded_ms);
	rc = askers_variant(flight, response, ret);
	/* an error says nothing of the resource: what may be used yet stays */
	if (ret->skip == SKIP_NONE && stand_in_is_error(flight->status) &&
		stand_in_is_there(flight, &ret->variant, response->responded_ms))
		ret->skip = SKIP_KEEPS_STALE;
	ret->share = share_of(ret->skip, &ret->freshness);
	askers_keep(flight, ret);
	if (rc != RC_OK) {
		/* Vary: * is told already; the request has credentials that select */
		ret->skip = ret->skip == SKIP_NONE ? SKIP_AUTHORIZATION : ret->skip;
		ret->share = SHARE_NONE;
	}
	if (fields_reserved(&flight->received) || flight->status == 206 ||
		identity_rule_ended(flight))
		ret->share = SHARE_NONE;
	if (flight->cached && flight->method != METHOD_HEAD && flight->status != 206) {
		remember_vary(flight, ret);
		origin_side_remember_share(flight, ret);
	}
	if (flight->private)
		ret->share = SHARE_NONE;
}

/* Whether the client's own conditions went along. */
static bool is_conditional(const struct flight *flight)
{
	return !flight->validates && (headers_has(&flight->sent, FIELD_IF_NONE_MATCH) ||
					     headers_has(&flight->sent, FIELD_IF_MODIFIED_SINCE));
}

/* Whether this status answers what was asked: the others are for nobody. */
static bool was_asked_for(const struct flight *flight)
{
	if (flight->status == 304)
		return is_conditional(flight);
	return flight->status != 206 || part_is_asked_for(flight);
}

/* Whether it is the request that keeps the response from being stored: what is there may stay. */
bool origin_side_is_of_request(enum skip skip)
{
	return skip == SKIP_REQUEST_NO_STORE || skip == SKIP_AUTHORIZATION;
}

/* Whether what is stored is outdated by a response that isn't stored itself (RFC 9111 4.3.3). Those
 * that say nothing of the resource leave it: errors, and too many requests. */
static bool supersedes(const struct flight *flight, enum skip skip)
{
	int status = flight->status;

	if (flight->stale == NULL || skip == SKIP_NONE || origin_side_is_of_request(skip))
		return false;
	if (flight->method == METHOD_HEAD) /* of others freshen.c has judged */
		return status == 404 || status == 410;
	return status < 500 && status != 206 && status != 304 && status != 408 && status != 421 &&
	       status != 425 && status != 429;
}

static void keep(struct flight *flight, struct flight_verdict *ret)
{
	struct response_view response;

	record_head(flight);
	ret->freshness.responded_ms = clock_wall_ms();
	source_version_note(flight, ret->freshness.responded_ms);
	if (flight->part != NULL && !part_continues(flight, ret))
		return;
	response_view_init(&response, flight->status, &flight->received);
	response.requested_ms = flight->requested_ms;
	response.responded_ms = ret->freshness.responded_ms;
	if (freshen_keep(flight, &response, ret))
		return;
	if (!was_asked_for(flight)) {
		ret->fault = RC_PROTOCOL;
		return;
	}
	judge_response(flight, &response, ret);
	if (ret->skip != SKIP_NONE)
		record_store(flight, ret->skip);
	if (!guarding_is_due(flight) && supersedes(flight, ret->skip))
		origin_side_discard(flight, flight->stale);
	invalidate_after(flight);
}

/* In memory, or where it was spooled. */
static enum rc body_of(struct flight *flight, struct body **ret)
{
	int fd;

	if (stream_body(&flight->stream, ret) == RC_OK)
		return RC_OK;
	if (flight->proxy->disk == NULL)
		return RC_TOO_LARGE;
	TRY(stream_file(&flight->stream, &fd));
	*ret = disk_spooled(fd, flight->stream.written);
	return RC_OK;
}

/* As a moment: the field that came is not replayed (RFC 9110 10.2.3 counts from when it was received), but
 * who gets the stored error is told how long is left. Rounded up. */
static void add_retry_moment(const struct flight *flight, struct headers *fields)
{
	int64_t now_ms = flight->verdict.freshness.responded_ms, wait_ms;
	char text[DATE_SIZE];

	if (flight->status != 429 && flight->status != 503)
		return;
	if (retry_after_of(&flight->received, now_ms, &wait_ms) != RC_OK)
		return;
	date_format(now_ms + wait_ms + 999, text);
	headers_add(fields, SLICE("Retry-After"), arena_copy(fields->arena, slice_of(text)));
}

/* The fields under which the response is stored. */
static void stored_fields(struct flight *flight, struct headers *ret)
{
	bool strips = flight_route(flight)->set_cookie == CONFIG_STRIP;

	headers_init(ret, &flight->arena);
	fields_end_to_end(
		&flight->received, strips ? FIELDS_STORED_NO_COOKIES : FIELDS_STORED, ret);
	origin_side_add_date(ret, flight->verdict.freshness.responded_ms);
	add_retry_moment(flight, ret);
}

/* The same bytes as those that are stored: those are shared, in whichever form they are. */
static void share_body(const struct object *stored, struct object_parts *parts)
{
	parts->gzipped = stored->gzipped;
	parts->plain_size = stored->plain_size;
	parts->body = stored->body;
}

static struct object *make_object(struct flight *flight, struct headers *fields, struct body *body)
{
	struct object_parts parts = {
		.status = flight->status,
		.freshness = guarded_freshness(flight),
		.headers = fields,
		.variant = &flight->verdict.variant,
		.tagged = etag_add(flight, body, fields),
		.body = body,
	};
	enum ttl_news news = etag_compare(flight, fields, parts.tagged, body);

	if (etag_is_awaited(flight))
		record_refresh(flight, news == TTL_UNCHANGED);
	if (parts.tagged && news == TTL_UNCHANGED)
		share_body(flight->stale, &parts);
	adaptive_settle(flight, flight->stale, news, &parts.freshness);
	return grouping_object(flight, &parts, NULL);
}

static void land(struct flight *flight)
{
	SCOPED(body) body = NULL;
	SCOPED(object) object = NULL;
	struct headers fields;

	if (!flight->keeps || body_of(flight, &body) != RC_OK) {
		if (flight->verdict.skip == SKIP_NONE && flight->guard == GUARD_GOOD)
			record_store(flight, SKIP_TOO_LARGE);
		if (flight->status == 200 && etag_is_awaited(flight))
			record_refresh(flight, false);
		return;
	}
	stored_fields(flight, &fields);
	key_check_spell(flight, &fields);
	if (flight->status == 206) {
		part_store(flight, &fields, body);
		return;
	}
	object = make_object(flight, &fields, body);
	if (origin_side_store(flight, object) == SKIP_NONE)
		guarded_stored(flight);
	flight->verdict.object = GIVE(object); /* published at the end */
}

static void ended(struct flight *flight, enum rc rc, const char *detail)
{
	bool failed = stand_in_is_failure(rc) || stand_in_is_error(flight->status);

	/* it could have turned out that this says nothing of the resource */
	if (rc == RC_OK && flight->guarding != NULL && flight->guard == GUARD_GOOD &&
		supersedes(flight, flight->verdict.skip))
		origin_side_discard(flight, flight->stale);
	/* or the next whole would begin with it again */
	if (rc == RC_REJECTED && flight->verdict.prefixed)
		origin_side_discard(flight, flight->part);
	failed |= flight->guard == GUARD_PASS || flight->guard == GUARD_NEGATIVE;
	if (failed && flight->stale != NULL)
		memo_note(flight->proxy->memo, flight->key.hash, MEMO_HELD,
			clock_monotonic_ms() + HOLD_MS);
	record_flight(flight, rc, detail);
}

static const struct flight_story story = {
	.keep = keep,
	.land = land,
	.ended = ended,
};

const struct flight_story *origin_side_story(void)
{
	return &story;
}

/* proxy/bundle/adopting.c - what others archived, as if it had been fetched. Threads and ownership: adopting.h. */
#include "adopting.h"

#include "key/identity.h"
#include "key/key_rules.h"
#include "keep/lifetime.h"
#include "origin_side.h"
#include "plan.h"
#include "route.h"
#include "state.h"

#include "http/reference.h"
#include "http/uri.h"
#include "policy/coding.h"
#include "policy/freshness.h"
#include "policy/storable.h"
#include "proxy/overview.h"
#include "util/hash.h"

#include <string.h>

#define MOST_KEY ((size_t)64 * 1024)

/* One on its way. */
struct adopting {
	const struct proxy *proxy;
	const struct parcel *bare;
	struct arena *arena;
	const struct headers *request; /* of size 0: nobody knows what was asked */
	uint16_t route;
	struct slice target; /* as clients ask for it */
	struct key_parts parts;
	struct response_view response;
	struct headers fields, variant; /* as they are stored */
	const char *why;
};

static bool passes(struct adopting *a, const char *why)
{
	a->why = why;
	return false;
}

static bool is_known(const struct adopting *a)
{
	return a->request->count > 0;
}

/* ---- where it belongs ---- */

static bool is_origin(const struct url *url, const struct base_url *base)
{
	return url->secure == base->secure && url->port == base->port &&
	       slice_equal_nocase(url->host, base->host);
}

/* Whether requests that come to this route are sent to where the URL is. */
static bool leads_to(
	struct adopting *a, uint16_t route, const struct url *url, const char *base_text)
{
	const struct config *config = a->proxy->config;
	struct base_url base;
	struct target target;
	struct slice path, back;
	uint16_t found;

	if (base_url_parse(slice_of(base_text), &base) != RC_OK || !is_origin(url, &base))
		return false;
	path = base.path.size > 0 ? base.path : SLICE("/");
	if (!route_target_back(&config->routes[route], path, url->target, a->arena, &back) ||
		target_split(back, &target) != RC_OK || !route_find(config, target.path, &found) ||
		found != route)
		return false;
	a->target = back;
	return true;
}

static bool is_of_upstream(struct adopting *a, uint16_t route, const struct url *url)
{
	const struct config *config = a->proxy->config;
	const struct config_origins *origins =
		&config->upstreams[config->routes[route].upstream_index].origins;

	for (size_t i = 0; i < origins->count; i++) {
		if (leads_to(a, route, url, origins->items[i].url))
			return true;
	}
	return false;
}

/* Of several the one that knows most of the path at the origin, as with addresses in bodies (address_map.h). */
static bool find_route(struct adopting *a)
{
	const struct config *config = a->proxy->config;
	size_t best_size = 0;
	struct slice best = { NULL, 0 };
	struct url url;

	if (url_parse(a->bare->source, &url) != RC_OK)
		return passes(a, "that no route leads to");
	for (uint16_t i = 0; i < config->route_count; i++) {
		size_t size = strlen(config->routes[i].upstream_path);

		if ((best.data != NULL && size <= best_size) || !is_of_upstream(a, i, &url))
			continue;
		best = a->target;
		best_size = size;
		a->route = i;
	}
	a->target = best;
	return best.data != NULL || passes(a, "that no route leads to");
}

/* ---- whom it is for ---- */

static bool holds_secret(const struct adopting *a)
{
	struct bytes shown;
	bool found;

	bytes_init(&shown, 4 * a->target.size);
	found = overview_redact(a->proxy, a->target, &shown);
	bytes_done(&shown);
	return found || headers_has(a->request, FIELD_AUTHORIZATION) ||
	       headers_has(a->request, FIELD_PROXY_AUTHORIZATION) ||
	       headers_has(a->request, FIELD_COOKIE);
}

/* As the route's key rule reads it. */
static bool identify(struct adopting *a)
{
	const struct key_rule *rule = key_rules_of(a->proxy->key_rules, a->route);
	struct key_reading reading = { .target = a->target };

	if (rule != NULL)
		key_rule_read(rule,
			&(struct key_request){
				.target = a->target,
				.headers = a->request,
				.suspended = key_rules_suspended(a->proxy->key_rules, a->route),
			},
			a->arena, &reading);
	if (reading.credentials != 0 || holds_secret(a))
		return passes(a, "with credentials");
	if (reading.passes)
		return passes(a, "that their route passes by");
	if (rule != NULL && key_rule_has_classes(rule) && !is_known(a))
		return passes(a, "that vary by a request which isn't there");
	a->parts = (struct key_parts){
		.route = slice_of(a->proxy->config->routes[a->route].path),
		.namespace_version = identity_version(a->proxy->config, 0),
		.target = reading.target,
		.mark = reading.mark,
	};
	return true;
}

/* ---- what it is worth ---- */

static uint64_t draw_for(const struct adopting *a)
{
	return hash_bytes(a->target.data, a->target.size,
		a->proxy->seed ^ (uint64_t)a->bare->object->freshness.responded_ms);
}

/* The tiers say what is too large for them. */
static struct policy_limits limits_of(const struct adopting *a)
{
	struct policy_limits limits = origin_side_limits_of(a->proxy, a->route);

	limits.max_object_bytes = INT64_MAX;
	limits.ttl.forced = lifetime_is_forced(&a->proxy->config->routes[a->route], a->request);
	limits.ttl.draw = draw_for(a);
	return limits;
}

/* Some tools decode what they archive, and leave the field. */
static bool is_coded_as_said(const struct object *object)
{
	struct slice body = { object->body->data, object->body->size };

	return coding_of(&object->headers) != CODING_GZIP || body.size == 0 ||
	       slice_starts(body, SLICE("\x1f\x8b"));
}

static bool judge(struct adopting *a, const struct policy_limits *limits)
{
	const struct object *object = a->bare->object;
	struct request_view request;

	request_view_init(&request, METHOD_GET, a->request);
	response_view_init(&a->response, object->status, &object->headers);
	a->response.requested_ms = object->freshness.requested_ms;
	a->response.responded_ms = object->freshness.responded_ms;
	if (object->status != 200 || storable_check(&request, &a->response, limits) != SKIP_NONE)
		return passes(a, "that may not be stored");
	if (!is_coded_as_said(object))
		return passes(a, "whose Content-Encoding isn't that of their body");
	if (guard_is_on(&a->proxy->config->routes[a->route].guard))
		return passes(a, "of routes that look at bodies");
	return true;
}

static bool select_by(struct adopting *a)
{
	const struct config_route *route = &a->proxy->config->routes[a->route];

	if (plan_variant_of(route, a->request, a->response.headers, &a->variant) != RC_OK)
		return passes(a, "that may not be stored");
	return a->variant.count == 0 || is_known(a) ||
	       passes(a, "that vary by a request which isn't there");
}

/* ---- what it becomes ---- */

static void take_fields(struct adopting *a)
{
	bool strips = a->proxy->config->routes[a->route].set_cookie == CONFIG_STRIP;

	fields_end_to_end(
		a->response.headers, strips ? FIELDS_STORED_NO_COOKIES : FIELDS_STORED, &a->fields);
	origin_side_add_date(&a->fields, a->response.responded_ms);
}

static enum rc make_parcel(struct adopting *a, struct freshness freshness, struct parcel *ret)
{
	const struct object *object = a->bare->object;
	struct parcel parcel = { .arena = a->arena, .source = a->bare->source };
	struct key key;
	enum rc rc;

	bytes_init(&parcel.key, MOST_KEY);
	rc = key_make(&a->parts, 0, &parcel.key, &key);
	if (rc == RC_OK)
		rc = key_split(key, &parcel.parts);
	if (rc != RC_OK) {
		bytes_done(&parcel.key);
		return rc;
	}
	memcpy(parcel.digest, a->bare->digest, DIGEST_SIZE);
	parcel.object = object_new(&(struct object_parts){
		.status = object->status,
		.http_version = (enum http_version)object->http_version,
		.freshness = freshness,
		.headers = &a->fields,
		.variant = &a->variant,
		.body = object->body,
	});
	*ret = parcel;
	return RC_OK;
}

enum rc adopting_make(const struct proxy *proxy, const struct parcel *bare, struct arena *arena,
	struct parcel *ret, const char **ret_why)
{
	struct adopting a = { .proxy = proxy,
		.bare = bare,
		.arena = arena,
		.request = &bare->object->variant,
		.why = "whose URL is too long" };
	struct policy_limits limits;

	headers_init(&a.fields, arena);
	headers_init(&a.variant, arena);
	*ret_why = a.why;
	if (find_route(&a) && identify(&a)) {
		limits = limits_of(&a);
		if (judge(&a, &limits) && select_by(&a)) {
			take_fields(&a);
			return make_parcel(&a, freshness_of(&a.response, &limits), ret) == RC_OK
				       ? RC_OK
				       : RC_ABSENT;
		}
	}
	*ret_why = a.why;
	return RC_ABSENT;
}

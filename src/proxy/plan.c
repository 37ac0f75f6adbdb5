/* proxy/plan.c - what an exchange's fetch is to be about. */
#include "plan.h"

#include "purge/grouping.h"
#include "key/identity.h"
#include "keep/lifetime.h"
#include "origin_side.h"
#include "deliver/rewriting.h"
#include "route.h"
#include "state.h"

#include "http/validators.h"
#include "policy/coding.h"
#include "policy/vary.h"

static enum rc select_all(const struct config_route *route, const struct headers *request,
	const struct headers *response, struct headers *ret)
{
	bool forced = lifetime_is_forced(route, request);
	struct headers more;

	if (route->forward.count == 0 && route->vary.count == 0 && !forced)
		return vary_select(request, response, ret);
	headers_init(&more, ret->arena);
	vary_narrow(response, &route->vary, forced, &more);
	for (size_t i = 0; i < route->forward.count; i++)
		headers_add_known(&more, FIELD_VARY, slice_of(route->forward.items[i]));
	return vary_select(request, &more, ret);
}

/* A credential that selects would be stored with what it selected. */
enum rc plan_variant_of(const struct config_route *route, const struct headers *request,
	const struct headers *response, struct headers *ret)
{
	const struct text_list *credentials = &route->key.credentials;

	TRY(select_all(route, request, response, ret));
	for (size_t i = 0; i < credentials->count; i++) {
		struct slice name = slice_of(credentials->items[i]);
		uint32_t from = 0, selecting = 0;

		if (headers_next_named(ret, name, &selecting) != NULL &&
			headers_next_named(request, name, &from) != NULL)
			return RC_UNSUPPORTED;
	}
	return RC_OK;
}

/* What was asked for without a coding, because of one client, is for such clients: it doesn't take the
 * place of a gzip that serves everybody. */
enum rc plan_variant(
	const struct flight *flight, const struct headers *response, struct headers *ret)
{
	struct slice asked = headers_get(&flight->request, FIELD_ACCEPT_ENCODING);

	TRY(plan_variant_of(flight_route(flight), &flight->request, response, ret));
	if (flight->exact && slice_equal(asked, SLICE("identity")) && coding_serves_all(response))
		headers_add_known(ret, FIELD_ACCEPT_ENCODING, asked);
	return RC_OK;
}

/* The selecting fields of this request, as far as earlier responses told their names; NULL: nothing is
 * known. RC_UNSUPPORTED: it has credentials that select. */
static enum rc foresee_variant(struct exchange *x, const struct headers **ret)
{
	const struct config_route *route = &x->proxy->config->routes[x->route];
	char vary[MEMO_VARY_MAX + 1];
	struct headers response, *variant;
	bool told = memo_vary(x->proxy->memo, x->key.hash, vary);

	*ret = NULL;
	if (!told && route->forward.count == 0)
		return RC_OK;
	headers_init(&response, x->arena);
	if (told)
		headers_add_known(&response, FIELD_VARY, arena_copy(x->arena, slice_of(vary)));
	variant = arena_alloc(x->arena, sizeof(*variant));
	headers_init(variant, x->arena);
	TRY(plan_variant_of(route, &x->request->headers, &response, variant));
	*ret = variant;
	return RC_OK;
}

static const struct config_route *route_of(const struct exchange *x)
{
	return &x->proxy->config->routes[x->route];
}

/* Whether a range goes to the origin as it is. The whole is fetched where it is worth it: the range
 * has no end of its own, or the client reads piece by piece what isn't too large to be stored. */
static bool passes_range(const struct exchange *x)
{
	struct range_request asked;
	const struct object *part = x->beside.part;

	if (x->range.size == 0 || x->object != NULL ||
		rewriting_withholds(route_of(x), x->request->method, FIELD_RANGE) ||
		range_parse_single(x->range, &asked) != RC_OK)
		return false;
	if (!asked.is_suffix && asked.first == 0 && asked.open)
		return false;
	return part == NULL ||
	       part->part.total > (uint64_t)x->proxy->config->cache.memory.max_object;
}

/* Whether what is stored of the representation is its begin, and the origin can tell that it still
 * has the same (RFC 9111 3.4: a strong validator). */
static bool can_complete(const struct exchange *x)
{
	const struct object *part = x->beside.part;
	struct etag tag;

	return part != NULL && part->part.first == 0 && x->found.retries == 0 && !x->found.alone &&
	       x->request->method == METHOD_GET &&
	       etag_parse(headers_get(&part->headers, FIELD_ETAG), &tag) == RC_OK && !tag.weak;
}

/* A HEAD is fetched as a GET, which can be stored, where nothing is: the GET mostly follows. What is
 * stored is rather validated by the HEAD itself. */
static enum method method_of(const struct exchange *x)
{
	if (x->request->method == METHOD_HEAD && !x->found.alone && x->object == NULL)
		return METHOD_GET;
	return x->request->method;
}

/* Groups of a response to come: those of the stored one, or what is known from the key. */
static void foresee_groups(struct exchange *x, struct flight_plan *ret)
{
	uint32_t *slots;

	ret->slot_count = grouping_foresee(x, &slots);
	ret->slots = slots;
}

/* What was found is known to be valid only until the time from before it was looked for: an invalidation
 * that came later must not be outlived by what a 304 makes of it. */
static uint64_t epoch_of(const struct exchange *x)
{
	bool found = x->object != NULL || x->beside.part != NULL || x->beside.other_count > 0;

	return found ? x->epoch : groups_epoch(x->proxy->groups);
}

static void plan_common(struct exchange *x, struct flight_plan *ret)
{
	const struct config_route *route = &x->proxy->config->routes[x->route];

	*ret = (struct flight_plan){
		.proxy = x->proxy,
		.story = origin_side_story(),
		.route = x->route,
		.tenant = x->tenant,
		.purpose = FLIGHT_MISS,
		.cached = true,
		.key = x->key,
		.parts = x->parts,
		.raw_target = x->request->raw_target,
		.ruled_target = identity_ruled_target(x),
		.credentials = x->asked.credentials,
		.dropped = x->asked.dropped,
		.target = route_target(route, x->request->raw_target, x->arena),
		.request = &x->request->headers,
		.secure = x->request->secure,
		.stale = x->object,
		.has_body = x->request->has_body,
		.body_length = x->request->content_length,
		.epoch = epoch_of(x),
		.now_ms = x->now_ms,
	};
	if (x->gathered.whole) {
		ret->body = bytes_slice(&x->gathered.body);
		ret->body_length = (int64_t)ret->body.size;
	}
	ret->private = foresee_variant(x, &ret->variant) != RC_OK;
	foresee_groups(x, ret);
}

/* Whether it began again because of what it was given; what could not be read says nothing of that. */
static bool was_misfit(const struct exchange *x)
{
	return x->found.retries > (x->found.unreadable ? 1 : 0);
}

void plan_make(struct exchange *x, struct flight_plan *ret)
{
	bool piece;

	plan_common(x, ret);
	ret->cached = identity_is_cached(x);
	ret->bypasses = identity_bypasses(x);
	piece = ret->cached && !x->found.alone && passes_range(x);
	if (!ret->cached) {
		ret->purpose = FLIGHT_PASS;
		ret->variant = NULL;
	}
	ret->method = method_of(x);
	ret->may_follow = piece && !ret->private;
	ret->private |= x->found.alone || piece;
	/* what can't be inflated for this client is asked for as it takes it; what is stored and
	 * selected can, and is validated as what it is; what is to be rewritten must be */
	ret->exact_coding =
		was_misfit(x) ||
		(x->object == NULL &&
			(x->found.unfit_coding || (ret->private && !route_of(x)->rewrite_body) ||
				x->view.cc.flags & CC_NO_TRANSFORM));
	if (!ret->private && ret->method == METHOD_GET) {
		ret->others = x->beside.others;
		ret->other_count = x->beside.other_count;
		ret->part = can_complete(x) ? x->beside.part : NULL;
	}
}

void plan_refresh(struct exchange *x, struct flight_plan *ret)
{
	plan_common(x, ret);
	ret->method = x->request->method == METHOD_HEAD ? METHOD_GET : x->request->method;
	ret->purpose = FLIGHT_VALIDATION;
	ret->background = true;
}

/* Whether the request's directives take nothing that was there before it (RFC 9111 5.2.1). */
static bool wants_new(const struct request_view *view)
{
	return view->cc.flags & CC_NO_CACHE || view->cc.max_age != CC_NONE ||
	       view->cc.min_fresh != CC_NONE;
}

void plan_reader(const struct exchange *x, struct reader *ret)
{
	ret->view = &x->view;
	ret->now_ms = x->now_ms;
	ret->wants_new = wants_new(&x->view);
	ret->head = x->request->method == METHOD_HEAD;
	ret->credentials = x->asked.credentials;
	ret->dropped = x->asked.dropped;
}

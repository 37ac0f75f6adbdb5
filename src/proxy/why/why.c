/* proxy/why/why.c - what would become of a request now.
 *
 * An exchange of its own goes the way of exchange.c up to where the origin would be asked, by the same
 * functions; it is never recorded, joins nothing and starts nothing. Threads and ownership: why.h.
 */
#include "why_inside.h"

#include "deliver/fields_out.h"
#include "purge/grouping.h"
#include "key/identity.h"
#include "plan.h"
#include "route.h"
#include "select.h"
#include "keep/stand_in.h"
#include "story.h"

#include "policy/conditional.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/octets.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TEXT ((size_t)4 << 20)

/* ---- the request ---- */

bool why_url(struct slice query, struct arena *arena, struct slice *ret)
{
	while (query.size > 0) {
		struct slice value = slice_cut(&query, '&');

		if (!slice_equal(slice_cut(&value, '='), SLICE("url")) || value.size == 0)
			continue;
		*ret = octets_decoded(value, arena); /* a '+' is one of the query asked about */
		return true;
	}
	return false;
}

/* What a larder is asked for of a whole URL; a target as it is. */
static struct slice target_of(struct slice url, struct arena *arena)
{
	ptrdiff_t colon = slice_find(url, ':');
	struct slice rest = url;

	rest = slice_cut(&rest, '#');
	if (url.size > 0 && url.data[0] == '/')
		return rest;
	if (colon < 0 || !slice_starts(slice_skip(rest, (size_t)colon), SLICE("://")))
		return rest;
	rest = slice_skip(rest, (size_t)colon + 3);
	while (rest.size > 0 && rest.data[0] != '/' && rest.data[0] != '?')
		rest = slice_skip(rest, 1);
	if (rest.size > 0 && rest.data[0] == '/')
		return rest;
	return arena_format(arena, "/" SLICE_FORMAT, SLICE_ARGS(rest));
}

/* What the asking connection's fields say of itself is nothing of the request. */
static bool is_of_connection(const struct field *field)
{
	return field->id == FIELD_HOST || field->id == FIELD_CONNECTION ||
	       field->id == FIELD_CONTENT_LENGTH;
}

static enum rc make_request(struct why *w, const struct why_asked *asked)
{
	struct request *request = &w->request;

	*request = (struct request){
		.method = METHOD_GET,
		.method_text = SLICE("GET"),
		.raw_target = target_of(arena_copy(&w->arena, asked->url), &w->arena),
		.tenant = asked->tenant,
	};
	w->x.tenant = asked->tenant;
	headers_init(&request->headers, &w->arena);
	HEADERS_EACH(at, asked->headers) {
		if (!is_of_connection(at))
			headers_add(&request->headers, at->name, at->value);
	}
	return target_split(request->raw_target, &request->target) == RC_OK ? RC_OK : RC_INVALID;
}

/* ---- where it ends ---- */

static void refuse(struct why *w, enum problem problem, struct slice because)
{
	w->outcome = OUTCOME_REFUSED;
	w->status = problem_status(problem);
	w->because = because;
}

/* Looked at as for a purge that reaches none. Under both locks. */
static bool look_at_fetch(const struct flight *flight, void *arg)
{
	struct why *w = arg;
	int64_t age_ms = clock_monotonic_ms() - flight->started_ms;

	if (!key_equal(flight->key, w->x.key))
		return false;
	w->fetches.count++;
	w->fetches.readers += flight->reader_count;
	if (age_ms > w->fetches.oldest_ms)
		w->fetches.oldest_ms = age_ms;
	if (age_ms <= w->proxy->config->cache.coalesce.flight_deadline_ms &&
		flight_takes(flight, &w->x.reader))
		w->fetches.takes = true;
	return false;
}

/* Why the upstream isn't asked now; RC_OK: it is. */
static enum rc upstream_refuses(const struct why *w)
{
	if (why_upstream(w)->offline)
		return RC_OFFLINE;
	return w->runs && w->upstream.breaker == BREAKER_OPEN ? RC_BREAKER : RC_OK;
}

static bool stands_in(const struct why *w)
{
	const struct exchange *x = &w->x;

	return x->object != NULL && !x->object->part.is_part &&
	       freshness_serves_on_error(&x->freshness, &x->view, x->now_ms);
}

static void not_asked(struct why *w, enum rc rc)
{
	if (!stands_in(w)) {
		refuse(w, problem_of(rc), slice_of(rc_text(rc)));
		return;
	}
	w->outcome = OUTCOME_STAND_IN;
	w->because = slice_of(rc_text(rc));
	w->status = w->x.object->status;
	w->x.found.stand_in = true;
}

static bool waits(const struct upstream_state *state)
{
	size_t before = 0;

	for (size_t i = 0; i < ASK_CLASS_COUNT; i++)
		before += state->waiting[i];
	return before > 0 || state->tokens == 0 || state->shut_ms > 0 ||
	       (state->concurrency > 0 && state->under_way >= state->concurrency);
}

static bool has_validator(struct why *w)
{
	struct headers conditions;

	headers_init(&conditions, &w->arena);
	return w->x.object != NULL && conditional_add(w->x.object, &conditions) == RC_OK;
}

static void ask_origin(struct why *w)
{
	enum rc rc = upstream_refuses(w);

	if (rc != RC_OK) {
		not_asked(w, rc);
		return;
	}
	w->may_wait = w->runs && waits(&w->upstream);
	if (w->passes)
		w->outcome = OUTCOME_PASS;
	else
		w->outcome = has_validator(w) ? OUTCOME_VALIDATION : OUTCOME_MISS;
}

static void join(struct why *w)
{
	const struct flight_filter filter = { look_at_fetch, w };
	struct exchange *x = &w->x;
	struct flight_plan plan;

	if (x->view.cc.flags & CC_ONLY_IF_CACHED && x->found.result != CACHE_RESULT_METHOD) {
		x->found.result = CACHE_RESULT_LOCAL;
		refuse(w, PROBLEM_ONLY_IF_CACHED,
			SLICE("only-if-cached, and nothing usable is stored (RFC 9111 5.2.1.7)"));
		return;
	}
	x->found.alone = story_goes_alone(x);
	plan_make(x, &plan);
	plan_reader(x, &x->reader);
	flights_purge_matching(w->proxy->flights, &filter);
	if (flights_are_full(w->proxy->flights)) {
		refuse(w, PROBLEM_BUSY, SLICE("too many fetches are under way"));
	} else if (w->fetches.takes && (!plan.private || plan.may_follow)) {
		x->found.collapsed = true;
		w->outcome = OUTCOME_COLLAPSED;
	} else {
		ask_origin(w);
	}
}

/* ---- its way ---- */

static void use_stored(struct why *w, enum outcome outcome, enum cache_result result)
{
	struct exchange *x = &w->x;

	w->outcome = outcome;
	w->status =
		conditional_not_modified(&x->view, x->object, x->now_ms) ? 304 : x->object->status;
	x->found.result = result;
}

static void judge(struct why *w)
{
	struct exchange *x = &w->x;

	x->freshness = grouping_freshness(w->proxy, x->route, x->object, x->now_ms);
	w->judgement = freshness_judge(&x->freshness, &x->view, x->now_ms);
	w->because = why_judged(w);
	x->found.result = CACHE_RESULT_STALE;
	if (w->judgement == JUDGED_FRESH)
		use_stored(w, OUTCOME_HIT, CACHE_RESULT_HIT);
	else if (w->judgement == JUDGED_STALE_ALLOWED)
		use_stored(w, OUTCOME_STALE, CACHE_RESULT_STALE_HIT);
	else if (w->judgement == JUDGED_STALE_WHILE_REVALIDATE && !story_goes_alone(x))
		use_stored(w, OUTCOME_REVALIDATE, CACHE_RESULT_STALE_HIT);
	else if (w->judgement == JUDGED_REQUESTED)
		x->found.result = CACHE_RESULT_REQUEST;
}

static void recall(struct why *w, struct depot *depot)
{
	struct exchange *x = &w->x;

	why_find_copies(w, depot);
	if (x->object != NULL) {
		judge(w);
	} else if (x->beside.part != NULL) {
		x->found.result = CACHE_RESULT_PARTIAL;
		w->because = SLICE("a part is stored, and not the part that is asked for");
	} else if (x->found.other_variant) {
		x->found.result = CACHE_RESULT_VARY_MISS;
		w->because = SLICE("other variants are stored, none for this request's fields "
				   "(RFC 9111 4.1)");
	} else {
		x->found.result = CACHE_RESULT_URI_MISS;
		w->because = w->copy_count > 0
				     ? SLICE("nothing of what is stored may be used for it")
				     : SLICE("nothing is stored under its key");
	}
}

static void pass(struct why *w, enum cache_result result, struct slice because)
{
	w->passes = true;
	w->x.found.result = result;
	w->x.found.alone = true;
	w->because = because;
}

static void walk(struct why *w, struct depot *depot)
{
	struct exchange *x = &w->x;

	w->outcome = OUTCOME_COUNT;
	request_view_init(&x->view, w->request.method, &w->request.headers);
	if (identity_make(x) != RC_OK) {
		refuse(w, PROBLEM_TARGET_TOO_LONG, SLICE("its key would be too long"));
		return;
	}
	if (identity_bypasses(x))
		pass(w, CACHE_RESULT_BYPASS,
			SLICE("it has a parameter of the route's key.pass, or credentials that are "
			      "not read alone"));
	else if (conditional_is_for_origin(&w->request.headers))
		pass(w, CACHE_RESULT_REQUEST,
			SLICE("it asks about the origin's state: If-Match, If-Unmodified-Since "
			      "(RFC 9111 4.3.2)"));
	else
		recall(w, depot);
	if (w->outcome == OUTCOME_COUNT)
		join(w);
}

/* ---- the report ---- */

static struct why *begin(struct proxy *proxy)
{
	struct why *w = xalloc(sizeof(*w));
	struct exchange *x = &w->x;

	w->proxy = proxy;
	arena_init(&w->arena);
	bytes_init(&w->text, MOST_TEXT);
	exchange_init(x, proxy, &w->arena);
	x->request = &w->request;
	x->found.result = CACHE_RESULT_LOCAL;
	x->now_ms = clock_wall_ms();
	x->started_us = clock_monotonic_us();
	return w;
}

static void end(struct why *w)
{
	select_forget(&w->x);
	if (w->x.object != NULL)
		object_unref(w->x.object);
	for (size_t i = 0; i < w->copy_count; i++)
		object_unref(w->copies[i].object);
	exchange_done(&w->x);
	bytes_done(&w->text);
	arena_done(&w->arena);
	free(w);
}

enum rc proxy_why(struct proxy *proxy, const struct why_asked *asked, struct bytes *ret)
{
	struct why *w = begin(proxy);
	enum rc rc = make_request(w, asked);
	enum problem problem;
	const char *detail;

	if (rc == RC_OK) {
		w->has_route = route_find(proxy->config, w->request.target.path, &w->x.route);
		if (w->has_route && proxy->upstreams != NULL) {
			w->runs = true;
			upstream_look(proxy->upstreams[why_route(w)->upstream_index], &w->upstream);
		}
		if (!story_admits(&w->x, &problem, &detail))
			refuse(w, problem, slice_of(detail));
		else if (w->has_route)
			walk(w, asked->depot);
		else
			refuse(w, PROBLEM_NO_ROUTE, SLICE("no route has a prefix of this path"));
		rc = why_report(w, ret);
	}
	end(w);
	return rc;
}

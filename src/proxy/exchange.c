/* proxy/exchange.c - THE STORY: what happens to a request, step by step.
 *
 *	greet -> identify -> recall -> judge -> join -> search -> fetch -> receive ->
 *	    (on the upstream loop: keep -> land ->) deliver -> farewell
 *
 * Each step is one small function that names the next. No other file knows the order; this file
 * knows nothing else: no parsing, no SQL, no curl. Front threads run every step up to deliver
 * without ever waiting for the network; keep and land run on the upstream loop, for a flight and
 * not for a client.
 */
#include "proxy/exchange.h"

#include "deliver.h"
#include "final.h"
#include "flight.h"
#include "forward.h"
#include "origin_side.h"
#include "record.h"
#include "route.h"
#include "state.h"

#include "policy/conditional.h"
#include "policy/freshness.h"
#include "policy/vary.h"
#include "util/clock.h"

#include <assert.h>

#define MOST_KEY_BYTES ((size_t)64 * 1024)
#define MOST_RETRIES   3 /* then the request goes alone */

enum step {
	GREET,
	IDENTIFY,
	RECALL,
	JUDGE,
	JOIN,
	SEARCH,
	FETCH,
	RECEIVE,
	DELIVER,
	STEP_COUNT,
	PAUSE,  /* suspended in the current step */
	FINISH, /* there is an answer */
};

static enum step refuse(struct exchange *x, enum problem problem, const char *detail)
{
	x->has_problem = true;
	x->problem = problem;
	x->problem_detail = slice_of(detail);
	return DELIVER;
}

/* Is it for us at all, and by which route? One that ends here does so in a loop, too: Max-Forwards is
 * there to look into loops (RFC 9110 9.3.8). */
static enum step greet(struct exchange *x)
{
	if (final_recipient(x))
		return FINISH;
	if (forward_is_loop(x->proxy, &x->request->headers))
		return refuse(x, PROBLEM_LOOP, "the request has been here before");
	if (!route_find(x->proxy->config, x->request->target.path, &x->route))
		return refuse(x, PROBLEM_NO_ROUTE, "no route has a prefix of this path");
	if (x->request->method == METHOD_CONNECT)
		return refuse(x, PROBLEM_METHOD, "CONNECT is not for a reverse proxy");
	return IDENTIFY;
}

/* What is asked for, in one key. */
static enum step identify(struct exchange *x)
{
	const struct config *config = x->proxy->config;
	const struct key_parts parts = {
		.route = slice_of(config->routes[x->route].path),
		.namespace_version = (uint64_t)config->cache.namespace_version,
		.target = x->request->raw_target,
	};

	request_view_init(&x->view, x->request->method, &x->request->headers);
	if (key_make(&parts, x->proxy->seed, &x->key_buffer, &x->key) != RC_OK)
		return refuse(x, PROBLEM_TARGET_TOO_LONG, "");
	if ((x->request->method != METHOD_GET && x->request->method != METHOD_HEAD) ||
		x->request->has_body) {
		x->found.result = CACHE_RESULT_METHOD;
		x->found.alone = true;
		return JOIN;
	}
	/* these ask about the origin's state, which a cache can't tell (RFC 9111 4.3.2) */
	if (conditional_is_for_origin(&x->request->headers)) {
		x->found.result = CACHE_RESULT_REQUEST;
		x->found.alone = true;
		return JOIN;
	}
	return RECALL;
}

static bool selects(const struct object *object, void *arg)
{
	struct exchange *x = arg;

	if (x->view.has_authorization && !storable_despite_authorization(&object->headers))
		return false;
	if (vary_matches(&object->variant, &x->request->headers))
		return true;
	x->found.other_variant = true;
	return false;
}

/* Looks in the tiers that answer at once. */
static bool recalled(struct exchange *x)
{
	const struct chooser chooser = { selects, x };
	bool found = tier_get(x->proxy->memory, &x->key, &chooser, &x->object) == RC_OK;

	record_lookup(found);
	return found;
}

static enum step recall(struct exchange *x)
{
	if (recalled(x))
		return JUDGE;
	x->found.result = x->found.other_variant ? CACHE_RESULT_VARY_MISS : CACHE_RESULT_URI_MISS;
	return JOIN;
}

/* May the stored response be used as it is? */
static enum step judge(struct exchange *x)
{
	switch (freshness_judge(&x->object->freshness, &x->view, x->now_ms)) {
	case JUDGED_FRESH:
		x->found.result = CACHE_RESULT_HIT;
		return DELIVER;
	case JUDGED_STALE_WHILE_REVALIDATE:
	case JUDGED_STALE_ALLOWED:
		x->found.result = CACHE_RESULT_STALE_HIT;
		return DELIVER;
	case JUDGED_STALE:
		x->found.result = CACHE_RESULT_STALE;
		break;
	case JUDGED_REQUESTED:
		x->found.result = CACHE_RESULT_REQUEST;
		break;
	}
	return JOIN;
}

/* Whether this request's fetch is for itself alone. */
static bool goes_alone(const struct exchange *x)
{
	return x->found.alone || x->view.has_authorization || x->view.cc.flags & CC_NO_STORE ||
	       x->found.retries >= MOST_RETRIES ||
	       memo_is_unshareable(x->proxy->memo, x->key.hash, x->started_us / 1000);
}

/* Whether the request's directives take nothing that was there before it (RFC 9111 5.2.1). */
static bool wants_new(const struct request_view *view)
{
	return view->cc.flags & CC_NO_CACHE || view->cc.max_age != CC_NONE ||
	       view->cc.min_fresh != CC_NONE;
}

/* Onto a fetch under way, or at the head of a new one. */
static enum step join(struct exchange *x)
{
	struct flight_plan plan;

	if (x->view.cc.flags & CC_ONLY_IF_CACHED && x->found.result != CACHE_RESULT_METHOD) {
		x->found.result = CACHE_RESULT_LOCAL; /* RFC 9111 5.2.1.7 */
		return refuse(
			x, PROBLEM_ONLY_IF_CACHED, "only-if-cached, and nothing usable is stored");
	}
	x->found.alone = goes_alone(x);
	plan_make(x, &plan);
	if (flights_are_full(x->proxy->flights))
		return refuse(x, PROBLEM_BUSY, "too many fetches are under way");
	x->reader.request = &x->request->headers;
	x->reader.wants_new = wants_new(&x->view);
	if (flights_join(x->proxy->flights, &plan,
		    x->proxy->config->cache.coalesce.flight_deadline_ms,
		    &x->reader) == JOINED_LEADER)
		return SEARCH;
	x->found.collapsed = true;
	return RECEIVE;
}

/* The leader looks again: a flight may have landed since it recalled nothing, or only what is
 * stale. */
static enum step search(struct exchange *x)
{
	struct object *before = GIVE(x->object);
	bool fresh;

	fresh = !x->found.alone && x->found.result != CACHE_RESULT_REQUEST && recalled(x) &&
		freshness_judge(&x->object->freshness, &x->view, x->now_ms) == JUDGED_FRESH;
	if (fresh) {
		x->found.result = CACHE_RESULT_HIT;
		flight_settle(x->reader.flight, x->object);
		flight_leave(&x->reader);
	} else if (x->object != NULL) {
		object_unref(GIVE(x->object));
	}
	if (before != NULL)
		object_unref(before);
	return fresh ? DELIVER : FETCH;
}

static enum step fetch(struct exchange *x)
{
	struct flight *flight = x->reader.flight;

	forward_fields(flight, x->request);
	flight_start(flight, x->request->method == METHOD_HEAD && !x->found.alone
				     ? SLICE("GET")
				     : x->request->method_text);
	return RECEIVE;
}

/* Not for this request: without what was learnt it would come to the same again. */
static enum step begin_again(struct exchange *x)
{
	record_turned_away(x, LABEL_FLIGHT_VARIED);
	flight_leave(&x->reader);
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	x->found.collapsed = false;
	x->found.retries++;
	return RECALL;
}

/* What the origin sent is for its leader only. */
static enum step go_alone(struct exchange *x)
{
	record_turned_away(x, LABEL_FLIGHT_RELEASED);
	flight_leave(&x->reader);
	x->found.collapsed = false;
	x->found.alone = true;
	return JOIN;
}

/* The head is there; with luck all of it is, in one piece: landed, freshened by a 304, or found by
 * the leader. What was to be validated is not needed any more. */
static enum step take(struct exchange *x)
{
	struct flight *flight = x->reader.flight;

	if (x->object != NULL)
		object_unref(x->object);
	x->object = flight_object(flight);
	if (flight->purpose == FLIGHT_VALIDATION && flight->has_head)
		x->found.fwd_status = flight->status;
	x->found.stored = flight->has_head && flight->verdict.skip == SKIP_NONE;
	return DELIVER;
}

static enum step receive(struct exchange *x)
{
	switch (flight_poll(&x->reader)) {
	case NEWS_WAIT:
		return PAUSE;
	case NEWS_THERE:
		return take(x);
	case NEWS_RELEASED:
		return go_alone(x);
	case NEWS_RETRY:
		return begin_again(x);
	case NEWS_FAILED:
		break;
	}
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	/* the log has the details; they are nothing for clients */
	return refuse(x, problem_of(x->reader.flight->failure), rc_text(x->reader.flight->failure));
}

static enum step deliver(struct exchange *x)
{
	if (x->has_problem)
		deliver_problem(x);
	else if (x->object != NULL)
		deliver_object(x);
	else
		deliver_stream(x);
	return FINISH;
}

static enum step (*const steps[STEP_COUNT])(struct exchange *x) = {
	[GREET] = greet,
	[IDENTIFY] = identify,
	[RECALL] = recall,
	[JUDGE] = judge,
	[JOIN] = join,
	[SEARCH] = search,
	[FETCH] = fetch,
	[RECEIVE] = receive,
	[DELIVER] = deliver,
};

/* Runs the steps before `until`; EXCHANGE_WAIT: suspended in one of them. */
static enum exchange_state advance(struct exchange *x, enum step until)
{
	while (x->next < (int)until) {
		enum step next = steps[x->next](x);

		if (next == PAUSE)
			return EXCHANGE_WAIT;
		x->next = (int)next;
	}
	return EXCHANGE_ANSWER;
}

enum exchange_state exchange_run(struct exchange *x)
{
	return advance(x, STEP_COUNT);
}

void exchange_init(struct exchange *x, struct proxy *proxy, struct arena *arena)
{
	*x = (struct exchange){ .proxy = proxy, .arena = arena };
	list_init(&x->reader.link);
	bytes_init(&x->key_buffer, MOST_KEY_BYTES);
}

void exchange_done(struct exchange *x)
{
	assert(!x->active);
	bytes_done(&x->key_buffer);
}

void exchange_begin(struct exchange *x, const struct request *request)
{
	record_begin(x, request);
	x->next = GREET;
	/* a body has to flow before the answer can: up to fetch without waiting for it */
	if (request->has_body)
		advance(x, RECEIVE);
}

void exchange_refuse(struct exchange *x, const struct request *request, enum problem problem,
	struct slice detail)
{
	record_begin(x, request);
	x->next = (int)refuse(x, problem, NULL);
	x->problem_detail = detail;
	exchange_run(x);
}

void exchange_fail(struct exchange *x, enum problem problem, const char *detail)
{
	flight_leave(&x->reader);
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	x->next = (int)refuse(x, problem, detail);
}

void exchange_local(struct exchange *x, const struct request *request, int status)
{
	record_begin(x, request);
	x->answer = (struct answer){ .kind = ANSWER_BYTES, .status = status };
	x->next = FINISH;
}

size_t exchange_upload(struct exchange *x, const char *data, size_t size)
{
	return x->reader.flight != NULL ? flight_upload(&x->reader, data, size) : size;
}

void exchange_upload_end(struct exchange *x)
{
	if (x->reader.flight != NULL)
		flight_upload_end(&x->reader);
}

ssize_t exchange_read(struct exchange *x, char *buffer, size_t size)
{
	ssize_t count = flight_read(&x->reader, buffer, size);

	if (count > 0)
		x->sent_bytes += (uint64_t)count;
	return count;
}

/* farewell */
void exchange_end(struct exchange *x, bool complete)
{
	if (!x->active)
		return;
	record_end(x, complete);
	flight_leave(&x->reader);
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	x->active = false;
}

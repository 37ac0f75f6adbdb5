/* proxy/exchange.c - THE STORY: what happens to a request, step by step.
 *
 *	greet -> gather -> identify -> recall -> judge -> join -> search -> fetch -> receive ->
 *	    (on the upstream loop: keep -> land ->) deliver -> farewell
 *
 *	greet -> purge			an operator's PURGE (purging.h)
 *
 * Each step is one small function that names the next. No other file knows the order; this file
 * knows nothing else: no parsing, no locks, no curl. Front threads run every step up to deliver
 * without ever waiting for the network; keep and land (origin_side.c) run on the upstream loop, for
 * a flight and not for a client. Farewell is exchange_end() in client_side.c.
 */
#include "story.h"

#include "deliver/deliver.h"
#include "final.h"
#include "flight/flight.h"
#include "forward.h"
#include "purge/grouping.h"
#include "key/identity.h"
#include "key/key_check.h"
#include "plan.h"
#include "purge/purging.h"
#include "record.h"
#include "refresh.h"
#include "route.h"
#include "select.h"
#include "state.h"

#include "policy/conditional.h"
#include "policy/freshness.h"
#include "proxy/tenancy.h"

#define MOST_RETRIES 3 /* then the request goes alone */

enum step {
	GREET,
	GATHER,
	IDENTIFY,
	RECALL,
	JUDGE,
	JOIN,
	SEARCH,
	FETCH,
	RECEIVE,
	DELIVER,
	PURGE,
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

/* Who is refused here learns nothing of what there is; PURGE goes by a token of its own (purging.h). */
bool story_admits(const struct exchange *x, enum problem *ret_problem, const char **ret_detail)
{
	const struct config *config = x->proxy->config;

	if (x->request->disputed) {
		*ret_problem = PROBLEM_MALFORMED;
		*ret_detail = "it has keys of several tenants";
		return false;
	}
	*ret_problem = PROBLEM_NO_KEY;
	*ret_detail = "no tenant is known by it";
	return x->tenant != TENANT_NOBODY || config->tenant_count == 0 || !config->tenancy.required;
}

/* Is it for us at all, and by which route? One that ends here does so in a loop, too: Max-Forwards is
 * there to look into loops (RFC 9110 9.3.8). */
static enum step greet(struct exchange *x)
{
	enum problem problem;
	const char *detail;

	if (purging_is_asked(x))
		return PURGE;
	if (!story_admits(x, &problem, &detail))
		return refuse(x, problem, detail);
	if (final_recipient(x))
		return FINISH;
	if (forward_is_loop(x->proxy, &x->request->headers))
		return refuse(x, PROBLEM_LOOP, "the request has been here before");
	if (!route_find(x->proxy->config, x->request->target.path, &x->route))
		return refuse(x, PROBLEM_NO_ROUTE, "no route has a prefix of this path");
	if (x->request->method == METHOD_CONNECT)
		return refuse(x, PROBLEM_METHOD, "CONNECT is not for a reverse proxy");
	x->gathered.under_way = identity_wants_body(x);
	return GATHER;
}

/* A body that is part of the key has to be there first. */
static enum step gather(struct exchange *x)
{
	return x->gathered.under_way ? PAUSE : IDENTIFY;
}

/* What is asked for, in one key. */
static enum step identify(struct exchange *x)
{
	request_view_init(&x->view, x->request->method, &x->request->headers);
	if (identity_make(x) != RC_OK)
		return refuse(x, PROBLEM_TARGET_TOO_LONG, "");
	if (!identity_is_cached(x)) {
		x->found.result = identity_bypasses(x) ? CACHE_RESULT_BYPASS : CACHE_RESULT_METHOD;
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

static enum step recall(struct exchange *x)
{
	if (select_stored(x))
		return JUDGE;
	if (x->beside.part != NULL)
		x->found.result = CACHE_RESULT_PARTIAL;
	else
		x->found.result =
			x->found.other_variant ? CACHE_RESULT_VARY_MISS : CACHE_RESULT_URI_MISS;
	return JOIN;
}

bool story_goes_alone(const struct exchange *x)
{
	return x->found.alone || x->view.has_authorization || x->view.cc.flags & CC_NO_STORE ||
	       x->found.retries >= MOST_RETRIES ||
	       memo_holds(x->proxy->memo, x->key.hash, MEMO_UNSHAREABLE, x->started_us / 1000);
}

static enum judgement judgement_of(struct exchange *x)
{
	x->freshness = grouping_freshness(x->proxy, x->route, x->object, x->now_ms);
	if (x->proxy->replays)
		return JUDGED_FRESH;
	return freshness_judge(&x->freshness, &x->view, x->now_ms);
}

/* May the stored response be used as it is? */
static enum step judge(struct exchange *x)
{
	switch (judgement_of(x)) {
	case JUDGED_FRESH:
		x->found.result = CACHE_RESULT_HIT;
		key_check_hit(x);
		return DELIVER;
	case JUDGED_STALE_WHILE_REVALIDATE:
		if (story_goes_alone(x)) {
			x->found.result = CACHE_RESULT_STALE;
			break;
		}
		refresh_begin(x);
		record_stale(x, LABEL_STALE_REVALIDATING);
		x->found.result = CACHE_RESULT_STALE_HIT;
		return DELIVER;
	case JUDGED_STALE_ALLOWED:
		record_stale(x, LABEL_STALE_REQUEST);
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

/* Onto a fetch under way, or at the head of a new one. */
static enum step join(struct exchange *x)
{
	struct flight_plan plan;
	enum joined joined;

	if (x->view.cc.flags & CC_ONLY_IF_CACHED && x->found.result != CACHE_RESULT_METHOD) {
		x->found.result = CACHE_RESULT_LOCAL; /* RFC 9111 5.2.1.7 */
		return refuse(
			x, PROBLEM_ONLY_IF_CACHED, "only-if-cached, and nothing usable is stored");
	}
	x->found.alone = story_goes_alone(x);
	plan_make(x, &plan);
	if (flights_are_full(x->proxy->flights))
		return refuse(x, PROBLEM_BUSY, "too many fetches are under way");
	plan_reader(x, &x->reader);
	joined = flights_join(x->proxy->flights, &plan,
		x->proxy->config->cache.coalesce.flight_deadline_ms, &x->reader);
	select_forget(x); /* the flight has what it needs of that */
	if (joined == JOINED_LEADER) {
		x->found.alone = plan.private;
		return SEARCH;
	}
	x->found.alone = false;
	x->found.collapsed = true;
	return RECEIVE;
}

/* The leader looks again: a flight may have landed since it recalled nothing, or only what is
 * stale. */
static enum step search(struct exchange *x)
{
	struct object *before = GIVE(x->object);
	bool fresh;

	fresh = !x->found.alone && x->found.result != CACHE_RESULT_REQUEST && select_stored(x) &&
		judgement_of(x) == JUDGED_FRESH;
	select_forget(x);
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
	forward_request(x->reader.flight, x->request);
	return RECEIVE;
}

static void leave_flight(struct exchange *x, enum label_flight why)
{
	if (x->reader.flight != NULL)
		record_turned_away(x, why);
	flight_leave(&x->reader);
	if (x->object != NULL)
		object_unref(GIVE(x->object));
	x->found.waited |= x->found.collapsed;
	x->found.collapsed = x->found.stored = false;
	x->found.fwd_status = 0;
}

/* Not for this request: without what was learnt it would come to the same again. Alone it is asked
 * what can't be unfit; who still is not content gets an error. */
static enum step begin_again(struct exchange *x)
{
	leave_flight(x, LABEL_FLIGHT_VARIED);
	if (x->found.retries++ > MOST_RETRIES)
		return refuse(x, PROBLEM_PROTOCOL, "the origin's answers don't fit what was asked");
	return identity_is_cached(x) ? RECALL : JOIN;
}

/* What the origin sent is for its leader only. */
static enum step go_alone(struct exchange *x)
{
	leave_flight(x, LABEL_FLIGHT_RELEASED);
	x->found.alone = true;
	return JOIN;
}

/* The head is there; with luck all of it is, in one piece: landed, freshened by a 304, standing in
 * for what failed, or found by the leader. What was to be validated is not needed any more. */
static enum step take(struct exchange *x)
{
	struct flight *flight = x->reader.flight;

	if (x->object != NULL)
		object_unref(x->object);
	x->object = GIVE(x->reader.object);
	x->found.stand_in = x->object != NULL && x->reader.stands_in;
	if (x->found.stand_in)
		record_stale(x, LABEL_STALE_ERROR);
	if ((flight->validates || x->found.stand_in) && flight->has_head)
		x->found.fwd_status = flight->status_told;
	x->found.stored =
		flight->has_head && !x->found.stand_in && flight->verdict.skip == SKIP_NONE;
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
	bool there = true;

	if (!x->has_problem)
		there = x->object != NULL ? deliver_object(x) : deliver_stream(x);
	if (!there)
		return begin_again(x); /* for a representation that needs no inflating */
	if (x->has_problem)
		deliver_problem(x);
	return FINISH;
}

/* An operator's: it is answered when it can't be undone any more. */
static enum step purge(struct exchange *x)
{
	enum problem problem;
	const char *detail;

	switch (purging_run(x, &problem, &detail)) {
	case PURGING_WAITS:
		return PAUSE;
	case PURGING_REFUSED:
		return refuse(x, problem, detail);
	case PURGING_DONE:
		break;
	}
	return FINISH;
}

static enum step (*const steps[STEP_COUNT])(struct exchange *x) = {
	[GREET] = greet,
	[GATHER] = gather,
	[IDENTIFY] = identify,
	[RECALL] = recall,
	[JUDGE] = judge,
	[JOIN] = join,
	[SEARCH] = search,
	[FETCH] = fetch,
	[RECEIVE] = receive,
	[DELIVER] = deliver,
	[PURGE] = purge,
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

void story_begin(struct exchange *x)
{
	x->next = GREET;
}

void story_until_fetched(struct exchange *x)
{
	advance(x, RECEIVE);
}

enum exchange_state story_run(struct exchange *x)
{
	return advance(x, STEP_COUNT);
}

void story_refuse(struct exchange *x, enum problem problem, const char *detail)
{
	x->next = (int)refuse(x, problem, detail);
}

void story_end(struct exchange *x)
{
	x->next = FINISH;
}

/* proxy/record.c - what is counted and logged of exchanges and flights. */
#include "record.h"

#include "keep/etag.h"
#include "state.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/popular.h"
#include "proxy/tenancy.h"
#include "util/clock.h"

#define CLIENT_LEFT 499 /* before there was an answer: as other servers count it */

/* What the route of an exchange is called in metrics. */
static uint16_t route_of(const struct exchange *x)
{
	const struct config *config = x->proxy->config;

	return x->route < config->route_count ? config->routes[x->route].label : LABEL_NO_NAME;
}

static uint16_t label_of(const struct flight *flight)
{
	return flight_route(flight)->label;
}

void record_begin(struct exchange *x, const struct request *request)
{
	x->request = request;
	x->now_ms = clock_wall_ms();
	x->started_us = clock_monotonic_us();
	x->route = (uint16_t)x->proxy->config->route_count;
	x->tenant = request->tenant;
	x->sent_bytes = 0;
	x->has_problem = false;
	x->local_type = NULL;
	x->local_fields = NULL;
	x->active = true;
	x->found = (__typeof__(x->found)){ .result = CACHE_RESULT_LOCAL };
	x->answer = (struct answer){ 0 };
	x->cut = (__typeof__(x->cut)){ 0 };
	x->rewrite = (__typeof__(x->rewrite)){ 0 };
	atomic_fetch_add_explicit(&x->proxy->house->in_flight, 1, memory_order_relaxed);
}

/* Refusals are counted by what they were. */
static void count_refusal(enum problem problem)
{
	static const struct {
		enum problem problem;
		enum label_reject reason;
	} reasons[] = {
		{ PROBLEM_MALFORMED, LABEL_REJECT_MALFORMED },
		{ PROBLEM_NO_ROUTE, LABEL_REJECT_NO_ROUTE },
		{ PROBLEM_BODY_TOO_LARGE, LABEL_REJECT_BODY_TOO_LARGE },
		{ PROBLEM_TARGET_TOO_LONG, LABEL_REJECT_TARGET_TOO_LONG },
		{ PROBLEM_HEADER_TOO_LARGE, LABEL_REJECT_HEADER_TOO_LARGE },
		{ PROBLEM_TOO_MANY_FIELDS, LABEL_REJECT_TOO_MANY_FIELDS },
		{ PROBLEM_EXPECTATION, LABEL_REJECT_EXPECTATION },
		{ PROBLEM_METHOD, LABEL_REJECT_METHOD },
		{ PROBLEM_LOOP, LABEL_REJECT_LOOP },
		{ PROBLEM_FORBIDDEN, LABEL_REJECT_PURGE },
		{ PROBLEM_NOT_FROM_THERE, LABEL_REJECT_WHY },
		{ PROBLEM_NO_TOKEN, LABEL_REJECT_PURGE },
		{ PROBLEM_BAD_TOKEN, LABEL_REJECT_PURGE },
		{ PROBLEM_NO_KEY, LABEL_REJECT_TENANT },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].problem == problem)
			metrics_add(METRIC_HTTP_REJECTED, LABELS(reasons[i].reason), 1);
	}
}

static void write_access_line(const struct exchange *x, bool complete, int64_t duration_us)
{
	enum cache_result result = x->found.collapsed ? CACHE_RESULT_COLLAPSED : x->found.result;
	const struct config *config = x->proxy->config;
	const struct request *request = x->request;
	bool routed = x->route < config->route_count;

	access_log_write(x->proxy->access_log,
		&(struct access_line){
			.sample = config->log.access_sample,
			.time_ms = x->now_ms,
			.client = request->client,
			.method = request->method_text,
			.target = request->raw_target,
			.route = routed ? slice_of(config->routes[x->route].path) : SLICE("-"),
			.redact = key_rules_secrets(x->proxy->key_rules),
			.user_agent = headers_get(&request->headers, FIELD_USER_AGENT),
			.cache = slice_of(cache_result_text(result)),
			.status = x->answer.status,
			.body_bytes = x->sent_bytes,
			.duration_us = duration_us,
			.complete = complete,
		});
}

static void count_flight(const struct exchange *x)
{
	enum label_flight outcome = LABEL_FLIGHT_LED;

	if (x->reader.flight == NULL)
		return;
	if (x->found.alone)
		outcome = LABEL_FLIGHT_PASSED;
	else if (x->found.collapsed)
		outcome = LABEL_FLIGHT_JOINED;
	metrics_add(METRIC_COLLAPSE_REQUESTS, LABELS(route_of(x), outcome), 1);
}

/* A client can have as many of these as it likes by what it asks for: they say nothing of larder's health. */
static bool is_for_the_asking(const struct exchange *x)
{
	int status = x->answer.status;

	if (status == 501 || status == 505 || status == 508)
		return true;
	return x->has_problem &&
	       (x->problem == PROBLEM_ONLY_IF_CACHED || x->problem == PROBLEM_OFFLINE);
}

void record_end(struct exchange *x, bool complete)
{
	int64_t duration_us = clock_monotonic_us() - x->started_us;
	enum cache_result result = x->found.collapsed ? CACHE_RESULT_COLLAPSED : x->found.result;
	struct labels by_result = LABELS(route_of(x), result);

	if (x->answer.status == 0)
		x->answer.status = CLIENT_LEFT;

	if (complete && x->request->method != METHOD_HEAD) {
		if (x->answer.kind == ANSWER_BYTES)
			x->sent_bytes = x->answer.body.size;
		else if (x->answer.kind == ANSWER_FILE)
			x->sent_bytes = (uint64_t)x->answer.length;
	}
	metrics_add(METRIC_HTTP_REQUESTS,
		LABELS(route_of(x), x->request->method, metrics_code(x->answer.status)), 1);
	metrics_add(METRIC_CACHE_REQUESTS, by_result, 1);
	if (x->proxy->tenancy != NULL)
		metrics_add(METRIC_TENANT_REQUESTS,
			LABELS(tenancy_label(x->proxy->config, x->tenant), result), 1);
	if (x->answer.status >= 500 && result != CACHE_RESULT_LOCAL && !is_for_the_asking(x))
		metrics_add(METRIC_HTTP_ERRORS, LABELS(route_of(x)), 1);
	metrics_add(METRIC_HTTP_RESPONSE_BODY_BYTES, by_result, x->sent_bytes);
	metrics_observe_us(METRIC_HTTP_REQUEST_DURATION, by_result, duration_us);
	count_flight(x);
	popular_note(x, result, duration_us);
	if (x->found.result == CACHE_RESULT_HIT && x->object != NULL &&
		x->object->freshness.negative)
		metrics_add(METRIC_CACHE_NEGATIVE_HITS,
			LABELS(route_of(x), metrics_code(x->object->status)), 1);
	if (x->has_problem)
		count_refusal(x->problem);
	if (x->proxy->access_log != NULL)
		write_access_line(x, complete, duration_us);
	/* Who reads that it has ended sees it counted. */
	atomic_fetch_sub_explicit(&x->proxy->house->in_flight, 1, memory_order_release);
}

void record_stale(const struct exchange *x, enum label_stale reason)
{
	metrics_add(METRIC_CACHE_STALE_SERVED, LABELS(route_of(x), reason), 1);
}

void record_turned_away(const struct exchange *x, enum label_flight why)
{
	metrics_add(METRIC_COLLAPSE_REQUESTS, LABELS(route_of(x), why), 1);
}

static uint16_t upstream_of(const struct flight *flight)
{
	return flight_upstream(flight)->label;
}

void record_head(const struct flight *flight)
{
	static const enum label_purpose purposes[] = {
		[FLIGHT_MISS] = LABEL_PURPOSE_MISS,
		[FLIGHT_VALIDATION] = LABEL_PURPOSE_REVALIDATION,
		[FLIGHT_PASS] = LABEL_PURPOSE_PASS,
	};

	metrics_add(METRIC_UPSTREAM_REQUESTS,
		LABELS(upstream_of(flight), purposes[flight->purpose],
			metrics_code(flight->status)),
		1);
	if (flight->status == 200 && etag_is_awaited(flight))
		return; /* its bytes will tell */
	if (flight->purpose == FLIGHT_VALIDATION)
		metrics_add(METRIC_CACHE_REVALIDATIONS,
			LABELS(label_of(flight),
				flight->status == 304   ? LABEL_REVALIDATION_NOT_MODIFIED
				: flight->status >= 500 ? LABEL_REVALIDATION_ERROR
							: LABEL_REVALIDATION_MODIFIED),
			1);
}

void record_refresh(const struct flight *flight, bool unchanged)
{
	metrics_add(METRIC_CACHE_REVALIDATIONS,
		LABELS(label_of(flight),
			unchanged ? LABEL_REVALIDATION_UNCHANGED : LABEL_REVALIDATION_MODIFIED),
		1);
}

void record_store(const struct flight *flight, enum skip skip)
{
	if (skip != SKIP_NONE) {
		metrics_add(METRIC_CACHE_STORE_SKIPS, LABELS(label_of(flight), skip), 1);
		return;
	}
	if (flight->proxy->memory != NULL)
		metrics_add(METRIC_CACHE_STORES, LABELS(label_of(flight), LABEL_TIER_MEMORY), 1);
	if (flight->proxy->disk != NULL)
		metrics_add(METRIC_CACHE_STORES, LABELS(label_of(flight), LABEL_TIER_DISK), 1);
}

void record_guard(const struct flight *flight, enum guard_rule rule)
{
	metrics_add(METRIC_CACHE_GUARD_VERDICTS, LABELS(label_of(flight), flight->guard), 1);
	if (rule == GUARD_RULE_NONE)
		return;
	metrics_add(METRIC_CACHE_GUARD_REJECTIONS, LABELS(label_of(flight), rule), 1);
	log_event(LOG_LEVEL_DEBUG, "guard-failed", "route %s: %s", flight_route(flight)->path,
		guard_rule_text(rule));
}

void record_watch_drop(const struct flight *flight, double before, double number)
{
	const struct config_route *route = flight_route(flight);

	metrics_add(METRIC_CACHE_WATCH_DROPS, LABELS(label_of(flight)), 1);
	log_event(LOG_LEVEL_WARN, "alert-watch-drop", "route %s: %s fell from %.15g to %.15g",
		route->path, route->guard.watch, before, number);
}

void record_invalidation(enum label_scope scope, enum label_mode mode, enum label_source source)
{
	metrics_add(METRIC_CACHE_INVALIDATIONS, LABELS(scope, mode, source), 1);
}

void record_invalidated(
	enum label_tier tier, enum label_scope scope, enum label_mode mode, uint64_t count)
{
	metrics_add(METRIC_CACHE_INVALIDATED_ENTRIES, LABELS(tier, scope, mode), count);
}

/* One line when an upstream begins to fail and one when it answers again. */
static void log_change(struct flight *flight, enum rc rc, const char *detail)
{
	const char *name = flight_upstream(flight)->name;
	bool failed = rc != RC_OK;

	if (atomic_exchange(&flight->proxy->failing[flight_route(flight)->upstream_index],
		    failed) == failed)
		return;
	if (failed)
		log_event(LOG_LEVEL_WARN, "upstream-failing", "%s: %s (%s)", name, rc_text(rc),
			detail);
	else
		log_event(LOG_LEVEL_INFO, "upstream-recovered", "%s", name);
}

/* The other ends are our own doing, or the client's: a body that is shorter than announced, or one
 * where there can't be one. */
static bool tells_of_upstream(enum rc rc)
{
	return rc != RC_CANCELLED && rc != RC_STOPPED && rc != RC_INVALID && rc != RC_UNSUPPORTED &&
	       rc != RC_PACED && rc != RC_BREAKER && rc != RC_OFFLINE;
}

void record_flight(struct flight *flight, enum rc rc, const char *detail)
{
	int64_t duration_us = (clock_monotonic_ms() - flight->started_ms) * 1000;

	metrics_observe_us(
		METRIC_UPSTREAM_REQUEST_DURATION, LABELS(upstream_of(flight)), duration_us);
	if (rc != RC_OK)
		metrics_add(METRIC_UPSTREAM_ERRORS,
			LABELS(upstream_of(flight), metrics_upstream_error(rc)), 1);
	if (rc != RC_OK && flight->status != 0 && flight->keeps)
		record_store(flight, SKIP_INCOMPLETE);
	if (tells_of_upstream(rc))
		log_change(flight, rc, detail);
}

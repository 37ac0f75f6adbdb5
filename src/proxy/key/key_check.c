/* proxy/key/key_check.c - whether key rules tell the truth. */
#include "key_check.h"

#include "flight/flight.h"
#include "forward.h"
#include "purge/grouping.h"
#include "key_gist.h"
#include "record.h"
#include "route.h"
#include "state.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

#define MOST_BODY ((uint64_t)1024 * 1024)
#define MOST_LINE ((size_t)2048)

enum stage { ASK_AS_IT_CAME, ASK_AS_STORED, ASK_AGAIN };

struct key_check {
	struct proxy *proxy;
	enum stage stage;
	struct arena arena; /* all that follows lies in it */
	uint16_t route;
	uint16_t tenant; /* as in struct exchange */
	struct key key;
	struct key_parts parts;
	struct request request;
	struct headers stored_fields; /* as the request's, with the Accept of what is stored */
	struct slice stored_target;
	struct object *stored; /* a reference */
	struct key_secrets secrets;
	struct key_gist kept, first, got;
};

struct key_checks {
	struct proxy *proxy;
	struct {
		atomic_uint_fast64_t hits;
		atomic_bool busy;
	} routes[];
};

struct key_checks *key_checks_new(struct proxy *proxy)
{
	struct key_checks *checks =
		xalloc(sizeof(*checks) + proxy->config->route_count * sizeof(checks->routes[0]));

	checks->proxy = proxy;
	return checks;
}

void key_checks_free(struct key_checks *checks)
{
	free(checks);
}

void key_checks_collect(const struct key_checks *checks)
{
	const struct proxy *proxy = checks->proxy;

	for (size_t i = 0; i < proxy->config->route_count; i++) {
		if (key_rules_of(proxy->key_rules, (uint16_t)i) != NULL)
			metrics_set(METRIC_KEY_RULE_ENABLED, LABELS(proxy->config->routes[i].label),
				key_rules_suspended(proxy->key_rules, (uint16_t)i) ? 0 : 1);
	}
}

/* ---- spellings ---- */

/* "/target", or "/target accept": no target has a blank. */
static struct slice spelling_of(const struct key_rule *rule, struct slice raw_target,
	const struct headers *request, struct arena *arena)
{
	struct slice target = key_rule_spelling(rule, raw_target, arena);
	struct slice accept = headers_combined(request, SLICE("accept"), arena);

	if (!key_rule_has_classes(rule) || accept.size == 0)
		return target;
	return arena_format(
		arena, SLICE_FORMAT " " SLICE_FORMAT, SLICE_ARGS(target), SLICE_ARGS(accept));
}

void key_check_spell(struct flight *flight, struct headers *fields)
{
	const struct key_rule *rule = key_rules_of(flight->proxy->key_rules, flight->route);

	if (rule == NULL || flight_route(flight)->key.verify == 0 || flight->parts.method.size > 0)
		return;
	headers_add_known(fields, FIELD_LARDER_SPELLING,
		spelling_of(rule, flight->raw_target, &flight->request, &flight->arena));
}

/* ---- the verdict ---- */

static void put_piece(void *arg, struct slice piece)
{
	/* what is too long for a line is cut */
	(void)!bytes_append_slice(arg, piece);
}

static void alert(const struct key_check *check)
{
	struct redact_names secrets = key_rules_secrets(check->proxy->key_rules);
	struct bytes came, stored;

	bytes_init(&came, MOST_LINE);
	bytes_init(&stored, MOST_LINE);
	redact_target(secrets, check->request.raw_target, put_piece, &came);
	redact_target(secrets, check->stored_target, put_piece, &stored);
	log_event(LOG_LEVEL_WARN, "alert-key-rule",
		"route %s: its key rule takes these for the same, and the origin "
		"doesn't: " SLICE_FORMAT " and " SLICE_FORMAT "; it is off until the next start",
		check->proxy->config->routes[check->route].path, SLICE_ARGS(bytes_slice(&came)),
		SLICE_ARGS(bytes_slice(&stored)));
	bytes_done(&came);
	bytes_done(&stored);
}

/* What was stored under it may be an answer to another question: it is out of reach for good. */
static void suspend(const struct key_check *check)
{
	struct proxy *proxy = check->proxy;

	if (!key_rules_suspend(proxy->key_rules, check->route))
		return;
	groups_invalidate(proxy->groups, grouping_route_slot(proxy, check->route), GROUPS_HARD);
	alert(check);
}

static void finish(struct key_check *check, enum label_key_check result)
{
	struct proxy *proxy = check->proxy;

	metrics_add(METRIC_KEY_CHECKS,
		LABELS(check->proxy->config->routes[check->route].label, result), 1);
	if (result == LABEL_KEY_CHECK_DIFFERS)
		suspend(check);
	object_unref(check->stored);
	arena_done(&check->arena);
	atomic_store(&proxy->key_checks->routes[check->route].busy, false);
	free(check);
}

static void ask(struct key_check *check, enum stage stage);

static void judge(struct key_check *check)
{
	if (check->stage == ASK_AS_IT_CAME)
		key_gist_of_stored(check->stored, check->secrets, &check->kept);
	if (!check->got.known || !check->kept.known) {
		finish(check, LABEL_KEY_CHECK_FAILED);
		return;
	}
	switch (check->stage) {
	case ASK_AS_IT_CAME:
		check->first = check->got;
		if (key_gist_same(&check->got, &check->kept))
			finish(check, LABEL_KEY_CHECK_SAME);
		/* a word that stands in what is stored, too, is no repetition of the credential */
		else if (check->got.repeats && !check->kept.repeats)
			finish(check, LABEL_KEY_CHECK_DIFFERS);
		else
			ask(check, ASK_AS_STORED);
		break;
	case ASK_AS_STORED:
		if (key_gist_same(&check->got, &check->first)) /* both are new */
			finish(check, LABEL_KEY_CHECK_SAME);
		else if (key_gist_same(&check->got, &check->kept))
			ask(check, ASK_AGAIN);
		else
			finish(check, LABEL_KEY_CHECK_FAILED);
		break;
	case ASK_AGAIN:
		finish(check, key_gist_same(&check->got, &check->first) ? LABEL_KEY_CHECK_DIFFERS
									: LABEL_KEY_CHECK_FAILED);
		break;
	}
}

/* ---- fetches ---- */

/* What an origin that is not itself says, or that speaks of the credential or of the request as it stands, is no
 * answer: a dropped parameter that is too long says nothing of shorter ones. */
static bool says_nothing(int status)
{
	return status >= 500 || key_rule_status_is_personal(status) ||
	       key_rule_status_is_of_request(status);
}

static void keep(struct flight *flight, struct flight_verdict *ret)
{
	record_head(flight);
	ret->share = SHARE_NONE;
	ret->skip = says_nothing(flight->status) ? SKIP_STATUS : SKIP_NONE;
	if (flight->content_length > (int64_t)MOST_BODY)
		ret->skip = SKIP_TOO_LARGE;
}

static void land(struct flight *flight)
{
	SCOPED(body) body = NULL;

	if (flight->keeps && flight->stream.written <= MOST_BODY &&
		stream_body(&flight->stream, &body) == RC_OK)
		key_gist_read(&(struct key_gist_source){ .status = flight->status,
				      .fields = &flight->received,
				      .body = body,
				      .secrets = flight->check->secrets },
			&flight->check->got);
}

static void ended(struct flight *flight, enum rc rc, const char *detail)
{
	if (rc != RC_OK)
		flight->check->got.known = false;
	record_flight(flight, rc, detail);
	judge(flight->check);
}

static const struct flight_story story = { .keep = keep, .land = land, .ended = ended };

static void ask(struct key_check *check, enum stage stage)
{
	struct proxy *proxy = check->proxy;
	const struct config_route *route = &proxy->config->routes[check->route];
	bool as_stored = stage == ASK_AS_STORED;
	struct request request = check->request;
	struct flight *flight;

	check->stage = stage;
	check->got.known = false;
	if (as_stored) {
		request.raw_target = check->stored_target;
		request.headers = check->stored_fields;
	}
	flight = flights_lead(proxy->flights,
		&(struct flight_plan){
			.proxy = proxy,
			.story = &story,
			.check = check,
			.route = check->route,
			.tenant = check->tenant,
			.purpose = FLIGHT_PASS,
			.private = true,
			.cached = true,
			.background = true,
			.key = check->key,
			.parts = check->parts,
			.method = METHOD_GET,
			.raw_target = request.raw_target,
			.ruled_target = check->parts.target,
			.target = route_target(route, request.raw_target, &check->arena),
			.request = &request.headers,
			.secure = request.secure,
			.epoch = groups_epoch(proxy->groups),
			.now_ms = clock_wall_ms(),
		},
		0);
	forward_request(flight, &request);
	flight_unref(flight);
}

/* ---- hits ---- */

/* Of the client's own conditions nothing goes along, nor what is about this answer alone. */
static bool is_asked(enum field_id id)
{
	return id != FIELD_IF_NONE_MATCH && id != FIELD_IF_MODIFIED_SINCE && id != FIELD_IF_RANGE &&
	       id != FIELD_RANGE && id != FIELD_CACHE_CONTROL && id != FIELD_PRAGMA;
}

static struct slice copied(struct key_check *check, struct slice text)
{
	return arena_copy(&check->arena, text);
}

static void copy_request(struct key_check *check, const struct request *request)
{
	check->request = *request;
	check->request.method = METHOD_GET;
	check->request.method_text = SLICE("GET");
	check->request.raw_target = copied(check, request->raw_target);
	check->request.peer = copied(check, request->peer);
	check->request.client = copied(check, request->client);
	headers_init(&check->request.headers, &check->arena);
	HEADERS_EACH(at, &request->headers) {
		if (is_asked(at->id))
			headers_add_copy(&check->request.headers, at->name, at->value);
	}
}

/* The request once more, as the one whose answer is stored spelt it, but with this client's credentials. */
static void respell(struct key_check *check, const struct key_rule *rule, struct slice spelling)
{
	struct slice accept = copied(check, spelling), target = slice_cut(&accept, ' ');

	check->stored_target =
		key_rule_respell(rule, target, check->request.raw_target, &check->arena);
	headers_init(&check->stored_fields, &check->arena);
	HEADERS_EACH(at, &check->request.headers) {
		if (at->id != FIELD_ACCEPT || !key_rule_has_classes(rule))
			headers_add(&check->stored_fields, at->name, at->value);
	}
	if (accept.data != NULL)
		headers_add_known(&check->stored_fields, FIELD_ACCEPT, accept);
}

static void begin(struct exchange *x, const struct key_rule *rule, struct slice spelling)
{
	struct key_check *check = xalloc(sizeof(*check));

	arena_init(&check->arena);
	check->proxy = x->proxy;
	check->route = x->route;
	check->tenant = x->tenant;
	check->key = (struct key){ copied(check, x->key.bytes), x->key.hash };
	check->parts = x->parts;
	check->parts.target = copied(check, x->parts.target);
	check->parts.rule = copied(check, x->parts.rule);
	check->parts.mark = copied(check, x->parts.mark);
	check->stored = object_ref(x->object);
	copy_request(check, x->request);
	respell(check, rule, spelling);
	check->secrets = key_rule_secrets(rule, check->request.raw_target, &check->arena);
	ask(check, ASK_AS_IT_CAME);
}

static bool can_be_compared(const struct exchange *x)
{
	const struct object *object = x->object;

	return x->request->method == METHOD_GET && !x->view.keyed_by_body &&
	       !x->view.has_authorization && object->status == 200 && !object->part.is_part &&
	       object->body->size <= MOST_BODY;
}

/* Whether it is this one's turn. */
static bool is_sampled(struct key_checks *checks, uint16_t route, int64_t every)
{
	uint64_t hits =
		atomic_fetch_add_explicit(&checks->routes[route].hits, 1, memory_order_relaxed);

	return hits % (uint64_t)every == 0 && !flights_are_full(checks->proxy->flights) &&
	       !atomic_exchange(&checks->routes[route].busy, true);
}

/* Whether it came in other words than what is stored was asked for in. Whose credentials those were is not
 * stored: they count as others. */
static bool is_another(struct exchange *x, const struct key_rule *rule, struct slice spelling)
{
	if (spelling.size == 0 || !can_be_compared(x))
		return false;
	return x->asked.credentials != 0 ||
	       !slice_equal(spelling,
		       spelling_of(rule, x->request->raw_target, &x->request->headers, x->arena));
}

void key_check_hit(struct exchange *x)
{
	struct proxy *proxy = x->proxy;
	int64_t every = proxy->config->routes[x->route].key.verify;
	const struct key_rule *rule;
	struct slice spelling;

	if (every == 0 || key_rules_suspended(proxy->key_rules, x->route))
		return;
	rule = key_rules_of(proxy->key_rules, x->route);
	spelling = headers_get(&x->object->headers, FIELD_LARDER_SPELLING);
	if (rule != NULL && is_another(x, rule, spelling) &&
		is_sampled(proxy->key_checks, x->route, every))
		begin(x, rule, spelling);
}

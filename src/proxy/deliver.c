/* proxy/deliver.c - what a client gets of what was found. */
#include "deliver.h"

#include "state.h"

#include "policy/conditional.h"
#include "policy/freshness.h"

static bool is_from_store(const struct exchange *x)
{
	return x->found.result == CACHE_RESULT_HIT || x->found.result == CACHE_RESULT_STALE_HIT;
}

static bool is_bodiless(int status)
{
	return status == 204 || status == 304;
}

void deliver_object(struct exchange *x)
{
	const struct object *object = x->object;
	bool unchanged = conditional_not_modified(&x->view, object, x->now_ms);
	int status = unchanged ? 304 : object->status;

	x->answer = (struct answer){
		.kind = is_bodiless(status) ? ANSWER_EMPTY : ANSWER_BYTES,
		.status = status,
		.body = { object->body->data, object->body->size },
		.owner = object->body,
		.length = (int64_t)object->body->size,
		.serial = x->found.result == CACHE_RESULT_HIT ? object->serial : 0,
		.age_s = freshness_age_ms(&object->freshness, x->now_ms) / 1000,
		.ttl_s = freshness_left_ms(&object->freshness, x->now_ms) / 1000,
	};
}

void deliver_stream(struct exchange *x)
{
	struct flight *flight = x->reader.flight;
	/* just what precondition_check() looks at */
	const struct object head = {
		.status = flight->status,
		.headers = flight->verdict.fields,
		.freshness = flight->verdict.freshness,
	};

	/* a private fetch took the conditions along: the origin has judged them */
	bool unchanged = !flight->private && conditional_not_modified(&x->view, &head, x->now_ms);
	int status = unchanged ? 304 : flight->status;

	x->answer = (struct answer){
		.kind = is_bodiless(status) ? ANSWER_EMPTY : ANSWER_STREAM,
		.status = status,
		.length = flight->content_length,
	};
	if (x->answer.kind == ANSWER_STREAM && flight_whole_body(flight, &x->answer.body)) {
		x->answer.kind = ANSWER_BYTES;
		x->answer.length = (int64_t)x->answer.body.size;
	}
}

void deliver_problem(struct exchange *x)
{
	x->answer = (struct answer){
		.kind = ANSWER_BYTES,
		.status = problem_status(x->problem),
	};
}

/* RFC 9211 2: parameters in the order of its registry. */
struct slice deliver_cache_status(const struct exchange *x)
{
	const char *stored = x->found.stored ? "; stored" : "";
	const char *collapsed = x->found.collapsed ? "; collapsed" : "";
	struct slice fwd_status = { "", 0 };

	if (x->found.result == CACHE_RESULT_LOCAL)
		return SLICE(PSEUDONYM);
	if (is_from_store(x))
		return arena_format(x->arena, PSEUDONYM "; hit; ttl=%lld",
			(long long)(freshness_left_ms(&x->object->freshness, x->now_ms) / 1000));
	if (x->found.fwd_status != 0)
		fwd_status = arena_format(x->arena, "; fwd-status=%d", x->found.fwd_status);
	return arena_format(x->arena, PSEUDONYM "; fwd=%s" SLICE_FORMAT "%s%s",
		cache_result_text(x->found.result), SLICE_ARGS(fwd_status), stored, collapsed);
}

/* RFC 9110 15.4.5: of the representation's own fields a 304 carries only what guides caches. */
static bool belongs_in_304(enum field_id id)
{
	return !(field_flags(id) & FIELD_IS_FRAMING) && id != FIELD_CONTENT_TYPE;
}

static void add_stored(const struct exchange *x, const struct headers *fields, struct headers *ret)
{
	HEADERS_EACH(at, fields) {
		if (x->answer.status != 304 || belongs_in_304(at->id))
			headers_add(ret, at->name, at->value);
	}
}

static void add_age(struct exchange *x, const struct freshness *freshness, struct headers *ret)
{
	headers_add(ret, SLICE("Age"),
		arena_format(x->arena, "%lld",
			(long long)(freshness_age_ms(freshness, x->now_ms) / 1000)));
}

/* Whether the answer is what a fetch brought, and not a stored response. */
static bool is_fetched(const struct flight *flight)
{
	return flight != NULL && flight->has_head && flight->status != 304;
}

/* Fields that belong to one response only are the leader's. */
static void add_fetched(struct exchange *x, const struct flight *flight, struct headers *ret)
{
	const struct headers *fields = &flight->verdict.fields;

	HEADERS_EACH(at, fields) {
		if (x->answer.status == 304 && !belongs_in_304(at->id))
			continue;
		if (!x->found.collapsed || !(field_flags(at->id) & FIELD_IS_ONCE))
			headers_add(ret, at->name, at->value);
	}
	/* it keeps the age that it came with (RFC 9111 5.1) */
	if (headers_has(&flight->received, FIELD_AGE))
		add_age(x, &flight->verdict.freshness, ret);
}

/* RFC 9110 7.6.3: the version in which the response came to us, also if that was long ago. */
static struct slice via_of(const struct exchange *x)
{
	static const struct slice vias[] = {
#define X(id, text) [HTTP_##id] = { text " " PSEUDONYM, sizeof(text " " PSEUDONYM) - 1 },
		HTTP_VERSION_TABLE(X)
#undef X
	};
	const struct flight *flight = x->reader.flight;

	if (x->has_problem)
		return vias[HTTP_1_1];
	if (x->object != NULL && !is_fetched(flight))
		return vias[x->object->http_version];
	return vias[flight != NULL ? flight->http_version : HTTP_1_1];
}

void exchange_fields(struct exchange *x, struct headers *ret)
{
	const struct flight *flight = x->reader.flight;

	if (x->has_problem) {
		problem_make(x->problem, x->problem_detail, ret, &x->answer.body);
		x->answer.length = (int64_t)x->answer.body.size;
	} else if (x->local_type != NULL) {
		headers_add(ret, SLICE("Content-Type"), slice_of(x->local_type));
		headers_add(ret, SLICE("Cache-Control"), SLICE("no-store"));
		headers_add(ret, SLICE("Vary"), SLICE("Accept"));
	} else if (x->local_fields != NULL) {
		HEADERS_EACH(at, x->local_fields)
			headers_add(ret, at->name, at->value);
	} else if (is_fetched(flight)) {
		add_fetched(x, flight, ret);
	} else if (x->object != NULL) {
		add_stored(x, &x->object->headers, ret);
		add_age(x, &x->object->freshness, ret);
	} else if (flight != NULL) { /* a 304 to the client's own condition */
		add_fetched(x, flight, ret);
	}
	headers_add(ret, SLICE("Cache-Status"), deliver_cache_status(x));
	headers_add(ret, SLICE("Via"), via_of(x));
}

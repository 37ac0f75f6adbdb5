/* proxy/deliver/fields_out.c - the fields that a client gets with its answer: what the origin said, and Age,
 * Cache-Status (RFC 9211), Proxy-Status (RFC 9209), Via.
 */
#include "fields_out.h"

#include "byteranges.h"
#include "flight/flight.h"
#include "rewriting.h"
#include "state.h"

#include "http/date.h"
#include "http/retry_after.h"
#include "http/structured.h"
#include "observe/redact.h"
#include "policy/coding.h"
#include "policy/freshness.h"

static bool is_from_store(const struct exchange *x)
{
	return x->found.result == CACHE_RESULT_HIT || x->found.result == CACHE_RESULT_STALE_HIT;
}

static void put_piece(void *arg, struct slice piece)
{
	/* bounded by the caller: what is written instead of a value may be longer */
	(void)!bytes_append_slice(arg, piece);
}

/* The key as far as it may be shown (RFC 9211 2.7). */
static struct slice key_parameter(const struct exchange *x)
{
	const struct redact_names names = key_rules_secrets(x->proxy->key_rules);
	struct slice target = key_target(x->key), text = SLICE("");
	struct bytes shown, quoted;

	bytes_init(&shown, target.size * 4);
	bytes_init(&quoted, target.size * 8 + 2);
	redact_target(names, target, put_piece, &shown);
	if (sf_append_string(&quoted, bytes_slice(&shown)) == RC_OK)
		text = arena_format(
			x->arena, "; key=" SLICE_FORMAT, SLICE_ARGS(bytes_slice(&quoted)));
	bytes_done(&shown);
	bytes_done(&quoted);
	return text;
}

/* Why it was (not) stored: what kept it out, or what makes it last. */
static const char *detail_of(const struct exchange *x)
{
	const struct flight *flight = x->reader.flight;
	bool fetched = flight != NULL && flight->has_head;
	const struct freshness *f;

	if (x->found.stand_in)
		return "origin-failed";
	if (fetched && flight->verdict.skip != SKIP_NONE)
		return skip_text(flight->verdict.skip);
	if (!fetched && x->object == NULL)
		return "none";
	f = fetched ? &flight->verdict.freshness : &x->object->freshness;
	if (f->source != LIFETIME_NONE)
		return lifetime_text((enum lifetime_source)f->source);
	if (f->explicit || f->heuristic) /* stored before its source was kept with it */
		return lifetime_text(f->explicit ? LIFETIME_EXPLICIT : LIFETIME_HEURISTIC);
	return "validator";
}

/* For the operator's eyes: whose requests come by a trusted proxy. */
static struct slice details(const struct exchange *x)
{
	if (!x->request->trusted || x->key.bytes.size == 0)
		return SLICE("");
	return arena_format(
		x->arena, SLICE_FORMAT "; detail=%s", SLICE_ARGS(key_parameter(x)), detail_of(x));
}

/* Whole seconds, rounded down: what is stale is below 0. */
static long long ttl_of(const struct freshness *f, int64_t now_ms)
{
	int64_t left_ms = freshness_left_ms(f, now_ms);

	return (long long)(left_ms > 0 ? left_ms / 1000 : -((-left_ms + 999) / 1000));
}

/* RFC 9211 2: parameters in the order of its registry. */
struct slice fields_cache_status(const struct exchange *x)
{
	const char *stored = x->found.stored ? "; stored" : "";
	const char *collapsed = x->found.collapsed ? "; collapsed" : "";
	struct slice fwd_status = SLICE(""), more = details(x);

	if (x->found.result == CACHE_RESULT_LOCAL)
		return SLICE(PSEUDONYM);
	if (is_from_store(x))
		return arena_format(x->arena, PSEUDONYM "; hit; ttl=%lld" SLICE_FORMAT,
			ttl_of(&x->freshness, x->now_ms), SLICE_ARGS(more));
	if (!x->found.collapsed && x->found.waited)
		collapsed = "; collapsed=?0";
	if (x->found.fwd_status != 0)
		fwd_status = arena_format(x->arena, "; fwd-status=%d", x->found.fwd_status);
	return arena_format(x->arena, PSEUDONYM "; fwd=%s" SLICE_FORMAT "%s%s" SLICE_FORMAT,
		cache_result_text(x->found.result), SLICE_ARGS(fwd_status), stored, collapsed,
		SLICE_ARGS(more));
}

/* RFC 9110 15.4.5: of the representation's own fields a 304 carries only what guides caches. */
static bool belongs_in_304(enum field_id id)
{
	return !(field_flags(id) & FIELD_IS_FRAMING) && id != FIELD_CONTENT_TYPE;
}

static bool is_left_out(const struct exchange *x, const struct field *field)
{
	if (x->answer.status == 304 && !belongs_in_304(field->id))
		return true;
	if (field_flags(field->id) & FIELD_IS_FOR_US)
		return true;
	if ((x->cut.recoding != RECODED_NOT || rewriting_is_on(x)) && coding_is_of_bytes(field))
		return true;
	if (field->id == FIELD_CONTENT_RANGE)
		return x->cut.form == FORM_PART || x->cut.form == FORM_PARTS;
	return x->cut.form == FORM_PARTS && field->id == FIELD_CONTENT_TYPE;
}

/* In another coding it is another representation: what a strong tag says of the bytes that came is only
 * true of these in the weak sense (RFC 9110 8.8.3). */
static struct slice value_out(struct exchange *x, const struct field *field)
{
	struct slice value = x->rewrite.identity != 0 ? rewriting_value(x, field) : field->value;

	if (x->cut.recoding == RECODED_NOT || field->id != FIELD_ETAG ||
		slice_starts(value, SLICE("W/")))
		return value;
	return arena_format(x->arena, "W/" SLICE_FORMAT, SLICE_ARGS(value));
}

static void add_out(struct exchange *x, const struct field *field, struct headers *ret)
{
	if (!is_left_out(x, field))
		headers_add(ret, field->name, value_out(x, field));
}

static void add_age(struct exchange *x, const struct freshness *freshness, struct headers *ret)
{
	headers_add(ret, SLICE("Age"),
		arena_format(x->arena, "%lld",
			(long long)(freshness_age_ms(freshness, x->now_ms) / 1000)));
}

/* Whether the answer is what a fetch brought, and not a stored response. */
static bool is_fetched(const struct exchange *x, const struct flight *flight)
{
	return flight != NULL && flight->has_head && !flight->verdict.from_store &&
	       !x->found.stand_in;
}

/* The body was compressed here. */
static void add_coding(const struct exchange *x, struct headers *ret)
{
	if (x->cut.recoding == RECODED_GZIP && x->answer.status != 304)
		headers_add(ret, SLICE("Content-Encoding"), SLICE("gzip"));
}

/* Fields that belong to one response only, and cookies that are not stored, are the leader's. */
static bool is_leaders(const struct exchange *x, const struct field *field)
{
	if (field->id == FIELD_RETRY_AFTER) /* whoever shares an error is to wait as well */
		return false;
	if (field->id == FIELD_SET_COOKIE)
		return x->proxy->config->routes[x->route].set_cookie != CONFIG_KEEP;
	return field_flags_of(field) & FIELD_IS_ONCE;
}

/* All of it was there before the answer began: what was made of its body is known. */
static void add_landed(struct exchange *x, const struct object *object, struct headers *ret)
{
	HEADERS_EACH(at, &object->headers) {
		if (object->tagged && at->id == FIELD_ETAG)
			add_out(x, at, ret);
	}
}

static void add_fetched(struct exchange *x, const struct flight *flight, struct headers *ret)
{
	HEADERS_EACH(at, &flight->verdict.fields) {
		if (!x->found.collapsed || !is_leaders(x, at))
			add_out(x, at, ret);
	}
	if (x->object != NULL)
		add_landed(x, x->object, ret);
	add_coding(x, ret);
	/* it keeps the age that it came with (RFC 9111 5.1), and has one for who came later */
	if (headers_has(&flight->received, FIELD_AGE) ||
		x->now_ms - flight->verdict.freshness.responded_ms >= 1000)
		add_age(x, &flight->verdict.freshness, ret);
}

static bool varies_by_coding(const struct headers *fields)
{
	return headers_lists(fields, FIELD_VARY, SLICE("*")) ||
	       headers_lists(fields, FIELD_VARY, SLICE("accept-encoding"));
}

/* Others get other bytes: who stores this must know (RFC 9110 12.5.5). */
static void add_vary(const struct headers *fields, bool gzipped, struct headers *ret)
{
	if ((gzipped || coding_of(fields) == CODING_GZIP) && !varies_by_coding(fields))
		headers_add(ret, SLICE("Vary"), SLICE("Accept-Encoding"));
}

/* Stored as the moment that it came to; told as what is left until then. */
static void add_retry_after(struct exchange *x, const struct field *field, struct headers *ret)
{
	int64_t left_ms;

	if (retry_after_parse(field->value, x->now_ms, &left_ms) && left_ms > 0)
		headers_add(ret, field->name,
			arena_format(x->arena, "%lld", (long long)((left_ms + 999) / 1000)));
}

static void add_stored(struct exchange *x, const struct object *object, struct headers *ret)
{
	HEADERS_EACH(at, &object->headers) {
		if (at->id == FIELD_RETRY_AFTER)
			add_retry_after(x, at, ret);
		else
			add_out(x, at, ret);
	}
	add_coding(x, ret);
	add_vary(&object->headers, object->gzipped || rewriting_is_on(x), ret);
	add_age(x, &object->freshness, ret);
}

static void add_range(struct exchange *x, struct headers *ret)
{
	if (x->cut.form == FORM_PART)
		headers_add(ret, SLICE("Content-Range"),
			byteranges_content_range(x, &x->cut.ranges.items[0]));
	else if (x->cut.form == FORM_PARTS)
		headers_add(ret, SLICE("Content-Type"),
			arena_format(x->arena, "multipart/byteranges; boundary=" SLICE_FORMAT,
				SLICE_ARGS(x->cut.boundary)));
}

/* What the origin said, where a stored response stands in for it (RFC 9209 2.1.4). An error type would
 * say that the response was made here (2.3). */
static void add_proxy_status(struct exchange *x, struct headers *ret)
{
	headers_add(ret, SLICE("Proxy-Status"),
		arena_format(x->arena, PSEUDONYM "; received-status=%d", x->found.fwd_status));
}

/* Seconds after which an upstream that wasn't asked may be; 0: it is not about that. */
static int64_t retry_after(const struct exchange *x)
{
	size_t index;

	if (x->problem != PROBLEM_PACED && x->problem != PROBLEM_BREAKER)
		return 0;
	index = x->proxy->config->routes[x->route].upstream_index;
	return upstream_retry_after_s(x->proxy->upstreams[index]);
}

static void add_problem(struct exchange *x, struct headers *ret)
{
	problem_make(&(struct problem_told){ .problem = x->problem,
			     .detail = x->problem_detail,
			     .retry_after_s = retry_after(x) },
		ret, &x->answer.body);
	x->answer.length = (int64_t)x->answer.body.size;
	if (x->problem == PROBLEM_RANGE)
		headers_add(ret, SLICE("Content-Range"),
			arena_format(x->arena, "bytes */%llu", (unsigned long long)x->cut.total));
}

/* RFC 7089 2.1.1: it is what the origin said then, whatever it says today. */
static void add_memento(struct exchange *x, const struct object *object, struct headers *ret)
{
	char *date = arena_alloc(x->arena, DATE_SIZE);

	date_format(object->freshness.responded_ms, date);
	headers_add(ret, SLICE("Memento-Datetime"), slice_of(date));
}

static void add_response(struct exchange *x, struct headers *ret)
{
	const struct flight *flight = x->reader.flight;

	if (is_fetched(x, flight)) {
		add_fetched(x, flight, ret);
		if (flight->cached)
			add_vary(&flight->verdict.fields,
				(x->object != NULL && x->object->gzipped) || rewriting_is_on(x),
				ret);
	} else if (x->object != NULL) {
		add_stored(x, x->object, ret);
		if (x->proxy->replays)
			add_memento(x, x->object, ret);
	} else if (flight != NULL) { /* a 304 to the client's own condition */
		add_fetched(x, flight, ret);
	}
	add_range(x, ret);
	if (x->found.stand_in && x->found.fwd_status != 0)
		add_proxy_status(x, ret);
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
	if (x->object != NULL && !is_fetched(x, flight))
		return vias[x->object->http_version];
	return vias[flight != NULL ? flight->http_version : HTTP_1_1];
}

void exchange_fields(struct exchange *x, struct headers *ret)
{
	if (x->has_problem) {
		add_problem(x, ret);
	} else if (x->local_type != NULL) {
		headers_add(ret, SLICE("Content-Type"), slice_of(x->local_type));
		headers_add(ret, SLICE("Cache-Control"), SLICE("no-store"));
		headers_add(ret, SLICE("Vary"), SLICE("Accept"));
	} else if (x->local_fields != NULL) {
		HEADERS_EACH(at, x->local_fields)
			headers_add(ret, at->name, at->value);
	} else {
		add_response(x, ret);
	}
	headers_add(ret, SLICE("Cache-Status"), fields_cache_status(x));
	headers_add(ret, SLICE("Via"), via_of(x));
}

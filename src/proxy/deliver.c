/* proxy/deliver.c - what a client gets of what was found. */
#include "deliver.h"

#include "answer.h"
#include "byteranges.h"
#include "flight.h"
#include "inflate.h"
#include "pieces.h"
#include "state.h"

#include "policy/coding.h"
#include "policy/conditional.h"
#include "policy/freshness.h"

#define LOADED_MOST  ((size_t)1024 * 1024)       /* of a body elsewhere, in memory for one client */
#define SKIPPED_MOST ((uint64_t)8 * 1024 * 1024) /* inflated for nothing, some 25 ms */

/* Whether the answer needs no byte of the body. */
static bool is_bare(const struct exchange *x)
{
	return x->cut.form == FORM_NOT_MODIFIED || x->cut.form == FORM_UNSATISFIED;
}

/* Whether the answer may be kept by the front: the same for everybody who gets it. */
static bool is_alike(const struct exchange *x)
{
	return x->found.result == CACHE_RESULT_HIT && !x->request->trusted &&
	       (x->cut.form == FORM_WHOLE || x->cut.form == FORM_NOT_MODIFIED);
}

/* A gzip that came, for who takes none. */
static bool deliver_inflated(struct exchange *x)
{
	const struct object *object = x->object;
	struct body *owner = object->body;
	struct slice body = { owner->data, owner->size };
	bool here = body_in_memory(owner);
	SCOPED(body) loaded = NULL;
	enum inflated found = INFLATED_LATER;

	if (!here && body.size <= LOADED_MOST) {
		if (body_load(object->body, &loaded) != RC_OK)
			return pieces_unreadable(x);
		body.data = loaded->data;
	}
	if (here || loaded != NULL)
		found = answer_inflated(x, &body, &owner);
	else if (answer_is_swollen(x)) {
		x->found.undecodable = true;
		return false;
	}
	if (found == INFLATED_HOPELESS)
		return x->has_problem;
	if (found == INFLATED_LATER) {
		if (!here && !pieces_begin(x, 0, object->body->size))
			return false;
		answer_inflating(x, object, here ? body : SLICE(""));
		return true;
	}
	x->cut.form = answer_form(x, object, body.size);
	answer_bytes(x, object->status, body, owner);
	return true;
}

/* Which bytes of a body are wanted, which begins at `first` of the representation. */
static struct range span_of(const struct exchange *x, uint64_t first, uint64_t size)
{
	if (x->cut.form != FORM_PART)
		return (struct range){ 0, size - 1 };
	return (struct range){ x->cut.ranges.items[0].first - first,
		x->cut.ranges.items[0].last - first };
}

static void answer_span(struct exchange *x, enum answer_kind kind, struct range span)
{
	x->answer = (struct answer){
		.kind = kind,
		.status = x->cut.form == FORM_PART ? 206 : x->object->status,
		.length = (int64_t)(span.last - span.first + 1),
		.file = -1,
	};
}

/* A gzip that was made here, of a body that is too large for memory, as it came. */
static bool answer_restoring(struct exchange *x)
{
	const struct body *body = x->object->body;
	bool here = body_in_memory(body);

	if (x->cut.form == FORM_PARTS ||
		(x->cut.form == FORM_PART && x->cut.ranges.items[0].first > SKIPPED_MOST))
		x->cut.form = FORM_WHOLE; /* RFC 9110 14.2: a server may ignore Range */
	answer_span(x, ANSWER_STREAM, span_of(x, 0, x->object->plain_size));
	if (x->request->method == METHOD_HEAD)
		return true;
	if (!here && !pieces_begin(x, 0, body->size))
		return false;
	inflate_begin(x, here ? (struct slice){ body->data, body->size } : SLICE(""));
	return true;
}

/* What was inflated once is kept so, or each hit would do it again. Only where the stored one still is:
 * what was dropped or renewed meanwhile must not come back. */
static void promote_plain(struct exchange *x, struct body *plain)
{
	SCOPED(object) object = object_with_body(x->object, plain);

	(void)!tier_replace(x->proxy->store, &x->key, x->object, object);
}

/* A gzip that was made here, as it came. */
static bool deliver_restored(struct exchange *x)
{
	const struct object *object = x->object;
	SCOPED(body) gzip = NULL;
	struct body *plain;
	struct slice body;

	x->cut.form = answer_form(x, object, object->plain_size);
	if (is_bare(x)) {
		answer_bytes(x, object->status, SLICE(""), NULL);
		return true;
	}
	if (object->plain_size > INFLATE_WHOLE_MOST || x->request->method == METHOD_HEAD)
		return answer_restoring(x);
	if (body_load(object->body, &gzip) != RC_OK ||
		inflate_whole(x, (struct slice){ gzip->data, gzip->size }, &plain) != RC_OK)
		return pieces_unreadable(x);
	body = answer_made(x, plain);
	promote_plain(x, plain);
	answer_bytes(x, object->status, body, plain);
	return true;
}

/* The stored bytes, which are not in memory. */
static bool answer_elsewhere(struct exchange *x)
{
	struct body *body = x->object->body;
	struct range span;
	uint64_t size;

	if (x->cut.form == FORM_PARTS)
		x->cut.form = FORM_WHOLE; /* RFC 9110 14.2: a server may ignore Range */
	span = span_of(x, x->object->part.first, body->size);
	size = span.last - span.first + 1;
	answer_span(x, ANSWER_STREAM, span);
	if (x->request->method == METHOD_HEAD)
		return true;
	x->answer.file = body_open(body, span.first, size);
	if (x->answer.file < 0)
		return pieces_begin(x, span.first, size);
	x->answer.kind = ANSWER_FILE;
	x->answer.offset = span.first;
	return true;
}

static bool answer_read_parts(struct exchange *x)
{
	struct body *parts = byteranges_read(x, x->object->body);

	if (parts == NULL)
		return pieces_unreadable(x);
	answer_parts(x, parts);
	return true;
}

static bool deliver_stored(struct exchange *x)
{
	const struct object *object = x->object;
	struct body *owner = object->body;
	bool here = body_in_memory(owner) || owner->size == 0;
	struct slice bytes = { owner->data, here ? owner->size : 0 };

	x->cut.form = answer_form(
		x, object, object->part.is_part ? object->part.total : object->body->size);
	if (!here && !is_bare(x)) {
		if (x->cut.form == FORM_PARTS && byteranges_size(x) <= LOADED_MOST)
			return answer_read_parts(x);
		return answer_elsewhere(x);
	}
	answer_bytes(x, object->status, bytes, owner);
	return true;
}

static bool deliver_by_use(struct exchange *x)
{
	const struct object *object = x->object;
	bool is_whole = !object->part.is_part && !answer_is_bodiless(object->status);

	if (!is_whole || coding_use_object(object, &x->view) != CODING_INFLATE) {
		x->cut.recoding = object->gzipped ? RECODED_GZIP : RECODED_NOT;
		return deliver_stored(x);
	}
	x->cut.recoding = object->gzipped ? RECODED_NOT : RECODED_PLAIN;
	return object->gzipped ? deliver_restored(x) : deliver_inflated(x);
}

bool deliver_object(struct exchange *x)
{
	const struct freshness *freshness = &x->object->freshness;
	bool lasts;

	if (!deliver_by_use(x)) {
		x->answer = (struct answer){ 0 };
		return false;
	}
	lasts = x->answer.kind == ANSWER_BYTES || x->answer.kind == ANSWER_EMPTY;
	x->answer.serial = lasts && is_alike(x) ? x->object->serial : 0;
	x->answer.age_s = freshness_age_ms(freshness, x->now_ms) / 1000;
	x->answer.ttl_s = freshness_left_ms(freshness, x->now_ms) / 1000;
	return true;
}

/* The answer while the bytes still come. */
static void answer_stream(struct exchange *x, const struct flight *flight)
{
	int status = x->cut.form == FORM_NOT_MODIFIED ? 304
		     : x->cut.form == FORM_PART       ? 206
						      : flight->status;

	x->answer = (struct answer){
		.kind = answer_is_bodiless(status) ? ANSWER_EMPTY : ANSWER_STREAM,
		.status = status,
		.length = flight->content_length,
	};
	if (x->cut.form == FORM_PART) {
		const struct range *range = &x->cut.ranges.items[0];

		x->answer.length = (int64_t)(range->last - range->first + 1);
		flight_seek(&x->reader, range->first);
	}
}

/* All of it is there. As deliver_stream(). */
static bool deliver_all(struct exchange *x, const struct object *head, struct slice body)
{
	const struct flight *flight = x->reader.flight;
	struct body *owner = NULL;

	switch (answer_inflated(x, &body, &owner)) {
	case INFLATED_HOPELESS:
		return x->has_problem;
	case INFLATED_LATER:
		answer_inflating(x, head, body);
		return true;
	case INFLATED_READY:
		break;
	}
	/* a private fetch took the conditions along: the origin has judged them */
	if (!flight->private)
		x->cut.form = answer_form(x, head, body.size);
	else
		x->cut.total = body.size;
	answer_bytes(x, flight->status, body, owner);
	return true;
}

bool deliver_stream(struct exchange *x)
{
	struct flight *flight = x->reader.flight;
	bool known = flight->content_length != LENGTH_UNKNOWN;
	struct slice body;
	/* just what policy looks at */
	const struct object head = {
		.status = flight->status,
		.headers = flight->verdict.fields,
		.freshness = flight->verdict.freshness,
	};

	x->cut.form = FORM_WHOLE;
	x->cut.recoding = flight->cached && !answer_is_bodiless(flight->status) &&
					  flight->status != 206 &&
					  coding_use(&flight->received, &x->view) == CODING_INFLATE
				  ? RECODED_PLAIN
				  : RECODED_NOT;
	if (!answer_is_bodiless(flight->status) && flight_whole_body(flight, &body))
		return deliver_all(x, &head, body);
	if (x->cut.recoding == RECODED_PLAIN && answer_is_swollen(x)) {
		x->found.undecodable = true;
		return false;
	}
	if (x->cut.recoding == RECODED_PLAIN) {
		answer_inflating(x, &head, SLICE(""));
		return true;
	}
	if (!flight->private)
		x->cut.form = answer_form(x, &head, known ? (uint64_t)flight->content_length : 0);
	if (known && x->cut.form == FORM_UNSATISFIED) {
		answer_bytes(x, flight->status, SLICE(""), NULL);
		return true;
	}
	if (x->cut.form != FORM_NOT_MODIFIED && (x->cut.form != FORM_PART || !known))
		x->cut.form = FORM_WHOLE; /* RFC 9110 14.2: a server may ignore Range */
	answer_stream(x, flight);
	return true;
}

void deliver_problem(struct exchange *x)
{
	x->answer = (struct answer){
		.kind = ANSWER_BYTES,
		.status = problem_status(x->problem),
	};
}

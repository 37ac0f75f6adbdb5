/* proxy/deliver/deliver.c - what a client gets of a stored response. */
#include "deliver.h"

#include "answer.h"
#include "byteranges.h"
#include "flight/flight.h"
#include "inflate.h"
#include "pieces.h"
#include "rewriting.h"
#include "state.h"

#include "policy/coding.h"
#include "policy/conditional.h"
#include "policy/freshness.h"

#define LOADED_MOST  ((size_t)1024 * 1024)       /* of a body elsewhere, in memory for one client */
#define SKIPPED_MOST ((uint64_t)8 * 1024 * 1024) /* inflated for nothing, some 25 ms */

/* Whether the answer needs no byte of the body. One that is rewritten tells the length that it comes to. */
static bool is_bare(const struct exchange *x)
{
	return !rewriting_is_on(x) &&
	       (x->cut.form == FORM_NOT_MODIFIED || x->cut.form == FORM_UNSATISFIED);
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

/* A stored body that is too large for memory, rewritten while it is sent. */
static bool answer_rewriting(struct exchange *x)
{
	const struct body *body = x->object->body;
	bool here = body_in_memory(body);
	struct slice data = { body->data, here ? body->size : 0 };

	answer_unmeasured(x, x->object->status);
	if (x->answer.kind == ANSWER_EMPTY || x->request->method == METHOD_HEAD)
		return true;
	if (!here && !pieces_begin(x, 0, body->size))
		return false;
	if (x->object->gzipped) {
		inflate_begin(x, data);
		data = SLICE("");
	}
	rewriting_begin(x, data);
	return true;
}

/* A gzip that was made here, of a body that is too large for memory, as it came. */
static bool answer_restoring(struct exchange *x)
{
	const struct body *body = x->object->body;
	bool here = body_in_memory(body);

	if (rewriting_is_on(x))
		return answer_rewriting(x);
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
	if (object->plain_size > INFLATE_WHOLE_MOST ||
		(x->request->method == METHOD_HEAD && !rewriting_is_on(x)))
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

/* The stored bytes, which are not in memory, to be rewritten. */
static bool rewrite_elsewhere(struct exchange *x)
{
	const struct object *object = x->object;
	struct body *loaded;

	if (object->body->size > LOADED_MOST)
		return answer_rewriting(x);
	if (body_load(object->body, &loaded) != RC_OK)
		return pieces_unreadable(x);
	answer_bytes(x, object->status, answer_made(x, loaded), loaded);
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
	if (!here && rewriting_is_on(x))
		return rewrite_elsewhere(x);
	if (!here && !is_bare(x)) {
		if (x->cut.form == FORM_PARTS && byteranges_size(x) <= LOADED_MOST)
			return answer_read_parts(x);
		return answer_elsewhere(x);
	}
	answer_bytes(x, object->status, bytes, owner);
	return true;
}

/* What is rewritten is read as it is without coding. */
static bool is_inflated(const struct exchange *x)
{
	const struct object *object = x->object;

	if (rewriting_is_on(x))
		return object->gzipped || coding_of(&object->headers) == CODING_GZIP;
	return coding_use_object(object, &x->view) == CODING_INFLATE;
}

static bool deliver_by_use(struct exchange *x)
{
	const struct object *object = x->object;
	bool is_whole = !object->part.is_part && !answer_is_bodiless(object->status);

	if (!is_whole || !is_inflated(x)) {
		x->cut.recoding = object->gzipped ? RECODED_GZIP : RECODED_NOT;
		return deliver_stored(x);
	}
	x->cut.recoding = object->gzipped ? RECODED_NOT : RECODED_PLAIN;
	return object->gzipped ? deliver_restored(x) : deliver_inflated(x);
}

/* What makes the answer equal to others. */
static void identify(struct exchange *x)
{
	const struct freshness *freshness = &x->object->freshness;
	bool lasts = x->answer.kind == ANSWER_BYTES || x->answer.kind == ANSWER_EMPTY;

	x->answer.serial = lasts && is_alike(x) ? x->object->serial : 0;
	x->answer.written_for = x->rewrite.identity;
	/* of what is rewritten, written_for tells the coding */
	x->answer.recoded = !rewriting_is_on(x) && x->cut.recoding != RECODED_NOT;
	x->answer.age_s = freshness_age_ms(freshness, x->now_ms) / 1000;
	x->answer.ttl_s = freshness_left_ms(freshness, x->now_ms) / 1000;
}

/* Whether the front still has what was made of an equal answer, which took some making. */
static bool is_kept(struct exchange *x)
{
	const struct reader_client *client = x->reader.client;
	bool unchanged;

	if (!rewriting_is_on(x) || client->keeps == NULL)
		return false;
	unchanged = answer_form(x, x->object, 0) == FORM_NOT_MODIFIED;
	x->cut.form = unchanged ? FORM_NOT_MODIFIED : FORM_WHOLE;
	x->answer = (struct answer){
		.kind = unchanged ? ANSWER_EMPTY : ANSWER_BYTES,
		.status = unchanged ? 304 : x->object->status,
	};
	identify(x);
	return x->answer.serial != 0 && client->keeps(x->reader.arg, &x->answer);
}

bool deliver_object(struct exchange *x)
{
	const struct object *object = x->object;

	rewriting_plan(
		x, &object->headers, object->part.is_part ? 206 : object->status, object->refers);
	if (is_kept(x))
		return true;
	if (!deliver_by_use(x)) {
		x->answer = (struct answer){ 0 };
		return false;
	}
	identify(x);
	return true;
}

void deliver_problem(struct exchange *x)
{
	x->answer = (struct answer){
		.kind = ANSWER_BYTES,
		.status = problem_status(x->problem),
	};
}

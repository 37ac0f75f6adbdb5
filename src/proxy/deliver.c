/* proxy/deliver.c - what a client gets of what was found. */
#include "deliver.h"

#include "byteranges.h"
#include "flight.h"
#include "inflate.h"
#include "state.h"

#include "policy/coding.h"
#include "policy/conditional.h"
#include "policy/freshness.h"

static bool is_bodiless(int status)
{
	return status == 204 || status == 304;
}

static void refuse(struct exchange *x, enum problem problem, const char *detail)
{
	x->has_problem = true;
	x->problem = problem;
	x->problem_detail = slice_of(detail);
}

static void refuse_range(struct exchange *x)
{
	refuse(x, PROBLEM_RANGE, "none of the ranges is within the representation");
}

/* If-Range names the representation as we gave it: the tag of an inflated one is weak, which never
 * matches (RFC 9110 13.1.5). */
static bool takes_range(const struct exchange *x, const struct object *head)
{
	/* a 206 that came is not cut; one that is stored is a part of the representation */
	if (x->range.size == 0 ||
		(head->status != 200 && (head->status != 206 || !head->part.is_part)))
		return false;
	if (x->cut.inflated)
		return !headers_has(&x->request->headers, FIELD_IF_RANGE);
	return conditional_if_range_holds(&x->request->headers, head);
}

/* RFC 9110 13.2.2: conditions first, then If-Range and Range. total: of the representation. */
static enum form form_of(struct exchange *x, const struct object *head, uint64_t total)
{
	x->cut.total = total;
	if (conditional_not_modified(&x->view, head, x->now_ms))
		return FORM_NOT_MODIFIED;
	if (!takes_range(x, head))
		return FORM_WHOLE;
	switch (range_resolve(x->range, total, &x->cut.ranges)) {
	case RANGE_PARTS:
		return x->cut.ranges.count == 1 ? FORM_PART : FORM_PARTS;
	case RANGE_UNSATISFIABLE:
		return FORM_UNSATISFIED;
	case RANGE_WHOLE:
		break;
	}
	return FORM_WHOLE;
}

/* The one range, of a body that begins at `first` of the representation. */
static struct slice cut_out(const struct exchange *x, struct slice body, uint64_t first)
{
	const struct range *range = &x->cut.ranges.items[0];

	return (struct slice){ body.data + (range->first - first),
		(size_t)(range->last - range->first + 1) };
}

/* The answer from bytes that are all there. owner: of their memory; NULL: the flight's. */
static void answer_bytes(struct exchange *x, int status, struct slice body, struct body *owner)
{
	const struct object *object = x->object;
	uint64_t first = object != NULL ? object->part.first : 0;

	x->answer = (struct answer){ .kind = ANSWER_BYTES, .status = status, .owner = owner };
	switch (x->cut.form) {
	case FORM_WHOLE:
		x->answer.body = body;
		break;
	case FORM_NOT_MODIFIED:
		x->answer.status = 304;
		x->answer.body = body;
		break;
	case FORM_PART:
		x->answer.status = 206;
		x->answer.body = cut_out(x, body, first);
		break;
	case FORM_PARTS:
		x->answer.status = 206;
		x->answer.owner = byteranges_make(x, body);
		x->answer.body = (struct slice){ x->answer.owner->data, x->answer.owner->size };
		break;
	case FORM_UNSATISFIED:
		refuse_range(x);
		return;
	}
	if (is_bodiless(x->answer.status))
		x->answer.kind = ANSWER_EMPTY;
	/* a 304 tells the length of the whole (RFC 9110 8.6) */
	x->answer.length =
		x->answer.status == 304 ? (int64_t)x->cut.total : (int64_t)x->answer.body.size;
	x->answer.inflated = x->cut.inflated;
}

/* Whether the answer may be kept by the front: the same for everybody who gets it. */
static bool is_alike(const struct exchange *x)
{
	return x->found.result == CACHE_RESULT_HIT && !x->request->trusted &&
	       (x->cut.form == FORM_WHOLE || x->cut.form == FORM_NOT_MODIFIED);
}

/* The last that was inflated while it was sent broke off: it is not begun again (once it is asked for
 * otherwise there is no other way). */
static bool is_swollen(const struct exchange *x)
{
	return !x->found.undecodable &&
	       memo_holds(x->proxy->memo, x->key.hash, MEMO_SWOLLEN, x->started_us / 1000);
}

enum inflated {
	INFLATED_READY,   /* body and owner are what this client takes */
	INFLATED_LATER,   /* it is too large to be inflated before it is sent */
	INFLATED_HOPELESS /* it can't be */
};

static enum inflated inflated(struct exchange *x, struct slice *body, struct body **owner)
{
	enum rc rc;

	if (!x->cut.inflated || body->size == 0)
		return INFLATED_READY;
	if (x->made != NULL)
		body_unref(GIVE(x->made));
	rc = inflate_whole(x, *body, &x->made);
	if (rc == RC_TOO_LARGE && !is_swollen(x))
		return INFLATED_LATER;
	if (rc != RC_OK) {
		if (x->found.undecodable)
			refuse(x, PROBLEM_CODING, rc_text(rc));
		x->found.undecodable = true;
		return INFLATED_HOPELESS;
	}
	*owner = x->made;
	*body = (struct slice){ x->made->data, x->made->size };
	return INFLATED_READY;
}

/* RFC 9110 14.2: a range of what nobody knows the length of is ignored. */
static void answer_inflating(struct exchange *x, const struct object *head, struct slice data)
{
	bool unchanged = conditional_not_modified(&x->view, head, x->now_ms);

	x->cut.form = unchanged ? FORM_NOT_MODIFIED : FORM_WHOLE;
	x->answer = (struct answer){
		.kind = unchanged ? ANSWER_EMPTY : ANSWER_STREAM,
		.status = unchanged ? 304 : head->status,
		.length = LENGTH_UNKNOWN,
	};
	if (!unchanged)
		inflate_begin(x, data);
}

bool deliver_object(struct exchange *x)
{
	const struct object *object = x->object;
	struct body *owner = object->body;
	struct slice body = { owner->data, owner->size };

	x->cut.inflated = !object->part.is_part && !is_bodiless(object->status) &&
			  coding_use(&object->headers, &x->view) == CODING_INFLATE;
	switch (inflated(x, &body, &owner)) {
	case INFLATED_HOPELESS:
		return x->has_problem;
	case INFLATED_LATER:
		answer_inflating(x, object, body);
		return true;
	case INFLATED_READY:
		break;
	}
	x->cut.form = form_of(x, object, object->part.is_part ? object->part.total : body.size);
	answer_bytes(x, object->status, body, owner);
	x->answer.serial = is_alike(x) ? object->serial : 0;
	x->answer.age_s = freshness_age_ms(&object->freshness, x->now_ms) / 1000;
	x->answer.ttl_s = freshness_left_ms(&object->freshness, x->now_ms) / 1000;
	return true;
}

/* The answer while the bytes still come. */
static void answer_stream(struct exchange *x, const struct flight *flight)
{
	int status = x->cut.form == FORM_NOT_MODIFIED ? 304
		     : x->cut.form == FORM_PART       ? 206
						      : flight->status;

	x->answer = (struct answer){
		.kind = is_bodiless(status) ? ANSWER_EMPTY : ANSWER_STREAM,
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

	switch (inflated(x, &body, &owner)) {
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
		x->cut.form = form_of(x, head, body.size);
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
	x->cut.inflated = flight->cached && !is_bodiless(flight->status) && flight->status != 206 &&
			  coding_use(&flight->received, &x->view) == CODING_INFLATE;
	if (!is_bodiless(flight->status) && flight_whole_body(flight, &body))
		return deliver_all(x, &head, body);
	if (x->cut.inflated && is_swollen(x)) {
		x->found.undecodable = true;
		return false;
	}
	if (x->cut.inflated) {
		answer_inflating(x, &head, SLICE(""));
		return true;
	}
	if (!flight->private)
		x->cut.form = form_of(x, &head, known ? (uint64_t)flight->content_length : 0);
	if (known && x->cut.form == FORM_UNSATISFIED) {
		refuse_range(x);
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

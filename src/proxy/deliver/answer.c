/* proxy/deliver/answer.c - from the bytes that there are to the answer that is made of them. */
#include "answer.h"

#include "byteranges.h"
#include "inflate.h"
#include "rewriting.h"
#include "state.h"

#include "policy/conditional.h"

bool answer_is_bodiless(int status)
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

/* A range of what is rewritten is ignored (RFC 9110 14.2): where it lies is known only when all of it was
 * written. If-Range names the representation as we gave it: the tag of an inflated one is weak, which never
 * matches (RFC 9110 13.1.5). */
static bool takes_range(const struct exchange *x, const struct object *head)
{
	/* a 206 that came is not cut; one that is stored is a part of the representation */
	if (x->range.size == 0 || rewriting_is_on(x) ||
		(head->status != 200 && (head->status != 206 || !head->part.is_part)))
		return false;
	if (x->cut.recoding != RECODED_NOT)
		return !headers_has(&x->request->headers, FIELD_IF_RANGE);
	return conditional_if_range_holds(&x->request->headers, head);
}

enum form answer_form(struct exchange *x, const struct object *head, uint64_t total)
{
	x->cut.total = total;
	if (conditional_not_modified(&x->view, rewriting_head(x, head), x->now_ms))
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

void answer_parts(struct exchange *x, struct body *parts)
{
	struct slice bytes =
		answer_made(x, parts); /* what it was cut from is not needed any more */

	x->answer = (struct answer){
		.kind = ANSWER_BYTES,
		.status = 206,
		.owner = parts,
		.body = bytes,
		.length = (int64_t)bytes.size,
	};
}

void answer_unmeasured(struct exchange *x, int status)
{
	bool unchanged = x->cut.form == FORM_NOT_MODIFIED;

	x->answer = (struct answer){
		.kind = unchanged ? ANSWER_EMPTY : ANSWER_STREAM,
		.status = unchanged ? 304 : status,
		.length = LENGTH_UNKNOWN,
	};
}

/* false: it is too large to be rewritten before it is sent. */
static bool answer_rewritten(
	struct exchange *x, int status, struct slice *body, struct body **owner)
{
	if (!rewriting_is_on(x))
		return true;
	if (!rewriting_whole(x, body, owner)) {
		answer_unmeasured(x, status);
		if (x->answer.kind == ANSWER_STREAM)
			rewriting_begin(x, *body);
		return false;
	}
	x->cut.total = body->size;
	return true;
}

void answer_bytes(struct exchange *x, int status, struct slice body, struct body *owner)
{
	const struct object *object = x->object;
	uint64_t first = object != NULL ? object->part.first : 0;

	if (!answer_rewritten(x, status, &body, &owner))
		return;
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
		answer_parts(x, byteranges_make(x, body));
		break;
	case FORM_UNSATISFIED:
		refuse_range(x);
		return;
	}
	if (answer_is_bodiless(x->answer.status))
		x->answer.kind = ANSWER_EMPTY;
	/* a 304 tells the length of the whole (RFC 9110 8.6) */
	x->answer.length =
		x->answer.status == 304 ? (int64_t)x->cut.total : (int64_t)x->answer.body.size;
	x->answer.recoded = x->cut.recoding != RECODED_NOT;
}

struct slice answer_made(struct exchange *x, struct body *body)
{
	if (x->made != NULL)
		body_unref(x->made);
	x->made = body;
	return (struct slice){ body->data, body->size };
}

bool answer_is_swollen(const struct exchange *x)
{
	return !x->found.undecodable &&
	       memo_holds(x->proxy->memo, x->key.hash, MEMO_SWOLLEN, x->started_us / 1000);
}

enum inflated answer_inflated(struct exchange *x, struct slice *body, struct body **owner)
{
	struct body *plain;
	enum rc rc;

	if (x->cut.recoding != RECODED_PLAIN || body->size == 0)
		return INFLATED_READY;
	rc = inflate_whole(x, *body, &plain);
	if (rc == RC_TOO_LARGE && !answer_is_swollen(x))
		return INFLATED_LATER;
	if (rc != RC_OK) {
		if (x->found.undecodable)
			refuse(x, PROBLEM_CODING, rc_text(rc));
		x->found.undecodable = true;
		return INFLATED_HOPELESS;
	}
	*body = answer_made(x, plain);
	*owner = plain;
	return INFLATED_READY;
}

void answer_inflating(struct exchange *x, const struct object *head, struct slice data)
{
	bool unchanged = conditional_not_modified(&x->view, rewriting_head(x, head), x->now_ms);

	x->cut.form = unchanged ? FORM_NOT_MODIFIED : FORM_WHOLE;
	answer_unmeasured(x, head->status);
	if (unchanged)
		return;
	inflate_begin(x, data);
	if (rewriting_is_on(x))
		rewriting_begin(x, SLICE(""));
}

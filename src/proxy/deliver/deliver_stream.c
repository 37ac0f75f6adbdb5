/* proxy/deliver/deliver_stream.c - what a client gets of a fetch whose head is there.
 *
 * Of what is stored: deliver.c. Threads: the connection's.
 */
#include "deliver.h"

#include "answer.h"
#include "flight/flight.h"
#include "rewriting.h"
#include "state.h"

#include "policy/coding.h"

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
	if (rewriting_is_on(x)) {
		answer_unmeasured(x, flight->status);
		if (x->answer.kind == ANSWER_STREAM)
			rewriting_begin(x, SLICE(""));
	}
	if (x->cut.form == FORM_PART) {
		const struct range *range = &x->cut.ranges.items[0];

		x->answer.length = (int64_t)(range->last - range->first + 1);
		flight_seek(&x->reader, range->first);
	}
}

/* Whether conditions and ranges are judged here: a private fetch took them along, where the origin could judge
 * them. */
static bool judges(const struct flight *flight)
{
	return !flight->private ||
	       rewriting_withholds(flight_route(flight), flight->method, FIELD_IF_NONE_MATCH);
}

/* Whether what comes is to be inflated for this client. */
static bool inflates(const struct exchange *x, const struct flight *flight)
{
	if (answer_is_bodiless(flight->status) || flight->status == 206)
		return false;
	if (rewriting_is_on(x))
		return coding_of(&flight->received) == CODING_GZIP;
	return flight->cached && coding_use(&flight->received, &x->view) == CODING_INFLATE;
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
	if (judges(flight))
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
	rewriting_plan(x, &head.headers, flight->status, rewriting_refers(&head.headers));
	x->cut.recoding = inflates(x, flight) ? RECODED_PLAIN : RECODED_NOT;
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
	if (judges(flight))
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

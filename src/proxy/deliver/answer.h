/* proxy/deliver/answer.h - from the bytes that there are to the answer that is made of them: x->cut, x->answer
 * and x->made.
 *
 * Where the bytes come from is deliver.c's. Threads: the connection's.
 */
#pragma once

#include "proxy/exchange.h"

bool answer_is_bodiless(int status);

/* RFC 9110 13.2.2: conditions first, then If-Range and Range. head: what policy looks at; total: of the
 * representation. Sets x->cut's total and ranges. */
enum form answer_form(struct exchange *x, const struct object *head, uint64_t total);

/* The answer in x->cut.form from bytes that are all there. owner: of their memory; NULL: the
 * flight's. */
void answer_bytes(struct exchange *x, int status, struct slice body, struct body *owner);

/* The answer from a body that byteranges made, which is taken. */
void answer_parts(struct exchange *x, struct body *parts);

/* The answer is made of a body while it is sent, and nobody knows its length yet: 304 as x->cut has it. */
void answer_unmeasured(struct exchange *x, int status);

/* x->made is this body, which is taken; its bytes. */
struct slice answer_made(struct exchange *x, struct body *body);

/* The last that was inflated while it was sent broke off: it is not begun again (once it is asked for
 * otherwise there is no other way). */
bool answer_is_swollen(const struct exchange *x);

enum inflated {
	INFLATED_READY,   /* body and owner are what this client takes */
	INFLATED_LATER,   /* it is too large to be inflated before it is sent */
	INFLATED_HOPELESS /* it can't be: x->found.undecodable, or a problem if it was so before */
};

/* Inflates a body that came as gzip (RECODED_PLAIN); others are ready. */
enum inflated answer_inflated(struct exchange *x, struct slice *body, struct body **owner);

/* The answer is inflated while it is sent; data as inflate_begin(). RFC 9110 14.2: a range of what
 * nobody knows the length of is ignored. */
void answer_inflating(struct exchange *x, const struct object *head, struct slice data);

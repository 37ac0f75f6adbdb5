/* proxy/deliver/rewriting.h - what of an answer is written for the client that gets it: addresses of the upstream
 * become the client's own.
 *
 * What is stored and what flights carry stays as the origin wrote it; only the answer changes, so the name by
 * which one client calls us never reaches another. Always: Location, Content-Location, Link. Where the route
 * has `rewrite_body`: JSON and XML (http/rewrite.h). A body that is rewritten is another representation: it
 * has a tag of its own, no digests, and no ranges.
 *
 * Threads: the connection's. Ownership: what is made lies in the exchange's arena, or in x->made.
 */
#pragma once

#include "proxy/exchange.h"

/* Sets x->rewrite for an answer with these response fields and status. refers: it may have one of the three
 * fields. */
void rewriting_plan(struct exchange *x, const struct headers *fields, int status, bool refers);

/* Whether the body is rewritten. */
static inline bool rewriting_is_on(const struct exchange *x)
{
	return x->rewrite.body != REWRITE_NONE;
}

/* Whether fields have one of the three. */
bool rewriting_refers(const struct headers *fields);

/* Whether a response with this type of body may be rewritten by the route: then no part of it is of use. */
bool rewriting_takes(const struct config_route *route, const struct headers *fields);

/* The field's value as this client gets it. */
struct slice rewriting_value(struct exchange *x, const struct field *field);

/* head, or where the body is rewritten a copy of what policy looks at, with the tag that this client knows. */
const struct object *rewriting_head(struct exchange *x, const struct object *head);

/* Whether a condition or range of a request is judged here and not sent to the origin, which knows another
 * representation. */
bool rewriting_withholds(
	const struct config_route *route, enum method method, enum field_id condition);

/* The tags of If-Match and If-None-Match as the origin knows them. */
struct slice rewriting_tags_back(
	struct flight *flight, const struct request *request, const struct field *field);

/* ---- bodies: rewriting_body.c ---- */

/* Rewrites a body that is all there, and compresses it where that is worth it: body and owner are what the
 * client gets, x->cut.recoding says how. false: it is too large for memory. */
bool rewriting_whole(struct exchange *x, struct slice *body, struct body **owner);

/* While it is sent: sets x->rewriting. data: all of it, or of size 0: it comes from x->inflating, x->pieces, or
 * the flight. */
void rewriting_begin(struct exchange *x, struct slice data);
void rewriting_end(struct rewriting *rewriting);

/* As exchange_read(). */
ssize_t rewriting_read(struct exchange *x, char *buffer, size_t size);

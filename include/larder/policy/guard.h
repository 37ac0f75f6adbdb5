/* policy/guard.h - is a body what the route takes for good?
 *
 * A status says little: APIs answer 200 with an error inside, or with half of the answer. What a route
 * knows of its good answers stands in struct config_guard; who reads the body tells here what it has seen,
 * and here it is said what that comes to, as early as it can be known. Pure: what a body has is found by
 * http/json_watch.h and http/xml_watch.h.
 *
 *	a rule fails          what on_fail says: reject, negative or pass
 *	a negative condition  negative: an error that is kept shortly
 *	more than is looked at, or a pass condition
 *	                      pass: to who waits for it, not stored
 *	at the end            good
 *
 * In this order: reject stands above negative, above pass, above good.
 */
#pragma once

#include "config/config.h"
#include "util/slice.h"

/*	X(id, "word of cache_guard_verdicts_total{verdict} and docs") */
#define GUARD_VERDICT_TABLE(X)    \
	X(UNDECIDED, "undecided") \
	X(GOOD, "good")           \
	X(REJECT, "reject")       \
	X(NEGATIVE, "negative")   \
	X(PASS, "pass")

enum guard_verdict {
#define X(id, text) GUARD_##id,
	GUARD_VERDICT_TABLE(X)
#undef X
		GUARD_VERDICT_COUNT
};

/*	X(id, "word of cache_guard_rejections_total{rule} and docs") */
#define GUARD_RULE_TABLE(X)             \
	X(NONE, "none")                 \
	X(CONTENT_TYPE, "content-type") \
	X(MIN_LENGTH, "min-length")     \
	X(MAX_LENGTH, "max-length")     \
	X(WELL_FORMED, "well-formed")   \
	X(JSON_REQUIRE, "json-require") \
	X(JSON_FORBID, "json-forbid")   \
	X(XML_ROOT, "xml-root")         \
	X(XML_FORBID, "xml-forbid")

enum guard_rule {
#define X(id, text) GUARD_RULE_##id,
	GUARD_RULE_TABLE(X)
#undef X
		GUARD_RULE_COUNT
};

const char *guard_rule_text(enum guard_rule rule);

/* What a body is read as, by its Content-Type: application/json, text/json and all +json (RFC 6839 3.1);
 * application/xml, text/xml and all +xml (RFC 7303 4.2). */
enum guard_kind { GUARD_OTHER, GUARD_JSON, GUARD_XML };

enum guard_kind guard_kind_of(struct slice content_type);

/* Whether the route says anything about its bodies. */
bool guard_is_on(const struct config_guard *guard);

/* Whether the text of a body of this kind is to be read. */
bool guard_reads(const struct config_guard *guard, enum guard_kind kind);

/* What is known of a body. Lengths are those of the content with its gzip undone. */
struct guard_seen {
	struct slice content_type; /* without a field: of size 0 */
	int64_t announced;         /* by Content-Length, or LENGTH_UNKNOWN (http/request.h) */
	uint64_t length;           /* of what came */
	bool ended;                /* all of it came */
	bool damaged;              /* its gzip can't be undone */
	bool broken;               /* it is no JSON, or XML */
	bool unreadable;   /* in a coding that isn't known, or beyond the bounds of who reads */
	bool forbidden;    /* a forbidden member or element came */
	bool complete;     /* all required members are there */
	struct slice root; /* of XML; data NULL: it has not come */
	bool negative;     /* one of the negative conditions is true */
	bool pass;         /* one of the pass conditions is */
};

/* ret_rule: which failed; GUARD_RULE_NONE: none did. What is decided stays so, whatever comes. */
enum guard_verdict guard_judge(
	const struct config_guard *guard, const struct guard_seen *seen, enum guard_rule *ret_rule);

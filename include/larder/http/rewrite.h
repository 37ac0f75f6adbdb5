/* http/rewrite.h - addresses at the begin of JSON strings, XML text and attributes become others, while a
 * body flows by.
 *
 *	"nextPageUrl": "https:\/\/api.example.org\/rest\/search?cursor=x"
 *			|---------- from ------------|
 *	"nextPageUrl": "http:\/\/proxy:8080\/api\/search?cursor=x"
 *
 * A value is held back from its first letter until it turns out to be none, or up to the end of its path; so
 * memory is bounded, and however the input is cut the output is the same. All else goes by byte for byte,
 * also where the body is malformed. What it is not: a parser that refuses anything, or a search within texts.
 * Threads: one at a time. Ownership: rules and base are borrowed.
 */
#pragma once

#include "util/bytes.h"
#include "util/scope.h"

enum rewrite_syntax {
	REWRITE_NONE,
	REWRITE_JSON, /* values that are strings; names of members are none */
	REWRITE_XML, /* text, CDATA, attributes but those that name or locate namespaces; after blanks */
};

/* By the value of Content-Type: JSON is application/json and all +json, XML application/xml, text/xml and all
 * +xml (RFC 6839, RFC 7303). */
enum rewrite_syntax rewrite_syntax_of(struct slice content_type);

struct rewrite_rule {
	struct slice from;  /* "https://host[:port][/path]", no '/' at its end */
	size_t origin_size; /* of "https://host[:port]", where letter case doesn't matter */
	struct slice to;    /* path behind the base, "" or from '/'; data NULL: it stays as it is */
};

struct rewrite_rules {
	const struct rewrite_rule *items; /* longest `from` first */
	size_t count;
};

/* The rule with the longest `from` that an absolute URL begins with, ending at a segment's end; NULL: none,
 * or it is to stay. */
const struct rewrite_rule *rewrite_find(const struct rewrite_rules *rules, struct slice url);

struct rewrite;

/* syntax: not REWRITE_NONE. base: what stands before a rule's `to`. Never NULL. */
struct rewrite *rewrite_new(
	enum rewrite_syntax syntax, const struct rewrite_rules *rules, struct slice base);
void rewrite_free(struct rewrite *r);

SCOPE_DEFINE(rewrite, rewrite_free)

/* Appends to out what is known of the output after this piece. RC_TOO_LARGE: out is full, and what was
 * appended is of no use. */
NODISCARD enum rc rewrite_feed(struct rewrite *r, struct slice piece, struct bytes *out);

/* The same at the body's end. */
NODISCARD enum rc rewrite_end(struct rewrite *r, struct bytes *out);

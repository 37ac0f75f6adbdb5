/* http/json_watch.h - which conditions hold of a JSON document, seen while it comes.
 *
 *	"/errCode"		there is a value, be it null
 *	"/version=6.9"		it is that scalar: a string without its quotes, another as the document writes it
 *	"/results=[]"		an empty array; {}: an empty object
 *
 * Pointers are those of RFC 6901, up to the first '='. Where a name stands twice in an object, any
 * occurrence makes a condition "seen"; it "holds" if it is true of the last one, as in http/json_pointer.h.
 *
 * What it is not: a reader of values, or a keeper of documents. It takes some 10 KiB, and up to
 * JSON_WATCH_MEMORY while a token has no end. Documents are those of RFC 8259, nested to JSON_WATCH_DEPTH
 * levels, with or without a byte order mark (8.1); one value and blanks around it.
 *
 * Threads: tests are immutable once they are made and may be shared; a watch belongs to one thread at a
 * time. Ownership: a watch borrows its tests.
 */
#pragma once

#include "util/rc.h"
#include "util/scope.h"
#include "util/slice.h"

#define JSON_WATCH_DEPTH  2048
#define JSON_WATCH_MEMORY ((size_t)1024 * 1024) /* so a string of a quarter of that is fine */
#define JSON_TESTS_DEPTH  32                    /* of a pointer */

/* Conditions in groups, which the user numbers. */
struct json_tests;

struct json_tests *json_tests_new(void);
void json_tests_free(struct json_tests *tests);

/* Copies what it needs. RC_INVALID: no pointer. RC_TOO_LARGE: of more than JSON_TESTS_DEPTH tokens. */
NODISCARD enum rc json_tests_add(struct json_tests *tests, struct slice condition, unsigned group);

struct json_watch;

struct json_watch *json_watch_new(const struct json_tests *tests);
void json_watch_free(struct json_watch *watch);

SCOPE_DEFINE(json_watch, json_watch_free)

/* The next piece of the document; of some KiB, or a long token is looked at too often. RC_INVALID: this is
 * no JSON, or nested too deeply. RC_TOO_LARGE: a token takes more memory than a watch may have. Both are
 * final; what was found before stays. */
NODISCARD enum rc json_watch_feed(struct json_watch *watch, struct slice piece);

/* All was fed. RC_OK: it was one JSON document, wholly. */
NODISCARD enum rc json_watch_end(struct json_watch *watch);

/* Whether any condition of the group was true of any occurrence up to now. */
bool json_watch_seen(const struct json_watch *watch, unsigned group);

/* Whether all conditions of the group hold, as far as the document has come. */
bool json_watch_holds(const struct json_watch *watch, unsigned group);

/* The number that the group's last condition without '=' points at. false: none there, or no number. */
bool json_watch_number(const struct json_watch *watch, unsigned group, double *ret);

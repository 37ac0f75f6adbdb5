/* http/json_values.h - the strings and numbers at places of a JSON document, seen while it comes.
 *
 *	"/resultList/result/0/id"	that one (RFC 6901)
 *	"/resultList/result/ * /id"	(without the blanks) that of each member: of an array or an object
 *
 * A name that is `*` itself can't be asked for alone. Where a name stands twice in an object, both are found: who
 * asks wants to miss none.
 *
 * What it is not: a reader of documents for their own sake. It takes what http/json_watch.h does for the document,
 * and what was found within its limits. Threads: places are immutable once they are made and may be shared; a
 * reading belongs to one thread at a time. Ownership: a reading borrows its places and keeps its values.
 */
#pragma once

#include "util/rc.h"
#include "util/scope.h"
#include "util/slice.h"

/* In the order in which they were added. */
struct json_places;

enum json_place_kind {
	JSON_PLACE_VALUE,
	JSON_PLACE_ELEMENTS /* the value, or where it is an array its elements */
};

struct json_places *json_places_new(void);
void json_places_free(struct json_places *places);

SCOPE_DEFINE(json_places, json_places_free)

/* Copies what it needs. RC_INVALID: no pointer. RC_TOO_LARGE: too many tokens. */
NODISCARD enum rc json_places_add(
	struct json_places *places, struct slice pointer, enum json_place_kind kind);

size_t json_places_count(const struct json_places *places);

/* At which tokens of the place stars are: one bit each. */
uint32_t json_places_stars(const struct json_places *places, size_t place);

struct json_value {
	struct slice text; /* of a string; of a number as the document writes it */
	/* Which member each star of its place is, in their order: an index, or a name's hash. */
	const uint64_t *members;
};

struct json_values_limits {
	size_t count; /* of values, at all places together */
	size_t bytes; /* of their texts */
};

struct json_values;

struct json_values *json_values_new(
	const struct json_places *places, struct json_values_limits limits);
void json_values_free(struct json_values *values);

SCOPE_DEFINE(json_values, json_values_free)

/* The next piece of the document. RC_INVALID: this is no JSON, or nested too deeply. RC_TOO_LARGE: more was found
 * than is kept, or a token takes too much memory. Both are final. */
NODISCARD enum rc json_values_feed(struct json_values *values, struct slice piece);

/* All was fed. RC_OK: it was one JSON document, wholly. */
NODISCARD enum rc json_values_end(struct json_values *values);

/* RC_TOO_LARGE was for the limits' sake, not for a token's. */
bool json_values_over(const struct json_values *values);

/* What was found at a place, in the document's order. */
const struct json_value *json_values_at(
	const struct json_values *values, size_t place, size_t *ret_count);

/* How many lie there that are neither string nor number. */
size_t json_values_others(const struct json_values *values, size_t place);

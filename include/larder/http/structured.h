/* http/structured.h - Structured Field Values (RFC 9651): parsing and serialising.
 *
 * Parsed values lie in the arena that was handed in; strings are unescaped, byte sequences decoded.
 * Bounded: at most 1024 members, 256 items an inner list and 256 parameters an item; more is
 * RC_TOO_LARGE. Strict: one fault and the whole field is RC_INVALID (RFC 9651 4.2). Several field
 * lines are combined first (headers_combined()). An empty list or dictionary is no fault.
 */
#pragma once

#include "util/bytes.h"
#include "util/arena.h"

enum sf_kind {
	SF_INTEGER,
	SF_DECIMAL,
	SF_STRING,
	SF_TOKEN,
	SF_BINARY,
	SF_BOOLEAN,
	SF_DATE,
	SF_DISPLAY
};

struct sf_bare {
	enum sf_kind kind;
	int64_t number;    /* integer, date (seconds), boolean 0/1, decimal in thousandths */
	struct slice text; /* string, token, binary (decoded), display string (UTF-8) */
};

struct sf_parameter {
	struct slice key;
	struct sf_bare value;
};

struct sf_parameters {
	struct sf_parameter *items;
	size_t count;
};

struct sf_item {
	struct sf_bare bare;
	struct sf_parameters parameters;
};

struct sf_member {
	struct slice key; /* dictionaries only */
	bool is_inner_list;
	struct sf_item item; /* its parameters are the inner list's when it is one */
	struct sf_item *inner;
	size_t inner_count;
};

struct sf_members {
	struct sf_member *items;
	size_t count;
};

NODISCARD enum rc sf_parse_item(struct slice text, struct arena *arena, struct sf_item *ret);
NODISCARD enum rc sf_parse_list(struct slice text, struct arena *arena, struct sf_members *ret);
/* Of duplicate keys the last stands, at the place of the first (RFC 9651 4.2.2). */
NODISCARD enum rc sf_parse_dictionary(
	struct slice text, struct arena *arena, struct sf_members *ret);

/* NULL when absent. */
const struct sf_bare *sf_parameter_find(const struct sf_parameters *p, struct slice key);
const struct sf_member *sf_member_find(const struct sf_members *m, struct slice key);

/* Appends text as an sf-string, or RC_INVALID when it has other than printable ASCII; RC_TOO_LARGE
 * when it doesn't fit. Nothing is appended then. */
NODISCARD enum rc sf_append_string(struct bytes *b, struct slice text);

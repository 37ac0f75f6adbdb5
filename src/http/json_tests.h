/* http/json_tests.h - conditions on JSON documents, compiled: what http/json_watch.c looks at.
 *
 * Immutable once they are made. Ownership: tokens and texts lie in the arena of the tests.
 */
#pragma once

#include "http/json_watch.h"

#include "util/arena.h"

enum json_test_kind { JSON_IS_THERE, JSON_EQUALS, JSON_IS_EMPTY_ARRAY, JSON_IS_EMPTY_OBJECT };

struct json_token {
	struct slice name;
	uint64_t index;
	bool is_index;
};

/* A JSON Pointer (RFC 6901). */
struct json_tokens {
	struct json_token *items;
	size_t depth;
};

struct json_test {
	unsigned group;
	enum json_test_kind kind;
	struct json_tokens tokens;
	struct slice value; /* of JSON_EQUALS */
};

struct json_tests {
	struct arena arena;
	struct json_test *items;
	size_t count;
};

/* RC_INVALID: no pointer. RC_TOO_LARGE: of more than JSON_TESTS_DEPTH tokens. */
NODISCARD enum rc json_tokens_read(
	struct arena *arena, struct slice pointer, struct json_tokens *ret);

/* http/json_tests.c - conditions on JSON documents: from "/pointer=value" to what json_watch.c looks at; and
 * the pointers of others.
 *
 * What it is not: a reader of documents. Threads, ownership: http/json_watch.h.
 */
#include "json_tests.h"

#include "util/alloc.h"

#include <stdlib.h>

struct json_tests *json_tests_new(void)
{
	struct json_tests *tests = xalloc(sizeof(*tests));

	arena_init(&tests->arena);
	return tests;
}

void json_tests_free(struct json_tests *tests)
{
	if (tests == NULL)
		return;
	arena_done(&tests->arena);
	free(tests->items);
	free(tests);
}

/* RFC 6901 4: "~1" and "~0" undone, in this order. RC_INVALID: another "~". */
static enum rc undo_escapes(struct slice text, char *name, struct slice *ret)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];

		if (c == '~') {
			if (++i == text.size || (text.data[i] != '0' && text.data[i] != '1'))
				return RC_INVALID;
			c = text.data[i] == '1' ? '/' : '~';
		}
		name[size++] = c;
	}
	*ret = (struct slice){ name, size };
	return RC_OK;
}

enum rc json_tokens_read(struct arena *arena, struct slice pointer, struct json_tokens *ret)
{
	struct json_tokens read = { 0 };

	if (pointer.size > 0 && pointer.data[0] != '/')
		return RC_INVALID;
	read.items = arena_alloc(arena, JSON_TESTS_DEPTH * sizeof(*read.items));
	(void)slice_cut(&pointer, '/'); /* the "" in front of the first */
	while (pointer.data != NULL) {
		struct slice text = slice_cut(&pointer, '/');
		struct json_token *token = &read.items[read.depth];

		if (read.depth++ == JSON_TESTS_DEPTH)
			return RC_TOO_LARGE;
		TRY(undo_escapes(text, arena_alloc(arena, text.size + 1), &token->name));
		/* RFC 6901 4: no zeros in front */
		token->is_index = slice_to_u64(text, &token->index) &&
				  (text.size == 1 || text.data[0] != '0');
	}
	*ret = read;
	return RC_OK;
}

enum rc json_tests_add(struct json_tests *tests, struct slice condition, unsigned group)
{
	struct slice value = condition, pointer = slice_cut(&value, '=');
	struct json_test test = { .group = group };

	if (value.data != NULL) {
		test.kind = slice_equal(value, SLICE("[]"))   ? JSON_IS_EMPTY_ARRAY
			    : slice_equal(value, SLICE("{}")) ? JSON_IS_EMPTY_OBJECT
							      : JSON_EQUALS;
		test.value = arena_copy(&tests->arena, value);
	}
	TRY(json_tokens_read(&tests->arena, pointer, &test.tokens));
	tests->items = xgrow(tests->items, tests->count + 1, sizeof(*tests->items));
	tests->items[tests->count++] = test;
	return RC_OK;
}

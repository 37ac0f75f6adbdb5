/* fuzz_json_pointer.c - a pointer, NUL, a document: any bytes, and what is found is what jansson has there.
 *
 * The other way to the same answer: through jansson's objects, which know values but not how they were
 * written.
 */
#include "http/json_pointer.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS (JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 6901 4: "~1", then "~0". */
static struct slice unescaped(struct slice token, struct bytes *b)
{
	bytes_clear(b);
	for (size_t i = 0; i < token.size; i++) {
		char c = token.data[i];

		if (c == '~')
			c = token.data[++i] == '1' ? '/' : '~';
		assert(bytes_append_char(b, c) == RC_OK);
	}
	return bytes_slice(b);
}

static json_t *child(json_t *value, struct slice name)
{
	uint64_t index;

	if (json_is_object(value))
		return json_object_get(value, name.size > 0 ? name.data : "");
	if (!json_is_array(value) || !slice_to_u64(name, &index) ||
		(name.size > 1 && name.data[0] == '0'))
		return NULL;
	return json_array_get(value, index);
}

/* Borrowed; NULL: nothing is there. */
static json_t *find(json_t *value, struct slice pointer)
{
	struct bytes name;

	bytes_init(&name, pointer.size);
	(void)slice_cut(&pointer, '/');
	while (pointer.data != NULL && value != NULL)
		value = child(value, unescaped(slice_cut(&pointer, '/'), &name));
	bytes_done(&name);
	return value;
}

static void check_text(const json_t *value, struct slice text)
{
	if (json_is_string(value))
		assert(slice_equal(text,
			(struct slice){ json_string_value(value), json_string_length(value) }));
	else if (json_is_boolean(value))
		assert(slice_equal(text, json_is_true(value) ? SLICE("true") : SLICE("false")));
	else
		assert(json_is_real(value) && strtod(text.data, NULL) == json_real_value(value));
}

static void check(enum rc rc, const json_t *value, struct slice text)
{
	if (value == NULL || json_is_null(value))
		assert(rc == RC_ABSENT);
	else if (json_is_object(value) || json_is_array(value))
		assert(rc == RC_UNSUPPORTED);
	else
		assert(rc == RC_OK);
	if (rc == RC_OK)
		check_text(value, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice document = { (const char *)data, size };
	struct slice pointer = slice_cut(&document, '\0');
	json_t *root = json_loadb(document.data, document.size, FLAGS, NULL);
	struct bytes text;
	enum rc rc;

	bytes_init(&text, size);
	rc = json_pointer_text(document, pointer, &text);
	if (root == NULL)
		assert(rc == RC_INVALID);
	else if (rc != RC_INVALID)
		check(rc, find(root, pointer), bytes_slice(&text));
	bytes_done(&text);
	json_decref(root);
	return 0;
}

/* fuzz_rewrite.c - any bytes as JSON and XML: however they are cut the output is the same, and where nothing is
 * rewritten, it is the input.
 *
 * The first byte says where it is cut. Each address that is written has a letter that the input lacks.
 */
#include "http/rewrite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MOST (1 << 24)
#define BASE     "\001"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rewrite_rule items[] = {
	{ { "http://a/b/c", 12 }, 8, { NULL, 0 } },
	{ { "http://a/b", 10 }, 8, { "/d", 2 } },
	{ { "http://[::1]", 12 }, 12, { "", 0 } },
	{ { "http://a", 8 }, 8, { "", 0 } },
};
static const struct rewrite_rules rules = { items, sizeof(items) / sizeof(items[0]) };

static void run(enum rewrite_syntax syntax, struct slice text, size_t piece, struct bytes *out)
{
	SCOPED(rewrite) r = rewrite_new(syntax, &rules, SLICE(BASE));

	while (text.size > 0) {
		size_t count = piece < text.size ? piece : text.size;

		assert(rewrite_feed(r, (struct slice){ text.data, count }, out) == RC_OK);
		text = slice_skip(text, count);
	}
	assert(rewrite_end(r, out) == RC_OK);
}

static void check(enum rewrite_syntax syntax, struct slice text, size_t piece)
{
	struct bytes whole, pieces;

	bytes_init(&whole, OUT_MOST);
	bytes_init(&pieces, OUT_MOST);
	run(syntax, text, text.size + 1, &whole);
	run(syntax, text, piece, &pieces);
	assert(slice_equal(bytes_slice(&whole), bytes_slice(&pieces)));
	if (slice_find(text, BASE[0]) < 0 && slice_find(bytes_slice(&whole), BASE[0]) < 0)
		assert(slice_equal(bytes_slice(&whole), text));
	bytes_done(&whole);
	bytes_done(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text;

	if (size == 0)
		return 0;
	text = (struct slice){ (const char *)data + 1, size - 1 };
	check(REWRITE_JSON, text, 1 + data[0] % 7);
	check(REWRITE_XML, text, 1 + data[0] % 7);
	return 0;
}

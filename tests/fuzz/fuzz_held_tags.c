/* fuzz_held_tags.c - any bytes as a JSON body that holds ids: cut anywhere the tags are the same, and within bounds.
 *
 * The first byte says where the text behind it is cut.
 */
#include "http/tag_pattern.h"

#include "util/arena.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tag_patterns *make_patterns(void)
{
	struct tag_patterns *patterns = tag_patterns_new();

	assert(tag_patterns_add_held(patterns, SLICE("a:{/*/a}/{/*/b}")) == RC_OK);
	assert(tag_patterns_add_held(patterns, SLICE("{/r/*/*}{/*/0}{/x}")) == RC_OK);
	assert(tag_patterns_add_held(patterns, SLICE("{/*}")) == RC_OK);
	return patterns;
}

struct found {
	enum rc rc;
	struct slice *tags;
	size_t count;
};

static struct found read_pieces(
	const struct tag_patterns *patterns, struct slice text, size_t piece, struct arena *arena)
{
	struct found found = { .count = 0 };
	SCOPED(held_tags) held = held_tags_new(patterns);

	while (text.size > 0) {
		size_t size = piece < text.size ? piece : text.size;

		if (held_tags_feed(held, (struct slice){ text.data, size }) != RC_OK)
			break;
		text = slice_skip(text, size);
	}
	found.rc = held_tags_end(held, arena, &found.tags, &found.count);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct tag_patterns *patterns;
	struct found whole, cut;
	struct arena arena;

	if (size < 1)
		return 0;
	text = slice_skip(text, 1);
	arena_init(&arena);
	patterns = make_patterns();
	whole = read_pieces(patterns, text, text.size + 1, &arena);
	cut = read_pieces(patterns, text, 1 + data[0], &arena);
	assert(whole.rc == cut.rc && whole.count == cut.count && whole.count <= HELD_TAGS_MOST);
	for (size_t i = 0; i < whole.count; i++)
		assert(slice_equal(whole.tags[i], cut.tags[i]) &&
			whole.tags[i].size <= TAG_SIZE_MOST);
	tag_patterns_free(patterns);
	arena_done(&arena);
	return 0;
}

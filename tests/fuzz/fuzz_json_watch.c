/* fuzz_json_watch.c - any bytes as JSON: cut anywhere they mean the same, and what jansson takes for JSON
 * is JSON here, with the same members.
 *
 * The first byte says where the text behind it is cut.
 */
#include "http/json_watch.h"

#include "http/json_pointer.h"

#include <assert.h>

enum { THERE, FIRST, EMPTY, DEEP, GROUP_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
	enum rc rc;
	bool seen[GROUP_COUNT], holds[GROUP_COUNT], has_number;
	double number;
};

static struct json_tests *make_tests(void)
{
	struct json_tests *tests = json_tests_new();

	assert(json_tests_add(tests, SLICE("/a"), THERE) == RC_OK);
	assert(json_tests_add(tests, SLICE("/0=1"), FIRST) == RC_OK);
	assert(json_tests_add(tests, SLICE("/a=[]"), EMPTY) == RC_OK);
	assert(json_tests_add(tests, SLICE("/a/0/b={}"), DEEP) == RC_OK);
	return tests;
}

static struct found watch_pieces(const struct json_tests *tests, struct slice text, size_t piece)
{
	SCOPED(json_watch) watch = json_watch_new(tests);
	struct found found = { .number = 0 };

	while (text.size > 0) {
		size_t size = piece < text.size ? piece : text.size;

		if (json_watch_feed(watch, (struct slice){ text.data, size }) != RC_OK)
			break;
		text = slice_skip(text, size);
	}
	found.rc = json_watch_end(watch);
	for (unsigned group = 0; group < GROUP_COUNT; group++) {
		found.seen[group] = json_watch_seen(watch, group);
		found.holds[group] = json_watch_holds(watch, group);
		assert(found.seen[group] || !found.holds[group]);
	}
	found.has_number = json_watch_number(watch, THERE, &found.number);
	return found;
}

static void check_same(const struct found *a, const struct found *b)
{
	assert(a->rc == b->rc && a->has_number == b->has_number);
	assert(a->number == b->number);
	for (unsigned group = 0; group < GROUP_COUNT; group++)
		assert(a->seen[group] == b->seen[group] && a->holds[group] == b->holds[group]);
}

static void check_with_jansson(struct slice text, const struct found *found)
{
	struct bytes value;
	enum rc rc;

	if (slice_find(text, '\0') >= 0)
		return; /* for jansson the end, wherever a token may begin */
	bytes_init(&value, 1 << 20);
	rc = json_pointer_text(text, SLICE("/a"), &value);
	bytes_done(&value);
	if (rc == RC_INVALID)
		return;
	assert(found->rc == RC_OK);
	assert(rc == RC_ABSENT || found->holds[THERE]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct json_tests *tests;
	struct found whole, pieces, cut;

	if (size < 1)
		return 0;
	text = slice_skip(text, 1);
	tests = make_tests();
	whole = watch_pieces(tests, text, text.size + 1);
	pieces = watch_pieces(tests, text, 1);
	cut = watch_pieces(tests, text, 1 + data[0]);
	check_same(&whole, &pieces);
	check_same(&whole, &cut);
	check_with_jansson(text, &whole);
	json_tests_free(tests);
	return 0;
}

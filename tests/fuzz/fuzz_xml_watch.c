/* fuzz_xml_watch.c - any bytes as XML: cut anywhere they mean the same.
 *
 * The first byte says where the text behind it is cut. Only inputs whose entities are not bounded may
 * differ: how much they grew is looked at as the input is taken.
 */
#include "http/xml_watch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
	enum rc rc;
	bool seen, has_root;
	char root;
};

static struct found watch_pieces(const struct xml_tests *tests, struct slice text, size_t piece)
{
	SCOPED(xml_watch) watch = xml_watch_new(tests);
	struct found found = { .seen = false };
	struct slice root;

	while (text.size > 0) {
		size_t size = piece < text.size ? piece : text.size;

		if (xml_watch_feed(watch, (struct slice){ text.data, size }) != RC_OK)
			break;
		text = slice_skip(text, size);
	}
	found.rc = xml_watch_end(watch);
	found.seen = xml_watch_seen(watch, 0);
	root = xml_watch_root(watch);
	found.has_root = root.data != NULL;
	found.root = root.size > 0 ? root.data[0] : '\0';
	return found;
}

static void check_same(const struct found *a, const struct found *b)
{
	assert(a->rc == b->rc && a->seen == b->seen);
	assert(a->has_root == b->has_root && a->root == b->root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct xml_tests *tests;
	struct found whole, pieces, cut;

	if (size < 1)
		return 0;
	text = slice_skip(text, 1);
	tests = xml_tests_new();
	xml_tests_add(tests, SLICE("b"), 0);
	whole = watch_pieces(tests, text, text.size + 1);
	pieces = watch_pieces(tests, text, 1);
	cut = watch_pieces(tests, text, 1 + data[0]);
	check_same(&whole, &pieces);
	check_same(&whole, &cut);
	xml_tests_free(tests);
	return 0;
}

/* test_tag_pattern.c - tags of paths and of what bodies hold: which, however the document is cut; bounds. */
#include "http/tag_pattern.h"

#include "http_fixture.h"
#include "util/bytes.h"

#include <string.h>

#define PATTERNS_MOST 2

static struct arena arena;
static struct tag_patterns *patterns;

static void set_up(void)
{
	arena_init(&arena);
	patterns = tag_patterns_new();
}

static void tear_down(void)
{
	tag_patterns_free(patterns);
	arena_done(&arena);
}

/* Tags are written with '|' behind each. */
static void check_tags(const char *what, const struct slice *tags, size_t count, struct slice want)
{
	struct bytes got;

	bytes_init(&got, 1 << 20);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(bytes_append_slice(&got, tags[i]), RC_OK);
		ck_assert_int_eq(bytes_append_char(&got, '|'), RC_OK);
	}
	ck_assert_msg(slice_equal(bytes_slice(&got), want), "%s: got '%s', not '%s'", what,
		got.size > 0 ? got.data : "", want.data);
	bytes_done(&got);
}

static const struct {
	const char *what, *patterns[PATTERNS_MOST], *path;
	struct slice want;
} paths[] = {
	/* clang-format off */
	{ "two segments", { "article:{1}/{2}" }, "/MED/123", TEXT("article:MED/123|") },
	{ "more than are asked for", { "article:{1}/{2}" }, "/MED/123/references", TEXT("article:MED/123|") },
	{ "fewer: none", { "article:{1}/{2}" }, "/MED", TEXT("") },
	{ "nothing behind the route", { "article:{1}" }, "", TEXT("") },
	{ "a slash behind the route", { "article:{1}" }, "/", TEXT("") },
	{ "an empty segment", { "article:{1}/{2}" }, "/MED//123", TEXT("") },
	{ "several patterns", { "src:{1}", "article:{1}/{2}" }, "/MED/1", TEXT("src:MED|article:MED/1|") },
	{ "one of them fits", { "src:{1}", "article:{1}/{2}" }, "/MED", TEXT("src:MED|") },
	{ "the same twice", { "a{1}", "{2}" }, "/b/ab", TEXT("ab|") },
	{ "in another order", { "{2}-{1}-{2}" }, "/a/b", TEXT("b-a-b|") },
	{ "text alone", { "everything" }, "/x", TEXT("everything|") },
	{ "percent-encoded", { "a:{1}" }, "/%4dED", TEXT("a:MED|") },
	{ "an encoded slash", { "a:{1}" }, "/10.1000%2fabc", TEXT("a:10.1000/abc|") },
	{ "a NUL", { "a:{1}" }, "/x%00y", TEXT("a:x\0y|") },
	{ "a percent sign without digits", { "a:{1}" }, "/100%", TEXT("a:100%|") },
	{ "text behind", { "{1}:x" }, "/a", TEXT("a:x|") },
	/* clang-format on */
};

START_TEST(a_path_has_tags)
{
	struct slice *tags;
	size_t count;

	for (size_t i = 0; i < PATTERNS_MOST && paths[_i].patterns[i] != NULL; i++)
		ck_assert_int_eq(
			tag_patterns_add_path(patterns, slice_of(paths[_i].patterns[i])), RC_OK);
	count = tag_patterns_of_path(patterns, slice_of(paths[_i].path), &arena, &tags);
	check_tags(paths[_i].what, tags, count, paths[_i].want);
}
END_TEST

START_TEST(a_tag_of_a_path_is_not_longer_than_a_tag)
{
	char path[TAG_SIZE_MOST + 3] = "/";
	struct slice *tags;

	ck_assert_int_eq(tag_patterns_add_path(patterns, SLICE("{1}")), RC_OK);
	memset(path + 1, 'x', TAG_SIZE_MOST);
	ck_assert_uint_eq(tag_patterns_of_path(patterns, slice_of(path), &arena, &tags), 1);
	path[TAG_SIZE_MOST + 1] = 'x';
	ck_assert_uint_eq(tag_patterns_of_path(patterns, slice_of(path), &arena, &tags), 0);
}
END_TEST

#define RESULTS                                                                          \
	"{\"hitCount\":2,\"resultList\":{\"result\":[{\"id\":\"1\",\"source\":\"MED\"}," \
	"{\"source\":\"PMC\",\"id\":\"2\",\"journal\":{\"id\":\"9\"}}]}}"
#define SOURCE "{/resultList/result/*/source}"
#define ID     "{/resultList/result/*/id}"

static const struct {
	const char *what, *patterns[PATTERNS_MOST];
	struct slice document, want;
	enum rc end;
} bodies[] = {
	/* clang-format off */
	{ "of each member", { "id:" ID }, TEXT(RESULTS), TEXT("id:1|id:2|"), RC_OK },
	{ "of one member each", { "article:" SOURCE "/" ID }, TEXT(RESULTS), TEXT("article:MED/1|article:PMC/2|"), RC_OK },
	{ "two patterns", { "s:" SOURCE, "i:" ID }, TEXT(RESULTS), TEXT("s:MED|s:PMC|i:1|i:2|"), RC_OK },
	{ "nothing there", { "x:{/none/*/id}" }, TEXT(RESULTS), TEXT(""), RC_OK },
	{ "of one member a part", { "a:{/r/*/s}/{/r/*/i}" }, TEXT("{\"r\":[{\"i\":1},{\"s\":\"x\"},{\"s\":\"y\",\"i\":2}]}"), TEXT("a:y/2|"), RC_OK },
	{ "a number as it is written", { "n:{/n}" }, TEXT("{\"n\":1.50e3}"), TEXT("n:1.50e3|"), RC_OK },
	{ "no number of a string", { "n:{/n}" }, TEXT("{\"n\":\"007\"}"), TEXT("n:007|"), RC_OK },
	{ "true, null and lists are none", { "n:{/*}" }, TEXT("[true,null,[1],{\"a\":2},\"x\"]"), TEXT("n:x|"), RC_OK },
	{ "an empty string is none", { "n:{/*}" }, TEXT("[\"\",\"x\"]"), TEXT("n:x|"), RC_OK },
	{ "escapes", { "n:{/a}" }, TEXT("{\"\\u0061\":\"\\u00e4\\u0000/\"}"), TEXT("n:\xc3\xa4\0/|"), RC_OK },
	{ "members of an object", { "n:{/*/id}" }, TEXT("{\"a\":{\"id\":1},\"b\":{\"id\":2}}"), TEXT("n:1|n:2|"), RC_OK },
	{ "of one member of an object", { "n:{/*/s}{/*/i}" }, TEXT("{\"a\":{\"i\":1,\"s\":\"x\"},\"b\":{\"i\":2,\"s\":\"y\"}}"), TEXT("n:x1|n:y2|"), RC_OK },
	{ "two stars", { "n:{/*/*}" }, TEXT("[[1,2],[3]]"), TEXT("n:1|n:2|n:3|"), RC_OK },
	{ "two stars, the first shared", { "n:{/*/s}{/*/i/*}" }, TEXT("[{\"s\":\"a\",\"i\":[1,2]},{\"s\":\"b\",\"i\":[3]}]"), TEXT("n:a1|n:a2|n:b3|"), RC_OK },
	{ "without a star, with all", { "n:{/s}{/i/*}" }, TEXT("{\"i\":[1,2],\"s\":\"x\"}"), TEXT("n:x1|n:x2|"), RC_OK },
	{ "lists side by side", { "n:{/s/*}{/i/*}" }, TEXT("{\"s\":[\"a\",\"b\"],\"i\":[1,2]}"), TEXT("n:a1|n:b2|"), RC_OK },
	{ "each once", { "s:{/*}" }, TEXT("[\"a\",\"b\",\"a\"]"), TEXT("s:a|s:b|"), RC_OK },
	{ "a name twice: both", { "s:{/a}" }, TEXT("{\"a\":1,\"a\":2}"), TEXT("s:1|s:2|"), RC_OK },
	{ "the document", { "s:{/*}" }, TEXT("\"x\""), TEXT(""), RC_OK },
	{ "deeper is another place", { "s:{/a}" }, TEXT("{\"b\":{\"a\":1}}"), TEXT(""), RC_OK },
	{ "an escaped pointer", { "s:{/a~1b}" }, TEXT("{\"a/b\":1}"), TEXT("s:1|"), RC_OK },
	{ "no JSON", { "s:{/a}" }, TEXT("<a>1</a>"), TEXT(""), RC_INVALID },
	{ "nothing", { "s:{/a}" }, TEXT(""), TEXT(""), RC_INVALID },
	{ "cut short", { "s:{/a}" }, TEXT("{\"a\":1,\"b\":"), TEXT(""), RC_INVALID },
	{ "lines of JSON", { "s:{/a}" }, TEXT("{\"a\":1}\n{\"a\":2}\n"), TEXT(""), RC_INVALID },
	/* clang-format on */
};

static void check_body(int i, size_t cut)
{
	SCOPED(held_tags) held = held_tags_new(patterns);
	struct slice document = bodies[i].document, *tags;
	size_t count = 0;
	enum rc rc;

	(void)!held_tags_feed(held, (struct slice){ document.data, cut });
	(void)!held_tags_feed(held, slice_skip(document, cut));
	rc = held_tags_end(held, &arena, &tags, &count);
	ck_assert_msg(rc == bodies[i].end, "%s, cut at %zu: %s", bodies[i].what, cut, rc_text(rc));
	if (rc == RC_OK)
		check_tags(bodies[i].what, tags, count, bodies[i].want);
}

START_TEST(a_body_holds_tags_however_it_is_cut)
{
	for (size_t i = 0; i < PATTERNS_MOST && bodies[_i].patterns[i] != NULL; i++)
		ck_assert_int_eq(
			tag_patterns_add_held(patterns, slice_of(bodies[_i].patterns[i])), RC_OK);
	for (size_t cut = 0; cut <= bodies[_i].document.size; cut++)
		check_body(_i, cut);
}
END_TEST

/* [0,1,2...], each with text behind it. */
static enum rc hold_many(const char *pattern, size_t numbers, const char *text, size_t *ret_count)
{
	SCOPED(held_tags) held = NULL;
	struct slice *tags;
	struct bytes piece;
	enum rc rc = RC_OK;

	ck_assert_int_eq(tag_patterns_add_held(patterns, slice_of(pattern)), RC_OK);
	held = held_tags_new(patterns);
	bytes_init(&piece, 1 << 20);
	for (size_t i = 0; i < numbers && rc == RC_OK; i++) {
		bytes_clear(&piece);
		ck_assert_int_eq(bytes_format(&piece, "%s{\"a\":\"%s%zu\",\"b\":\"%zu\"}",
					 i == 0 ? "[" : ",", text, i, i),
			RC_OK);
		rc = held_tags_feed(held, bytes_slice(&piece));
	}
	bytes_done(&piece);
	if (rc == RC_OK)
		rc = held_tags_feed(held, SLICE("]"));
	return rc == RC_OK ? held_tags_end(held, &arena, &tags, ret_count) : rc;
}

static const struct {
	const char *pattern;
	size_t numbers;
	size_t text; /* in front of each */
	enum rc want;
} bounds[] = {
	{ "x{/*/a}", HELD_TAGS_MOST, 0, RC_OK },
	{ "x{/*/a}", HELD_TAGS_MOST + 1, 0, RC_TOO_LARGE },
	{ "{/*/a}:{/*/b}", HELD_TAGS_MOST, 0, RC_OK },
	{ "{/*/a}:{/*/b}", HELD_TAGS_MOST + 1, 0, RC_TOO_LARGE },
	{ "x{/0/a}", 20000, 0, RC_OK },
	{ "x{/*/a}", 20000, 0, RC_TOO_LARGE },
	{ "x{/*/a}", 1, TAG_SIZE_MOST - 2, RC_OK },
	{ "x{/*/a}", 1, TAG_SIZE_MOST - 1, RC_TOO_LARGE },
	{ "x{/*/a}{/*/a}{/*/a}{/*/a}{/*/a}{/*/a}", 1500, 0, RC_TOO_LARGE },
};

START_TEST(what_a_body_holds_is_bounded)
{
	char *text = calloc(1, bounds[_i].text + 1);
	size_t count = 0;
	enum rc rc;

	memset(text, 'y', bounds[_i].text);
	rc = hold_many(bounds[_i].pattern, bounds[_i].numbers, text, &count);
	ck_assert_msg(rc == bounds[_i].want, "%s: %s", bounds[_i].pattern, rc_text(rc));
	if (rc == RC_OK && bounds[_i].numbers == HELD_TAGS_MOST)
		ck_assert_uint_eq(count, HELD_TAGS_MOST);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	enum rc path, held;
} texts[] = {
	{ "a:{1}", RC_OK, RC_INVALID },
	{ "a:{0}", RC_INVALID, RC_INVALID },
	{ "a:{", RC_INVALID, RC_INVALID },
	{ "a:{}", RC_INVALID, RC_INVALID },
	{ "a:{/x}", RC_INVALID, RC_OK },
	{ "a:{/x~}", RC_INVALID, RC_INVALID },
	{ "a:{/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3}", RC_INVALID,
		RC_TOO_LARGE },
};

START_TEST(a_pattern_is_one)
{
	ck_assert_int_eq(tag_patterns_add_path(patterns, slice_of(texts[_i].text)), texts[_i].path);
	ck_assert_int_eq(tag_patterns_add_held(patterns, slice_of(texts[_i].text)), texts[_i].held);
	ck_assert(tag_patterns_have_path(patterns) == (texts[_i].path == RC_OK));
	ck_assert(tag_patterns_have_held(patterns) == (texts[_i].held == RC_OK));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("tag_pattern");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, a_path_has_tags, paths);
	tcase_add_test(tests, a_tag_of_a_path_is_not_longer_than_a_tag);
	ADD_ROWS(tests, a_body_holds_tags_however_it_is_cut, bodies);
	ADD_ROWS(tests, what_a_body_holds_is_bounded, bounds);
	ADD_ROWS(tests, a_pattern_is_one, texts);
	return run_case("tag_pattern", tests);
}

/* test_validators.c - entity tags: grammar, both comparisons (RFC 9110 8.8.3.2), lists. */
#include "http/validators.h"

#include "http_fixture.h"

static const struct {
	struct slice text;
	const char *opaque; /* NULL: refused */
	bool weak;
} tags[] = {
	{ TEXT("\"a\""), "a", false },
	{ TEXT("W/\"a\""), "a", true },
	{ TEXT("\"\""), "", false },
	{ TEXT("W/\"\""), "", true },
	{ TEXT("\"a,b\\c!#~\""), "a,b\\c!#~", false },
	{ TEXT("\"\xc3\xa4\""), "\xc3\xa4", false },
	{ TEXT(""), NULL, false },
	{ TEXT("a"), NULL, false },
	{ TEXT("*"), NULL, false },
	{ TEXT("\""), NULL, false },
	{ TEXT("\"a"), NULL, false },
	{ TEXT("a\""), NULL, false },
	{ TEXT("w/\"a\""), NULL, false },
	{ TEXT("W\"a\""), NULL, false },
	{ TEXT("W/"), NULL, false },
	{ TEXT("W/a"), NULL, false },
	{ TEXT("W /\"a\""), NULL, false },
	{ TEXT("\"a\"b"), NULL, false },
	{ TEXT("\"a\" "), NULL, false },
	{ TEXT("\"a b\""), NULL, false },
	{ TEXT("\"a\x7f\""), NULL, false },
	{ TEXT("\"a\0\""), NULL, false },
	{ TEXT("\"a\", \"b\""), NULL, false },
};

START_TEST(reads_tags)
{
	struct etag etag = { .opaque = SLICE("untouched") };
	bool taken = etag_parse(tags[_i].text, &etag) == RC_OK;

	ck_assert(taken == (tags[_i].opaque != NULL));
	ASSERT_TEXT(etag.opaque, taken ? slice_of(tags[_i].opaque) : SLICE("untouched"));
	ck_assert(etag.weak == tags[_i].weak);
}
END_TEST

/* The table of RFC 9110 8.8.3.2, and what stands beside it. */
static const struct {
	struct etag a, b;
	bool strong, weak;
} pairs[] = {
	{ { TEXT("1"), true }, { TEXT("1"), true }, false, true },
	{ { TEXT("1"), true }, { TEXT("2"), true }, false, false },
	{ { TEXT("1"), true }, { TEXT("1"), false }, false, true },
	{ { TEXT("1"), false }, { TEXT("1"), true }, false, true },
	{ { TEXT("1"), false }, { TEXT("1"), false }, true, true },
	{ { TEXT("a"), false }, { TEXT("A"), false }, false, false },
	{ { TEXT(""), false }, { TEXT(""), false }, true, true },
	{ { { NULL, 0 }, false }, { { NULL, 0 }, false }, false, false },
	{ { { NULL, 0 }, false }, { TEXT(""), false }, false, false },
};

START_TEST(compares)
{
	ck_assert(etag_equal_strong(pairs[_i].a, pairs[_i].b) == pairs[_i].strong);
	ck_assert(etag_equal_weak(pairs[_i].a, pairs[_i].b) == pairs[_i].weak);
}
END_TEST

static const struct {
	const char *list;
	bool matches; /* "x,y" */
} lists[] = {
	{ "", false }, { "*", true }, { " * ", true }, { "\"x,y\"", true }, { "W/\"x,y\"", true },
	{ "\"a\", \"x,y\"", true }, { "\"a\",\"x,y\",\"b\"", true }, { ", ,\t\"x,y\" ,", true },
	{ "\"a\", W/\"x,y\"", true }, { "\"a\", \"b\"", false }, { "x,y", false },
	{ "*, \"b\"", false }, { "\"b\", *", false },
	/* malformed members match nothing and spoil nobody */
	{ "\"x,y\"z", false }, { "nonsense, \"x,y\"", true }, { "\"a\" \"x,y\"", false },
	{ "w/\"b\", \"x,y\"", true }, { "\"a\\\", \"x,y\"", true }, /* a backslash is no escape */
};

START_TEST(matches_lists)
{
	struct etag current = { .opaque = SLICE("x,y") };
	struct slice list = slice_of(lists[_i].list);

	ck_assert(etag_list_matches_weak(list, true, current) == lists[_i].matches);
	ck_assert(!etag_list_matches_weak(list, false, current));
}
END_TEST

START_TEST(without_a_tag_only_the_star_matches)
{
	struct etag none = { .weak = false };

	ck_assert(etag_list_matches_weak(SLICE("*"), true, none));
	ck_assert(!etag_list_matches_weak(SLICE("\"\""), true, none));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("validators");

	ADD_ROWS(tests, reads_tags, tags);
	ADD_ROWS(tests, compares, pairs);
	ADD_ROWS(tests, matches_lists, lists);
	tcase_add_test(tests, without_a_tag_only_the_star_matches);
	return run_case("validators", tests);
}

/* test_structured.c - Structured Fields: bare items, containers, bounds, serialising.
 *
 * What was parsed is written back in a plain form that the rows state; NULL stands for a refusal.
 */
#include "http/structured.h"

#include "http_fixture.h"
#include "sf_text.h"

static struct arena arena;
static struct bytes out;

static void set_up(void)
{
	arena_init(&arena);
	bytes_init(&out, 4096);
}

static void tear_down(void)
{
	bytes_done(&out);
	arena_done(&arena);
}

static void check_row(enum rc rc, struct slice text, const char *want)
{
	ck_assert_msg(rc == (want != NULL ? RC_OK : RC_INVALID), "'" SLICE_FORMAT "' gives %d",
		SLICE_ARGS(text), rc);
	if (want != NULL)
		ASSERT_TEXT(bytes_slice(&out), slice_of(want));
}

static const struct {
	struct slice text;
	const char *want;
} items[] = {
	/* 4.2.4 */
	{ TEXT("42"), "i42" },
	{ TEXT("-42"), "i-42" },
	{ TEXT("-0"), "i0" },
	{ TEXT("007"), "i7" },
	{ TEXT("999999999999999"), "i999999999999999" },
	{ TEXT("-999999999999999"), "i-999999999999999" },
	{ TEXT("1000000000000000"), NULL },
	{ TEXT("0000000000000001"), NULL },
	{ TEXT("-"), NULL },
	{ TEXT("--1"), NULL },
	{ TEXT("+1"), NULL },
	{ TEXT("1.5"), "d1500" },
	{ TEXT("-1.05"), "d-1050" },
	{ TEXT("1.123"), "d1123" },
	{ TEXT("999999999999.999"), "d999999999999999" },
	{ TEXT("1999999999999.9"), NULL },
	{ TEXT("1.1234"), NULL },
	{ TEXT("1."), NULL },
	{ TEXT(".1"), NULL },
	{ TEXT("1.2.3"), NULL },
	{ TEXT("1e3"), NULL },
	/* 4.2.5 */
	{ TEXT("\"\""), "s" },
	{ TEXT("\"a b\""), "sa b" },
	{ TEXT("\"a\\\"b\\\\\""), "sa\"b\\" },
	{ TEXT("\"a\\b\""), NULL },
	{ TEXT("\"a"), NULL },
	{ TEXT("\"a\\"), NULL },
	{ TEXT("\"a\\\""), NULL },
	{ TEXT("\"a\tb\""), NULL },
	{ TEXT("\"a\x7f\""), NULL },
	{ TEXT("\"\xc3\xa4\""), NULL },
	{ TEXT("\"a\0b\""), NULL },
	{ TEXT("'a'"), NULL },
	/* 4.2.6 */
	{ TEXT("foo123/456:x!#$%&'*+-.^_`|~"), "tfoo123/456:x!#$%&'*+-.^_`|~" },
	{ TEXT("*"), "t*" },
	{ TEXT("A"), "tA" },
	{ TEXT("a(b"), NULL },
	{ TEXT("/a"), NULL },
	/* 4.2.7 */
	{ TEXT("::"), "b" },
	{ TEXT(":aGVsbG8=:"), "bhello" },
	{ TEXT(":aGVsbG8:"), "bhello" },  /* padding left out */
	{ TEXT(":aGVsbG9=:"), "bhello" }, /* pad bits not zero */
	{ TEXT(":aGVsbA==:"), "bhell" },
	{ TEXT(":aGVsbA:"), "bhell" },
	{ TEXT(":aGVs:"), "bhel" },
	{ TEXT(":+/+/:"), "b\xfb\xff\xbf" },
	{ TEXT(":aGVsbA=:"), NULL },
	{ TEXT(":aGVs=:"), NULL },
	{ TEXT(":aGVs====:"), NULL },
	{ TEXT(":a:"), NULL },
	{ TEXT(":a===:"), NULL },
	{ TEXT(":aG=Vs:"), NULL },
	{ TEXT(":aG Vs:"), NULL },
	{ TEXT(":_-_-:"), NULL },
	{ TEXT(":aGVs"), NULL },
	{ TEXT(":"), NULL },
	/* 4.2.8 */
	{ TEXT("?1"), "?1" },
	{ TEXT("?0"), "?0" },
	{ TEXT("?2"), NULL },
	{ TEXT("?"), NULL },
	{ TEXT("?10"), NULL },
	/* 4.2.9 */
	{ TEXT("@1659578233"), "@1659578233" },
	{ TEXT("@-1"), "@-1" },
	{ TEXT("@1.5"), NULL },
	{ TEXT("@"), NULL },
	{ TEXT("@x"), NULL },
	/* 4.2.10 */
	{ TEXT("%\"\""), "u" },
	{ TEXT("%\"f%c3%bcr %e2%82%ac %f0%9f%98%80\\\""),
		"uf\xc3\xbcr \xe2\x82\xac \xf0\x9f\x98\x80\\" },
	{ TEXT("%\"%22%25\""), "u\"%" },
	{ TEXT("%\"%C3%BC\""), NULL },
	{ TEXT("%\"%c3\""), NULL },
	{ TEXT("%\"%c3x\""), NULL },
	{ TEXT("%\"%c0%af\""), NULL },
	{ TEXT("%\"%e0%80%af\""), NULL },
	{ TEXT("%\"%ed%a0%80\""), NULL },
	{ TEXT("%\"%f4%90%80%80\""), NULL },
	{ TEXT("%\"%f8%88%80%80%80\""), NULL },
	{ TEXT("%\"%80\""), NULL },
	{ TEXT("%\"%ff\""), NULL },
	{ TEXT("%\"%c\""), NULL },
	{ TEXT("%\"%cg\""), NULL },
	{ TEXT("%\"\xc3\xbc\""), NULL },
	{ TEXT("%\"a\tb\""), NULL },
	{ TEXT("%\"a"), NULL },
	{ TEXT("%a"), NULL },
	{ TEXT("%"), NULL },
	/* 4.2.3 and parameters */
	{ TEXT(""), NULL },
	{ TEXT("  "), NULL },
	{ TEXT("  a  "), "ta" },
	{ TEXT("a\t"), NULL },
	{ TEXT("a, b"), NULL },
	{ TEXT("(a)"), NULL },
	{ TEXT("a;b"), "ta;b=?1" },
	{ TEXT("a;b=2;  *c.d-e_f0=\"x\""), "ta;b=i2;*c.d-e_f0=sx" },
	{ TEXT("a;b=1;c=2;b=3"), "ta;b=i3;c=i2" },
	{ TEXT("a ;b"), NULL },
	{ TEXT("a;b =1"), NULL },
	{ TEXT("a;b= 1"), NULL },
	{ TEXT("a;b="), NULL },
	{ TEXT("a;"), NULL },
	{ TEXT("a;B"), NULL },
	{ TEXT("a;1"), NULL },
	{ TEXT("a;b=(c)"), NULL },
	{ TEXT("\xc3\xa4"), NULL },
};

START_TEST(parses_items)
{
	struct sf_item item = { .bare = { .number = 77 } };
	enum rc rc = sf_parse_item(items[_i].text, &arena, &item);

	if (rc == RC_OK)
		put_item(&out, &item);
	else
		ck_assert_int_eq(item.bare.number, 77);
	check_row(rc, items[_i].text, items[_i].want);
}
END_TEST

static const struct {
	struct slice text;
	const char *want;
} lists[] = {
	{ TEXT(""), "" },
	{ TEXT("   "), "" },
	{ TEXT("a"), "ta" },
	{ TEXT("a,b ,\tc \t, d"), "ta|tb|tc|td" },
	{ TEXT(" a, a "), "ta|ta" },
	{ TEXT("ExampleCache; hit; ttl=376, \"Other, one\";fwd=stale"),
		"tExampleCache;hit=?1;ttl=i376|sOther, one;fwd=tstale" },
	{ TEXT("(a b);p=1, ( ), ()"), "(ta tb)i0;p=i1|()i0|()i0" },
	{ TEXT("(  \"x\";q=2  y  )"), "(sx;q=i2 ty)i0" },
	{ TEXT("\ta"), NULL },
	{ TEXT(",a"), NULL },
	{ TEXT("a,"), NULL },
	{ TEXT("a, "), NULL },
	{ TEXT("a,,b"), NULL },
	{ TEXT("a b"), NULL },
	{ TEXT("(a"), NULL },
	{ TEXT("("), NULL },
	{ TEXT("(a,b)"), NULL },
	{ TEXT("(a\tb)"), NULL },
	{ TEXT("(a(b))"), NULL },
	{ TEXT("(a\"b\")"), NULL },
	{ TEXT("a)"), NULL },
	{ TEXT("a, b=1"), NULL },
};

START_TEST(parses_lists)
{
	struct sf_members members = { .count = 77 };
	enum rc rc = sf_parse_list(lists[_i].text, &arena, &members);

	if (rc == RC_OK)
		put_members(&out, &members);
	else
		ck_assert_uint_eq(members.count, 77);
	check_row(rc, lists[_i].text, lists[_i].want);
}
END_TEST

static const struct {
	struct slice text;
	const char *want;
} dictionaries[] = {
	{ TEXT(""), "" },
	{ TEXT("a=1, b;x=2,c=(d e);f"), "a=i1|b=?1;x=i2|c=(td te)i0;f=?1" },
	{ TEXT("max-age=60, s-maxage=\"x\", no-store"), "max-age=i60|s-maxage=sx|no-store=?1" },
	{ TEXT("a=1, b=2, a=(c);d"), "a=(tc)i0;d=?1|b=i2" },
	{ TEXT("a=?0, a"), "a=?1" },
	{ TEXT("A=1"), NULL },
	{ TEXT("a =1"), NULL },
	{ TEXT("a= 1"), NULL },
	{ TEXT("a="), NULL },
	{ TEXT("a=1,"), NULL },
	{ TEXT("a=1;b=,c"), NULL },
	{ TEXT("=1"), NULL },
	{ TEXT("\"a\"=1"), NULL },
	{ TEXT("a=1 b=2"), NULL },
};

START_TEST(parses_dictionaries)
{
	struct sf_members members = { .count = 77 };
	enum rc rc = sf_parse_dictionary(dictionaries[_i].text, &arena, &members);

	if (rc == RC_OK)
		put_members(&out, &members);
	else
		ck_assert_uint_eq(members.count, 77);
	check_row(rc, dictionaries[_i].text, dictionaries[_i].want);
}
END_TEST

START_TEST(finds)
{
	struct sf_members members;
	const struct sf_member *b;

	ck_assert_int_eq(sf_parse_dictionary(SLICE("a=1, b=2;x=3;y"), &arena, &members), RC_OK);
	b = sf_member_find(&members, SLICE("b"));
	ck_assert_int_eq(b->item.bare.number, 2);
	ck_assert_int_eq(sf_parameter_find(&b->item.parameters, SLICE("x"))->number, 3);
	ck_assert_ptr_null(sf_parameter_find(&b->item.parameters, SLICE("z")));
	ck_assert_ptr_null(sf_member_find(&members, SLICE("B")));
}
END_TEST

/* before, then count times "<each>", then after: the last count that is taken. */
static const struct {
	const char *before, *each, *after;
	int most;
} bounds[] = {
	{ "a", ",a", "", 1023 },
	{ "(", "a ", ")", 256 },
};

static enum rc parse_many(int row, int count)
{
	struct bytes text;
	struct sf_members members;
	enum rc rc;

	bytes_init(&text, 100000);
	ck_assert_int_eq(bytes_format(&text, "%s", bounds[row].before), RC_OK);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(bytes_format(&text, "%s", bounds[row].each), RC_OK);
	ck_assert_int_eq(bytes_format(&text, "%s", bounds[row].after), RC_OK);
	rc = sf_parse_list(bytes_slice(&text), &arena, &members);
	bytes_done(&text);
	return rc;
}

START_TEST(is_bounded)
{
	ck_assert_int_eq(parse_many(_i, bounds[_i].most), RC_OK);
	ck_assert_int_eq(parse_many(_i, bounds[_i].most + 1), RC_TOO_LARGE);
}
END_TEST

static enum rc parse_parameters(int count)
{
	struct bytes text;
	struct sf_item item;
	enum rc rc;

	bytes_init(&text, 100000);
	ck_assert_int_eq(bytes_format(&text, "a"), RC_OK);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(bytes_format(&text, ";p%d", i), RC_OK);
	rc = sf_parse_item(bytes_slice(&text), &arena, &item);
	bytes_done(&text);
	return rc;
}

START_TEST(parameters_are_bounded)
{
	ck_assert_int_eq(parse_parameters(256), RC_OK);
	ck_assert_int_eq(parse_parameters(257), RC_TOO_LARGE);
}
END_TEST

static const struct {
	struct slice text;
	const char *want; /* NULL: refused */
} strings[] = {
	{ TEXT(""), "\"\"" },
	{ TEXT("larder"), "\"larder\"" },
	{ TEXT("a \"b\" \\"), "\"a \\\"b\\\" \\\\\"" },
	{ TEXT("*a:/b"), "\"*a:/b\"" },
	{ TEXT("1a"), "\"1a\"" },
	{ TEXT("a b"), "\"a b\"" },
	{ TEXT("a\n"), NULL },
	{ TEXT("\x7f"), NULL },
	{ TEXT("\xc3\xa4"), NULL },
	{ TEXT("a\0"), NULL },
};

START_TEST(writes_strings)
{
	enum rc rc = sf_append_string(&out, strings[_i].text);

	ck_assert_int_eq(rc, strings[_i].want != NULL ? RC_OK : RC_INVALID);
	ASSERT_TEXT(bytes_slice(&out), slice_of(strings[_i].want));
}
END_TEST

START_TEST(writes_all_or_nothing)
{
	struct bytes small;

	bytes_init(&small, 5);
	ck_assert_int_eq(sf_append_string(&small, SLICE("ab\"")), RC_TOO_LARGE);
	ck_assert_uint_eq(small.size, 0);
	ck_assert_int_eq(sf_append_string(&small, SLICE("a\"")), RC_OK);
	ck_assert_int_eq(sf_append_string(&small, SLICE("")), RC_TOO_LARGE);
	ASSERT_TEXT(bytes_slice(&small), SLICE("\"a\\\"\""));
	bytes_done(&small);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("structured");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, parses_items, items);
	ADD_ROWS(tests, parses_lists, lists);
	ADD_ROWS(tests, parses_dictionaries, dictionaries);
	tcase_add_test(tests, finds);
	ADD_ROWS(tests, is_bounded, bounds);
	tcase_add_test(tests, parameters_are_bounded);
	ADD_ROWS(tests, writes_strings, strings);
	tcase_add_test(tests, writes_all_or_nothing);
	return run_case("structured", tests);
}

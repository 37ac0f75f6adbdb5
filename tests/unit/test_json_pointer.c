/* test_json_pointer.c - values by JSON Pointer: RFC 6901's own examples, and what isn't found. */
#include "http/json_pointer.h"

#include "http_fixture.h"

#include <string.h>

/* RFC 6901 5, with values that can be told as text. */
#define EXAMPLE                                                                                  \
	"{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4," \
	" \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8}"

static const struct {
	const char *what;
	struct slice document, pointer;
	enum rc rc;
	const char *want;
} rows[] = {
	{ "RFC 6901 5: the document", TEXT(EXAMPLE), TEXT(""), RC_UNSUPPORTED, NULL },
	{ "RFC 6901 5: an array", TEXT(EXAMPLE), TEXT("/foo"), RC_UNSUPPORTED, NULL },
	{ "RFC 6901 5: /foo/0", TEXT(EXAMPLE), TEXT("/foo/0"), RC_OK, "bar" },
	{ "RFC 6901 5: /", TEXT(EXAMPLE), TEXT("/"), RC_OK, "0" },
	{ "RFC 6901 5: /a~1b", TEXT(EXAMPLE), TEXT("/a~1b"), RC_OK, "1" },
	{ "RFC 6901 5: /c%d", TEXT(EXAMPLE), TEXT("/c%d"), RC_OK, "2" },
	{ "RFC 6901 5: /e^f", TEXT(EXAMPLE), TEXT("/e^f"), RC_OK, "3" },
	{ "RFC 6901 5: /g|h", TEXT(EXAMPLE), TEXT("/g|h"), RC_OK, "4" },
	{ "RFC 6901 5: /i\\j", TEXT(EXAMPLE), TEXT("/i\\j"), RC_OK, "5" },
	{ "RFC 6901 5: /k\"l", TEXT(EXAMPLE), TEXT("/k\"l"), RC_OK, "6" },
	{ "RFC 6901 5: / and a blank", TEXT(EXAMPLE), TEXT("/ "), RC_OK, "7" },
	{ "RFC 6901 5: /m~0n", TEXT(EXAMPLE), TEXT("/m~0n"), RC_OK, "8" },
	{ "RFC 6901 4: ~01 is ~1", TEXT("{\"~1\":1,\"/\":2}"), TEXT("/~01"), RC_OK, "1" },
	{ "RFC 6901 4: the last element", TEXT(EXAMPLE), TEXT("/foo/1"), RC_OK, "baz" },
	{ "RFC 6901 4: behind the last", TEXT(EXAMPLE), TEXT("/foo/2"), RC_ABSENT, NULL },
	{ "RFC 6901 4: -", TEXT(EXAMPLE), TEXT("/foo/-"), RC_ABSENT, NULL },
	{ "RFC 6901 4: a zero in front", TEXT(EXAMPLE), TEXT("/foo/00"), RC_ABSENT, NULL },
	{ "RFC 6901 4: a zero in front of 1", TEXT(EXAMPLE), TEXT("/foo/01"), RC_ABSENT, NULL },
	{ "RFC 6901 4: a sign", TEXT(EXAMPLE), TEXT("/foo/+1"), RC_ABSENT, NULL },
	{ "RFC 6901 4: no index", TEXT(EXAMPLE), TEXT("/foo/bar"), RC_ABSENT, NULL },
	{ "RFC 6901 4: an empty index", TEXT(EXAMPLE), TEXT("/foo/"), RC_ABSENT, NULL },
	{ "RFC 6901 4: an index of 2^64", TEXT(EXAMPLE), TEXT("/foo/18446744073709551616"),
		RC_ABSENT, NULL },
	{ "RFC 6901 4: no such name", TEXT(EXAMPLE), TEXT("/bar"), RC_ABSENT, NULL },
	{ "RFC 6901 4: a name's beginning", TEXT(EXAMPLE), TEXT("/fo"), RC_ABSENT, NULL },
	{ "RFC 6901 4: a name and more", TEXT(EXAMPLE), TEXT("/fooo"), RC_ABSENT, NULL },
	{ "RFC 6901 4: letter case", TEXT(EXAMPLE), TEXT("/Foo"), RC_ABSENT, NULL },
	{ "RFC 6901 4: below a string", TEXT(EXAMPLE), TEXT("/foo/0/0"), RC_ABSENT, NULL },
	{ "RFC 6901 4: below a number", TEXT(EXAMPLE), TEXT("//x"), RC_ABSENT, NULL },
	{ "RFC 6901 4: no normalisation", TEXT("{\"\xc3\xa4\":1}"), TEXT("/a\xcc\x88"), RC_ABSENT,
		NULL },
	{ "RFC 6901 4: an escape in the name", TEXT("{\"\\u00e4\":1}"), TEXT("/\xc3\xa4"), RC_OK,
		"1" },
	{ "RFC 6901 3: no slash in front", TEXT(EXAMPLE), TEXT("foo"), RC_INVALID, NULL },
	{ "RFC 6901 3: a bare ~", TEXT(EXAMPLE), TEXT("/m~n"), RC_INVALID, NULL },
	{ "RFC 6901 3: ~ at the end", TEXT(EXAMPLE), TEXT("/m~"), RC_INVALID, NULL },
	{ "RFC 6901 3: ~2", TEXT(EXAMPLE), TEXT("/~2"), RC_INVALID, NULL },
	{ "RFC 6901 3: a fault behind what is absent", TEXT("1"), TEXT("/a/~"), RC_INVALID, NULL },
	{ "RFC 8259 3: true", TEXT("[true]"), TEXT("/0"), RC_OK, "true" },
	{ "RFC 8259 3: false", TEXT("[false ]"), TEXT("/0"), RC_OK, "false" },
	{ "null is no value to have", TEXT("[null]"), TEXT("/0"), RC_ABSENT, NULL },
	{ "RFC 8259 2: a bare string", TEXT(" \"a\" "), TEXT(""), RC_OK, "a" },
	{ "RFC 8259 2: a bare number", TEXT("\n12\t"), TEXT(""), RC_OK, "12" },
	{ "RFC 8259 2: a bare null", TEXT("null"), TEXT(""), RC_ABSENT, NULL },
	{ "RFC 8259 2: blanks anywhere", TEXT("\r\n{ \"a\"\t:\n[ 1 , { \"b\" : 2 } ] }"),
		TEXT("/a/1/b"), RC_OK, "2" },
	{ "RFC 8259 2: none", TEXT("{\"x\":{\"y\":[{}]},\"a\":[[],{\"b\":2}]}"), TEXT("/a/1/b"),
		RC_OK, "2" },
	{ "RFC 8259 6: as it is written", TEXT("{\"v\":2024.10}"), TEXT("/v"), RC_OK, "2024.10" },
	{ "RFC 8259 6: an exponent", TEXT("[-1.50E+02,1]"), TEXT("/0"), RC_OK, "-1.50E+02" },
	{ "RFC 8259 6: more digits than we count in", TEXT("[123456789012345678901234567890]"),
		TEXT("/0"), RC_OK, "123456789012345678901234567890" },
	{ "RFC 8259 7: brackets and quotes in strings", TEXT("{\"a\":\"}]\\\"{\\\\\",\"b\":1}"),
		TEXT("/b"), RC_OK, "1" },
	{ "RFC 8259 7: the same in what is passed by",
		TEXT("[{\"a\":\"}]\\\"{\\\\\",\"b\":[\"]\"]},3]"), TEXT("/1"), RC_OK, "3" },
	{ "RFC 8259 7: escapes", TEXT("[\"a\\n\\u00e4\\ud83d\\ude00\\/\"]"), TEXT("/0"), RC_OK,
		"a\n\xc3\xa4\xf0\x9f\x98\x80/" },
	{ "RFC 8259 4: of two equal names the last", TEXT("{\"a\":1,\"a\":2}"), TEXT("/a"), RC_OK,
		"2" },
	{ "RFC 8259 4: an empty object", TEXT("{ }"), TEXT("/a"), RC_ABSENT, NULL },
	{ "RFC 8259 5: an empty array", TEXT("[ ]"), TEXT("/0"), RC_ABSENT, NULL },
	{ "RFC 8259 2: empty", TEXT(""), TEXT(""), RC_INVALID, NULL },
	{ "RFC 8259 2: more behind it", TEXT("{\"a\":1}x"), TEXT("/a"), RC_INVALID, NULL },
	{ "RFC 8259 2: a NUL behind it", TEXT("{\"a\":1}\0"), TEXT("/a"), RC_INVALID, NULL },
	{ "RFC 8259 2: cut short", TEXT("{\"a\":1"), TEXT("/a"), RC_INVALID, NULL },
	{ "RFC 8259 4: a fault behind what was found", TEXT("{\"a\":1,}"), TEXT("/a"), RC_INVALID,
		NULL },
	{ "RFC 8259 8.1: not UTF-8", TEXT("[\"\xff\"]"), TEXT("/0"), RC_INVALID, NULL },
	{ "RFC 8259 6: NaN", TEXT("[NaN]"), TEXT("/0"), RC_INVALID, NULL },
};

START_TEST(finds)
{
	struct bytes got;
	enum rc rc;

	bytes_init(&got, 100);
	ck_assert_int_eq(bytes_append_slice(&got, SLICE("<")), RC_OK);
	rc = json_pointer_text(rows[_i].document, rows[_i].pointer, &got);
	ck_assert_msg(rc == rows[_i].rc, "%s: %s", rows[_i].what, rc_text(rc));
	ck_assert_int_eq(got.data[0], '<');
	ck_assert_msg(slice_equal(slice_skip(bytes_slice(&got), 1), slice_of(rows[_i].want)),
		"%s: '%s'", rows[_i].what, got.data + 1);
	bytes_done(&got);
}
END_TEST

START_TEST(keeps_a_string_with_nul)
{
	struct bytes got;

	bytes_init(&got, 100);
	ck_assert_int_eq(json_pointer_text(SLICE("[\"a\\u0000b\"]"), SLICE("/0"), &got), RC_OK);
	ASSERT_TEXT(bytes_slice(&got), SLICE("a\0b"));
	bytes_done(&got);
}
END_TEST

START_TEST(is_bounded_by_its_buffer)
{
	struct bytes got;

	bytes_init(&got, 2);
	ck_assert_int_eq(json_pointer_text(SLICE("[\"abc\",12]"), SLICE("/0"), &got), RC_TOO_LARGE);
	ck_assert_int_eq(json_pointer_text(SLICE("[\"abc\",12]"), SLICE("/1"), &got), RC_OK);
	ASSERT_TEXT(bytes_slice(&got), SLICE("12"));
	bytes_done(&got);
}
END_TEST

/* depth arrays around a 7, found by as many zeros. */
static enum rc at_depth(size_t depth)
{
	struct bytes document, pointer, got;
	enum rc rc;

	bytes_init(&document, 1 << 20);
	bytes_init(&pointer, 1 << 20);
	bytes_init(&got, 100);
	for (size_t i = 0; i < depth; i++) {
		ck_assert_int_eq(bytes_append_char(&document, '['), RC_OK);
		ck_assert_int_eq(bytes_append_slice(&pointer, SLICE("/0")), RC_OK);
	}
	ck_assert_int_eq(bytes_append_char(&document, '7'), RC_OK);
	for (size_t i = 0; i < depth; i++)
		ck_assert_int_eq(bytes_append_char(&document, ']'), RC_OK);
	rc = json_pointer_text(bytes_slice(&document), bytes_slice(&pointer), &got);
	if (rc == RC_OK)
		ASSERT_TEXT(bytes_slice(&got), SLICE("7"));
	bytes_done(&document);
	bytes_done(&pointer);
	bytes_done(&got);
	return rc;
}

START_TEST(is_bounded_in_depth)
{
	ck_assert_int_eq(at_depth(1000), RC_OK);
	ck_assert_int_eq(at_depth(3000), RC_INVALID);
	ck_assert_int_eq(at_depth(300000), RC_INVALID);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json_pointer");

	ADD_ROWS(tests, finds, rows);
	tcase_add_test(tests, keeps_a_string_with_nul);
	tcase_add_test(tests, is_bounded_by_its_buffer);
	tcase_add_test(tests, is_bounded_in_depth);
	return run_case("json_pointer", tests);
}

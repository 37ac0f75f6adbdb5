/* test_json_canonical.c - JSON texts that mean the same, and those that have no canonical form. */
#include "http/json_canonical.h"

#include "http_fixture.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *what;
	struct slice text;
	const char *want; /* NULL: none */
} rows[] = {
	{ "as it is", TEXT("{\"a\":1}"), "{\"a\":1}" },
	{ "blanks", TEXT(" { \"a\" :\t1 ,\r\n\"b\":[ 1, 2 ] } "), "{\"a\":1,\"b\":[1,2]}" },
	{ "names in order", TEXT("{\"b\":1,\"a\":{\"d\":1,\"c\":2}}"), "{\"a\":{\"c\":2,\"d\":1},\"b\":1}" },
	{ "elements stay", TEXT("[2,1]"), "[2,1]" },
	{ "escapes that needn't be", TEXT("[\"\\u0061\\/\"]"), "[\"a/\"]" },
	{ "in names, too", TEXT("{\"\\u0061\":1}"), "{\"a\":1}" },
	{ "beyond ASCII", TEXT("[\"\\u00e9\",\"\xc3\xa9\"]"), "[\"\xc3\xa9\",\"\xc3\xa9\"]" },
	{ "a pair of surrogates", TEXT("[\"\\ud83d\\ude00\"]"), "[\"\xf0\x9f\x98\x80\"]" },
	{ "digits in strings", TEXT("[\"1.0e5 \\\" -0\"]"), "[\"1.0e5 \\\" -0\"]" },
	{ "scalars", TEXT(" \"a\" "), "\"a\"" },
	{ "words", TEXT("[true,false,null]"), "[true,false,null]" },
	{ "zero", TEXT("[0]"), "[0]" },
	{ "a negative number", TEXT("[-12]"), "[-12]" },
	{ "18 digits", TEXT("[123456789012345678]"), "[123456789012345678]" },
	{ "19 digits", TEXT("[1234567890123456789]"), NULL },
	{ "a fraction", TEXT("[1.5]"), NULL },
	{ "a fraction of nothing", TEXT("[1.0]"), NULL },
	{ "an exponent", TEXT("[1e2]"), NULL },
	{ "and in upper case", TEXT("[1E2]"), NULL },
	{ "minus zero", TEXT("[-0]"), NULL },
	{ "zeros in front", TEXT("[01]"), NULL },
	{ "minus alone", TEXT("[-]"), NULL },
	{ "a name twice", TEXT("{\"a\":1,\"a\":2}"), NULL },
	{ "a name twice in other words", TEXT("{\"a\":1,\"\\u0061\":1}"), NULL },
	{ "half of a pair", TEXT("[\"\\ud83d\"]"), NULL },
	{ "NUL", TEXT("[\"\\u0000\"]"), NULL },
	{ "a NUL byte", TEXT("[\"\0\"]"), NULL },
	{ "not UTF-8", TEXT("[\"\xe9\"]"), NULL },
	{ "a byte order mark", TEXT("\xef\xbb\xbf[]"), NULL },
	{ "two values", TEXT("[] []"), NULL },
	{ "a comma too much", TEXT("[1,]"), NULL },
	{ "no end", TEXT("[\"a"), NULL },
	{ "an escape at the end", TEXT("\"\\"), NULL },
	{ "a comment", TEXT("[1/*2*/]"), NULL },
	{ "nothing", TEXT(""), NULL },
	{ "blanks only", TEXT(" "), NULL },
};
/* clang-format on */

START_TEST(canonical)
{
	struct arena arena;
	struct slice got = SLICE("");
	enum rc rc;

	arena_init(&arena);
	rc = json_canonical(rows[_i].text, &arena, &got);
	ck_assert_msg(
		rc == (rows[_i].want != NULL ? RC_OK : RC_INVALID), "%s: %d", rows[_i].what, rc);
	if (rows[_i].want != NULL)
		ASSERT_TEXT(got, slice_of(rows[_i].want));
	arena_done(&arena);
}
END_TEST

static enum rc at_depth(size_t depth)
{
	char text[512];
	struct arena arena;
	struct slice got;
	enum rc rc;

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	arena_init(&arena);
	rc = json_canonical((struct slice){ text, 2 * depth }, &arena, &got);
	arena_done(&arena);
	return rc;
}

START_TEST(is_bounded_in_depth)
{
	ck_assert_int_eq(at_depth(64), RC_OK);
	ck_assert_int_eq(at_depth(65), RC_INVALID);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json_canonical");

	ADD_ROWS(tests, canonical, rows);
	tcase_add_test(tests, is_bounded_in_depth);
	return run_case("json_canonical", tests);
}

/* test_json_watch.c - conditions on JSON documents, in one piece and cut anywhere; bounds. */
#include "http/json_watch.h"

#include "http_fixture.h"

#include <string.h>

#define OTHER 7 /* a group beside the one that is asked */

/* What Europe PMC's search answers, when it can. */
#define GOOD                                                                                      \
	"{\"version\":\"6.9\",\"hitCount\":2,\"resultList\":{\"result\":[{\"id\":\"1\"},{\"id\":" \
	"\"2\"}]}}"
#define EMPTY "{\"hitCount\":0,\"resultList\":{\"result\":[]},\"facets\":{}}"

static const struct {
	const char *what;
	struct slice document, condition;
	bool seen, holds;
	enum rc end;
} rows[] = {
	/* clang-format off */
	{ "a member", TEXT(GOOD), TEXT("/hitCount"), true, true, RC_OK },
	{ "no such member", TEXT("{\"version\":\"6.9\"}"), TEXT("/hitCount"), false, false, RC_OK },
	{ "a string", TEXT(GOOD), TEXT("/version=6.9"), true, true, RC_OK },
	{ "a number is told as it is written", TEXT(GOOD), TEXT("/hitCount=2"), true, true, RC_OK },
	{ "another number", TEXT(GOOD), TEXT("/hitCount=2.0"), false, false, RC_OK },
	{ "true", TEXT("{\"a\":true}"), TEXT("/a=true"), true, true, RC_OK },
	{ "false", TEXT("{\"a\":false}"), TEXT("/a=true"), false, false, RC_OK },
	{ "null", TEXT("{\"a\":null}"), TEXT("/a=null"), true, true, RC_OK },
	{ "null is there", TEXT("{\"a\":null}"), TEXT("/a"), true, true, RC_OK },
	{ "a string of null", TEXT("{\"a\":\"null\"}"), TEXT("/a=null"), true, true, RC_OK },
	{ "an empty string", TEXT("{\"a\":\"\"}"), TEXT("/a="), true, true, RC_OK },
	{ "no empty string", TEXT("{\"a\":\" \"}"), TEXT("/a="), false, false, RC_OK },
	{ "the first '=' counts", TEXT("{\"a\":\"b=c\"}"), TEXT("/a=b=c"), true, true, RC_OK },
	{ "an escape in a string", TEXT("{\"a\":\"\\u00e4\\n\"}"), TEXT("/a=\xc3\xa4\n"), true, true, RC_OK },
	{ "an escape in a name", TEXT("{\"\\u0061\":1}"), TEXT("/a"), true, true, RC_OK },
	{ "a NUL in a name", TEXT("{\"a\\u0000\":1}"), TEXT("/a"), false, false, RC_OK },
	{ "an empty array", TEXT(EMPTY), TEXT("/resultList/result=[]"), true, true, RC_OK },
	{ "no empty array", TEXT(GOOD), TEXT("/resultList/result=[]"), false, false, RC_OK },
	{ "an array with an empty one in it", TEXT("{\"a\":[[]]}"), TEXT("/a=[]"), false, false, RC_OK },
	{ "an array that is not an object", TEXT("{\"a\":[]}"), TEXT("/a={}"), false, false, RC_OK },
	{ "an empty object", TEXT(EMPTY), TEXT("/facets={}"), true, true, RC_OK },
	{ "no empty object", TEXT(EMPTY), TEXT("/resultList={}"), false, false, RC_OK },
	{ "an object with an empty one in it", TEXT("{\"a\":{\"b\":{}}}"), TEXT("/a={}"), false, false, RC_OK },
	{ "a string of brackets", TEXT("{\"a\":\"[]\"}"), TEXT("/a=[]"), false, false, RC_OK },
	{ "an object is there", TEXT(GOOD), TEXT("/resultList"), true, true, RC_OK },
	{ "an array is there", TEXT(GOOD), TEXT("/resultList/result"), true, true, RC_OK },
	{ "an element", TEXT(GOOD), TEXT("/resultList/result/1/id=2"), true, true, RC_OK },
	{ "an element of another place", TEXT(GOOD), TEXT("/resultList/result/0/id=2"), false, false, RC_OK },
	{ "behind the last element", TEXT(GOOD), TEXT("/resultList/result/2"), false, false, RC_OK },
	{ "RFC 6901 4: a zero in front", TEXT("[1,2]"), TEXT("/01"), false, false, RC_OK },
	{ "RFC 6901 4: -", TEXT("[1,2]"), TEXT("/-"), false, false, RC_OK },
	{ "an index is a name in an object", TEXT("{\"0\":1}"), TEXT("/0=1"), true, true, RC_OK },
	{ "a name is no index", TEXT("[1]"), TEXT("/a"), false, false, RC_OK },
	{ "an array of arrays", TEXT("[[1,2],[3,4]]"), TEXT("/1/0=3"), true, true, RC_OK },
	{ "a scalar behind an array", TEXT("[[1,2],3]"), TEXT("/1=3"), true, true, RC_OK },
	{ "RFC 6901 4: ~1 and ~0", TEXT("{\"a/b~\":1}"), TEXT("/a~1b~0"), true, true, RC_OK },
	{ "RFC 6901 5: the empty name", TEXT("{\"\":1}"), TEXT("/"), true, true, RC_OK },
	{ "the document", TEXT("{}"), TEXT(""), true, true, RC_OK },
	{ "the document is empty", TEXT(" {} "), TEXT("={}"), true, true, RC_OK },
	{ "the document is not empty", TEXT("{\"a\":{}}"), TEXT("={}"), false, false, RC_OK },
	{ "a scalar alone", TEXT("12"), TEXT("=12"), true, true, RC_OK },
	{ "the same name deeper", TEXT("{\"a\":{\"errCode\":1}}"), TEXT("/errCode"), false, false, RC_OK },
	{ "the same name in an element", TEXT("[{\"errCode\":1}]"), TEXT("/errCode"), false, false, RC_OK },
	{ "below a sibling", TEXT("{\"x\":{\"b\":1},\"a\":{\"c\":1}}"), TEXT("/a/b"), false, false, RC_OK },
	{ "behind a sibling", TEXT("{\"a\":{\"c\":{}},\"x\":{\"b\":1}}"), TEXT("/a/b"), false, false, RC_OK },
	{ "a sibling's end", TEXT("{\"a\":[{\"b\":1}],\"b\":[]}"), TEXT("/a/b"), false, false, RC_OK },
	{ "twice, the last is it", TEXT("{\"a\":1,\"a\":2}"), TEXT("/a=2"), true, true, RC_OK },
	{ "twice, the last isn't it", TEXT("{\"a\":1,\"a\":2}"), TEXT("/a=1"), true, false, RC_OK },
	{ "twice above", TEXT("{\"a\":{\"b\":1},\"a\":{}}"), TEXT("/a/b"), true, false, RC_OK },
	{ "RFC 8259 8.1: a byte order mark", TEXT("\xef\xbb\xbf{\"a\":1}"), TEXT("/a"), true, true, RC_OK },
	{ "half of a mark", TEXT("\xef\xbb{\"a\":1}"), TEXT("/a"), false, false, RC_INVALID },
	{ "only a mark", TEXT("\xef\xbb\xbf"), TEXT("/a"), false, false, RC_INVALID },
	{ "two marks", TEXT("\xef\xbb\xbf\xef\xbb\xbf{}"), TEXT("/a"), false, false, RC_INVALID },
	{ "blanks around", TEXT("\r\n\t [1] \t\r\n"), TEXT("/0"), true, true, RC_OK },
	{ "nothing", TEXT(""), TEXT(""), false, false, RC_INVALID },
	{ "blanks", TEXT("  "), TEXT(""), false, false, RC_INVALID },
	{ "cut short behind it", TEXT("{\"a\":1,"), TEXT("/a"), true, true, RC_INVALID },
	{ "cut short in a name", TEXT("{\"a\":1,\"b"), TEXT("/a"), true, true, RC_INVALID },
	{ "cut short in a literal", TEXT("{\"a\":tru"), TEXT("/a"), false, false, RC_INVALID },
	{ "cut short in a character", TEXT("[1,\"\xc3"), TEXT("/0"), true, true, RC_INVALID },
	{ "garbage behind", TEXT("{\"a\":1} x"), TEXT("/a"), true, true, RC_INVALID },
	{ "a string without end behind", TEXT("{\"a\":1}\"x"), TEXT("/a"), true, true, RC_INVALID },
	{ "another value behind", TEXT("{\"a\":1}{\"b\":1}"), TEXT("/b"), false, false, RC_INVALID },
	{ "another line behind", TEXT("{\"a\":1}\n{\"b\":1}"), TEXT("/b"), false, false, RC_INVALID },
	{ "a number behind a number", TEXT("1 2"), TEXT("=1"), true, true, RC_INVALID },
	{ "a NUL behind", TEXT("[1]\0"), TEXT("/0"), true, true, RC_INVALID },
	{ "NaN", TEXT("{\"a\":1,\"b\":NaN}"), TEXT("/a"), true, true, RC_INVALID },
	{ "a comma too many", TEXT("[1,]"), TEXT("/0"), true, true, RC_INVALID },
	{ "a comment", TEXT("[1]/**/"), TEXT("/0"), true, true, RC_INVALID },
	{ "a zero in front of a number", TEXT("[1,01]"), TEXT("/0"), true, true, RC_INVALID },
	{ "a control in a string", TEXT("[1,\"\n\"]"), TEXT("/0"), true, true, RC_INVALID },
	{ "no UTF-8", TEXT("[1,\"\xff\"]"), TEXT("/0"), true, true, RC_INVALID },
	{ "HTML", TEXT("<!DOCTYPE html><html></html>"), TEXT(""), false, false, RC_INVALID },
	{ "a callback", TEXT("f({\"a\":1})"), TEXT("/a"), false, false, RC_INVALID },
	/* clang-format on */
};

static void check_row(int i, size_t cut)
{
	struct json_tests *tests = json_tests_new();
	SCOPED(json_watch) watch = NULL;
	struct slice document = rows[i].document;
	enum rc first, rest;

	ck_assert_int_eq(json_tests_add(tests, SLICE("/not/there"), OTHER), RC_OK);
	ck_assert_int_eq(json_tests_add(tests, rows[i].condition, 0), RC_OK);
	watch = json_watch_new(tests);
	first = json_watch_feed(watch, (struct slice){ document.data, cut });
	rest = json_watch_feed(watch, slice_skip(document, cut));
	ck_assert(first == RC_OK || first == rest);
	ck_assert_msg(
		json_watch_end(watch) == rows[i].end && (rest == RC_OK || rest == rows[i].end),
		"%s, cut at %zu: %s", rows[i].what, cut, rc_text(json_watch_end(watch)));
	ck_assert_msg(json_watch_seen(watch, 0) == rows[i].seen, "%s, cut at %zu: seen",
		rows[i].what, cut);
	ck_assert_msg(json_watch_holds(watch, 0) == rows[i].holds, "%s, cut at %zu: holds",
		rows[i].what, cut);
	ck_assert(!json_watch_seen(watch, OTHER) && !json_watch_holds(watch, OTHER));
	json_watch_free(GIVE(watch));
	json_tests_free(tests);
}

START_TEST(a_condition_is_found_however_the_document_is_cut)
{
	for (size_t cut = 0; cut <= rows[_i].document.size; cut++)
		check_row(_i, cut);
}
END_TEST

static const struct {
	struct slice document, pointer;
	bool found;
	double number;
} numbers[] = {
	{ TEXT(GOOD), TEXT("/hitCount"), true, 2 },
	{ TEXT("{\"a\":-1.5e3}"), TEXT("/a"), true, -1500 },
	{ TEXT("{\"a\":\"5\"}"), TEXT("/a"), false, 0 },
	{ TEXT("{\"a\":[5]}"), TEXT("/a"), false, 0 },
	{ TEXT("{\"a\":[5]}"), TEXT("/a/0"), true, 5 },
	{ TEXT("{\"a\":5,\"a\":null}"), TEXT("/a"), false, 0 },
	{ TEXT("{\"a\":5,\"a\":6}"), TEXT("/a"), true, 6 },
	{ TEXT("{\"b\":5}"), TEXT("/a"), false, 0 },
};

START_TEST(a_number_is_told)
{
	struct json_tests *tests = json_tests_new();
	SCOPED(json_watch) watch = NULL;
	double number = 0;

	ck_assert_int_eq(json_tests_add(tests, numbers[_i].pointer, 3), RC_OK);
	watch = json_watch_new(tests);
	ck_assert_int_eq(json_watch_feed(watch, numbers[_i].document), RC_OK);
	ck_assert_int_eq(json_watch_end(watch), RC_OK);
	ck_assert(json_watch_number(watch, 3, &number) == numbers[_i].found);
	ck_assert_double_eq(number, numbers[_i].number);
	ck_assert(!json_watch_number(watch, 0, &number));
	json_watch_free(GIVE(watch));
	json_tests_free(tests);
}
END_TEST

static const struct {
	const char *condition;
	enum rc want;
} pointers[] = {
	{ "a", RC_INVALID },
	{ "/~", RC_INVALID },
	{ "/~2", RC_INVALID },
	{ "a=1", RC_INVALID },
	{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32",
		RC_OK },
	{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/"
	  "33",
		RC_TOO_LARGE },
};

START_TEST(a_pointer_is_one)
{
	struct json_tests *tests = json_tests_new();

	ck_assert_int_eq(
		json_tests_add(tests, slice_of(pointers[_i].condition), 0), pointers[_i].want);
	json_tests_free(tests);
}
END_TEST

/* count times the text, and what comes of it. */
static enum rc feed_many(struct json_watch *watch, struct slice text, size_t count)
{
	enum rc rc = RC_OK;

	while (count-- > 0 && rc == RC_OK)
		rc = json_watch_feed(watch, text);
	return rc;
}

START_TEST(nesting_is_bounded_and_found_in_to_the_bound)
{
	struct json_tests *tests = json_tests_new();
	SCOPED(json_watch) watch = NULL;
	SCOPED(json_watch) bomb = NULL;
	char deepest[2 * JSON_TESTS_DEPTH + 1] = "";

	for (int i = 0; i < JSON_TESTS_DEPTH; i++)
		memcpy(deepest + 2 * (size_t)i, "/0", 3);
	ck_assert_int_eq(json_tests_add(tests, slice_of(deepest), 0), RC_OK);
	watch = json_watch_new(tests);
	ck_assert_int_eq(feed_many(watch, SLICE("["), JSON_WATCH_DEPTH), RC_OK);
	ck_assert_int_eq(feed_many(watch, SLICE("]"), JSON_WATCH_DEPTH), RC_OK);
	ck_assert_int_eq(json_watch_end(watch), RC_OK);
	ck_assert(json_watch_holds(watch, 0));
	bomb = json_watch_new(tests);
	ck_assert_int_eq(feed_many(bomb, SLICE("[[[[[[[["), SIZE_MAX), RC_INVALID);
	ck_assert_int_eq(json_watch_feed(bomb, SLICE("]")), RC_INVALID);
	json_watch_free(GIVE(watch));
	json_watch_free(GIVE(bomb));
	json_tests_free(tests);
}
END_TEST

START_TEST(a_token_without_end_is_given_up)
{
	static char letters[16 * 1024];
	struct json_tests *tests = json_tests_new();
	SCOPED(json_watch) watch = NULL;

	memset(letters, _i == 0 ? 'a' : '1', sizeof(letters));
	ck_assert_int_eq(json_tests_add(tests, SLICE("/0"), 0), RC_OK);
	watch = json_watch_new(tests);
	ck_assert_int_eq(json_watch_feed(watch, _i == 0 ? SLICE("[1,\"") : SLICE("[1,")), RC_OK);
	/* a quarter of it is nothing special */
	ck_assert_int_eq(feed_many(watch, (struct slice){ letters, sizeof(letters) }, 16), RC_OK);
	ck_assert_int_eq(feed_many(watch, (struct slice){ letters, sizeof(letters) },
				 JSON_WATCH_MEMORY / sizeof(letters)),
		RC_TOO_LARGE);
	ck_assert_int_eq(json_watch_end(watch), RC_TOO_LARGE);
	ck_assert(json_watch_seen(watch, 0));
	json_watch_free(GIVE(watch));
	json_tests_free(tests);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json_watch");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, a_condition_is_found_however_the_document_is_cut, rows);
	ADD_ROWS(tests, a_number_is_told, numbers);
	ADD_ROWS(tests, a_pointer_is_one, pointers);
	tcase_add_test(tests, nesting_is_bounded_and_found_in_to_the_bound);
	tcase_add_loop_test(tests, a_token_without_end_is_given_up, 0, 2);
	return run_case("json_watch", tests);
}

/* test_rewrite.c - addresses in JSON and XML: which become others, and that no cut of the input matters. */
#include "http/rewrite.h"

#include "http_fixture.h"

#include <string.h>

#define RULE(from, origin, to)                  \
	{                                       \
		TEXT(from), sizeof(origin) - 1, \
		{                               \
			to, sizeof(to) - 1      \
		}                               \
	}

static const struct rewrite_rule items[] = {
	/* clang-format off */
	RULE("https://api.org:443/base/rest/search", "https://api.org:443", "/s"),
	RULE("https://api.org/base/rest/search", "https://api.org", "/s"),
	{ TEXT("https://api.org/base/rest/other"), sizeof("https://api.org") - 1, { NULL, 0 } },
	RULE("https://api.org:443/base/rest", "https://api.org:443", "/epmc"),
	RULE("https://api.org/base/rest", "https://api.org", "/epmc"),
	RULE("http://[::1]:81", "http://[::1]:81", ""),
	/* clang-format on */
};
static const struct rewrite_rules rules = { items, sizeof(items) / sizeof(items[0]) };

#define BASE "http://me:8080"

/* want: NULL: as it came. */
struct row {
	const char *what;
	struct slice body;
	const char *want;
};

static const struct row json_rows[] = {
	/* clang-format off */
	{ "a value", TEXT("{\"next\":\"https://api.org/base/rest/x?y=1\"}"), "{\"next\":\"" BASE "/epmc/x?y=1\"}" },
	{ "the base itself", TEXT("\"https://api.org/base/rest\""), "\"" BASE "/epmc\"" },
	{ "a query at once", TEXT("\"https://api.org/base/rest?a\""), "\"" BASE "/epmc?a\"" },
	{ "a fragment", TEXT("\"https://api.org/base/rest#a\""), "\"" BASE "/epmc#a\"" },
	{ "a slash", TEXT("\"https://api.org/base/rest/\""), "\"" BASE "/epmc/\"" },
	{ "the longest prefix", TEXT("[\"https://api.org/base/rest/search?a\"]"), "[\"" BASE "/s?a\"]" },
	{ "of whole segments", TEXT("\"https://api.org/base/rest/searching\""), "\"" BASE "/epmc/searching\"" },
	{ "letter case of the host", TEXT("\"HTTPS://Api.ORG/base/rest/x\""), "\"" BASE "/epmc/x\"" },
	{ "the default port", TEXT("\"https://api.org:443/base/rest/x\""), "\"" BASE "/epmc/x\"" },
	{ "no path and no to", TEXT("\"http://[::1]:81\""), "\"" BASE "\"" },
	{ "no path, a query", TEXT("\"http://[::1]:81?a\""), "\"" BASE "?a\"" },
	{ "escaped slashes", TEXT("\"https:\\/\\/api.org\\/base\\/rest\\/x?u=a\\/b\""), "\"http:\\/\\/me:8080\\/epmc\\/x?u=a\\/b\"" },
	{ "escaped letters", TEXT("\"\\u0068ttps:\\u002F\\u002fapi.org/base/rest/x\\u003fy\""), "\"" BASE "/epmc/x\\u003fy\"" },
	{ "escapes in the query stay", TEXT("\"https://api.org/base/rest?a=\\u0026\\\"b\\\\\""), "\"" BASE "/epmc?a=\\u0026\\\"b\\\\\"" },
	{ "escapes in the path stay", TEXT("\"https://api.org/base/rest/\\u00e9\\n\""), "\"" BASE "/epmc/\\u00e9\\n\"" },
	{ "in an array of objects", TEXT("[{\"a\":[\"https://api.org/base/rest/1\", \"https://api.org/base/rest/2\"]},\"x\"]"),
		"[{\"a\":[\"" BASE "/epmc/1\", \"" BASE "/epmc/2\"]},\"x\"]" },
	{ "a value behind an array", TEXT("{\"a\":[{}],\"b\":\"https://api.org/base/rest/2\"}"), "{\"a\":[{}],\"b\":\"" BASE "/epmc/2\"}" },
	{ "several texts", TEXT("\"https://api.org/base/rest/1\"\n\"https://api.org/base/rest/2\"\n"), "\"" BASE "/epmc/1\"\n\"" BASE "/epmc/2\"\n" },
	{ "it may be cut short", TEXT("{\"a\":\"https://api.org/base/rest/2\",\"b\":\"https://api.org/base/rest"), "{\"a\":\"" BASE "/epmc/2\",\"b\":\"https://api.org/base/rest" },

	{ "a name of a member", TEXT("{\"https://api.org/base/rest/x\":1,\"https://api.org/base/rest/y\":{}}"), NULL },
	{ "not at the begin", TEXT("\" https://api.org/base/rest/x\""), NULL },
	{ "in a text", TEXT("\"see https://api.org/base/rest/x\""), NULL },
	{ "a longer segment", TEXT("\"https://api.org/base/restful\""), NULL },
	{ "a longer host", TEXT("\"https://api.org.evil.com/base/rest/x\""), NULL },
	{ "userinfo before", TEXT("\"https://user@api.org/base/rest/x\""), NULL },
	{ "userinfo that looks like it", TEXT("\"https://api.org@evil.com/base/rest/x\""), NULL },
	{ "a port that looks like it", TEXT("\"https://api.org:443@evil.com/base/rest\""), NULL },
	{ "another port", TEXT("\"https://api.org:444/base/rest/x\""), NULL },
	{ "another scheme", TEXT("\"http://api.org/base/rest/x\""), NULL },
	{ "letter case of the path", TEXT("\"https://api.org/Base/rest/x\""), NULL },
	{ "a backslash", TEXT("\"https://api.org\\\\@evil.com/base/rest/x\""), NULL },
	{ "dots", TEXT("\"https://api.org/base/rest/../x\""), NULL },
	{ "dots in disguise", TEXT("\"https://api.org/base/rest/a/%2e%2E/x\""), NULL },
	{ "escaped dots", TEXT("\"https://api.org/base/rest/\\u002e./x\""), NULL },
	{ "dots behind a backslash", TEXT("\"https://api.org/base/rest/a\\u005c../x\""), NULL },
	{ "it stays where none may serve it", TEXT("\"https://api.org/base/rest/other/x\""), NULL },
	{ "a blank", TEXT("\"https://api.org/base/rest is down\""), NULL },
	{ "not ASCII", TEXT("\"https://api.org/base/rest\303\251\""), NULL },
	{ "other things", TEXT("{\"a\":1e5,\"b\":null,\"c\":\"\",\"d\":\"h\",\"e\":\"https\",\"f\":\"https://\",\"g\":\"\\\"\",\"h\":[]}"), NULL },
	{ "a broken escape", TEXT("\"https:\\u00\",\"\\u\",\"\\"), NULL },
	{ "more ends than begins", TEXT("]}]}\"x\",{\"https://api.org/base/rest/x\":1"), NULL },
	{ "a name behind an escape", TEXT("{\"a\\\"\":1,\"https://api.org/base/rest/x\":1}"), NULL },
	/* clang-format on */
};

static const struct row xml_rows[] = {
	/* clang-format off */
	{ "text", TEXT("<u>https://api.org/base/rest/x?a=1&amp;b=2</u>"), "<u>" BASE "/epmc/x?a=1&amp;b=2</u>" },
	{ "an attribute", TEXT("<a href=\"https://api.org/base/rest/x\" b='https://api.org/base/rest/y'/>"), "<a href=\"" BASE "/epmc/x\" b='" BASE "/epmc/y'/>" },
	{ "blanks around", TEXT("<u>\n\t https://api.org/base/rest\n</u>"), "<u>\n\t " BASE "/epmc\n</u>" },
	{ "blanks in an attribute", TEXT("<u a = ' https://api.org/base/rest '/>"), "<u a = ' " BASE "/epmc '/>" },
	{ "text behind an element", TEXT("<u>a<b/>https://api.org/base/rest/x</u>"), "<u>a<b/>" BASE "/epmc/x</u>" },
	{ "CDATA", TEXT("<u><![CDATA[https://api.org/base/rest/x?a&b]]></u>"), "<u><![CDATA[" BASE "/epmc/x?a&b]]></u>" },
	{ "CDATA without path", TEXT("<u><![CDATA[http://[::1]:81]]></u><v>https://api.org/base/rest</v>"), "<u><![CDATA[" BASE "]]></u><v>" BASE "/epmc</v>" },
	{ "behind a comment", TEXT("<u><!-- a > 'b --> https://api.org/base/rest/x</u>"), "<u><!-- a > 'b --> " BASE "/epmc/x</u>" },
	{ "behind a declaration", TEXT("<?xml version='1.0'?><!DOCTYPE a [ <!ENTITY x \"'>\"> ]><u>https://api.org/base/rest/x</u>"),
		"<?xml version='1.0'?><!DOCTYPE a [ <!ENTITY x \"'>\"> ]><u>" BASE "/epmc/x</u>" },
	{ "behind a namespace", TEXT("<a xmlns='https://api.org/base/rest' c='https://api.org/base/rest'>"), "<a xmlns='https://api.org/base/rest' c='" BASE "/epmc'>" },

	{ "a namespace", TEXT("<a xmlns=\"https://api.org/base/rest\" xmlns:b = \"https://api.org/base/rest\">"), NULL },
	{ "where it is described", TEXT("<a xsi:schemaLocation=\"https://api.org/base/rest https://api.org/base/rest/x.xsd\">"), NULL },
	{ "a comment", TEXT("<u><!--https://api.org/base/rest/x--></u><!-->https://api.org/base/rest"), NULL },
	{ "an instruction", TEXT("<?x https://api.org/base/rest/x?><?y a='https://api.org/base/rest'?>"), NULL },
	{ "a document type", TEXT("<!DOCTYPE a SYSTEM 'https://api.org/base/rest/x>' [ <!ENTITY a 'https://api.org/base/rest'> ]>"), NULL },
	{ "not at the begin", TEXT("<u>see https://api.org/base/rest/x</u>"), NULL },
	{ "behind an entity", TEXT("<u>&lt;https://api.org/base/rest/x</u>"), NULL },
	{ "a longer segment", TEXT("<u>https://api.org/base/restful</u>"), NULL },
	{ "a longer host", TEXT("<u a='https://api.org.evil.com/base/rest/'/>"), NULL },
	{ "userinfo", TEXT("<u>https://api.org@evil.com/base/rest/x</u>"), NULL },
	{ "dots", TEXT("<u>https://api.org/base/rest/../x</u>"), NULL },
	{ "text behind CDATA", TEXT("<u><![CDATA[a]]>https://api.org/base/rest</u>"), NULL },
	{ "brackets", TEXT("<u><![CDATA[]]https]></u>]]><![CDAT[https://api.org/base/rest"), NULL },
	{ "cut short", TEXT("<u>https://api.org/base/rest/x"), NULL },
	{ "odd ends", TEXT("<><!><!-><a b=c d>h</a><"), NULL },
	/* clang-format on */
};

static struct slice want_of(const struct row *row)
{
	return row->want != NULL ? slice_of(row->want) : row->body;
}

/* Fed as [0, first), [first, second), and the rest. */
static void check_cut(
	enum rewrite_syntax syntax, const struct row *row, size_t first, size_t second)
{
	SCOPED(rewrite) r = rewrite_new(syntax, &rules, SLICE(BASE));
	struct slice rest = row->body;
	size_t cuts[] = { first, second - first, row->body.size - second };
	struct bytes out;

	bytes_init(&out, 65536);
	for (size_t i = 0; i < 3; i++) {
		/* of its own, so that a sanitizer sees who looks beyond */
		char *copy = malloc(cuts[i] + 1);

		memcpy(copy, rest.data, cuts[i]);
		ck_assert_int_eq(rewrite_feed(r, (struct slice){ copy, cuts[i] }, &out), RC_OK);
		free(copy);
		rest = slice_skip(rest, cuts[i]);
	}
	ck_assert_int_eq(rewrite_end(r, &out), RC_OK);
	ck_assert_msg(slice_equal(bytes_slice(&out), want_of(row)),
		"%s, cut at %zu and %zu: '" SLICE_FORMAT "'", row->what, first, second,
		SLICE_ARGS(bytes_slice(&out)));
	bytes_done(&out);
}

static void check_cuts(enum rewrite_syntax syntax, const struct row *row)
{
	for (size_t first = 0; first <= row->body.size; first++) {
		check_cut(syntax, row, first, row->body.size);
		check_cut(syntax, row, first, first < row->body.size ? first + 1 : first);
	}
}

START_TEST(test_json)
{
	check_cuts(REWRITE_JSON, &json_rows[_i]);
}
END_TEST

START_TEST(test_xml)
{
	check_cuts(REWRITE_XML, &xml_rows[_i]);
}
END_TEST

/* What is put in is escaped for where it stands. */
static const struct {
	enum rewrite_syntax syntax;
	struct slice body;
	const char *want;
} escape_rows[] = {
	/* clang-format off */
	{ REWRITE_JSON, TEXT("\"https://api.org/base/rest/x\""), "\"http://a/'&<>\\\"\\\\/epmc/x\"" },
	{ REWRITE_JSON, TEXT("\"https:\\/\\/api.org/base/rest/x\""), "\"http:\\/\\/a\\/'&<>\\\"\\\\\\/epmc/x\"" },
	{ REWRITE_XML, TEXT("<u>https://api.org/base/rest/x</u>"), "<u>http://a/&apos;&amp;&lt;&gt;&quot;\\/epmc/x</u>" },
	{ REWRITE_XML, TEXT("<u><![CDATA[https://api.org/base/rest/x]]>"), "<u><![CDATA[http://a/'&<>\"\\/epmc/x]]>" },
	/* clang-format on */
};

START_TEST(test_escapes)
{
	SCOPED(rewrite)
	r = rewrite_new(escape_rows[_i].syntax, &rules, SLICE("http://a/'&<>\"\\"));
	struct bytes out;

	bytes_init(&out, 65536);
	ck_assert_int_eq(rewrite_feed(r, escape_rows[_i].body, &out), RC_OK);
	ck_assert_int_eq(rewrite_end(r, &out), RC_OK);
	ASSERT_TEXT(bytes_slice(&out), slice_of(escape_rows[_i].want));
	bytes_done(&out);
}
END_TEST

/* A path that is longer than what is held goes by, whatever it begins with; so does nesting without end. */
START_TEST(test_bounds)
{
	struct bytes body, out;

	bytes_init(&body, 65536);
	bytes_init(&out, 65536);
	for (int i = 0; i < 2; i++) {
		SCOPED(rewrite) r = rewrite_new(REWRITE_JSON, &rules, SLICE(BASE));

		bytes_clear(&body);
		bytes_clear(&out);
		if (i == 0)
			ck_assert_int_eq(
				bytes_format(&body, "\"https://api.org/base/rest/%04100d\"", 1),
				RC_OK);
		for (int n = 0; i == 1 && n < 2000; n++)
			ck_assert_int_eq(bytes_append_char(&body, '['), RC_OK);
		if (i == 1)
			ck_assert_int_eq(
				bytes_format(&body, "\"https://api.org/base/rest/x\""), RC_OK);
		ck_assert_int_eq(rewrite_feed(r, bytes_slice(&body), &out), RC_OK);
		ck_assert_int_eq(rewrite_end(r, &out), RC_OK);
		ASSERT_TEXT(bytes_slice(&out), bytes_slice(&body));
	}
	bytes_done(&body);
	bytes_done(&out);
}
END_TEST

/* As deep as it is remembered, and a thousand values behind one another. */
START_TEST(test_depth)
{
	SCOPED(rewrite) r = rewrite_new(REWRITE_JSON, &rules, SLICE(BASE));
	struct bytes out;

	bytes_init(&out, 65536);
	for (int n = 0; n < 500; n++)
		ck_assert_int_eq(rewrite_feed(r, SLICE("{\"a\":["), &out), RC_OK);
	for (int n = 0; n < 500; n++)
		ck_assert_int_eq(rewrite_feed(r, SLICE("]}"), &out), RC_OK);
	bytes_clear(&out);
	ck_assert_int_eq(rewrite_feed(r, SLICE("[\"https://api.org/base/rest\"]"), &out), RC_OK);
	ASSERT_TEXT(bytes_slice(&out), SLICE("[\"" BASE "/epmc\"]"));
	bytes_done(&out);
}
END_TEST

START_TEST(test_full)
{
	SCOPED(rewrite) r = rewrite_new(REWRITE_JSON, &rules, SLICE(BASE));
	struct bytes out;

	bytes_init(&out, 10);
	ck_assert_int_eq(rewrite_feed(r, SLICE("[1,2,3,4,5,6,7]"), &out), RC_TOO_LARGE);
	bytes_done(&out);
}
END_TEST

static const struct {
	struct slice type;
	enum rewrite_syntax want;
} type_rows[] = {
	{ TEXT("application/json"), REWRITE_JSON },
	{ TEXT("Application/JSON ; charset=utf-8"), REWRITE_JSON },
	{ TEXT("application/problem+json"), REWRITE_JSON },
	{ TEXT("application/xml"), REWRITE_XML },
	{ TEXT("text/xml;charset=utf-8"), REWRITE_XML },
	{ TEXT("application/atom+xml"), REWRITE_XML },
	{ TEXT("text/html"), REWRITE_NONE },
	{ TEXT("application/javascript"), REWRITE_NONE },
	{ TEXT("text/plain; x=application/json"), REWRITE_NONE },
	{ TEXT("json"), REWRITE_NONE },
	{ TEXT(""), REWRITE_NONE },
};

START_TEST(test_types)
{
	ck_assert_int_eq(rewrite_syntax_of(type_rows[_i].type), type_rows[_i].want);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("rewrite");

	ADD_ROWS(tests, test_json, json_rows);
	ADD_ROWS(tests, test_xml, xml_rows);
	ADD_ROWS(tests, test_escapes, escape_rows);
	ADD_ROWS(tests, test_types, type_rows);
	tcase_add_test(tests, test_bounds);
	tcase_add_test(tests, test_depth);
	tcase_add_test(tests, test_full);
	return run_case("rewrite", tests);
}

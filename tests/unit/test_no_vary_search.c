/* test_no_vary_search.c - the rule that a field states, and which targets are one under it.
 *
 * Clauses are those of draft-ietf-httpbis-no-vary-search: 3 the field, 5.1 parsing it, 5.3 names,
 * 6 comparing.
 */
#include "http/no_vary_search.h"

#include "http_fixture.h"

static struct arena arena;
static struct bytes left, right;

static void set_up(void)
{
	arena_init(&arena);
	bytes_init(&left, 4096);
	bytes_init(&right, 4096);
}

static void tear_down(void)
{
	bytes_done(&left);
	bytes_done(&right);
	arena_done(&arena);
}

/* want: "order" if order makes no difference, "but" or "only", then the names; NULL: the default. */
static const struct {
	const char *clause;
	struct slice field;
	const char *want;
} fields[] = {
	/* clang-format off */
	{ "3 key-order", TEXT("key-order"), "order but" },
	{ "3 key-order, spelt out", TEXT("key-order=?1"), "order but" },
	{ "3 params", TEXT("params=(\"utm_source\" \"utm_medium\" \"utm_campaign\")"),
		"but [utm_campaign] [utm_medium] [utm_source]" },
	{ "3 except", TEXT("except=(\"productId\")"), "only [productId]" },
	{ "3 except and key-order", TEXT("except=(\"x\"), key-order"), "order only [x]" },
	{ "3 params and key-order", TEXT("key-order, params=(\"x\")"), "order but [x]" },
	{ "5.1 except of nothing", TEXT("except=()"), "only" },
	{ "5.1 params of nothing is the default", TEXT("params=()"), NULL },
	{ "5.1 params of nothing and key-order", TEXT("params=(), key-order"), "order but" },
	{ "5.1 key-order false is the default", TEXT("key-order=?0"), NULL },
	{ "5.1 key-order false beside params", TEXT("key-order=?0, params=(\"a\")"), "but [a]" },
	{ "5.1 unknown members", TEXT("x=1, params=(\"a\");y, z=(b)"), "but [a]" },
	{ "5.1 only unknown members", TEXT("x=1, KeyOrder"), NULL },
	{ "5.1 the last of duplicates", TEXT("params=?1, params=(\"a\")"), "but [a]" },
	{ "5.1 parameters of members", TEXT("key-order;x=1, params=(\"a\";y \"b\");z"),
		"order but [a] [b]" },
	{ "5.1 names twice", TEXT("params=(\"a\" \"a\")"), "but [a] [a]" },
	{ "5.1 an empty name", TEXT("params=(\"\")"), "but []" },
	/* draft, 5.2.1: what is invalid */
	{ "5.1 absent", TEXT(""), NULL },
	{ "5.2.1 key-order a string", TEXT("key-order=\"not a boolean\""), NULL },
	{ "5.2.1 key-order a number", TEXT("key-order=1"), NULL },
	{ "5.2.1 key-order a token", TEXT("key-order=true"), NULL },
	{ "5.2.1 key-order an inner list", TEXT("key-order=(\"a\")"), NULL },
	{ "5.2.1 key-order wrong beside params", TEXT("key-order=1, params=(\"a\")"), NULL },
	{ "5.2.1 params a string", TEXT("params=\"not an inner list\""), NULL },
	{ "5.2.1 params a list of tokens", TEXT("params=(not-a-string)"), NULL },
	{ "5.2.1 params, one of them no string", TEXT("params=(\"a\" 1)"), NULL },
	{ "5.2.1 params false", TEXT("params=?0"), NULL },
	{ "5.2.1 params true", TEXT("params=?1"), NULL },
	{ "5.2.1 params without a value", TEXT("params, key-order"), NULL },
	{ "5.2.1 params true beside except", TEXT("params=?1, except=(\"x\")"), NULL },
	{ "5.2.1 params beside except", TEXT("params=(\"a\"), except=(\"x\")"), NULL },
	{ "5.2.1 both of nothing", TEXT("params=(), except=()"), NULL },
	{ "5.2.1 except a string", TEXT("except=\"not an inner list\""), NULL },
	{ "5.2.1 except a list of tokens", TEXT("except=(not-a-string)"), NULL },
	{ "5.2.1 except true", TEXT("except=?1"), NULL },
	{ "5.2.1 except byte sequences", TEXT("except=(:YQ==:)"), NULL },
	{ "3 a list", TEXT("\"a\", \"b\""), NULL },
	{ "RFC 9651 4.2 one fault spoils all", TEXT("params=(\"a\"), key-order=?2"), NULL },
	{ "RFC 9651 4.2 a comma behind", TEXT("key-order,"), NULL },
	{ "RFC 9651 4.2.3.3 upper case", TEXT("Key-Order"), NULL },
	{ "RFC 9651 4.2.5 not ASCII", TEXT("params=(\"\xc3\xa9\")"), NULL },
	/* 5.3 */
	{ "5.3 encoded names", TEXT("params=(\"%C3%A9+%E6%B0%97\")"),
		"but [\xc3\xa9 \xe6\xb0\x97]" },
	{ "5.3 a plus, encoded", TEXT("params=(\"a%2bb\")"), "but [a+b]" },
	{ "5.3 a '%' alone", TEXT("params=(\"50%\" \"%zz\" \"%4\")"), "but [%4] [%zz] [50%]" },
	{ "5.3 decoded once", TEXT("params=(\"%2541\")"), "but [%41]" },
	{ "5.3 a name that is not UTF-8", TEXT("params=(\"%f6\")"), NULL },
	{ "5.3 except, a name that is not UTF-8", TEXT("except=(\"a\" \"%ff\")"), NULL },
	/* clang-format on */
};

static void put_rule(struct bytes *b, const struct no_vary_search *rule)
{
	ck_assert_int_eq(bytes_format(b, "%s%s", rule->any_order ? "order " : "",
				 rule->only_names ? "only" : "but"),
		RC_OK);
	for (size_t i = 0; i < rule->count; i++)
		ck_assert_int_eq(
			bytes_format(b, " [" SLICE_FORMAT "]", SLICE_ARGS(rule->names[i])), RC_OK);
}

START_TEST(reads_rules)
{
	struct no_vary_search rule = { .count = 77 };
	enum rc rc = no_vary_search_parse(fields[_i].field, &arena, &rule);

	ck_assert_msg(rc == (fields[_i].want != NULL ? RC_OK : RC_ABSENT), "%s: %s",
		fields[_i].clause, rc_text(rc));
	if (rc != RC_OK) {
		ck_assert_uint_eq(rule.count, 77);
		return;
	}
	put_rule(&left, &rule);
	ck_assert_msg(slice_equal(bytes_slice(&left), slice_of(fields[_i].want)),
		"%s: '%s', not '%s'", fields[_i].clause, left.data, fields[_i].want);
}
END_TEST

#define ORDER  "key-order"
#define PARAMS "params=(\"a\" \"%C3%A9+x\")"
#define EXCEPT "except=(\"a\" \"%C3%A9+x\")"

static const struct {
	const char *clause;
	const char *field;
	struct slice raw;
	const char *want;
} targets[] = {
	/* clang-format off */
	{ "6 no query", ORDER, TEXT("/x"), "/x" },
	{ "6 an empty query", ORDER, TEXT("/x?"), "/x" },
	{ "6 only separators", ORDER, TEXT("/x?&&&"), "/x" },
	{ "6 sorted by name", ORDER, TEXT("/x?b=1&a=2"), "/x?a=2&b=1" },
	{ "6 stable for one name", ORDER, TEXT("/x?b=2&a=2&b=1&a=1"), "/x?a=2&a=1&b=2&b=1" },
	{ "6 sorted by the decoded name", ORDER, TEXT("/x?b&%61"), "/x?a=&b=" },
	{ "6 the shorter name first", ORDER, TEXT("/x?ab=1&a=2"), "/x?a=2&ab=1" },
	{ "6 a name without value", ORDER, TEXT("/x?a"), "/x?a=" },
	{ "6 a value without name", ORDER, TEXT("/x?=a"), "/x?=a" },
	{ "6 only '='", ORDER, TEXT("/x?="), "/x?=" },
	{ "6 '=' in a value", ORDER, TEXT("/x?a=b=c"), "/x?a=b%3Dc" },
	{ "6 '?' in a query", ORDER, TEXT("/x?a?b=c?d"), "/x?a%3Fb=c%3Fd" },
	{ "6 ';' is no separator", ORDER, TEXT("/x?b=1;a=2"), "/x?b=1%3Ba%3D2" },
	{ "6 encoded separators", ORDER, TEXT("/x?b=%26a%3d1"), "/x?b=%26a%3D1" },
	{ "6 blanks", ORDER, TEXT("/x?a=+%20"), "/x?a=%20%20" },
	{ "6 an encoded plus", ORDER, TEXT("/x?a=%2b"), "/x?a=%2B" },
	{ "6 letter case counts", ORDER, TEXT("/x?B=1&a=2&b=3"), "/x?B=1&a=2&b=3" },
	{ "6 hex digits in lower case", ORDER, TEXT("/x?a=%c3%a9"), "/x?a=%C3%A9" },
	{ "6 decoded once", ORDER, TEXT("/x?a=%2541"), "/x?a=%2541" },
	{ "6 unreserved characters", ORDER, TEXT("/x?%7e-._=%41%30"), "/x?~-._=A0" },
	{ "6 the path stays", ORDER, TEXT("/%7ex%2fb/+;c?b&a"), "/%7ex%2fb/+;c?a=&b=" },
	{ "6 what doesn't matter is dropped", PARAMS, TEXT("/x?b=1&a=2&c=3"), "/x?b=1&c=3" },
	{ "6 all of that name", PARAMS, TEXT("/x?a&b&a=&a=1&A=1"), "/x?b=&A=1" },
	{ "6 names are compared decoded", PARAMS, TEXT("/x?%61=1&%c3%a9%20x=2&%C3%A9+x=3&b"),
		"/x?b=" },
	{ "6 nothing matters", PARAMS, TEXT("/x?a=1"), "/x" },
	{ "6 order counts without key-order", PARAMS, TEXT("/x?c&b"), "/x?c=&b=" },
	{ "6 part of a name is not a name", PARAMS, TEXT("/x?ab=1&aa=1"), "/x?ab=1&aa=1" },
	{ "6 only what matters", EXCEPT, TEXT("/x?b=1&a=2&c=3&%C3%a9%20x"),
		"/x?a=2&%C3%A9%20x=" },
	{ "6 only what matters, which is not there", EXCEPT, TEXT("/x?b=1"), "/x" },
	{ "6 none at all", "except=()", TEXT("/x?b=1&a=2"), "/x" },
	{ "6 dropped and sorted", PARAMS ", key-order", TEXT("/x?c=1&a=2&b=3"), "/x?b=3&c=1" },
	{ "6 an empty name", "params=(\"\")", TEXT("/x?=1&b"), "/x?b=" },
	{ "6 not UTF-8: as it is", PARAMS, TEXT("/x?a=1&b=%f6&&"), "/x?a=1&b=%f6&&" },
	{ "6 a name that is not UTF-8: as it is", EXCEPT, TEXT("/x?b=1&%F6=1"), "/x?b=1&%F6=1" },
	{ "6 a path that is not UTF-8 doesn't count", PARAMS, TEXT("/%f6?a=1"), "/%f6" },
	/* clang-format on */
};

static void canonical(const char *field, struct slice raw, struct bytes *ret)
{
	struct no_vary_search rule;

	ck_assert_int_eq(no_vary_search_parse(slice_of(field), &arena, &rule), RC_OK);
	ck_assert_int_eq(no_vary_search_target(&rule, raw, &arena, ret), RC_OK);
}

START_TEST(writes_targets)
{
	canonical(targets[_i].field, targets[_i].raw, &left);
	ck_assert_msg(slice_equal(bytes_slice(&left), slice_of(targets[_i].want)),
		"%s: '%s', not '%s'", targets[_i].clause, left.data, targets[_i].want);
	canonical(targets[_i].field, bytes_slice(&left), &right);
	ASSERT_TEXT(bytes_slice(&right), bytes_slice(&left));
}
END_TEST

/* The draft's table of equivalences, and what stands beside it. */
static const struct {
	const char *clause;
	const char *field;
	struct slice a, b;
	bool same;
} pairs[] = {
	/* clang-format off */
	{ "6.1 null and empty", ORDER, TEXT("/"), TEXT("/?"), true },
	{ "6.1 percent-decoding", ORDER, TEXT("/?a=x"), TEXT("/?%61=%78"), true },
	{ "6.1 separators behind", ORDER, TEXT("/?a=x&&&&"), TEXT("/?a=x"), true },
	{ "6.1 an empty value", ORDER, TEXT("/?a="), TEXT("/?a"), true },
	{ "6.1 a blank as '+'", ORDER, TEXT("/?a=+"), TEXT("/?a=%20&"), true },
	{ "6.1 broken UTF-8 stays different", ORDER, TEXT("/?a=%f6"), TEXT("/?a=%ef%bf%bd"), false },
	{ "6.1 broken UTF-8 and another", ORDER, TEXT("/?a=%f6"), TEXT("/?a=%fc"), false },
	{ "6 order", ORDER, TEXT("/?a=1&b=2"), TEXT("/?b=2&a=1"), true },
	{ "6 order of one name", ORDER, TEXT("/?a=1&a=2"), TEXT("/?a=2&a=1"), false },
	{ "6 order without key-order", PARAMS, TEXT("/?c=1&b=2"), TEXT("/?b=2&c=1"), false },
	{ "6 another value", PARAMS, TEXT("/?c=1"), TEXT("/?c=2"), false },
	{ "6 another value of what doesn't matter", PARAMS, TEXT("/?a=1&c"), TEXT("/?c&a=2"), true },
	{ "6 one more", PARAMS, TEXT("/?c=1"), TEXT("/?c=1&d"), false },
	{ "6 one twice", PARAMS, TEXT("/?c=1"), TEXT("/?c=1&c=1"), false },
	{ "6 another path", "except=()", TEXT("/a?x"), TEXT("/b?x"), false },
	{ "6 another value of what matters", EXCEPT, TEXT("/?a=1&b=1"), TEXT("/?a=2&b=1"), false },
	{ "6 encoded '&' is a value's", ORDER, TEXT("/?a=1%26b=2"), TEXT("/?a=1&b=2"), false },
	{ "6 encoded '=' is a name's", ORDER, TEXT("/?a%3d1"), TEXT("/?a=1"), false },
	/* clang-format on */
};

START_TEST(compares_targets)
{
	canonical(pairs[_i].field, pairs[_i].a, &left);
	canonical(pairs[_i].field, pairs[_i].b, &right);
	ck_assert_msg(slice_equal(bytes_slice(&left), bytes_slice(&right)) == pairs[_i].same,
		"%s: '%s' and '%s'", pairs[_i].clause, left.data, right.data);
}
END_TEST

START_TEST(is_bounded)
{
	static const struct slice want = TEXT("/x?b=%20");
	struct no_vary_search rule;
	struct bytes b;

	ck_assert_int_eq(no_vary_search_parse(SLICE(PARAMS), &arena, &rule), RC_OK);
	for (size_t limit = 0; limit <= want.size; limit++) {
		bytes_init(&b, limit);
		ck_assert_int_eq(no_vary_search_target(&rule, SLICE("/x?a&b=+"), &arena, &b),
			limit < want.size ? RC_TOO_LARGE : RC_OK);
		bytes_done(&b);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("no_vary_search");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, reads_rules, fields);
	ADD_ROWS(tests, writes_targets, targets);
	ADD_ROWS(tests, compares_targets, pairs);
	tcase_add_test(tests, is_bounded);
	return run_case("no_vary_search", tests);
}

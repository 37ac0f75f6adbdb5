/* test_key_rule.c - which spellings ask the same question: a target and its canonical form, and pairs. */
#include "policy/key_rule.h"

#include "http_fixture.h"
#include "key_rules.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *what;
	const struct config_key *rule;
	const char *target, *want;
} canonical[] = {
	{ "as it is", &search_rule, "/s?query=a", "/s?query=a" },
	{ "no query", &search_rule, "/s", "/s" },
	{ "an empty one", &search_rule, "/s?", "/s" },
	{ "the path stays", &search_rule, "/S/%7e+x;v?query=a", "/S/%7e+x;v?query=a" },
	{ "sorted", &search_rule, "/s?query=a&format=json", "/s?format=json&query=a" },
	{ "names are folded", &search_rule, "/s?QUERY=a&Format=json", "/s?format=json&query=a" },
	{ "names without the rule aren't", &sorted_rule, "/s?b=1&B=2", "/s?B=2&b=1" },
	{ "values never are", &search_rule, "/s?query=HIV", "/s?query=HIV" },
	{ "a blank as +", &search_rule, "/s?query=a+b", "/s?query=a%20b" },
	{ "a blank as %20", &search_rule, "/s?query=a%20b", "/s?query=a%20b" },
	{ "a plus", &search_rule, "/s?query=a%2bb", "/s?query=a%2Bb" },
	{ "letters that were encoded", &search_rule, "/s?%71uery=%61", "/s?query=a" },
	{ "characters that needn't be", &search_rule, "/s?query=(a:\"b\")/c?d@e", "/s?query=%28a%3A%22b%22%29%2Fc%3Fd%40e" },
	{ "hex digits", &search_rule, "/s?query=%c3%a9", "/s?query=%C3%A9" },
	{ "what is not UTF-8", &search_rule, "/s?query=%f6", "/s?query=%F6" },
	{ "an ampersand in a value", &search_rule, "/s?query=a%26format%3Djson", "/s?query=a%26format%3Djson" },
	{ "only the first = parts", &search_rule, "/s?query=a=b", "/s?query=a%3Db" },
	{ "empty pieces", &search_rule, "/s?&&query=a&&", "/s?query=a" },
	{ "a name alone isn't an empty value", &search_rule, "/s?query", "/s?query" },
	{ "an empty value", &search_rule, "/s?query=", "/s?query=" },
	{ "an empty name", &search_rule, "/s?=a", "/s?=a" },
	{ "dropped", &search_rule, "/s?utm_source=x&query=a&_=17", "/s?query=a" },
	{ "dropped in any case", &search_rule, "/s?UTM_Source=x&query=a", "/s?query=a" },
	{ "dropped by its decoded name", &search_rule, "/s?%75tm_source=x&query=a", "/s?query=a" },
	{ "dropped without value", &search_rule, "/s?_&query=a", "/s?query=a" },
	{ "nothing else left", &search_rule, "/s?_=1", "/s" },
	{ "credentials", &search_rule, "/s?email=a%40b&query=a&api_key=k", "/s?query=a" },
	{ "a default", &search_rule, "/s?query=a&pageSize=25&resultType=lite", "/s?query=a" },
	{ "another value", &search_rule, "/s?query=a&pageSize=26", "/s?pagesize=26&query=a" },
	{ "a default in another case", &search_rule, "/s?query=a&resultType=Lite", "/s?query=a&resulttype=Lite" },
	{ "an encoded default", &search_rule, "/s?query=a&cursorMark=%2A", "/s?query=a" },
	{ "one that isn't", &search_rule, "/s?query=a&cursorMark=*", "/s?query=a" },
	{ "an empty default", &search_rule, "/s?query=a&sort=", "/s?query=a" },
	{ "its name alone", &search_rule, "/s?query=a&sort", "/s?query=a&sort" },
	{ "of several values none is a default", &search_rule, "/s?pageSize=25&pageSize=50", "/s?pagesize=25&pagesize=50" },
	{ "nor twice the same", &search_rule, "/s?pageSize=25&pageSize=25", "/s?pagesize=25&pagesize=25" },
	{ "repeated ones keep their order", &search_rule, "/s?b=2&a=1&b=1", "/s?a=1&b=2&b=1" },
	{ "a set", &search_rule, "/s?articleIds=MED:2,MED:1", "/s?articleids=MED%3A1%2CMED%3A2" },
	{ "a set by encoded commas", &search_rule, "/s?articleIds=2%2c1", "/s?articleids=1%2C2" },
	{ "a repeated set", &search_rule, "/s?articleIds=2&query=a&articleIds=1,3", "/s?articleids=1%2C2%2C3&query=a" },
	{ "a set's duplicates", &search_rule, "/s?articleIds=1,2,1&articleIds=2", "/s?articleids=1%2C2" },
	{ "a set's empty value", &search_rule, "/s?articleIds=1,,2", "/s?articleids=%2C1%2C2" },
	{ "a set without values", &search_rule, "/s?articleIds=", "/s?articleids=" },
	{ "commas of others", &search_rule, "/s?query=b,a", "/s?query=b%2Ca" },
	{ "without sort the order stays", &exact_names_rule, "/s?b=1&tool=x&a=2", "/s?b=1&a=2" },
	{ "names with blanks", &exact_names_rule, "/s?a+b=1&a%20b=2&c", "/s?c" },
	{ "other cases aren't dropped", &exact_names_rule, "/s?Tool=x", "/s?Tool=x" },
	/* what can be read in several ways is left as it came */
	{ "a semicolon", &search_rule, "/s?b=1;c=2&a=1", "/s?b=1;c=2&a=1" },
	{ "a semicolon in what is dropped", &search_rule, "/s?_=1;query=evil&query=a", "/s?_=1;query=evil&query=a" },
	{ "a semicolon that is a value's", &search_rule, "/s?b=1%3Bc=2&a=1", "/s?a=1&b=1%3Bc%3D2" },
	{ "NUL", &search_rule, "/s?b=%00&a=1", "/s?b=%00&a=1" },
	{ "a malformed triplet", &search_rule, "/s?b=%4&a=%zz", "/s?b=%4&a=%zz" },
	{ "a % at the end", &search_rule, "/s?b=1&a=%", "/s?b=1&a=%" },
	{ "one name in two cases", &search_rule, "/s?query=a&Query=b&_=1", "/s?query=a&Query=b&_=1" },
	{ "a set's name alone", &search_rule, "/s?b=1&articleIds", "/s?b=1&articleIds" },
	{ "a control", &search_rule, "/s?b=\x01&a=1", "/s?b=\x01&a=1" },
	{ "beyond ASCII", &search_rule, "/s?b=\xc3\xa9&a=1", "/s?b=\xc3\xa9&a=1" },
};

/* Twenty spellings of one search. */
static const char *const spellings[] = {
	"/search?query=malaria+vaccine&format=json",
	"/search?format=json&query=malaria+vaccine",
	"/search?query=malaria%20vaccine&format=json",
	"/search?query=%6Dalaria%20vaccine&format=json",
	"/search?QUERY=malaria+vaccine&FORMAT=json",
	"/search?Query=malaria+vaccine&Format=json",
	"/search?query=malaria+vaccine&format=json&pageSize=25",
	"/search?query=malaria+vaccine&format=json&pagesize=25",
	"/search?query=malaria+vaccine&format=json&resultType=lite",
	"/search?query=malaria+vaccine&format=json&cursorMark=*",
	"/search?query=malaria+vaccine&format=json&cursorMark=%2A",
	"/search?query=malaria+vaccine&format=json&cursormark=%2a",
	"/search?query=malaria+vaccine&format=json&sort=",
	"/search?email=somebody@example.org&query=malaria+vaccine&format=json",
	"/search?query=malaria+vaccine&format=json&email=another%40example.org",
	"/search?query=malaria+vaccine&format=json&_=1700000000",
	"/search?utm_source=x&query=malaria+vaccine&format=json",
	"/search?&query=malaria+vaccine&&format=json&",
	"/search?cursorMark=*&resultType=lite&sort=&pageSize=25&format=json&query=malaria+vaccine",
	"/search?f%6Frmat=%6A%73%6F%6E&query=malaria%20vaccine&API_KEY=k",
};

static const struct {
	const char *what;
	const char *a, *b;
} different[] = {
	{ "the case of a value", "/s?query=HIV", "/s?query=hiv" },
	{ "a value", "/s?query=a", "/s?query=b" },
	{ "a blank", "/s?query=a", "/s?query=a+" },
	{ "a plus and a blank", "/s?query=a+b", "/s?query=a%2Bb" },
	{ "the order of values", "/s?a=1&a=2", "/s?a=2&a=1" },
	{ "whose value it is", "/s?a=1&b=2", "/s?a=2&b=1" },
	{ "an encoded ampersand", "/s?a=1%26b=2", "/s?a=1&b=2" },
	{ "an encoded equals sign", "/s?a%3D1", "/s?a=1" },
	{ "an encoded percent sign", "/s?a=%2541", "/s?a=A" },
	{ "twice encoded", "/s?a=%2526", "/s?a=%26" },
	{ "the path", "/s?a=1", "/t?a=1" },
	{ "a slash", "/s?a=1", "/s/?a=1" },
	{ "a default and two values", "/s?pageSize=25&pageSize=50", "/s?pageSize=50" },
	{ "two values", "/s?pageSize=25&pageSize=50", "/s?pageSize=50&pageSize=25" },
	{ "a name alone", "/s?a", "/s?a=" },
	{ "a semicolon", "/s?a=1;b=2", "/s?a=1&b=2" },
	{ "what is hidden behind a semicolon", "/s?_=1;query=evil", "/s" },
	{ "cases of one name", "/s?query=a&Query=b", "/s?query=a&query=b" },
	{ "an empty name", "/s?=a", "/s?a" },
	{ "a set and a value with a comma", "/s?articleIds=1,2", "/s?articleIds=1%252C2" },
};

static const struct {
	const char *what;
	const struct config_key *rule;
	const char *target;
	bool passes, credentials;
} kinds[] = {
	{ "nothing", &search_rule, "/s?query=a", false, false },
	{ "callback", &search_rule, "/s?query=a&callback=f", true, false },
	{ "in another case", &search_rule, "/s?query=a&CallBack=f", true, false },
	{ "encoded", &search_rule, "/s?query=a&%63allback=f", true, false },
	{ "alone", &search_rule, "/s?callback", true, false },
	{ "behind a semicolon", &search_rule, "/s?query=a;callback=f", true, false },
	{ "as a value", &search_rule, "/s?query=callback", false, false },
	{ "a credential", &search_rule, "/s?email=x", false, true },
	{ "an empty one", &search_rule, "/s?email=", false, true },
	{ "behind a semicolon", &search_rule, "/s?query=a;email=x", true, false },
	{ "beside a semicolon", &search_rule, "/s?query=a;b&email=x", true, false },
	{ "in what is ambiguous", &search_rule, "/s?query=a&Query=b&email=x", true, true },
	{ "in a case that the rule doesn't fold", &exact_names_rule, "/s?API_KEY=x", true, false },
	{ "in its own", &exact_names_rule, "/s?api_key=x", false, true },
	{ "pass in another case", &exact_names_rule, "/s?Callback=x", false, false },
};

/* clang-format on */

START_TEST(makes_one_form)
{
	struct key_reading reading = read_target(canonical[_i].rule, canonical[_i].target);

	ck_assert_msg(slice_equal(reading.target, slice_of(canonical[_i].want)),
		"%s: '" SLICE_FORMAT "', not '%s'", canonical[_i].what, SLICE_ARGS(reading.target),
		canonical[_i].want);
}
END_TEST

START_TEST(is_stable)
{
	struct key_reading once = read_target(canonical[_i].rule, canonical[_i].target);
	struct key_reading twice = read_target(canonical[_i].rule, once.target.data);

	ASSERT_TEXT(twice.target, once.target);
	ASSERT_TEXT(twice.mark, once.mark);
}
END_TEST

START_TEST(takes_spellings_for_the_same)
{
	struct key_reading reading = read_target(&search_rule, spellings[_i]);

	ASSERT_TEXT(reading.target, SLICE("/search?format=json&query=malaria%20vaccine"));
	ASSERT_TEXT(reading.mark, read_target(&search_rule, spellings[0]).mark);
	ck_assert(!reading.passes);
}
END_TEST

START_TEST(keeps_questions_apart)
{
	struct key_reading a = read_target(&search_rule, different[_i].a);
	struct key_reading b = read_target(&search_rule, different[_i].b);

	ck_assert_msg(!slice_equal(a.target, b.target) || !slice_equal(a.mark, b.mark), "%s",
		different[_i].what);
}
END_TEST

START_TEST(tells_what_passes)
{
	struct key_reading reading = read_target(kinds[_i].rule, kinds[_i].target);

	ck_assert_msg(reading.passes == kinds[_i].passes, "%s", kinds[_i].what);
	ck_assert_msg((reading.credentials != 0) == kinds[_i].credentials, "%s", kinds[_i].what);
}
END_TEST

START_TEST(tells_credentials_apart)
{
	uint64_t one = read_target(&search_rule, "/s?email=a").credentials;

	ck_assert(one == read_target(&search_rule, "/t?x=1&EMAIL=%61").credentials);
	ck_assert(one != read_target(&search_rule, "/s?email=b").credentials);
	ck_assert(one != read_target(&search_rule, "/s?email=a&api_key=k").credentials);
	headers_add(&fields, SLICE("Api_Key"), SLICE("a"));
	ck_assert(read_target(&search_rule, "/s").credentials != 0);
	ck_assert(one != read_target(&search_rule, "/s?email=a").credentials);
}
END_TEST

START_TEST(is_bounded)
{
	char target[16 + 3 * KEY_RULE_PARAMETERS + 3] = "/s?";

	for (size_t i = 0; i < KEY_RULE_PARAMETERS; i++)
		memcpy(target + 3 + 3 * i, i == 0 ? "z=&" : "a=&", 4);
	ASSERT_TEXT(slice_skip(read_target(&sorted_rule, target).target, 3 * KEY_RULE_PARAMETERS),
		SLICE("z="));
	memcpy(target + 3 + 3 * KEY_RULE_PARAMETERS, "a=", 3);
	ASSERT_TEXT(read_target(&sorted_rule, target).target, slice_of(target));
}
END_TEST

START_TEST(spells)
{
	static const struct {
		const char *target, *spelling, *other, *respelled;
	} rows[] = {
		{ "/s?b=1&email=x&a=2", "/s?b=1&a=2", "/s?c&Email=y&api_key=z",
			"/s?b=1&a=2&Email=y&api_key=z" },
		{ "/s?email=x", "/s", "/s?api_key=z", "/s?api_key=z" },
		{ "/s?a=1", "/s?a=1", "/s?b", "/s?a=1" },
		{ "/s", "/s", "/s?", "/s" },
	};
	struct key_rule *rule = key_rule_new(&search_rule);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice spelling = key_rule_spelling(rule, slice_of(rows[i].target), &arena);

		ASSERT_TEXT(spelling, slice_of(rows[i].spelling));
		ASSERT_TEXT(key_rule_respell(rule, spelling, slice_of(rows[i].other), &arena),
			slice_of(rows[i].respelled));
	}
	key_rule_free(rule);
}
END_TEST

START_TEST(knows_secrets)
{
	static const struct {
		const char *target, *text;
		bool found;
	} rows[] = {
		{ "/s?email=me@a.org", "</s?email=me@a.org>", true },
		{ "/s?email=me%40a.org", "</s?email=me@a.org>", true },
		{ "/s?email=me%40a.org", "</s?email=me%40a.org>", true },
		{ "/s?EMAIL=a+bc%4", "a bc%4", true },
		{ "/s?email=me@a.org", "me@a.com", false },
		{ "/s?email=abc", "abc", false },
		{ "/s?email", "email", false },
		{ "/s?query=me@a.org", "me@a.org", false },
		{ "/s?a=1&api_key=k123&email=b123", "b123", true },
		{ "/s", "s", false },
	};
	struct key_rule *rule = key_rule_new(&search_rule);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key_secrets secrets =
			key_rule_secrets(rule, slice_of(rows[i].target), &arena);

		ck_assert_msg(
			key_secrets_stand_in(&secrets, slice_of(rows[i].text)) == rows[i].found,
			"%s in %s", rows[i].target, rows[i].text);
	}
	key_rule_free(rule);
}
END_TEST

START_TEST(begins)
{
	static const struct {
		const char *begin, *want; /* NULL: ambiguous */
	} rows[] = {
		{ "/s", "/s" },
		{ "/s?", "/s?" },
		{ "/s?Query=ext_id:1", "/s?query=ext_id%3A1" },
		{ "/s?query=a+b&", "/s?query=a%20b&" },
		{ "/s?query", "/s?query" },
		{ "/s?query=%4", NULL },
		{ "/s?query=a;", NULL },
	};
	struct key_rule *rule = key_rule_new(&search_rule);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice got = SLICE("");
		enum rc rc = key_rule_prefix(rule, slice_of(rows[i].begin), &arena, &got);

		ck_assert_int_eq(rc, rows[i].want != NULL ? RC_OK : RC_INVALID);
		if (rows[i].want != NULL)
			ASSERT_TEXT(got, slice_of(rows[i].want));
	}
	key_rule_free(rule);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("key_rule");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, makes_one_form, canonical);
	ADD_ROWS(tests, is_stable, canonical);
	ADD_ROWS(tests, takes_spellings_for_the_same, spellings);
	ADD_ROWS(tests, keeps_questions_apart, different);
	ADD_ROWS(tests, tells_what_passes, kinds);
	tcase_add_test(tests, tells_credentials_apart);
	tcase_add_test(tests, is_bounded);
	tcase_add_test(tests, spells);
	tcase_add_test(tests, knows_secrets);
	tcase_add_test(tests, begins);
	return run_case("key_rule", tests);
}

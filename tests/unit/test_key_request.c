/* test_key_request.c - what beside the target stands in a key: classes of Accept, bodies, the rule itself. */
#include "policy/key_rule.h"

#include "http_fixture.h"
#include "key_rules.h"

/* clang-format off */
static const struct {
	const char *what;
	const char *target;
	const char *accept; /* NULL: none */
	const char *want;   /* behind the group; "" is none */
} classes[] = {
	{ "none", "/s?query=a", NULL, "" },
	{ "everything", "/s?query=a", "*/*", "" },
	{ "everything, hardly", "/s?query=a", "*/*;q=0.1", "" },
	{ "empty", "/s?query=a", "", "" },
	{ "a class", "/s?query=a", "application/json", "json" },
	{ "its other name", "/s?query=a", "text/xml", "xml" },
	{ "x-", "/s?query=a", "application/x-json", "json" },
	{ "in upper case", "/s?query=a", "Application/JSON", "json" },
	{ "with a weight", "/s?query=a", "application/json;q=0.5", "json" },
	{ "both names of one", "/s?query=a", "text/xml, application/xml;q=0.9", "xml" },
	{ "another", "/s?query=a", "text/html", "other" },
	{ "others", "/s?query=a", "text/html, image/png", "other" },
	{ "an image of that name", "/s?query=a", "image/json", "image/json" },
	{ "between", "/s?query=a", "application/rdf+xml", "application/rdf+xml" },
	{ "a part of all", "/s?query=a", "application/*", "application/*" },
	{ "by weight", "/s?query=a", "application/xml;q=0.2, application/json;q=0.9", "json,xml" },
	{ "as they come", "/s?query=a", "application/xml, application/json", "xml=json" },
	{ "the other way", "/s?query=a", "application/json, application/xml", "json=xml" },
	{ "or anything", "/s?query=a", "application/json, */*;q=0.1", "json,*" },
	{ "refused", "/s?query=a", "*/*, application/json;q=0", "*,json;0" },
	{ "all refused", "/s?query=a", "*/*;q=0", "*;0" },
	{ "a later weight is higher", "/s?query=a", "text/xml;q=0.1, text/json;q=0.5, application/xml", "xml,json" },
	{ "a browser", "/s?query=a", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "other=application/xhtml+xml,xml,*" },
	{ "what format says", "/s?query=a&format=json", "application/xml", "" },
	{ "in any case", "/s?query=a&FORMAT=json", "application/xml", "" },
	{ "an empty one says nothing", "/s?query=a&format=", "application/xml", "xml" },
	{ "what can't be read says nothing", "/s?a;b&format=json", "application/xml", "xml" },
};
/* clang-format on */

START_TEST(classes_by_accept)
{
	struct key_reading reading;
	struct slice group, class;

	if (classes[_i].accept != NULL)
		headers_add(&fields, SLICE("Accept"), slice_of(classes[_i].accept));
	reading = read_target(&search_rule, classes[_i].target);
	group = key_rule_group(reading.mark);
	class = slice_skip(reading.mark, group.size);
	if (class.size > 0)
		class = slice_skip(class, 1);
	ck_assert_msg(slice_equal(class, slice_of(classes[_i].want)),
		"%s: '" SLICE_FORMAT "', not '%s'", classes[_i].what, SLICE_ARGS(class),
		classes[_i].want);
}
END_TEST

/* What is not just media ranges with weights counts as it is. */
START_TEST(other_accepts_are_exact)
{
	static const char *const texts[] = { "application/json;v=1", "json", "application/json;q=2",
		"application/json;q=1;v=1", "a b/json", "text/x;p=json",
		"text/x;p, application/json", "application/json;q=0.5;q", "/json" };
	struct slice seen[sizeof(texts) / sizeof(texts[0])];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		headers_init(&fields, &arena);
		headers_add(&fields, SLICE("Accept"), slice_of(texts[i]));
		seen[i] = read_target(&search_rule, "/s").mark;
		ck_assert_msg(slice_find(seen[i], '#') > 0, "%s", texts[i]);
		for (size_t k = 0; k < i; k++)
			ck_assert(!slice_equal(seen[i], seen[k]));
	}
}
END_TEST

START_TEST(reads_bodies)
{
	static const struct {
		const char *type, *coding;
		const char *body, *want;
		char kind;
	} rows[] = {
		{ "application/x-www-form-urlencoded", NULL, "query=a+b&pageSize=25&format=json",
			"format=json&query=a%20b", 'f' },
		{ "Application/X-WWW-Form-Urlencoded; charset=utf-8", NULL, "b=2&a=1", "a=1&b=2",
			'f' },
		{ "application/x-www-form-urlencoded", NULL, "b=2;a=1", "b=2;a=1", 'r' },
		{ "application/x-www-form-urlencoded", NULL, "b=2\r\n&a=1", "b=2\r\n&a=1", 'r' },
		{ "application/x-www-form-urlencoded", NULL, "b=%zz&a=1", "b=%zz&a=1", 'r' },
		{ "application/x-www-form-urlencoded", "gzip", "b=2&a=1", "b=2&a=1", 'r' },
		{ "application/json", NULL, "{\"b\": 1, \"a\": [2]}", "{\"a\":[2],\"b\":1}", 'j' },
		{ "application/vnd.api+json", NULL, "{ }", "{}", 'j' },
		{ "application/json", NULL, "{\"a\": 1.0}", "{\"a\": 1.0}", 'r' },
		{ "text/plain", NULL, "b=2&a=1", "b=2&a=1", 'r' },
		{ NULL, NULL, "b=2&a=1", "b=2&a=1", 'r' },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key_reading reading;

		headers_init(&fields, &arena);
		if (rows[i].type != NULL)
			headers_add(&fields, SLICE("Content-Type"), slice_of(rows[i].type));
		if (rows[i].coding != NULL)
			headers_add(&fields, SLICE("Content-Encoding"), slice_of(rows[i].coding));
		reading = read_with(&search_rule, &(struct key_request){ SLICE("/post"), &fields,
							  true, slice_of(rows[i].body), false });
		ASSERT_TEXT(reading.body, slice_of(rows[i].want));
		ck_assert_int_eq(
			reading.mark.data[key_rule_group(reading.mark).size - 1], rows[i].kind);
	}
}
END_TEST

START_TEST(a_form_says_what_its_format_is)
{
	static const struct {
		const char *target, *body;
		bool has_class, passes;
	} rows[] = {
		{ "/post", "query=a&format=xml", false, false },
		{ "/post?format=xml", "query=a", true, false },
		{ "/post", "query=a&callback=f", true, true },
		{ "/post?callback=f", "query=a", true, true },
		{ "/post", "query=a;callback=f", true, true },
		{ "/post", "query=a&email=x;", true, true },
	};

	headers_add(&fields, SLICE("Content-Type"), SLICE("application/x-www-form-urlencoded"));
	headers_add(&fields, SLICE("Accept"), SLICE("application/json"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key_reading reading = read_with(
			&search_rule, &(struct key_request){ slice_of(rows[i].target), &fields,
					      true, slice_of(rows[i].body), false });

		ck_assert_int_eq(reading.passes, rows[i].passes);
		ck_assert_int_eq(
			reading.mark.size > key_rule_group(reading.mark).size, rows[i].has_class);
	}
}
END_TEST

/* A rule that was found wrong takes nothing for the same; what it kept out of keys stays out. */
START_TEST(suspended)
{
	struct key_request request = { .headers = &fields, .suspended = true };
	struct key_reading on = read_target(&search_rule, "/s?b=1&a=2"), off;

	headers_add(&fields, SLICE("Accept"), SLICE("application/json"));
	request.target = SLICE("/s?b=1&a=2");
	off = read_with(&search_rule, &request);
	ASSERT_TEXT(off.target, request.target);
	ck_assert(!slice_equal(key_rule_group(off.mark), key_rule_group(on.mark)));
	ck_assert(!off.passes && slice_find(off.mark, '#') > 0);
	request.target = SLICE("/s?b=1&email=x");
	ck_assert(read_with(&search_rule, &request).passes);
	request.target = SLICE("/s?b=1&callback=x");
	ck_assert(read_with(&search_rule, &request).passes);
}
END_TEST

static const struct config_key drops = { .drop = LIST("a", "b") };
static const struct config_key drops_too = { .drop = LIST("b", "a") };
static const struct config_key drops_less = { .drop = LIST("a") };
static const struct config_key knows = { .credentials = LIST("a", "b") };

START_TEST(rules_have_marks_of_their_own)
{
	static const struct config_key *const rules[] = { &search_rule, &sorted_rule,
		&exact_names_rule, &drops, &drops_less, &knows };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		for (size_t k = 0; k < i; k++)
			ck_assert(!slice_equal(read_target(rules[i], "/s").mark,
				read_target(rules[k], "/s").mark));
	}
	ASSERT_TEXT(read_target(&drops, "/s").mark, read_target(&drops_too, "/s").mark);
	ck_assert_ptr_null(
		key_rule_new(&(struct config_key){ .format = (char *)"format", .verify = 10 }));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("key_request");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, classes_by_accept, classes);
	tcase_add_test(tests, other_accepts_are_exact);
	tcase_add_test(tests, reads_bodies);
	tcase_add_test(tests, a_form_says_what_its_format_is);
	tcase_add_test(tests, suspended);
	tcase_add_test(tests, rules_have_marks_of_their_own);
	return run_case("key_request", tests);
}

/* test_guard_rules.c - is a body what the route takes for good: configuration, what was seen -> verdict. */
#include "policy/guard.h"

#include "policy_rows.h"

#include "http/request.h"

#define ONE(a)                               \
	{                                    \
		(char *[]){ (char *)(a) }, 1 \
	}
#define TWO(a, b)                                         \
	{                                                 \
		(char *[]){ (char *)(a), (char *)(b) }, 2 \
	}

#define PLAIN .xml.root = none, .watch = none

static char none[] = "", root[] = "r", prefixed_root[] = "x:r", hits[] = "/hitCount";

static const struct config_guard nothing = { PLAIN };
static const struct config_guard typed = { PLAIN,
	.content_type = TWO("application/json", "application/xml") };
static const struct config_guard measured = { PLAIN, .min_length = 10, .max_length = 20 };
static const struct config_guard whole = { PLAIN, .well_formed = true };
static const struct config_guard api = { .xml.root = root,
	.watch = none,
	.json.require = ONE("/hitCount"),
	.json.forbid = ONE("/errCode"),
	.xml.forbid = ONE("ERROR"),
	.negative = { .json = ONE("/code"), .xml = ONE("Empty") },
	.pass = { .json = ONE("/pending"), .xml = ONE("Pending") } };
static const struct config_guard prefixed = { .xml.root = prefixed_root, .watch = none };
static const struct config_guard as_negative = { PLAIN, .json.forbid = ONE("/errCode"),
	.on_fail = CONFIG_NEGATIVE };
static const struct config_guard as_pass = { PLAIN, .json.forbid = ONE("/errCode"),
	.negative.json = ONE("/code"), .on_fail = CONFIG_PASS };
static const struct config_guard watching = { .xml.root = none, .watch = hits };

static const struct config_guard *const all[] = { &nothing, &typed, &measured, &whole, &api,
	&prefixed, &as_negative, &as_pass, &watching };

#define JSON       .content_type = { "application/json", 16 }
#define XML        .content_type = { "text/xml; charset=utf-8", 23 }
#define HTML       .content_type = { "text/html", 9 }
#define OPEN       .announced = LENGTH_UNKNOWN
#define ENDED      .announced = LENGTH_UNKNOWN, .ended = true, .complete = true
#define ROOT(name) .root = { name, sizeof(name) - 1 }

/* clang-format off */
static const struct {
	const char *what;
	const struct config_guard *guard;
	struct guard_seen seen;
	enum guard_verdict verdict;
	enum guard_rule rule;
} rows[] = {
	{ "nothing is asked", &nothing, { HTML, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "a type that is taken is enough", &typed, { JSON, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "parameters and letter case", &typed, { .content_type = { "Application/JSON ; charset=x", 28 }, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "another type", &typed, { HTML, OPEN }, GUARD_REJECT, GUARD_RULE_CONTENT_TYPE },
	{ "no type", &typed, { OPEN }, GUARD_REJECT, GUARD_RULE_CONTENT_TYPE },
	{ "a longer type", &typed, { .content_type = { "application/json5", 17 }, OPEN }, GUARD_REJECT, GUARD_RULE_CONTENT_TYPE },
	{ "a length that isn't known", &measured, { HTML, OPEN, .length = 15 }, GUARD_UNDECIDED, GUARD_RULE_NONE },
	{ "a length within", &measured, { HTML, .announced = 10 }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "announced too short", &measured, { HTML, .announced = 9 }, GUARD_REJECT, GUARD_RULE_MIN_LENGTH },
	{ "announced too long", &measured, { HTML, .announced = 21 }, GUARD_REJECT, GUARD_RULE_MAX_LENGTH },
	{ "grown too long", &measured, { HTML, OPEN, .length = 21 }, GUARD_REJECT, GUARD_RULE_MAX_LENGTH },
	{ "ended too short", &measured, { HTML, ENDED, .length = 9 }, GUARD_REJECT, GUARD_RULE_MIN_LENGTH },
	{ "ended well", &measured, { HTML, ENDED, .length = 20 }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "a coding that isn't known has no length", &measured, { HTML, OPEN, .unreadable = true }, GUARD_PASS, GUARD_RULE_NONE },
	{ "its end, too", &measured, { HTML, ENDED, .unreadable = true }, GUARD_PASS, GUARD_RULE_NONE },
	{ "a gzip that is none", &measured, { HTML, OPEN, .damaged = true }, GUARD_REJECT, GUARD_RULE_WELL_FORMED },
	{ "JSON must be whole", &whole, { JSON, OPEN }, GUARD_UNDECIDED, GUARD_RULE_NONE },
	{ "JSON is whole", &whole, { JSON, ENDED }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "JSON is broken", &whole, { JSON, OPEN, .broken = true }, GUARD_REJECT, GUARD_RULE_WELL_FORMED },
	{ "XML is broken", &whole, { XML, ENDED, .broken = true }, GUARD_REJECT, GUARD_RULE_WELL_FORMED },
	{ "HTML is not read", &whole, { HTML, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "more than is read", &whole, { JSON, OPEN, .unreadable = true }, GUARD_PASS, GUARD_RULE_NONE },
	{ "undecided to the end", &api, { JSON, OPEN }, GUARD_UNDECIDED, GUARD_RULE_NONE },
	{ "good at the end", &api, { JSON, ENDED }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "a forbidden member at once", &api, { JSON, OPEN, .forbidden = true }, GUARD_REJECT, GUARD_RULE_JSON_FORBID },
	{ "a required member lacks", &api, { JSON, .announced = LENGTH_UNKNOWN, .ended = true }, GUARD_REJECT, GUARD_RULE_JSON_REQUIRE },
	{ "what is negative needs none", &api, { JSON, .announced = LENGTH_UNKNOWN, .ended = true, .negative = true }, GUARD_NEGATIVE, GUARD_RULE_NONE },
	{ "a condition asks for all of the document", &api, { JSON, OPEN, .broken = true }, GUARD_REJECT, GUARD_RULE_WELL_FORMED },
	{ "negative at the end only", &api, { JSON, OPEN, .negative = true }, GUARD_UNDECIDED, GUARD_RULE_NONE },
	{ "negative", &api, { JSON, ENDED, .negative = true }, GUARD_NEGATIVE, GUARD_RULE_NONE },
	{ "rejected before negative", &api, { JSON, ENDED, .negative = true, .forbidden = true }, GUARD_REJECT, GUARD_RULE_JSON_FORBID },
	{ "negative before pass", &api, { JSON, ENDED, .negative = true, .pass = true }, GUARD_NEGATIVE, GUARD_RULE_NONE },
	{ "pass at the end only", &api, { JSON, OPEN, .pass = true }, GUARD_UNDECIDED, GUARD_RULE_NONE },
	{ "pass", &api, { JSON, ENDED, .pass = true }, GUARD_PASS, GUARD_RULE_NONE },
	{ "a forbidden member stands above what can't be read", &api, { JSON, OPEN, .forbidden = true, .unreadable = true }, GUARD_REJECT, GUARD_RULE_JSON_FORBID },
	{ "XML needs no member", &api, { XML, .announced = LENGTH_UNKNOWN, .ended = true, ROOT("r") }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "another root", &api, { XML, OPEN, ROOT("html") }, GUARD_REJECT, GUARD_RULE_XML_ROOT },
	{ "a root with a prefix", &prefixed, { XML, ENDED, ROOT("r") }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "another root than that", &prefixed, { XML, OPEN, ROOT("x") }, GUARD_REJECT, GUARD_RULE_XML_ROOT },
	{ "a forbidden element", &api, { XML, OPEN, ROOT("r"), .forbidden = true }, GUARD_REJECT, GUARD_RULE_XML_FORBID },
	{ "negative XML", &api, { XML, ENDED, ROOT("r"), .negative = true }, GUARD_NEGATIVE, GUARD_RULE_NONE },
	{ "another type has no members", &api, { HTML, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "what fails is negative", &as_negative, { JSON, OPEN, .forbidden = true }, GUARD_NEGATIVE, GUARD_RULE_JSON_FORBID },
	{ "what fails passes", &as_pass, { JSON, ENDED, .forbidden = true }, GUARD_PASS, GUARD_RULE_JSON_FORBID },
	{ "or turns out to be negative", &as_pass, { JSON, OPEN, .forbidden = true }, GUARD_UNDECIDED, GUARD_RULE_JSON_FORBID },
	{ "and is", &as_pass, { JSON, OPEN, .forbidden = true, .negative = true }, GUARD_NEGATIVE, GUARD_RULE_JSON_FORBID },
	{ "or can't any more", &as_pass, { JSON, OPEN, .broken = true }, GUARD_PASS, GUARD_RULE_WELL_FORMED },
	{ "a number that is watched holds nobody up", &watching, { JSON, OPEN }, GUARD_GOOD, GUARD_RULE_NONE },
	{ "and asks for no JSON", &watching, { JSON, ENDED, .broken = true }, GUARD_GOOD, GUARD_RULE_NONE },
};

static const struct {
	const char *type;
	enum guard_kind kind;
} kinds[] = {
	{ "application/json", GUARD_JSON },
	{ "text/json;charset=utf-8", GUARD_JSON },
	{ "application/vnd.datacite.datacite+json", GUARD_JSON },
	{ "Application/Problem+JSON", GUARD_JSON },
	{ "application/xml", GUARD_XML },
	{ "text/xml", GUARD_XML },
	{ "application/atom+xml; type=feed", GUARD_XML },
	{ "application/json-seq", GUARD_OTHER },
	{ "application/x-ndjson", GUARD_OTHER },
	{ "application/javascript", GUARD_OTHER },
	{ "text/html", GUARD_OTHER },
	{ "+json", GUARD_OTHER },
	{ "", GUARD_OTHER },
};

static const struct {
	const struct config_guard *guard;
	bool on, json, xml;
} uses[] = {
	{ &nothing, false, false, false },
	{ &typed, true, false, false },
	{ &measured, true, false, false },
	{ &whole, true, true, true },
	{ &api, true, true, true },
	{ &as_negative, true, true, false },
	{ &watching, true, true, false },
};
/* clang-format on */

START_TEST(test_verdict)
{
	enum guard_rule rule;
	enum guard_verdict verdict = guard_judge(rows[_i].guard, &rows[_i].seen, &rule);

	ck_assert_msg(verdict == rows[_i].verdict && rule == rows[_i].rule, "%s: %d, %s",
		rows[_i].what, verdict, guard_rule_text(rule));
}
END_TEST

/* Whoever waits for a verdict gets one: at the end, and when nothing more can be read. */
START_TEST(test_end)
{
	static const char *const types[] = { "application/json", "text/xml", "text/html", "" };
	const struct config_guard *guard = all[_i];

	for (unsigned bits = 0; bits < 1024; bits++) {
		struct guard_seen seen = {
			.content_type = slice_of(types[bits & 3]),
			.announced = LENGTH_UNKNOWN,
			.ended = bits & 4,
			.damaged = bits & 8,
			.broken = bits & 16,
			.unreadable = bits & 32,
			.forbidden = bits & 64,
			.complete = bits & 128,
			.negative = bits & 256,
			.pass = bits & 512,
		};
		enum guard_rule rule;
		enum guard_verdict verdict = guard_judge(guard, &seen, &rule);

		if (seen.ended || seen.damaged || seen.unreadable)
			ck_assert_msg(verdict != GUARD_UNDECIDED, "%u", bits);
	}
}
END_TEST

START_TEST(test_kind)
{
	ck_assert_int_eq(guard_kind_of(slice_of(kinds[_i].type)), kinds[_i].kind);
}
END_TEST

START_TEST(test_use)
{
	ck_assert(guard_is_on(uses[_i].guard) == uses[_i].on);
	ck_assert(guard_reads(uses[_i].guard, GUARD_JSON) == uses[_i].json);
	ck_assert(guard_reads(uses[_i].guard, GUARD_XML) == uses[_i].xml);
	ck_assert(!guard_reads(uses[_i].guard, GUARD_OTHER));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard_rules");
	TCase *tests = tcase_create("guard_rules");

	tcase_add_loop_test(tests, test_verdict, 0, ROWS(rows));
	tcase_add_loop_test(tests, test_end, 0, ROWS(all));
	tcase_add_loop_test(tests, test_kind, 0, ROWS(kinds));
	tcase_add_loop_test(tests, test_use, 0, ROWS(uses));
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

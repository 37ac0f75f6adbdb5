/* test_vary.c - which request selects which stored response (RFC 9111 4.1).
 *
 * Rows: a response's Vary and two requests -> whether the second selects what the first fetched.
 */
#include "policy/vary.h"

#include "policy_rows.h"

/* clang-format off */
static const struct {
	const char *clause;
	const char *response;
	const char *first;
	const char *second;
	bool selects;
} matches[] = {
	{ "4.1: no Vary", NULL, "accept: a", "accept: b", true },
	{ "4.1: empty Vary", "vary:", "accept: a", "accept: b", true },
	{ "4.1: same", "vary: accept", "accept: a", "accept: a", true },
	{ "4.1: other", "vary: accept", "accept: a", "accept: b", false },
	{ "4.1: longer", "vary: accept", "accept: a", "accept: ab", false },
	{ "4.1: shorter", "vary: accept", "accept: ab", "accept: a", false },
	{ "4.1: names in any case", "VARY: AcCePt", "ACCEPT: a", "accept: a", true },
	{ "4.1: names in any case, other value", "VARY: AcCePt", "ACCEPT: a", "accept: b", false },
	{ "4.1: both absent", "vary: x-a", NULL, "x-b: 1", true },
	{ "4.1: absent, then there", "vary: x-a", NULL, "x-a: 1", false },
	{ "4.1: there, then absent", "vary: x-a", "x-a: 1", NULL, false },
	{ "4.1: absent is not empty", "vary: x-a", NULL, "x-a:", false },
	{ "4.1: empty is not absent", "vary: x-a", "x-a:", NULL, false },
	{ "4.1: both empty", "vary: x-a", "x-a:", "x-a:", true },
	{ "4.1: who writes as absent is kept", "vary: x-a", NULL, "x-a: ,absent", false },
	{ "4.1: and the other way", "vary: x-a", "x-a: ,absent", NULL, false },
	{ "4.1: a field that isn't named", "vary: x-a", "x-a: 1\nx-b: 1", "x-a: 1\nx-b: 2", true },
	{ "4.1: two names, both same", "vary: x-a, x-b", "x-a: 1\nx-b: 2", "x-b: 2\nx-a: 1", true },
	{ "4.1: two names, one differs", "vary: x-a, x-b", "x-a: 1\nx-b: 2", "x-a: 1\nx-b: 3", false },
	{ "4.1: two Vary fields", "vary: x-a\nvary: x-b", "x-a: 1\nx-b: 2", "x-a: 1\nx-b: 3", false },
	{ "4.1: empty members of Vary", "vary: , x-a,", "x-a: 1", "x-a: 2", false },
	{ "4.1: a name twice", "vary: x-a, X-A", "x-a: 1", "x-a: 1", true },
	{ "4.1: blanks around commas", "vary: x-a", "x-a: 1,2 ,\t3", "x-a: 1 , 2, 3", true },
	{ "4.1: blanks inside of members count", "vary: x-a", "x-a: 1 2", "x-a: 1  2", false },
	{ "4.1: several fields joined", "vary: x-a", "x-a: 1\nx-a: 2", "x-a: 1,2", true },
	{ "4.1: and the other way", "vary: x-a", "x-a: 1, 2", "x-a: 1\nx-a: 2", true },
	{ "4.1: order counts", "vary: x-a", "x-a: 1, 2", "x-a: 2, 1", false },
	{ "4.1: letter case of values counts", "vary: x-a", "x-a: a", "x-a: A", false },
	{ "4.1: empty members count", "vary: x-a", "x-a: 1,,2", "x-a: 1,2", false },
	{ "4.1: quoted commas", "vary: x-a", "x-a: \"1,2\"", "x-a: \"1, 2\"", false },
	{ "4.1: quoted, the same", "vary: x-a", "x-a: \"1,2\",3", "x-a: \"1,2\" , 3", true },
	{ "4.1: an escaped quote", "vary: x-a", "x-a: \"a\\\",b\"", "x-a: \"a\\\", b\"", false },
	{ "4.1: a quote without end", "vary: x-a", "x-a: \"1,2", "x-a: \"1, 2", false },
	{ "4.1: a lone quote", "vary: x-a", "x-a: \"", "x-a: \"", true },
	{ "12.5.4: languages in any case", "vary: accept-language", "accept-language: en-GB,DE;Q=0.5", "accept-language: en-gb, de;q=0.5", true },
	{ "12.5.4: another language", "vary: accept-language", "accept-language: en", "accept-language: de", false },
	{ "12.5.3: identity serves everybody", "vary: accept-encoding", "accept-encoding: gzip", "accept-encoding: br", true },
	{ "12.5.3: whoever asked first", "vary: accept-encoding", NULL, "accept-encoding: gzip", true },
	{ "12.5.3: gzip can be inflated", "vary: accept-encoding\ncontent-encoding: gzip", "accept-encoding: gzip", NULL, true },
	{ "12.5.3: gzip, Vary forgotten", "content-encoding: gzip", "accept-encoding: gzip", NULL, true },
	{ "12.5.3: another name still counts", "content-encoding: gzip\nvary: accept-encoding, x-a", "x-a: 1", "x-a: 2", false },
	{ "5.2.2.6: gzip and no-transform", "cache-control: no-transform\ncontent-encoding: gzip", "accept-encoding: gzip", NULL, false },
	{ "5.2.2.6: who takes it gets it", "cache-control: no-transform\ncontent-encoding: gzip", "accept-encoding: gzip", "accept-encoding: x-gzip, br", true },
	{ "5.2.2.6: identity and no-transform", "cache-control: no-transform\nvary: accept-encoding", "accept-encoding: gzip", NULL, true },
	{ "8.4: a part of gzip", "content-encoding: gzip\ncontent-range: bytes 0-1/9", "accept-encoding: gzip", NULL, false },
	{ "8.4: another coding, Vary forgotten", "content-encoding: br", "accept-encoding: gzip, br", NULL, false },
	{ "8.4: another coding beside a name", "content-encoding: br\nvary: x-a", "accept-encoding: gzip, br\nx-a: 1", "x-a: 1", false },
	{ "8.4: two codings", "content-encoding: br, gzip\nvary: accept-encoding", "accept-encoding: gzip, br", "accept-encoding: br", false },
	{ "8.4: plain, Vary absent", "content-type: a/b", "accept-encoding: gzip", NULL, true },
	{ "4.1: Vary: Cookie, none", "vary: cookie", NULL, NULL, true },
	{ "4.1: Vary: Cookie, one comes", "vary: cookie", NULL, "cookie: a=b", false },
};

/* Two values of Accept-Language: does the second select what the first fetched? */
static const struct {
	const char *clause;
	const char *first;
	const char *second;
	bool selects;
} languages[] = {
	{ "9110 12.5.4: by weight", "accept-language: en;q=0.5, de", "accept-language: de,en;q=0.5", true },
	{ "9110 12.5.4: order of equals may be priority", "accept-language: en, de", "accept-language: de, en", false },
	{ "9110 12.5.4: order of equal weights", "accept-language: en;q=0.5, de;q=0.5", "accept-language: de;q=0.5, en;q=0.5", false },
	{ "9110 12.5.4: q=1 is none", "accept-language: en;q=1, de;q=0.5", "accept-language: en, de;q=0.5", true },
	{ "9110 12.5.4: q=1.000", "accept-language: en;q=1.000", "accept-language: en", true },
	{ "9110 12.5.4: q=1.", "accept-language: en;q=1.", "accept-language: en", true },
	{ "9110 12.4.2: trailing zeros", "accept-language: en;q=0.50, de", "accept-language: de, en;q=0.500", true },
	{ "9110 12.4.2: q=0 and q=0.0", "accept-language: de, en;q=0", "accept-language: de, en;q=0.0", true },
	{ "9110 12.4.2: q=0 is not absence", "accept-language: de, en;q=0", "accept-language: de", false },
	{ "9110 12.4.2: other weights", "accept-language: en;q=0.5", "accept-language: en;q=0.6", false },
	{ "9110 12.4.2: weights of a thousandth", "accept-language: en;q=0.501", "accept-language: en;q=0.5", false },
	{ "9110 12.4.2: the same ranks, other weights", "accept-language: de, en;q=0.9", "accept-language: de, en;q=0.8", false },
	{ "9110 12.4.2: blanks around the semicolon", "accept-language: en ; q=0.5", "accept-language: en;q=0.5", true },
	{ "9110 12.4.2: Q", "accept-language: en;Q=0.5", "accept-language: en;q=0.5", true },
	{ "4647 2: letter case of ranges", "accept-language: EN-gb", "accept-language: en-GB", true },
	{ "4647 2: subtags count", "accept-language: en-gb", "accept-language: en", false },
	{ "4647 2: *", "accept-language: *;q=0.1, en", "accept-language: en, *;q=0.1", true },
	{ "9110 5.3: two fields", "accept-language: en;q=0.5\naccept-language: de", "accept-language: de, en;q=0.5", true },
	{ "9110 5.6.1: empty members", "accept-language: en,,de", "accept-language: en, de", true },
	{ "9110 12.4.2: malformed: order counts", "accept-language: en;q=0.5x, de", "accept-language: de, en;q=0.5x", false },
	{ "9110 12.4.2: malformed: the same", "accept-language: en;q=0.5x,de", "accept-language: EN;q=0.5x , de", true },
	{ "9110 12.4.2: above 1", "accept-language: en;q=1.5", "accept-language: en", false },
	{ "9110 12.4.2: four digits", "accept-language: en;q=0.5000", "accept-language: en;q=0.5", false },
	{ "9110 12.4.2: a blank behind q", "accept-language: en;q =0.5", "accept-language: en;q=0.5", false },
	{ "9110 12.5.4: another parameter", "accept-language: en;a=b", "accept-language: en", false },
	{ "9110 12.5.4: a weight and more", "accept-language: en;q=0.5;a=b", "accept-language: en;q=0.5", false },
	{ "9110 12.5.4: no range", "accept-language: en us", "accept-language: en", false },
	{ "9110 12.5.4: a weight alone", "accept-language: ;q=0.5", "accept-language: ", false },
	{ "9110 12.5.4: sixteen ranges", "accept-language: x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,x15", "accept-language: x0 ,x1 ,x2 ,x3 ,x4 ,x5 ,x6 ,x7 ,x8 ,x9 ,x10 ,x11 ,x12 ,x13 ,x14 ,x15", true },
	{ "9110 12.5.4: sixteen ranges by weight", "accept-language: a;q=0.1,x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14", "accept-language: x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,a;q=0.1", true },
	{ "9110 12.5.4: seventeen: as they came", "accept-language: a;q=0.1,x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,x15", "accept-language: x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,x15,a;q=0.1", false },
	{ "9110 12.5.4: seventeen, the same", "accept-language: a;q=0.1,x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,x15", "accept-language: a;q=0.1, x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,x11,x12,x13,x14,x15", true },
	{ "9111 4.1: absent is not empty", NULL, "accept-language: ", false },
	{ "9111 4.1: empty is not absent", "accept-language: ", NULL, false },
};

static const struct {
	const char *clause;
	const char *response;
	const char *request;
	const char *variant;
} selections[] = {
	{ "4.1: nothing", NULL, "accept: a", "" },
	{ "4.1: sorted, lower case, once", "vary: X-B, Accept, x-b, X-A", "x-b: 2\naccept: t/x ,  */*\nX-A: 1", "accept: t/x, */*\nx-a: 1\nx-b: 2" },
	{ "4.1: absent and empty", "vary: x-a, x-b", "x-b:", "x-a: ,absent\nx-b: " },
	{ "4.1: a prefix comes first", "vary: x-ab, x-a", NULL, "x-a: ,absent\nx-ab: ,absent" },
	{ "4.1: listed, and fit for everybody", "vary: accept-encoding, x-a\ncontent-encoding: gzip", "accept-encoding: gzip\nx-a: 1", "x-a: 1" },
	{ "4.1: listed and not to be undone", "vary: accept-encoding\ncontent-encoding: br", "accept-encoding: gzip, br", "accept-encoding: gzip" },
	{ "4.1: an empty string", "vary: x-a", "x-a: \"\",b", "x-a: \"\", b" },
	{ "4.1: a quote that ends with a backslash", "vary: x-a", "x-a: \"a,\\", "x-a: \"a,\\" },
	{ "4.1: encoded only", "content-encoding: br", NULL, "accept-encoding: identity" },
	{ "12.5.4: by weight, shortest form", "vary: accept-language", "accept-language: en;q=0.50, DE , fr;Q=0.5,*;q=0.010,x;q=0", "accept-language: de, en;q=0.5, fr;q=0.5, *;q=0.01, x;q=0" },
	{ "12.5.4: three digits", "vary: accept-language", "accept-language: en;q=0.507, de;q=1.000", "accept-language: de, en;q=0.507" },
	{ "12.5.4: malformed, as it came", "vary: accept-language", "accept-language: EN;q=2 ,de", "accept-language: en;q=2, de" },
	{ "12.5.4: none", "vary: accept-language", NULL, "accept-language: ,absent" },
	{ "12.5.4: empty", "vary: accept-language", "accept-language:", "accept-language: " },
};

static const struct {
	const char *clause;
	const char *response;
	const char *request;
} refusals[] = {
	{ "4.1: *", "vary: *", NULL },
	{ "4.1: * among names", "vary: accept, *, x-a", NULL },
	{ "4.1: * in the last field", "vary: accept\nvary: *", NULL },
	{ "4.1: no name", "vary: accept language", NULL },
	{ "4.1: a cookie", "vary: accept, cookie", "cookie: a=b" },
	{ "4.1: credentials", "vary: Authorization", "authorization: Basic YTpi" },
	{ "4.1: a proxy's credentials", "vary: proxy-authorization", "proxy-authorization: Basic YTpi" },
};
/* clang-format on */

START_TEST(match_row)
{
	struct headers response, first, second, variant;

	rows_begin();
	response = row_headers(matches[_i].response);
	first = row_headers(matches[_i].first);
	second = row_headers(matches[_i].second);
	headers_init(&variant, &row_arena);
	ck_assert_int_eq(vary_select(&first, &response, &variant), RC_OK);
	ck_assert_msg(
		vary_matches(&variant, &first), "row %d (%s): not its own", _i, matches[_i].clause);
	ck_assert_msg(vary_matches(&variant, &second) == matches[_i].selects, "row %d (%s): %s", _i,
		matches[_i].clause, row_text(&variant));
}
END_TEST

START_TEST(language_row)
{
	struct headers response, first, second, variant;

	rows_begin();
	response = row_headers("vary: Accept-Language");
	first = row_headers(languages[_i].first);
	second = row_headers(languages[_i].second);
	headers_init(&variant, &row_arena);
	ck_assert_int_eq(vary_select(&first, &response, &variant), RC_OK);
	ck_assert_msg(vary_matches(&variant, &first), "row %d (%s): not its own", _i,
		languages[_i].clause);
	ck_assert_msg(vary_matches(&variant, &second) == languages[_i].selects, "row %d (%s): %s",
		_i, languages[_i].clause, row_text(&variant));
}
END_TEST

START_TEST(selection_row)
{
	struct headers response, request, variant;

	rows_begin();
	response = row_headers(selections[_i].response);
	request = row_headers(selections[_i].request);
	headers_init(&variant, &row_arena);
	ck_assert_int_eq(vary_select(&request, &response, &variant), RC_OK);
	ck_assert_msg(slice_equal(slice_of(row_text(&variant)), slice_of(selections[_i].variant)),
		"row %d (%s): %s", _i, selections[_i].clause, row_text(&variant));
}
END_TEST

START_TEST(refusal_row)
{
	struct headers response, request, variant;

	rows_begin();
	response = row_headers(refusals[_i].response);
	request = row_headers(refusals[_i].request);
	headers_init(&variant, &row_arena);
	ck_assert_msg(vary_select(&request, &response, &variant) == RC_UNSUPPORTED, "row %d (%s)",
		_i, refusals[_i].clause);
	ck_assert_uint_eq(variant.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vary");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, match_row, 0, ROWS(matches));
	tcase_add_loop_test(cases, language_row, 0, ROWS(languages));
	tcase_add_loop_test(cases, selection_row, 0, ROWS(selections));
	tcase_add_loop_test(cases, refusal_row, 0, ROWS(refusals));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

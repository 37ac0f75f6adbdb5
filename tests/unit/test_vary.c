/* test_vary.c - which request selects which stored response (RFC 9111 4.1).
 *
 * Rows: a response's Vary and two requests -> whether the second selects what the first fetched.
 */
#include "policy/vary.h"

#include "policy_rows.h"

/* clang-format off */
static const struct {
	const char *clause;
	const char *request;
	bool gzip;
} codings[] = {
	{ "none: not everybody can read it", NULL, false },
	{ "empty: no coding", "accept-encoding:", false },
	{ "gzip", "accept-encoding: gzip", true },
	{ "any case", "Accept-Encoding: GZip", true },
	{ "8.4.1.3: x-gzip", "accept-encoding: x-gzip", true },
	{ "in a list", "accept-encoding: br, gzip, deflate", true },
	{ "in a second field", "accept-encoding: br\naccept-encoding: gzip", true },
	{ "others only", "accept-encoding: br, deflate, zstd", false },
	{ "something alike", "accept-encoding: gzipped", false },
	{ "identity", "accept-encoding: identity", false },
	{ "*", "accept-encoding: *", true },
	{ "*;q=0", "accept-encoding: *;q=0", false },
	{ "gzip;q=0", "accept-encoding: gzip;q=0", false },
	{ "gzip;q=0.000", "accept-encoding: gzip;q=0.000", false },
	{ "* but not gzip", "accept-encoding: gzip;q=0, *", false },
	{ "gzip but nothing else", "accept-encoding: gzip, *;q=0", true },
	{ "q", "accept-encoding: gzip;q=0.001", true },
	{ "q in upper case, blanks", "accept-encoding: gzip ; Q=0.5", true },
	{ "identity preferred", "accept-encoding: gzip;q=0.5, identity", false },
	{ "identity less", "accept-encoding: gzip;q=1.0, identity; q=0.5, *;q=0", true },
	{ "both alike", "accept-encoding: identity, gzip", true },
	{ "others preferred", "accept-encoding: gzip;q=0.5, *;q=1", false },
	{ "no identity, all else", "accept-encoding: identity;q=0, *", true },
	{ "no identity, and not gzip", "accept-encoding: identity;q=0", false },
	{ "another parameter", "accept-encoding: gzip;level=9;q=0", false },
	{ "other parameters only", "accept-encoding: gzip;level=9", true },
	{ "a parameter of one letter", "accept-encoding: gzip;l=0", true },
	{ "of two the least", "accept-encoding: gzip, x-gzip;q=0", false },
	{ "q=1.", "accept-encoding: gzip;q=1.", true },
	{ "q that is none", "accept-encoding: gzip;q=x", false },
	{ "q above 1", "accept-encoding: gzip;q=1.5", false },
	{ "q of two digits", "accept-encoding: gzip;q=10", false },
	{ "q with too many digits", "accept-encoding: gzip;q=0.5000", false },
	{ "q with a letter", "accept-encoding: gzip;q=0.5x", false },
	{ "q with what comes after digits", "accept-encoding: gzip;q=0.5:", false },
	{ "empty q", "accept-encoding: gzip;q=", false },
};

static const struct {
	const char *clause;
	const char *response;
	const char *first;
	const char *second;
	bool selects;
} matches[] = {
	{ "no Vary", NULL, "accept: a", "accept: b", true },
	{ "empty Vary", "vary:", "accept: a", "accept: b", true },
	{ "same", "vary: accept", "accept: a", "accept: a", true },
	{ "other", "vary: accept", "accept: a", "accept: b", false },
	{ "longer", "vary: accept", "accept: a", "accept: ab", false },
	{ "shorter", "vary: accept", "accept: ab", "accept: a", false },
	{ "names in any case", "VARY: AcCePt", "ACCEPT: a", "accept: a", true },
	{ "names in any case, other value", "VARY: AcCePt", "ACCEPT: a", "accept: b", false },
	{ "both absent", "vary: x-a", NULL, "x-b: 1", true },
	{ "absent, then there", "vary: x-a", NULL, "x-a: 1", false },
	{ "there, then absent", "vary: x-a", "x-a: 1", NULL, false },
	{ "absent is not empty", "vary: x-a", NULL, "x-a:", false },
	{ "empty is not absent", "vary: x-a", "x-a:", NULL, false },
	{ "both empty", "vary: x-a", "x-a:", "x-a:", true },
	{ "who writes as absent is kept", "vary: x-a", NULL, "x-a: ,absent", false },
	{ "and the other way", "vary: x-a", "x-a: ,absent", NULL, false },
	{ "a field that isn't named", "vary: x-a", "x-a: 1\nx-b: 1", "x-a: 1\nx-b: 2", true },
	{ "two names, both same", "vary: x-a, x-b", "x-a: 1\nx-b: 2", "x-b: 2\nx-a: 1", true },
	{ "two names, one differs", "vary: x-a, x-b", "x-a: 1\nx-b: 2", "x-a: 1\nx-b: 3", false },
	{ "two Vary fields", "vary: x-a\nvary: x-b", "x-a: 1\nx-b: 2", "x-a: 1\nx-b: 3", false },
	{ "empty members of Vary", "vary: , x-a,", "x-a: 1", "x-a: 2", false },
	{ "a name twice", "vary: x-a, X-A", "x-a: 1", "x-a: 1", true },
	{ "blanks around commas", "vary: x-a", "x-a: 1,2 ,\t3", "x-a: 1 , 2, 3", true },
	{ "blanks inside of members count", "vary: x-a", "x-a: 1 2", "x-a: 1  2", false },
	{ "several fields joined", "vary: x-a", "x-a: 1\nx-a: 2", "x-a: 1,2", true },
	{ "and the other way", "vary: x-a", "x-a: 1, 2", "x-a: 1\nx-a: 2", true },
	{ "order counts", "vary: x-a", "x-a: 1, 2", "x-a: 2, 1", false },
	{ "letter case of values counts", "vary: x-a", "x-a: a", "x-a: A", false },
	{ "empty members count", "vary: x-a", "x-a: 1,,2", "x-a: 1,2", false },
	{ "quoted commas", "vary: x-a", "x-a: \"1,2\"", "x-a: \"1, 2\"", false },
	{ "quoted, the same", "vary: x-a", "x-a: \"1,2\",3", "x-a: \"1,2\" , 3", true },
	{ "an escaped quote", "vary: x-a", "x-a: \"a\\\",b\"", "x-a: \"a\\\", b\"", false },
	{ "a quote without end", "vary: x-a", "x-a: \"1,2", "x-a: \"1, 2", false },
	{ "a lone quote", "vary: x-a", "x-a: \"", "x-a: \"", true },
	{ "12.5.4: languages in any case", "vary: accept-language", "accept-language: en-GB,DE;Q=0.5", "accept-language: en-gb, de;q=0.5", true },
	{ "12.5.4: another language", "vary: accept-language", "accept-language: en", "accept-language: de", false },
	{ "12.5.3: as forwarded", "vary: accept-encoding", "accept-encoding: gzip, br", "accept-encoding: x-gzip;q=0.9", true },
	{ "12.5.3: identity", "vary: accept-encoding", "accept-encoding: gzip", "accept-encoding: br", false },
	{ "12.5.3: none is identity", "vary: accept-encoding", NULL, "accept-encoding: identity", true },
	{ "8.4: encoded, Vary forgotten", "content-encoding: gzip", "accept-encoding: gzip", NULL, false },
	{ "8.4: who takes it gets it", "content-encoding: gzip", "accept-encoding: gzip", "accept-encoding: gzip, br", true },
	{ "8.4: beside another name", "content-encoding: gzip\nvary: x-a", "accept-encoding: gzip\nx-a: 1", "x-a: 1", false },
	{ "8.4: plain, Vary absent", "content-type: a/b", "accept-encoding: gzip", NULL, true },
	{ "4.1: Vary: Cookie, none", "vary: cookie", NULL, NULL, true },
	{ "4.1: Vary: Cookie, one comes", "vary: cookie", NULL, "cookie: a=b", false },
};

static const struct {
	const char *clause;
	const char *response;
	const char *request;
	const char *variant;
} selections[] = {
	{ "nothing", NULL, "accept: a", "" },
	{ "sorted, lower case, once", "vary: X-B, Accept, x-b, X-A", "x-b: 2\naccept: t/x ,  */*\nX-A: 1", "accept: t/x, */*\nx-a: 1\nx-b: 2" },
	{ "absent and empty", "vary: x-a, x-b", "x-b:", "x-a: ,absent\nx-b: " },
	{ "a prefix comes first", "vary: x-ab, x-a", NULL, "x-a: ,absent\nx-ab: ,absent" },
	{ "listed and encoded", "vary: accept-encoding\ncontent-encoding: gzip", "accept-encoding: gzip", "accept-encoding: gzip" },
	{ "an empty string", "vary: x-a", "x-a: \"\",b", "x-a: \"\", b" },
	{ "a quote that ends with a backslash", "vary: x-a", "x-a: \"a,\\", "x-a: \"a,\\" },
	{ "encoded only", "content-encoding: gzip", NULL, "accept-encoding: identity" },
};

static const struct {
	const char *clause;
	const char *response;
	const char *request;
} refusals[] = {
	{ "*", "vary: *", NULL },
	{ "* among names", "vary: accept, *, x-a", NULL },
	{ "* in the last field", "vary: accept\nvary: *", NULL },
	{ "no name", "vary: accept language", NULL },
	{ "a cookie", "vary: accept, cookie", "cookie: a=b" },
	{ "credentials", "vary: Authorization", "authorization: Basic YTpi" },
	{ "a proxy's credentials", "vary: proxy-authorization", "proxy-authorization: Basic YTpi" },
};
/* clang-format on */

START_TEST(coding_row)
{
	struct headers request;
	struct slice got;

	rows_begin();
	request = row_headers(codings[_i].request);
	got = vary_accept_encoding(&request);
	ck_assert_msg(slice_equal(got, codings[_i].gzip ? SLICE("gzip") : SLICE("identity")),
		"row %d (%s): " SLICE_FORMAT, _i, codings[_i].clause, SLICE_ARGS(got));
}
END_TEST

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

	tcase_add_loop_test(cases, coding_row, 0, ROWS(codings));
	tcase_add_loop_test(cases, match_row, 0, ROWS(matches));
	tcase_add_loop_test(cases, selection_row, 0, ROWS(selections));
	tcase_add_loop_test(cases, refusal_row, 0, ROWS(refusals));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

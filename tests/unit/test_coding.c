/* test_coding.c - what of a stored coding a client may get (RFC 9110 8.4, 12.5.3).
 *
 * Rows: Accept-Encoding -> preference; a response's fields and a request's -> use.
 */
#include "policy/coding.h"
#include "policy/vary.h"

#include "policy_rows.h"

/* clang-format off */
static const struct {
	const char *clause;
	const char *request;
	bool gzip;
} preferences[] = {
	{ "9110 12.5.3: none: not everybody can read it", NULL, false },
	{ "9110 12.5.3: empty: no coding", "accept-encoding:", false },
	{ "9110 12.5.3: gzip", "accept-encoding: gzip", true },
	{ "9110 12.5.3: any case", "Accept-Encoding: GZip", true },
	{ "8.4.1.3: x-gzip", "accept-encoding: x-gzip", true },
	{ "9110 12.5.3: in a list", "accept-encoding: br, gzip, deflate", true },
	{ "9110 12.5.3: in a second field", "accept-encoding: br\naccept-encoding: gzip", true },
	{ "9110 12.5.3: others only", "accept-encoding: br, deflate, zstd", false },
	{ "9110 12.5.3: something alike", "accept-encoding: gzipped", false },
	{ "9110 12.5.3: identity", "accept-encoding: identity", false },
	{ "9110 12.5.3: *", "accept-encoding: *", true },
	{ "9110 12.5.3: *;q=0", "accept-encoding: *;q=0", false },
	{ "9110 12.5.3: gzip;q=0", "accept-encoding: gzip;q=0", false },
	{ "9110 12.5.3: gzip;q=0.000", "accept-encoding: gzip;q=0.000", false },
	{ "9110 12.5.3: * but not gzip", "accept-encoding: gzip;q=0, *", false },
	{ "9110 12.5.3: gzip but nothing else", "accept-encoding: gzip, *;q=0", true },
	{ "9110 12.5.3: q", "accept-encoding: gzip;q=0.001", true },
	{ "9110 12.5.3: q in upper case, blanks", "accept-encoding: gzip ; Q=0.5", true },
	{ "9110 12.5.3: identity preferred", "accept-encoding: gzip;q=0.5, identity", false },
	{ "9110 12.5.3: identity less", "accept-encoding: gzip;q=1.0, identity; q=0.5, *;q=0", true },
	{ "9110 12.5.3: both alike", "accept-encoding: identity, gzip", true },
	{ "9110 12.5.3: others preferred", "accept-encoding: gzip;q=0.5, *;q=1", false },
	{ "9110 12.5.3: no identity, all else", "accept-encoding: identity;q=0, *", true },
	{ "9110 12.5.3: no identity, and not gzip", "accept-encoding: identity;q=0", false },
	{ "9110 12.5.3: another parameter", "accept-encoding: gzip;level=9;q=0", false },
	{ "9110 12.5.3: other parameters only", "accept-encoding: gzip;level=9", true },
	{ "9110 12.5.3: a parameter of one letter", "accept-encoding: gzip;l=0", true },
	{ "9110 12.5.3: of two the least", "accept-encoding: gzip, x-gzip;q=0", false },
	{ "9110 12.5.3: q=1.", "accept-encoding: gzip;q=1.", true },
	{ "9110 12.5.3: q that is none", "accept-encoding: gzip;q=x", false },
	{ "9110 12.5.3: q above 1", "accept-encoding: gzip;q=1.5", false },
	{ "9110 12.5.3: q of two digits", "accept-encoding: gzip;q=10", false },
	{ "9110 12.5.3: q with too many digits", "accept-encoding: gzip;q=0.5000", false },
	{ "9110 12.5.3: q with a letter", "accept-encoding: gzip;q=0.5x", false },
	{ "9110 12.5.3: q with what comes after digits", "accept-encoding: gzip;q=0.5:", false },
	{ "9110 12.5.3: empty q", "accept-encoding: gzip;q=", false },
};

static const struct {
	const char *clause;
	const char *response;
	enum coding coding;
} kinds[] = {
	{ "9110 8.4: none", NULL, CODING_IDENTITY },
	{ "9110 8.4: empty", "content-encoding:", CODING_IDENTITY },
	{ "9110 8.4: identity", "content-encoding: identity", CODING_IDENTITY },
	{ "9110 8.4: gzip", "content-encoding: gzip", CODING_GZIP },
	{ "9110 8.4.1: any case", "Content-Encoding: GZip", CODING_GZIP },
	{ "9110 8.4.1.3: x-gzip", "content-encoding: x-gzip", CODING_GZIP },
	{ "9110 8.4: beside identity", "content-encoding: identity, gzip", CODING_GZIP },
	{ "9110 8.4: twice", "content-encoding: gzip, gzip", CODING_OTHER },
	{ "9110 8.4: twice, two fields", "content-encoding: gzip\ncontent-encoding: gzip", CODING_OTHER },
	{ "9110 8.4: over another", "content-encoding: br, gzip", CODING_OTHER },
	{ "9110 8.4: under another", "content-encoding: gzip, br", CODING_OTHER },
	{ "9110 8.4: br", "content-encoding: br", CODING_OTHER },
	{ "9110 8.4: zstd", "content-encoding: zstd", CODING_OTHER },
	{ "9110 8.4.1.2: deflate", "content-encoding: deflate", CODING_OTHER },
	{ "9110 8.4: with a parameter", "content-encoding: gzip;level=9", CODING_OTHER },
	{ "9110 8.4: quoted", "content-encoding: \"gzip\"", CODING_OTHER },
};

#define GZIP "content-encoding: gzip"
#define KEPT "cache-control: no-transform\n"

static const struct {
	const char *clause;
	const char *response;
	const char *request;
	enum coding_use use;
} uses[] = {
	{ "9110 12.5.3: plain for everybody", NULL, NULL, CODING_AS_IT_IS },
	{ "9110 12.5.3: plain for who takes gzip", NULL, "accept-encoding: gzip", CODING_AS_IT_IS },
	{ "9110 12.5.3: plain for who refuses it", NULL, "accept-encoding: identity;q=0", CODING_AS_IT_IS },
	{ "9111 5.2.2.6: plain, no-transform", KEPT, NULL, CODING_AS_IT_IS },
	{ "9110 12.5.3: gzip taken", GZIP, "accept-encoding: gzip, br", CODING_AS_IT_IS },
	{ "9110 12.5.3: gzip by *", GZIP, "accept-encoding: *", CODING_AS_IT_IS },
	{ "9110 12.5.3: gzip not taken", GZIP, "accept-encoding: br", CODING_INFLATE },
	{ "9110 12.5.3: gzip refused", GZIP, "accept-encoding: gzip;q=0", CODING_INFLATE },
	{ "9110 12.5.3: identity preferred", GZIP, "accept-encoding: gzip;q=0.1, identity", CODING_INFLATE },
	{ "9110 12.5.3: nothing said", GZIP, NULL, CODING_INFLATE },
	{ "9111 5.2.2.6: not to be inflated", KEPT GZIP, NULL, CODING_UNFIT },
	{ "9111 5.2.2.6: nor for who prefers identity", KEPT GZIP, "accept-encoding: gzip;q=0.1, identity", CODING_UNFIT },
	{ "9111 5.2.2.6: as it is", KEPT GZIP, "accept-encoding: gzip", CODING_AS_IT_IS },
	{ "9111 5.2.1.6: the client's no-transform", GZIP, "cache-control: no-transform", CODING_UNFIT },
	{ "9111 5.2.1.6: it takes gzip", GZIP, "cache-control: no-transform\naccept-encoding: gzip", CODING_AS_IT_IS },
	{ "9110 14.4: a part can't be inflated", GZIP "\ncontent-range: bytes 5-9/10", NULL, CODING_UNFIT },
	{ "9110 14.4: a part as it is", GZIP "\ncontent-range: bytes 5-9/10", "accept-encoding: gzip", CODING_AS_IT_IS },
	{ "9110 12.5.3: br taken", "content-encoding: br", "accept-encoding: gzip, br", CODING_AS_IT_IS },
	{ "9110 12.5.3: br in any case", "content-encoding: BR", "accept-encoding: br;q=0.1", CODING_AS_IT_IS },
	{ "9110 12.5.3: br by *", "content-encoding: br", "accept-encoding: gzip, *;q=0.1", CODING_AS_IT_IS },
	{ "9110 12.5.3: br not taken", "content-encoding: br", "accept-encoding: gzip", CODING_UNFIT },
	{ "9110 12.5.3: br refused", "content-encoding: br", "accept-encoding: br;q=0, *", CODING_UNFIT },
	{ "9110 12.5.3: br, nothing said", "content-encoding: br", NULL, CODING_UNFIT },
	{ "9110 12.5.3: br, empty", "content-encoding: br", "accept-encoding:", CODING_UNFIT },
	{ "9110 12.5.3: br, no-transform", KEPT "content-encoding: br", "accept-encoding: br", CODING_AS_IT_IS },
	{ "9110 8.4: both are taken", "content-encoding: br, gzip", "accept-encoding: x-gzip, br", CODING_AS_IT_IS },
	{ "9110 8.4: one of both", "content-encoding: br, gzip", "accept-encoding: gzip", CODING_UNFIT },
	{ "9110 8.4: the other of both", "content-encoding: br\ncontent-encoding: gzip", "accept-encoding: br", CODING_UNFIT },
	{ "9110 8.4: gzip twice", "content-encoding: gzip, gzip", "accept-encoding: gzip", CODING_AS_IT_IS },
};

/* Of a response that came as it is and that larder compressed. */
static const struct {
	const char *clause;
	const char *response;
	const char *request;
	enum coding_use use;
} ours[] = {
	{ "9110 12.5.3: gzip taken", NULL, "accept-encoding: gzip, br", CODING_AS_IT_IS },
	{ "9110 12.5.3: gzip by *", "etag: \"a\"", "accept-encoding: *", CODING_AS_IT_IS },
	{ "9110 12.5.3: nothing said", NULL, NULL, CODING_INFLATE },
	{ "9110 12.5.3: gzip refused", NULL, "accept-encoding: gzip;q=0", CODING_INFLATE },
	{ "9110 12.5.3: identity preferred", NULL, "accept-encoding: gzip;q=0.1, identity", CODING_INFLATE },
	{ "9110 12.5.3: identity refused, gzip not taken", NULL, "accept-encoding: identity;q=0", CODING_INFLATE },
	{ "9110 14.2: a range is of the plain bytes", NULL, "accept-encoding: gzip\nrange: bytes=0-4", CODING_INFLATE },
	{ "9111 5.2.1.6: the client's no-transform", NULL, "accept-encoding: gzip\ncache-control: no-transform", CODING_INFLATE },
	{ "9111 5.2.2.6: the origin's no-transform, by a 304", KEPT, "accept-encoding: gzip", CODING_INFLATE },
};

static const struct {
	const char *clause;
	const char *response;
	bool serves_all;
} reaches[] = {
	{ "9110 12.5.3: identity", NULL, true },
	{ "9111 5.2.2.6: identity, no-transform", KEPT, true },
	{ "9110 12.5.3: gzip", GZIP, true },
	{ "9111 5.2.2.6: gzip, no-transform", KEPT GZIP, false },
	{ "9110 14.4: gzip, a part", GZIP "\ncontent-range: bytes 5-9/10", false },
	{ "9110 12.5.3: br", "content-encoding: br", false },
};

static const struct {
	const char *clause;
	const char *name;
	bool of_bytes;
} fields[] = {
	{ "9110 8.4: Content-Encoding", "Content-Encoding", true },
	{ "9110 8.6: Content-Length", "content-length", true },
	{ "9110 14.4: Content-Range", "content-range", true },
	{ "9530 2: Content-Digest", "content-digest", true },
	{ "9530 3: Repr-Digest", "repr-digest", true },
	{ "3230 4.3.2: Digest", "digest", true },
	{ "2616 14.15: Content-MD5", "content-md5", true },
	{ "9110 8.3: Content-Type", "content-type", false },
	{ "9110 8.5: Content-Language", "content-language", false },
	{ "9110 8.8.3: ETag is the caller's to weaken", "etag", false },
	{ "9110 8.8.2: Last-Modified", "last-modified", false },
};
static const struct {
	const char *clause;
	const char *response;
	const char *variant;
	const char *request;
	bool fits;
} fits[] = {
	{ "9110 8.4: identity, nothing asked", NULL, NULL, NULL, true },
	{ "9110 8.4: gzip for who takes it", "content-encoding: gzip", NULL, "accept-encoding: gzip", true },
	{ "9110 8.4: gzip inflated", "content-encoding: gzip", NULL, NULL, true },
	{ "9111 5.2.2.6: gzip, not to be inflated", "content-encoding: gzip\ncache-control: no-transform", "accept-encoding: gzip", NULL, false },
	{ "9111 5.2.2.6: the same for who takes it", "content-encoding: gzip\ncache-control: no-transform", "accept-encoding: gzip", "accept-encoding: gzip", true },
	{ "9111 5.2.2.6: gzip is what who asks for identity is sent", "content-encoding: gzip\ncache-control: no-transform", "accept-encoding: identity", NULL, true },
	{ "9111 5.2.1.6: the request forbids to inflate", "content-encoding: gzip", NULL, "cache-control: no-transform", false },
	{ "9110 12.5.3: br for who lists it", "content-encoding: br", "accept-encoding: gzip", "accept-encoding: br", true },
	{ "9110 12.5.3: br is what who asks for gzip is sent", "content-encoding: br", "accept-encoding: gzip", "accept-encoding: gzip", true },
	{ "9110 12.5.3: but not who asks for identity", "content-encoding: br", "accept-encoding: gzip", NULL, false },
	{ "9110 12.5.3: nor the other way round", "content-encoding: br", "accept-encoding: identity", "accept-encoding: gzip", false },
};
/* clang-format on */

START_TEST(preference_row)
{
	struct headers request;
	struct slice as;

	rows_begin();
	request = row_headers(preferences[_i].request);
	as = vary_accept_encoding(&request);
	ck_assert_msg(coding_prefers_gzip(&request) == preferences[_i].gzip, "row %d (%s)", _i,
		preferences[_i].clause);
	ck_assert(slice_equal(as, preferences[_i].gzip ? SLICE("gzip") : SLICE("identity")));
}
END_TEST

START_TEST(kind_row)
{
	struct headers response;

	rows_begin();
	response = row_headers(kinds[_i].response);
	ck_assert_msg(
		coding_of(&response) == kinds[_i].coding, "row %d (%s)", _i, kinds[_i].clause);
}
END_TEST

START_TEST(use_row)
{
	struct headers response, fields_of_request;
	struct request_view request;
	enum coding_use got;

	rows_begin();
	response = row_headers(uses[_i].response);
	fields_of_request = row_headers(uses[_i].request);
	request_view_init(&request, METHOD_GET, &fields_of_request);
	got = coding_use(&response, &request);
	ck_assert_msg(got == uses[_i].use, "row %d (%s): %d", _i, uses[_i].clause, (int)got);
}
END_TEST

START_TEST(ours_row)
{
	struct headers fields_of_request;
	struct request_view request;
	struct object object = { .status = 200, .gzipped = true };
	enum coding_use got;

	rows_begin();
	object.headers = row_headers(ours[_i].response);
	fields_of_request = row_headers(ours[_i].request);
	request_view_init(&request, METHOD_GET, &fields_of_request);
	got = coding_use_object(&object, &request);
	ck_assert_msg(got == ours[_i].use, "row %d (%s): %d", _i, ours[_i].clause, (int)got);
	object.gzipped = false;
	got = coding_use_object(&object, &request);
	ck_assert_msg(got == CODING_AS_IT_IS, "row %d (%s), as it came: %d", _i, ours[_i].clause,
		(int)got);
}
END_TEST

START_TEST(fit_row)
{
	struct headers response, variant, fields_of_request;
	struct request_view request;

	rows_begin();
	response = row_headers(fits[_i].response);
	variant = row_headers(fits[_i].variant);
	fields_of_request = row_headers(fits[_i].request);
	request_view_init(&request, METHOD_GET, &fields_of_request);
	ck_assert_msg(coding_fits(&response, &variant, &request) == fits[_i].fits, "row %d (%s)",
		_i, fits[_i].clause);
}
END_TEST

START_TEST(reach_row)
{
	struct headers response;

	rows_begin();
	response = row_headers(reaches[_i].response);
	ck_assert_msg(coding_serves_all(&response) == reaches[_i].serves_all, "row %d (%s)", _i,
		reaches[_i].clause);
}
END_TEST

START_TEST(field_row)
{
	struct headers list;

	rows_begin();
	headers_init(&list, &row_arena);
	headers_add(&list, slice_of(fields[_i].name), SLICE("x"));
	ck_assert_msg(coding_is_of_bytes(&list.fields[0]) == fields[_i].of_bytes, "row %d (%s)", _i,
		fields[_i].clause);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coding");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, preference_row, 0, ROWS(preferences));
	tcase_add_loop_test(cases, kind_row, 0, ROWS(kinds));
	tcase_add_loop_test(cases, use_row, 0, ROWS(uses));
	tcase_add_loop_test(cases, ours_row, 0, ROWS(ours));
	tcase_add_loop_test(cases, fit_row, 0, ROWS(fits));
	tcase_add_loop_test(cases, reach_row, 0, ROWS(reaches));
	tcase_add_loop_test(cases, field_row, 0, ROWS(fields));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}

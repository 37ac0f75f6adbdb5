/* test_believe.c - who the client is and how it came, as the nearest trusted proxy tells it: Forwarded
 * (RFC 7239) before X-Forwarded-*, the last element before all others.
 *
 * What is not told, or is no address, stays as the connection showed it.
 */
#include "believe.h"

#include "policy_rows.h"

#define OWN "198.51.100.7"

/* clang-format off */
static const struct {
	const char *fields;
	bool secure; /* the connection */
	const char *client;
	bool ret_secure;
} rows[] = {
	{ NULL, false, OWN, false },
	{ NULL, true, OWN, true },
	{ "forwarded: for=192.0.2.1", false, "192.0.2.1", false },
	{ "forwarded: for=192.0.2.1:80", false, "192.0.2.1", false },
	{ "forwarded: For=\"192.0.2.1:80\"", false, "192.0.2.1", false },
	{ "forwarded: for=\"[2001:db8::1]\"", false, "2001:db8::1", false },
	{ "forwarded: for=\"[2001:db8::1]:80\"", false, "2001:db8::1", false },
	{ "forwarded: for=2001:db8::1", false, "2001:db8::1", false },
	{ "forwarded: for=192.0.2.1;proto=https", false, "192.0.2.1", true },
	{ "forwarded: proto=HTTPS; for=192.0.2.1", false, "192.0.2.1", true },
	{ "forwarded: for=192.0.2.1;proto=http", true, "192.0.2.1", false },
	{ "forwarded: for=192.0.2.1, for=192.0.2.2", false, "192.0.2.2", false },
	{ "forwarded: for=192.0.2.1\nforwarded: for=192.0.2.2", false, "192.0.2.2", false },
	{ "forwarded: for=192.0.2.1;proto=https, for=192.0.2.2", false, "192.0.2.2", false },
	{ "forwarded: for=unknown", false, OWN, false },
	{ "forwarded: for=_hidden;proto=https", false, OWN, true },
	{ "forwarded: for=", false, OWN, false },
	{ "forwarded: for=\"\"", false, OWN, false },
	{ "forwarded: for=\"", false, OWN, false },
	{ "forwarded: for=[", false, OWN, false },
	{ "forwarded: for", false, OWN, false },
	{ "forwarded: ;;,", false, OWN, false },
	{ "forwarded: by=192.0.2.1", false, OWN, false },
	{ "forwarded: xfor=192.0.2.1", false, OWN, false },
	{ "forwarded:", false, OWN, false },
	{ "forwarded: for=192.0.2.1\nx-forwarded-for: 192.0.2.9\nx-forwarded-proto: https", false, "192.0.2.1", false },
	{ "x-forwarded-for: 192.0.2.1", false, "192.0.2.1", false },
	{ "x-forwarded-for: 192.0.2.1, 192.0.2.2", false, "192.0.2.2", false },
	{ "x-forwarded-for: 192.0.2.1\nx-forwarded-for: 192.0.2.2", false, "192.0.2.2", false },
	{ "x-forwarded-for: 2001:db8::1", false, "2001:db8::1", false },
	{ "x-forwarded-for: 192.0.2.1, unknown", false, OWN, false },
	{ "x-forwarded-for: 192.0.2.1\"", false, OWN, false },
	{ "x-forwarded-for: 1111111111111111111111111111111111111111111111111111111111111111", false, OWN, false },
	{ "x-forwarded-proto: https", false, OWN, true },
	{ "x-forwarded-proto: http", true, OWN, false },
};
/* clang-format on */

START_TEST(test_believe)
{
	struct request request = { .client = SLICE(OWN), .secure = rows[_i].secure };

	rows_begin();
	request.headers = row_headers(rows[_i].fields);
	believe_forwarded(&request, &(struct address_blocks){ 0 }, &row_arena);
	ck_assert_msg(slice_equal(request.client, slice_of(rows[_i].client)), "%s: " SLICE_FORMAT,
		rows[_i].fields, SLICE_ARGS(request.client));
	ck_assert_msg(request.secure == rows[_i].ret_secure, "%s: secure", rows[_i].fields);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("believe");
	TCase *tests = tcase_create("believe");

	tcase_add_loop_test(tests, test_believe, 0, ROWS(rows));
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

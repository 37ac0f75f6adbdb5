/* tests/unit/test_auth.c - who may ask: tokens, roles, tenants, addresses, rates, and pages in browsers. */
#include "control_fixture.h"

#include "access/lockout.h"
#include "access/quota.h"
#include "util/digest.h"

#define ADMIN    "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918"
#define OPERATOR "06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23"

/* Each the SHA-256 of a word: begin_with_tokens(). */
#define TOKENS                                                          \
	"tokens: [ { name: adm, role: admin, sha256: %s },"             \
	" { name: ops, role: operator, sha256: %s },"                   \
	" { name: see, role: viewer, sha256: %s },"                     \
	" { name: ten, role: admin, tenant: acme, sha256: %s },"        \
	" { name: old, role: admin, expires: 2001-01-01, sha256: %s }," \
	" { name: new, role: admin, expires: 2999-01-01, sha256: %s }," \
	" { name: slow, role: admin, rate: 2/h, sha256: %s } ], lockout: { failures: 3 }"

static const char *hex_of(const char *word, char ret[2 * DIGEST_SIZE + 1])
{
	unsigned char digest[DIGEST_SIZE];

	digest_sha256(slice_of(word), digest);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return ret;
}

static void begin_with_tokens(void)
{
	static const char *const words[] = { "admin", "operator", "viewer", "tenant", "expired",
		"coming", "slow" };
	char hex[7][2 * DIGEST_SIZE + 1], text[2048];

	for (size_t i = 0; i < 7; i++)
		hex_of(words[i], hex[i]);
	snprintf(
		text, sizeof(text), TOKENS, hex[0], hex[1], hex[2], hex[3], hex[4], hex[5], hex[6]);
	control_begin(text);
}

#define CONFIG   "GET /api/v1/config"
#define DOCUMENT "GET /api/v1/openapi.json"

/* With tokens, each on its own. */
static const struct {
	const char *words;
	int status;
} token_rows[] = {
	{ CONFIG, 401 },
	{ CONFIG "\nAuthorization: Bearer admin", 200 },
	{ CONFIG "\nAuthorization: bearer   admin ", 200 },
	{ CONFIG "\nAuthorization: Basic YWRtaW4=", 401 },
	{ CONFIG "\nAuthorization: Bearer", 401 },
	{ CONFIG "\nAuthorization: Bearer ", 401 },
	{ CONFIG "\nAuthorization: Bearer Admin", 401 },
	{ CONFIG "\nAuthorization: Bearer admin admin", 401 },
	{ CONFIG "\nAuthorization: Bearer operator", 403 },
	{ CONFIG "\nAuthorization: Bearer viewer", 403 },
	{ CONFIG "\nAuthorization: Bearer tenant", 403 },
	{ CONFIG "\nAuthorization: Bearer expired", 401 },
	{ CONFIG "\nAuthorization: Bearer coming", 200 },
	{ CONFIG "\nHost: admin.test\nAuthorization: Bearer admin", 200 },
	{ CONFIG "\nAuthorization: Bearer admin\nOrigin: http://evil.test", 403 },
	/* open to all: a token, right or wrong, makes no difference */
	{ DOCUMENT, 200 },
	{ DOCUMENT "\nAuthorization: Bearer wrong", 200 },
	{ DOCUMENT "\nOrigin: http://page.test", 200 },
};

START_TEST(with_tokens)
{
	begin_with_tokens();
	ck_assert_msg(status_of(token_rows[_i].words, "192.0.2.1") == token_rows[_i].status, "%s",
		token_rows[_i].words);
	control_end();
}
END_TEST

/* clang-format off */
static const struct {
	const char *peer;
	const char *words;
	int status;
} local_rows[] = {
	{ "127.0.0.1", CONFIG, 200 },
	{ "127.5.6.7", CONFIG "\nHost: 127.5.6.7:8081", 200 },
	{ "::1", CONFIG "\nHost: [::1]:8081", 200 },
	{ "127.0.0.1", CONFIG "\nHost: LOCALHOST:8081", 200 },
	{ "127.0.0.1", CONFIG "\nHost: localhost.", 200 },
	{ "unix:0", CONFIG "\nHost: anything", 200 },
	{ "192.0.2.1", CONFIG, 403 },
	{ "::ffff:127.0.0.1", CONFIG, 403 },
	{ "2001:db8::1", CONFIG, 403 },
	{ "", CONFIG, 403 },
	/* a name that a page has had resolved to 127.0.0.1 */
	{ "127.0.0.1", CONFIG "\nHost: evil.test", 403 },
	{ "127.0.0.1", CONFIG "\nHost: evil.test:8081", 403 },
	{ "127.0.0.1", CONFIG "\nHost: localhost.evil.test", 403 },
	{ "127.0.0.1", CONFIG "\nHost: 127.0.0.1.evil.test", 403 },
	{ "127.0.0.1", CONFIG "\nHost: 0.0.0.0:8081", 403 },
	{ "127.0.0.1", CONFIG "\nHost: [::2]", 403 },
	{ "127.0.0.1", CONFIG "\nHost: 127.0.0.1\nHost: evil.test", 400 },
	{ "127.0.0.1", CONFIG "\nHost: ", 403 },
	/* a page's own words on where it is from */
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nOrigin: http://evil.test", 403 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nOrigin: null", 403 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nOrigin: http://localhost:3000", 403 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nOrigin: http://localhost:8081", 200 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nOrigin: http://localhost:8081\nOrigin: http://evil.test", 403 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nSec-Fetch-Site: cross-site", 403 },
	{ "127.0.0.1", "POST /api/v1/reload\nHost: localhost:8081\nSec-Fetch-Site: same-site", 403 },
	{ "127.0.0.1", CONFIG "\nHost: localhost:8081\nSec-Fetch-Site: none", 200 },
	{ "127.0.0.1", CONFIG "\nHost: localhost:8081\nSec-Fetch-Site: same-origin", 200 },
	{ "unix:0", "POST /api/v1/reload\nOrigin: http://evil.test", 403 },
	{ "127.0.0.1", "OPTIONS /api/v1/reload\nHost: localhost\nOrigin: http://evil.test\nAccess-Control-Request-Method: POST", 405 },
	{ "127.0.0.1", DOCUMENT "\nHost: evil.test", 200 },
};
/* clang-format on */

START_TEST(without_tokens)
{
	control_begin("lockout: { failures: 3 }");
	ck_assert_msg(status_of(local_rows[_i].words, local_rows[_i].peer) == local_rows[_i].status,
		"%s: %s", local_rows[_i].peer, local_rows[_i].words);
	control_end();
}
END_TEST

static const char *const failing[] = { CONFIG "\nAuthorization: Bearer x",
	CONFIG "\nAuthorization: Bearer expired" };

START_TEST(failing_tokens_lock_their_address_out)
{
	begin_with_tokens();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(status_of(failing[_i], "192.0.2.1"), 401);
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer x", "192.0.2.1"), 429);
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer admin", "192.0.2.1"), 429);
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer admin", "192.0.2.2"), 200);
	ck_assert_int_eq(status_of(DOCUMENT, "192.0.2.1"), 200);
	control_end();
}
END_TEST

/* Who sends none doesn't guess, and who may less knows one. */
START_TEST(others_are_not_locked_out)
{
	begin_with_tokens();
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(status_of(CONFIG, "192.0.2.1"), 401);
		ck_assert_int_eq(
			status_of(CONFIG "\nAuthorization: Bearer viewer", "192.0.2.1"), 403);
	}
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer admin", "192.0.2.1"), 200);
	control_end();
}
END_TEST

START_TEST(a_rate_is_told_with_the_time_to_wait)
{
	struct asked asked;
	uint64_t seconds = 0;

	begin_with_tokens();
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer slow", NULL), 200);
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer slow", NULL), 200);
	ask(&asked, CONFIG "\nAuthorization: Bearer slow", NULL, SLICE(""));
	ck_assert_int_eq(asked.answer.status, 429);
	ck_assert(slice_to_u64(headers_get(&asked.answer.fields, FIELD_RETRY_AFTER), &seconds));
	ck_assert_uint_le(seconds, 1800);
	ck_assert_uint_gt(seconds, 1700);
	ask_done(&asked);
	ck_assert_int_eq(status_of(CONFIG "\nAuthorization: Bearer admin", NULL), 200);
	control_end();
}
END_TEST

/* ---- the tables, with time as an argument ---- */

static const struct config_admin rules = { .lockout = { 2, 1000, 5000 } };

START_TEST(a_lockout_ends)
{
	struct lockout *lockout = lockout_new();

	ck_assert(!lockout_count(lockout, &rules, SLICE("192.0.2.1"), 100));
	ck_assert_int_eq(lockout_left_ms(lockout, SLICE("192.0.2.1"), 100), 0);
	ck_assert(lockout_count(lockout, &rules, SLICE("192.0.2.1"), 1099));
	ck_assert_int_eq(lockout_left_ms(lockout, SLICE("192.0.2.1"), 1099), 5000);
	ck_assert(!lockout_count(lockout, &rules, SLICE("192.0.2.1"), 1100)); /* once */
	ck_assert_int_eq(lockout_left_ms(lockout, SLICE("192.0.2.1"), 6098), 1);
	ck_assert_int_eq(lockout_left_ms(lockout, SLICE("192.0.2.1"), 6099), 0);
	lockout_free(lockout);
}
END_TEST

START_TEST(a_window_ends)
{
	struct lockout *lockout = lockout_new();

	for (int64_t now_ms = 1; now_ms < 100000; now_ms += 1000)
		ck_assert(!lockout_count(lockout, &rules, SLICE("192.0.2.1"), now_ms));
	lockout_free(lockout);
}
END_TEST

static const struct {
	const char *one, *other;
	bool same;
} address_rows[] = {
	{ "192.0.2.1", "192.0.2.2", false },
	{ "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true },
	{ "2001:db8:0:1::1", "2001:db8:0:2::1", false },
	{ "unix:0", "unix:1000", false },
	{ "unix:1000", "unix:1000", true },
	{ "", "unix", false },
};

START_TEST(addresses_are_told_apart)
{
	struct lockout *lockout = lockout_new();

	for (int i = 0; i < 2; i++)
		lockout_count(lockout, &rules, slice_of(address_rows[_i].one), 10);
	ck_assert(lockout_left_ms(lockout, slice_of(address_rows[_i].one), 10) > 0);
	ck_assert((lockout_left_ms(lockout, slice_of(address_rows[_i].other), 10) > 0) ==
		  address_rows[_i].same);
	lockout_free(lockout);
}
END_TEST

/* Single failures from anywhere don't free who is locked out, and the table doesn't grow. */
START_TEST(many_addresses_drive_nobody_out)
{
	struct lockout *lockout = lockout_new();
	char text[32];

	for (int i = 0; i < 2; i++)
		lockout_count(lockout, &rules, SLICE("192.0.2.1"), 10);
	for (unsigned i = 0; i < 1000000; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		lockout_count(lockout, &rules, slice_of(text), 20);
	}
	ck_assert(lockout_left_ms(lockout, SLICE("192.0.2.1"), 30) > 0);
	lockout_free(lockout);
}
END_TEST

START_TEST(a_quota_is_given_back_evenly)
{
	struct config_token token = { .sha256 = (char *)ADMIN, .rate = { 2, 1000 } };
	struct config_token same = { .sha256 = (char *)ADMIN, .rate = { 0, 0 } };
	struct quota *quota = quota_new();

	ck_assert_int_eq(quota_take(quota, &token, 1000000), 0);
	ck_assert_int_eq(quota_take(quota, &token, 1000000), 0);
	ck_assert_int_eq(quota_take(quota, &token, 1000000), 500);
	ck_assert_int_eq(quota_take(quota, &token, 1499999), 1);
	ck_assert_int_eq(quota_take(quota, &token, 1500000), 0);
	ck_assert_int_eq(quota_take(quota, &token, 1500000), 500);
	ck_assert_int_eq(quota_take(quota, &same, 1500000), 0); /* without a rate */
	token.sha256 = (char *)OPERATOR;
	ck_assert_int_eq(quota_take(quota, &token, 1500000), 0);
	quota_free(quota);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("auth");
	Suite *suite = suite_create("auth");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, with_tokens, 0, sizeof(token_rows) / sizeof(token_rows[0]));
	tcase_add_loop_test(tcase, without_tokens, 0, sizeof(local_rows) / sizeof(local_rows[0]));
	tcase_add_loop_test(tcase, failing_tokens_lock_their_address_out, 0,
		sizeof(failing) / sizeof(failing[0]));
	tcase_add_test(tcase, others_are_not_locked_out);
	tcase_add_test(tcase, a_rate_is_told_with_the_time_to_wait);
	tcase_add_test(tcase, a_lockout_ends);
	tcase_add_test(tcase, a_window_ends);
	tcase_add_loop_test(
		tcase, addresses_are_told_apart, 0, sizeof(address_rows) / sizeof(address_rows[0]));
	tcase_add_test(tcase, many_addresses_drive_nobody_out);
	tcase_add_test(tcase, a_quota_is_given_back_evenly);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

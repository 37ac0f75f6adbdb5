/* test_signature.c - who may have signed an event, and when it was made. */
#include "access/signature.h"

#include "http_fixture.h"

#include "util/hmac.h"

#include <stdio.h>
#include <string.h>

#define SECRET SLICE("a secret of 28 characters...")
#define NEVER  (-1) /* it is none */

/* `t` as it is written, the body, and when that was. What is signed is just that. */
static const struct {
	const char *time, *body;
	int64_t made_ms;
} time_rows[] = {
	{ "1795280506", "{}", 1795280506000 },
	{ "1795280506.1", "{}", 1795280506100 },
	{ "1795280506.123456", "{}", 1795280506123 },
	{ "1795280506.999999999", "{}", 1795280506999 },
	{ "1795280506.000000001", "{}", 1795280506000 },
	{ "0.0", "{}", 0 },
	{ "007", "", 7000 },
	{ "1099511627776", "", 1099511627776000 },
	{ "1099511627777", "", NEVER },
	{ "99999999999999999999", "", NEVER },
	{ "1795280506.", "{}", NEVER },
	{ "1795280506.1234567890", "{}", NEVER },
	{ "1795280506.12x", "{}", NEVER },
	{ "1795280506.1.2", "{}", NEVER },
	{ "1795280506.-1", "{}", NEVER },
	{ ".5", "{}", NEVER },
	{ "-1", "{}", NEVER },
	{ "+1", "{}", NEVER },
	{ "1e9", "{}", NEVER },
	{ "", "{}", NEVER },
	/* what could be `t=1.25` with the body 5, too */
	{ "1", "25.5", NEVER },
	{ "1", "123456789.5", NEVER },
	{ "1.25", "5", 1250 },
	{ "1.0", "25.5", 1000 },
	{ "1", "25", 1000 },
	{ "1", "-2.5", 1000 },
	{ "1", "1234567890.5", 1000 },
	{ "1", "[2.5]", 1000 },
};

static void sign(const char *time, const char *body, char hex[2 * DIGEST_SIZE + 1])
{
	const struct slice pieces[] = { slice_of(time), SLICE("."), slice_of(body) };
	unsigned char digest[DIGEST_SIZE];

	hmac_sha256(SECRET, pieces, 3, digest);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

START_TEST(is_made_when_it_says)
{
	const char *time = time_rows[_i].time, *body = time_rows[_i].body;
	char hex[2 * DIGEST_SIZE + 1], field[256];
	struct signature signature = { .made_ms = NEVER };
	enum rc rc;

	sign(time, body, hex);
	snprintf(field, sizeof(field), "t=%s,v1=%s", time, hex);
	rc = signature_check(slice_of(field), SECRET, slice_of(body), &signature);
	ck_assert_msg(
		rc == (time_rows[_i].made_ms == NEVER ? RC_INVALID : RC_OK), "%s %s", time, body);
	ck_assert_int_eq(signature.made_ms, time_rows[_i].made_ms);
}
END_TEST

/* Of what was signed with t=1795280506.5, nothing else is. */
static const struct {
	const char *time, *body;
} other_rows[] = {
	{ "1795280506", "{}" },
	{ "1795280506.50", "{}" },
	{ "1795280506.5", "{} " },
	{ "01795280506.5", "{}" },
	{ "1795280506", "5.{}" },
};

START_TEST(is_signed_as_it_is_written)
{
	char hex[2 * DIGEST_SIZE + 1], field[256];
	struct signature signature;

	sign("1795280506.5", "{}", hex);
	snprintf(field, sizeof(field), "t=%s,v1=%s", other_rows[_i].time, hex);
	ck_assert_int_ne(
		signature_check(slice_of(field), SECRET, slice_of(other_rows[_i].body), &signature),
		RC_OK);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("signature");

	tcase_add_loop_test(
		tests, is_made_when_it_says, 0, sizeof(time_rows) / sizeof(time_rows[0]));
	tcase_add_loop_test(
		tests, is_signed_as_it_is_written, 0, sizeof(other_rows) / sizeof(other_rows[0]));
	return run_case("signature", tests);
}

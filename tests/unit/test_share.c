/* test_share.c - with whom a response may be shared while it is fetched: why it isn't stored, and what
 * it says about freshness -> verdict.
 */
#include "policy/share.h"

#include "policy_rows.h"

#define LASTS .responded_ms = NOW, .lifetime_ms = HOUR

/* clang-format off */
static const struct {
	const char *what;
	enum skip skip;
	struct freshness freshness;
	enum share share;
} rows[] = {
	{ "4: fresh, explicit", SKIP_NONE, { LASTS, .explicit = true }, SHARE_ALL },
	{ "4: fresh, heuristic", SKIP_NONE, { LASTS, .heuristic = true }, SHARE_ALL },
	{ "4: fresh, too large to store", SKIP_TOO_LARGE, { LASTS, .explicit = true }, SHARE_ALL },
	{ "4: fresh, must-revalidate", SKIP_NONE, { LASTS, .explicit = true, .revalidate_stale = true }, SHARE_ALL },
	{ "4: no-cache", SKIP_NONE, { LASTS, .explicit = true, .revalidate_always = true }, SHARE_NONE },
	{ "4: no-cache without lifetime", SKIP_NONE, { .responded_ms = NOW, .revalidate_always = true }, SHARE_NONE },
	{ "4: says nothing, validator", SKIP_NONE, { .responded_ms = NOW }, SHARE_WAITING },
	{ "4: says nothing, not stored", SKIP_NO_FRESHNESS, { .responded_ms = NOW }, SHARE_WAITING },
	{ "4: says nothing, too large", SKIP_TOO_LARGE, { .responded_ms = NOW }, SHARE_WAITING },
	{ "4: max-age=0", SKIP_NONE, { .responded_ms = NOW, .explicit = true }, SHARE_NONE },
	{ "4: took longer to come than it lasts", SKIP_NONE, { LASTS, .initial_age_ms = HOUR, .explicit = true }, SHARE_WAITING },
	{ "4: the same, never to be reused without asking", SKIP_NONE, { LASTS, .initial_age_ms = HOUR, .explicit = true, .revalidate_always = true }, SHARE_NONE },
	{ "4: came aged, fresh yet", SKIP_NONE, { LASTS, .initial_age_ms = HOUR - 1, .explicit = true }, SHARE_ALL },
	{ "4: no-store", SKIP_NO_STORE, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: private", SKIP_PRIVATE, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: private without lifetime", SKIP_PRIVATE, { .responded_ms = NOW }, SHARE_NONE },
	{ "4: authorization", SKIP_AUTHORIZATION, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: set-cookie", SKIP_SET_COOKIE, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: vary: *", SKIP_VARY_ANY, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: status", SKIP_STATUS, { .responded_ms = NOW }, SHARE_NONE },
	{ "4: method", SKIP_METHOD, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: partial", SKIP_PARTIAL, { LASTS, .explicit = true }, SHARE_NONE },
	{ "4: the request's no-store", SKIP_REQUEST_NO_STORE, { LASTS, .explicit = true }, SHARE_NONE },
};
/* clang-format on */

START_TEST(test_share)
{
	enum share share = share_of(rows[_i].skip, &rows[_i].freshness);

	ck_assert_msg(share == rows[_i].share, "%s: %d", rows[_i].what, share);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("share");
	TCase *tests = tcase_create("share");

	tcase_add_loop_test(tests, test_share, 0, ROWS(rows));
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

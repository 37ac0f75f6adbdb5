/* test_narrow.c - Vary where a route says which of its names count. */
#include "policy/storable.h"
#include "policy/vary.h"

#include "policy_rows.h"

#include <string.h>

static char *accepting[] = { (char *)"Accept" };
static const struct text_list allowed = { accepting, 1 };

/* clang-format off */
static const struct {
	const char *about;
	bool listed; /* the route says: Accept */
	bool forced;
	const char *response;
	const char *kept;
} narrowed[] = {
	{ "all count", false, false, "vary: accept, User-Agent\na: 1", "vary: accept\nvary: User-Agent\na: 1" },
	{ "one does", true, false, "vary: accept, User-Agent\na: 1", "vary: accept\na: 1" },
	{ "in any case, in any field", true, false, "vary: x-a\nVary: ACCEPT", "vary: ACCEPT" },
	{ "none does", true, false, "vary: x-a, cookie\na: 1", "a: 1" },
	{ "Authorization always does", true, false, "vary: x-a, authorization", "vary: authorization" },
	{ "any", true, false, "vary: *\na: 1", "vary: *" },
	{ "any, forced", true, true, "vary: *, accept\na: 1", "vary: accept\na: 1" },
	{ "any, forced, all count", false, true, "vary: *, x-b", "vary: x-b" },
};
/* clang-format on */

START_TEST(narrows_vary)
{
	struct headers fields, kept;

	rows_begin();
	fields = row_headers(narrowed[_i].response);
	headers_init(&kept, &row_arena);
	vary_narrow(&fields, narrowed[_i].listed ? &allowed : NULL, narrowed[_i].forced, &kept);
	ck_assert_msg(strcmp(row_text(&kept), narrowed[_i].kept) == 0, "%s: %s", narrowed[_i].about,
		row_text(&kept));
}
END_TEST

/* What doesn't count forbids nothing. */
START_TEST(credentials_outside_of_vary)
{
	struct policy_limits limits = { .max_object_bytes = 1000, .ttl = { .class_ms = 300000 } };
	struct headers cookie, response_fields;
	struct request_view request;
	struct response_view response;

	rows_begin();
	cookie = row_headers("cookie: a=b");
	response_fields = row_headers("vary: accept, cookie");
	request_view_init(&request, METHOD_GET, &cookie);
	response_view_init(&response, 200, &response_fields);
	response.requested_ms = response.responded_ms = NOW;
	ck_assert_int_eq(storable_check(&request, &response, &limits), SKIP_AUTHORIZATION);
	limits.vary = &allowed;
	ck_assert_int_eq(storable_check(&request, &response, &limits), SKIP_NONE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("narrow");
	TCase *tests = tcase_create("narrow");

	tcase_add_loop_test(tests, narrows_vary, 0, ROWS(narrowed));
	tcase_add_test(tests, credentials_outside_of_vary);
	suite_add_tcase(suite, tests);
	return rows_run(suite);
}

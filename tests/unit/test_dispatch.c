/* tests/unit/test_dispatch.c - what may be wrong with a call, each fault with its status and words. */
#include "control_fixture.h"

static const struct {
	const char *words;
	const char *body;
	int status;
	const char *detail; /* a part of it; NULL: it is done */
} rows[] = {
	{ "GET /api/v1/config", "", 200, NULL },
	{ "HEAD /api/v1/config", "", 200, NULL },
	{ "GET /api/v1/config?", "", 200, NULL },
	{ "GET /api/v1/config/", "", 404, "nothing at this path" },
	{ "GET /api/v1//config", "", 404, "nothing at this path" },
	{ "GET /api/v1/CONFIG", "", 404, "nothing at this path" },
	{ "GET /", "", 404, "nothing at this path" },
	{ "GET /api/v1/config%00", "", 400, "%00" },
	{ "GET /api/v1/%", "", 400, "the target" },
	{ "GET /api/v1/../config", "", 400, "dot segment" },
	{ "GET /api/v1/audit?limit=%00", "", 400, "%00" },
	{ "GET http://x/api/v1/config", "", 400, "the target" },
	{ "GET *", "", 400, "the target" },
	{ "POST /api/v1/config", "", 405, "Allow" },
	{ "get /api/v1/config", "", 405, "Allow" },
	{ "OPTIONS /api/v1/config", "", 405, "Allow" },
	{ "FETCH /api/v1/reload", "", 405, "Allow" },
	{ "HEAD /api/v1/reload", "", 405, "Allow" },
	{ "GET /api/v1/config?x=1", "", 400, "unknown parameter \"x\"; expected none" },
	{ "GET /api/v1/audit?x=1", "", 400, "expected one of: limit" },
	{ "GET /api/v1/audit?limit", "", 400, "unknown parameter" },
	{ "GET /api/v1/audit?LIMIT=1", "", 400, "unknown parameter" },
	{ "GET /api/v1/audit?limit=1&limit=1", "", 400, "limit twice" },
	{ "GET /api/v1/audit?limit=1&cursor=0-0&limit=2", "", 400, "limit twice" },
	{ "GET /api/v1/audit?limit=", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=-1", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=1.5", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=1e3", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=99999999999999999999", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=9223372036854775808", "", 400, "expected integer" },
	{ "GET /api/v1/audit?limit=0", "", 400, "from 1 to 1000" },
	{ "GET /api/v1/audit?limit=1001", "", 400, "from 1 to 1000" },
	{ "GET /api/v1/audit?limit=%31", "", 404, "admin.audit" },
	{ "GET /api/v1/audit?cursor=%ff", "", 400, "expected string" },
	{ "GET /api/v1/audit?cursor=x", "", 400, "cursor" },
	{ "GET /api/v1/audit?cursor=1-", "", 400, "cursor" },
	{ "GET /api/v1/audit?cursor=1-99999999999999999999", "", 400, "cursor" },
	{ "GET /api/v1/audit", "", 404, "admin.audit" },
	{ "GET /api/v1/config", "x", 400, "no body" },
	{ "POST /api/v1/reload", "{}", 400, "no body" },
	{ "POST /api/v1/reload", "", 200, NULL },
};

START_TEST(each_fault_has_its_words)
{
	struct asked asked;
	const char *detail;

	control_begin("listen: []");
	ask(&asked, rows[_i].words, NULL, slice_of(rows[_i].body));
	detail = json_string_value(json_object_get(asked.json, "detail"));
	ck_assert_msg(asked.answer.status == rows[_i].status, "%s: %d %s", rows[_i].words,
		asked.answer.status, detail != NULL ? detail : "");
	if (rows[_i].detail != NULL)
		ck_assert_msg(detail != NULL && strstr(detail, rows[_i].detail) != NULL, "%s: %s",
			rows[_i].words, detail);
	ask_done(&asked);
	control_end();
}
END_TEST

/* What of a body is read before its bringer is known. */
static const struct {
	const char *words;
	uint64_t most;
} body_rows[] = {
	{ "POST /api/v1/reload", 65536 },
	{ "POST /api/v1/reload\nAuthorization: Bearer wrong", 65536 },
	{ "POST /api/v1/reload\nAuthorization: Bearer viewer", 65536 },
	{ "POST /api/v1/reload\nAuthorization: Bearer admin", 1 << 20 },
	{ "POST /api/v1/nothing\nAuthorization: Bearer admin", 65536 },
	{ "GET /api/v1/openapi.json", 1 << 20 },
};

START_TEST(who_may_nothing_brings_little)
{
	struct asked asked;

	control_begin(
		"tokens: [ { name: v, role: viewer, sha256: "
		"d35ca5051b82ffc326a3b0b6574a9a3161dee16b9478a199ee39cd803ce5b799 }, { name: a, "
		"role: admin, "
		"sha256: 8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918 } ]");
	ask(&asked, body_rows[_i].words, NULL, SLICE(""));
	ck_assert_msg(control_most_body(control, &asked.request) == body_rows[_i].most, "%s",
		body_rows[_i].words);
	ask_done(&asked);
	control_end();
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("dispatch");
	Suite *suite = suite_create("dispatch");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, each_fault_has_its_words, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(
		tcase, who_may_nothing_brings_little, 0, sizeof(body_rows) / sizeof(body_rows[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_telling.c - calls and the audit log: which are told, and what is answered when their line is lost. */
#include "audit/audit_file.h"
#include "audit_fixture.h"
#include "control_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static void begin(void)
{
	char text[256];

	snprintf(text, sizeof(text), "audit: %s", path);
	control_begin(text);
}

/* Members of the newest line as "status method path problem"; "" where there is none. */
static void newest(char ret[1024])
{
	struct audit_place place = { 0, 0 };
	json_t *list = json_array(), *line;
	const char *problem;

	ck_assert_int_eq(audit_list(control->audit, &place, 1, list), RC_OK);
	line = json_array_get(list, 0);
	problem = json_string_value(json_object_get(line, "problem"));
	ret[0] = '\0';
	if (line != NULL)
		snprintf(ret, 1024, "%d %s %s %s",
			(int)json_integer_value(json_object_get(line, "status")),
			json_string_value(json_object_get(line, "method")),
			json_string_value(json_object_get(line, "path")),
			problem != NULL ? problem : "-");
	json_decref(list);
}

static const struct {
	const char *words;
	const char *told; /* how the line begins; "": there is none */
} rows[] = {
	{ "GET /api/v1/config", "" },
	{ "HEAD /api/v1/config", "" },
	{ "POST /api/v1/reload", "200 POST /api/v1/reload -" },
	{ "GET /api/v1/nothing", "404 GET /api/v1/nothing there is nothing" },
	{ "GET /api/v1/config?token=abc", "400 GET /api/v1/config unknown parameter \"token\"" },
	{ "POST /api/v1/config", "405 POST /api/v1/config this path" },
	{ "FETCH /x?token=abc", "404 FETCH /x there" },
	{ "GET /%00?token=abc", "400 GET /%00 the target" },
	{ "GET nonsense", "400 GET nonsense the target" },
	{ "GET /api/v1/config\nOrigin: http://evil.test", "403 GET /api/v1/config a page" },
};

START_TEST(who_is_told_of)
{
	char line[1024];

	begin();
	status_of(rows[_i].words, NULL);
	newest(line);
	ck_assert_msg(strncmp(line, rows[_i].told, strlen(rows[_i].told)) == 0 &&
			      (line[0] == '\0') == (rows[_i].told[0] == '\0'),
		"%s: %s", rows[_i].words, line);
	ck_assert_msg(strstr(line, "abc") == NULL, "%s", line);
	control_end();
}
END_TEST

/* Each the SHA-256 of its name. */
#define TOKENS                                                                 \
	"lockout: { failures: 0 }, tokens: [ { name: old, role: admin, "       \
	"expires: 2001-01-01, sha256: "                                        \
	"cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4 }, " \
	"{ name: slow, role: viewer, rate: 1/d, sha256: "                      \
	"5e0cf7bd1dfa3831788b0cf6dedcdd228fba6f34dc238d371e746567e80bc7b6 } ], "

/* Who is not let in can't fill the disk, known or not. */
static const struct {
	const char *words;
	int status;
} flood_rows[] = {
	{ "GET /api/v1/config", 401 },
	{ "POST /api/v1/reload\nAuthorization: Bearer wrong", 401 },
	{ "POST /api/v1/reload\nAuthorization: Bearer old", 401 },
	{ "POST /api/v1/reload\nAuthorization: Bearer slow", 429 },
	{ "GET /api/v1/nothing", 404 },
};

START_TEST(a_flood_is_bounded)
{
	struct audit_place place = { 0, 0 };
	json_t *list = json_array();
	char text[1024];

	snprintf(text, sizeof(text), TOKENS "audit: %s", path);
	control_begin(text);
	status_of("GET /api/v1/config\nAuthorization: Bearer slow", NULL); /* its rate is used up */
	for (int i = 0; i < 3 * OUTSIDE_BURST; i++)
		ck_assert_int_eq(status_of(flood_rows[_i].words, NULL), flood_rows[_i].status);
	ck_assert_int_eq(audit_list(control->audit, &place, 1, list), RC_OK);
	ck_assert_int_lt(json_integer_value(json_object_get(json_array_get(list, 0), "seq")),
		2 * OUTSIDE_BURST);
	json_decref(list);
	control_end();
}
END_TEST

/* What others wrote is cut, and is text whatever its bytes. */
START_TEST(others_words_are_bounded)
{
	struct asked asked;
	char *words = xalloc(40000), line[1024];

	begin();
	memset(words, '\x01', 20000);
	words[5] = ' ';
	memset(words + 6, '\xff', 19994);
	ask(&asked, words, NULL, SLICE(""));
	ck_assert_int_eq(asked.answer.status, 400);
	ask_done(&asked);
	newest(line);
	ck_assert_int_eq(strncmp(line, "400 \x01\x01\x01\x01\x01 \xef\xbf\xbd", 13), 0);
	control_end();
	check_whole(path, 1);
	free(words);
}
END_TEST

/* No file may grow beyond so many bytes more than the log has: no assertion until free_files(), check keeps
 * their words in one. */
static void bound_files(rlim_t more)
{
	struct stat is;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(stat(path, &is), 0);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ (rlim_t)is.st_size + more, RLIM_INFINITY });
}

static void free_files(void)
{
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
}

/* No room is no change, and half of a line's is none. */
static const rlim_t rooms[] = { 0, 1, 10, 100, 30000 };

START_TEST(without_room_nothing_is_done)
{
	struct asked asked;

	begin();
	ck_assert_int_eq(status_of("POST /api/v1/reload", NULL), 200);
	bound_files(rooms[_i]);
	ask(&asked, "POST /api/v1/reload", NULL, SLICE(""));
	free_files();
	ck_assert_int_eq(asked.answer.status, 503);
	ck_assert_ptr_nonnull(strstr(
		json_string_value(json_object_get(asked.json, "detail")), "nothing was changed"));
	ask_done(&asked);
	ck_assert_int_eq(status_of("POST /api/v1/reload", NULL), 200);
	control_end();
}
END_TEST

/* There was room, and yet the write fails, at once or half way: the caller must not think that all is told. */
static rlim_t left;

static void lose_room(void)
{
	bound_files(left);
}

START_TEST(a_lost_line_is_told_to_the_caller)
{
	struct asked asked;

	begin();
	ck_assert_int_eq(status_of("POST /api/v1/reload", NULL), 200);
	left = rooms[_i];
	while_reloading = lose_room;
	ask(&asked, "POST /api/v1/reload", NULL, SLICE(""));
	while_reloading = NULL;
	free_files();
	ck_assert_int_eq(asked.answer.status, 500);
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(asked.json, "detail")), "it was done"));
	ck_assert_uint_eq(headers_count_of(&asked.answer.fields, FIELD_CONTENT_TYPE), 1);
	ask_done(&asked);
	check_whole(path, 1); /* nothing of it stayed */
	ck_assert_int_eq(status_of("POST /api/v1/reload", NULL), 200);
	control_end();
	check_whole(path, 2);
}
END_TEST

/* A refusal stands, told or not. */
START_TEST(a_refusal_needs_no_line)
{
	struct asked asked;

	begin();
	ck_assert_int_eq(status_of("POST /api/v1/reload", NULL), 200);
	bound_files(0);
	ask(&asked, "GET /api/v1/nothing", NULL, SLICE(""));
	free_files();
	ck_assert_int_eq(asked.answer.status, 404);
	ask_done(&asked);
	control_end();
	check_whole(path, 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("telling");
	Suite *suite = suite_create("telling");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, audit_set_up, audit_tear_down);
	tcase_add_loop_test(tcase, who_is_told_of, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(
		tcase, a_flood_is_bounded, 0, sizeof(flood_rows) / sizeof(flood_rows[0]));
	tcase_add_test(tcase, others_words_are_bounded);
	tcase_add_loop_test(
		tcase, without_room_nothing_is_done, 0, sizeof(rooms) / sizeof(rooms[0]));
	tcase_add_loop_test(tcase, a_lost_line_is_told_to_the_caller, 0,
		sizeof(rooms) / sizeof(rooms[0]) - 1); /* the last is enough for one */
	tcase_add_test(tcase, a_refusal_needs_no_line);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

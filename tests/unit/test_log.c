/* test_log.c - events: one line of valid JSON each, cut where too long, filtered by level.
 *
 * Standard error is swapped for a file meanwhile. Also the escaping of JSON strings.
 */
#include "observe/log.h"

#include "observe/json.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char captured[1 << 16];

/* Standard error goes to an unlinked file during a test. */
static int begin_capture(int *ret_saved)
{
	char path[] = "/tmp/test_log_XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	unlink(path);
	*ret_saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	return fd;
}

static void end_capture(int fd, int saved)
{
	ssize_t size = pread(fd, captured, sizeof(captured) - 1, 0);

	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	ck_assert_int_ge(size, 0);
	captured[size] = '\0';
}

static const struct {
	enum log_level least, level;
	const char *detail;
	const char *wanted; /* after the time; NULL: nothing written */
} rows[] = {
	{ LOG_LEVEL_INFO, LOG_LEVEL_WARN, "plain",
		",\"level\":\"warn\",\"event\":\"tier-failed\",\"detail\":\"plain\"}\n" },
	{ LOG_LEVEL_INFO, LOG_LEVEL_INFO, "a\"b\\c\n\x01",
		",\"level\":\"info\",\"event\":\"tier-failed\",\"detail\":"
		"\"a\\\"b\\\\c\\n\\u0001\"}\n" },
	{ LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, "x", NULL },
	{ LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG, "",
		",\"level\":\"debug\",\"event\":\"tier-failed\",\"detail\":\"\"}\n" },
	{ LOG_LEVEL_ERROR, LOG_LEVEL_WARN, "x", NULL },
	{ LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, "100%s \xc3\xa9 \xff",
		",\"level\":\"error\",\"event\":\"tier-failed\",\"detail\":\"100%s \xc3\xa9 "
		"\\ufffd\"}\n" },
};

START_TEST(events)
{
	int saved, fd = begin_capture(&saved);

	log_set_level(rows[_i].least);
	errno = ENOSPC;
	log_event(rows[_i].level, "tier-failed", "%s", rows[_i].detail);
	ck_assert_int_eq(errno, ENOSPC);
	end_capture(fd, saved);
	if (rows[_i].wanted == NULL) {
		ck_assert_str_eq(captured, "");
		return;
	}
	ck_assert_int_eq(strncmp(captured, "{\"time\":\"20", 11), 0);
	ck_assert_msg(strlen(captured) > 34, "%s", captured);
	ck_assert_str_eq(
		captured + strlen("{\"time\":\"2026-01-31T23:59:59.123Z\""), rows[_i].wanted);
}
END_TEST

/* Nobody is told when standard error is gone, and errno is not touched. */
START_TEST(no_standard_error)
{
	int saved = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	errno = ENOSPC;
	log_event(LOG_LEVEL_ERROR, "x", "y");
	ck_assert_int_eq(errno, ENOSPC);
	dup2(saved, STDERR_FILENO);
	close(saved);
}
END_TEST

static const struct {
	size_t size;
	const char *end;
} cut_rows[] = {
	{ 2048, "aaaaaa\"}\n" },
	{ 2049, "aaa...\"}\n" },
	{ 9000, "aaa...\"}\n" },
};

START_TEST(long_details_are_cut)
{
	char *detail = malloc(cut_rows[_i].size + 1);
	int saved, fd = begin_capture(&saved);

	memset(detail, 'a', cut_rows[_i].size);
	detail[cut_rows[_i].size] = '\0';
	log_event(LOG_LEVEL_ERROR, "x", "%s", detail);
	end_capture(fd, saved);
	free(detail);
	ck_assert_str_eq(captured + strlen(captured) - strlen(cut_rows[_i].end), cut_rows[_i].end);
}
END_TEST

#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct {
	struct slice text;
	const char *wanted;
} json_rows[] = {
	{ TEXT(""), "\"\"" },
	{ TEXT("plain /?&=~\x7f"), "\"plain /?&=~\x7f\"" },
	{ TEXT("\b\f\n\r\t\"\\\x1f"), "\"\\u0008\\u000c\\n\\r\\t\\\"\\\\\\u001f\"" },
	{ TEXT("a\0b"), "\"a\\u0000b\"" },
	{ TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ TEXT("\x80"), "\"\\ufffd\"" },
	{ TEXT("\xc3"), "\"\\ufffd\"" }, /* cut short */
	{ TEXT("\xc3("), "\"\\ufffd(\"" },
	{ TEXT("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },                       /* overlong */
	{ TEXT("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"" },            /* overlong */
	{ TEXT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },            /* surrogate */
	{ TEXT("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* above U+10FFFF */
	{ TEXT("\xf5\x80"), "\"\\ufffd\\ufffd\"" },
	{ TEXT("\xe2\x82"), "\"\\ufffd\\ufffd\"" },
};

START_TEST(json_strings)
{
	struct bytes b;

	bytes_init(&b, 1000);
	ck_assert_int_eq(json_append_string(&b, json_rows[_i].text), RC_OK);
	ck_assert_str_eq(b.data, json_rows[_i].wanted);
	bytes_done(&b);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *events_case = tcase_create("events"), *json = tcase_create("json");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(events_case, events, 0, COUNT(rows));
	tcase_add_test(events_case, no_standard_error);
	tcase_add_loop_test(events_case, long_details_are_cut, 0, COUNT(cut_rows));
	tcase_add_loop_test(json, json_strings, 0, COUNT(json_rows));
	suite_add_tcase(suite, events_case);
	suite_add_tcase(suite, json);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

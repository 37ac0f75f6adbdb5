/* tests/unit/test_place.c - where a larder is spoken to, out of words and out of listeners: one row, one place. */
#include "client/place.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LONG                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"890123456789"

static const struct {
	const char *text;
	enum rc rc;
	const char *name;
	const char *unix_path;
	bool secure;
	bool is_near;
} rows[] = {
	{ "http://127.0.0.1:8081", RC_OK, "http://127.0.0.1:8081", "", false, true },
	{ "http://127.0.0.1:8081/", RC_OK, "http://127.0.0.1:8081", "", false, true },
	{ "http://127.0.0.1:8081//", RC_OK, "http://127.0.0.1:8081", "", false, true },
	{ "127.0.0.1:8081", RC_OK, "http://127.0.0.1:8081", "", false, true },
	{ "127.0.0.2", RC_OK, "http://127.0.0.2", "", false, true },
	{ "128.0.0.1", RC_OK, "http://128.0.0.1", "", false, false },
	{ "LocalHost:1", RC_OK, "http://LocalHost:1", "", false, true },
	{ "localhost.example.org", RC_OK, "http://localhost.example.org", "", false, false },
	{ "127.0.0.1.example.org", RC_OK, "http://127.0.0.1.example.org", "", false, false },
	{ "http://[::1]:8081", RC_OK, "http://[::1]:8081", "", false, true },
	{ "http://[::2]:8081", RC_OK, "http://[::2]:8081", "", false, false },
	{ "https://cache.example.org/larder", RC_OK, "https://cache.example.org/larder", "", true,
		false },
	{ "unix:/run/larder.sock", RC_OK, "unix:/run/larder.sock", "/run/larder.sock", false,
		true },
	{ "unix:/" LONG "01234", RC_OK, "unix:/" LONG "01234", "/" LONG "01234", false, true },
	{ "unix:/" LONG "0123456", RC_INVALID, "", "", false, false },
	{ "unix:run/larder.sock", RC_INVALID, "", "", false, false },
	{ "unix:", RC_INVALID, "", "", false, false },
	{ "", RC_INVALID, "", "", false, false },
	{ "/", RC_INVALID, "", "", false, false },
	{ "http://", RC_INVALID, "", "", false, false },
	{ "ftp://127.0.0.1", RC_INVALID, "", "", false, false },
	{ "http://user@127.0.0.1", RC_INVALID, "", "", false, false },
	{ "http://127.0.0.1:8081/?a", RC_INVALID, "", "", false, false },
	{ "http://127.0.0.1:99999", RC_INVALID, "", "", false, false },
	{ "127.0.0.1\n", RC_INVALID, "", "", false, false },
};

START_TEST(words)
{
	struct place place = { .base = "untouched" };
	char name[PLACE_URL];

	ck_assert_int_eq(place_parse(rows[_i].text, &place), rows[_i].rc);
	if (rows[_i].rc != RC_OK) {
		ck_assert_str_eq(place.base, "untouched");
		return;
	}
	ck_assert_str_eq(place_write(&place, name), rows[_i].name);
	ck_assert_str_eq(place.unix_path, rows[_i].unix_path);
	ck_assert_int_eq(place.secure, rows[_i].secure);
	ck_assert_int_eq(place.is_near, rows[_i].is_near);
}
END_TEST

static const struct {
	const char *listeners[3];
	bool secure;
	const char *name; /* NULL: none can be known */
} listening[] = {
	{ { "127.0.0.1:8081" }, false, "http://127.0.0.1:8081" },
	{ { "127.0.0.1:8081" }, true, "https://127.0.0.1:8081" },
	{ { "0.0.0.0:8081" }, false, "http://127.0.0.1:8081" },
	{ { "[::]:8081" }, true, "https://[::1]:8081" },
	{ { "127.0.0.1:0", "unix:/a" }, true, "unix:/a" },
	{ { "127.0.0.1:0", "[::1]:7" }, false, "http://[::1]:7" },
	{ { "127.0.0.1:0" }, false, NULL },
	{ { NULL }, false, NULL },
};

START_TEST(listeners)
{
	struct text_list list = { .items = (char **)(uintptr_t)listening[_i].listeners };
	struct place place;
	char name[PLACE_URL];

	while (list.count < 3 && list.items[list.count] != NULL)
		list.count++;
	ck_assert_int_eq(place_of_listeners(&list, listening[_i].secure, &place),
		listening[_i].name != NULL ? RC_OK : RC_ABSENT);
	if (listening[_i].name != NULL)
		ck_assert_str_eq(place_write(&place, name), listening[_i].name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("place");
	TCase *tcase = tcase_create("place");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, words, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tcase, listeners, 0, sizeof(listening) / sizeof(listening[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

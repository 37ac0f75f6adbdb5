/* tests/unit/test_table.c - columns laid out, cut and coloured; JSON as cells: one row, one text. */
#include "client/view.h"

#include <check.h>
#include <stdlib.h>

static const struct table_column columns[] = {
	{ "STATE", TABLE_LEFT, false },
	{ "SIZE", TABLE_RIGHT, false },
	{ "TARGET", TABLE_LEFT, true },
};

#define CELLS 6

static const struct {
	const char *cells[CELLS];
	struct table_form form;
	const char *written;
} layouts[] = {
	{ { NULL }, { 0 }, "STATE  SIZE  TARGET\n" },
	{ { "fresh", "1", "/a" }, { 0 }, "STATE  SIZE  TARGET\nfresh     1  /a\n" },
	{ { "fresh", "12345", "/a", "", "7", "/a/longer/one" }, { 0 },
		"STATE   SIZE  TARGET\nfresh  12345  /a\n           7  /a/longer/one\n" },
	{ { "fresh", "1", "/a/longer/one" }, { .columns = 26 },
		"STATE  SIZE  TARGET\nfresh     1  /a/longer/one\n" },
	{ { "fresh", "1", "/a/longer/one" }, { .columns = 25 },
		"STATE  SIZE  TARGET\nfresh     1  /a/longer/o\xe2\x80\xa6\n" },
	{ { "fresh", "1", "/a/longer/one" }, { .columns = 5 },
		"STATE  SIZE  TARGET\nfresh     1  /a/long\xe2\x80\xa6\n" },
	{ { "fresh", "1", "/\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2" }, { .columns = 21 },
		"STATE  SIZE  TARGET\nfresh     1  "
		"/\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe2\x80\xa6\n" },
	{ { "\033[31m", "1", "a\nb" }, { 0 },
		"STATE     SIZE  TARGET\n\\x1b[31m     1  a\\x0ab\n" },
	{ { "a", "1", "b", "c", "2", "d" }, { .lines = 2 },
		"STATE  SIZE  TARGET\na         1  b\n" },
	{ { "a", "1", "b" }, { .colour = true },
		"\033[1mSTATE  SIZE  TARGET\033[0m\n\033[32ma\033[0m         1  b\n" },
};

START_TEST(layout)
{
	struct table *table = table_new(columns, 3);
	struct bytes text;

	bytes_init(&text, 4096);
	for (size_t i = 0; i < CELLS && layouts[_i].cells[i] != NULL; i++)
		table_add(table, slice_of(layouts[_i].cells[i]),
			i % 3 == 0 ? TABLE_GOOD : TABLE_PLAIN);
	table_write(table, &layouts[_i].form, &text);
	ck_assert_str_eq(text.data, layouts[_i].written);
	bytes_done(&text);
	table_free(table);
}
END_TEST

static const struct {
	enum view_kind kind;
	const char *json;
	const char *text;
} values[] = {
	{ VIEW_TEXT, "\"a\"", "a" },
	{ VIEW_TEXT, "\"\"", "-" },
	{ VIEW_TEXT, "null", "-" },
	{ VIEW_TEXT, "17", "17" },
	{ VIEW_TEXT, "true", "yes" },
	{ VIEW_TEXT, "1.5", "1.5" },
	{ VIEW_COUNT, "1234567890123", "1234567890123" },
	{ VIEW_COUNT, "\"1\"", "1" },
	{ VIEW_COUNT, "null", "-" },
	{ VIEW_SIZE, "5120", "5.0KiB" },
	{ VIEW_SIZE, "-1", "0B" },
	{ VIEW_MS, "250", "250ms" },
	{ VIEW_MS, "-61000", "-1m1s" },
	{ VIEW_S, "90061", "1d1h" },
	{ VIEW_US, "17", "17us" },
	{ VIEW_US, "1500", "1.5ms" },
	{ VIEW_US, "25000", "25ms" },
	{ VIEW_US, "3000000", "3s" },
	{ VIEW_SHARE, "0.98765", "98.8%" },
	{ VIEW_SHARE, "null", "-" },
	{ VIEW_LIST, "[]", "-" },
	{ VIEW_LIST, "[\"a\",\"b\",3]", "a, b, 3" },
	{ VIEW_LIST, "{\"accept\":\"text/html\",\"x\":1}", "accept=text/html x=1" },
	{ VIEW_STATE, "\"fresh\"", "fresh" },
};

START_TEST(value)
{
	json_t *json = json_loads(values[_i].json, JSON_DECODE_ANY, NULL);
	struct bytes text;

	bytes_init(&text, 256);
	view_value(values[_i].kind, json, &text);
	ck_assert_str_eq(text.data, values[_i].text);
	bytes_done(&text);
	json_decref(json);
}
END_TEST

START_TEST(members)
{
	static const struct view_row rows[] = { { "N", "n", VIEW_COUNT, false },
		{ "P99", "latency.p99_us", VIEW_US, false }, { "AT", "at", VIEW_TEXT, true } };
	json_t *items = json_loads("[{\"n\":1,\"latency\":{\"p99_us\":7}},{\"n\":2,\"at\":\"x\","
				   "\"latency\":3}]",
		0, NULL);
	struct bytes text;

	bytes_init(&text, 4096);
	view_write(&VIEW(rows), items, &(struct table_form){ 0 }, &text);
	ck_assert_str_eq(text.data, "N  P99  AT\n1  7us  -\n2    -  x\n");
	ck_assert_int_eq(view_number(json_array_get(items, 0), "latency.p99_us"), 7);
	ck_assert_ptr_null(view_text(json_array_get(items, 0), "n").data);
	bytes_done(&text);
	json_decref(items);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, layout, 0, sizeof(layouts) / sizeof(layouts[0]));
	tcase_add_loop_test(tcase, value, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_test(tcase, members);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_command.c - which command a line names, and what it is run with: one row, one line. */
#include "cli/command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 16

static char seen[1024]; /* which command ran with what: "name 0=a 2=b" */

static int note(const char *name, const char *const *values)
{
	size_t size = (size_t)snprintf(seen, sizeof(seen), "%s", name);

	for (size_t i = 0; i < 5; i++) {
		if (values[i] != NULL)
			size += (size_t)snprintf(
				seen + size, sizeof(seen) - size, " %zu=%s", i, values[i]);
	}
	return EXIT_DONE;
}

static int run_plain(const char *const *values)
{
	return note("plain", values);
}

static int run_deep(const char *const *values)
{
	return note("plain deep", values);
}

static int run_lone(const char *const *values)
{
	return note("lone verb", values);
}

static const struct command plain = {
	.name = "plain",
	.about = "x",
	.options = {
		{ "--file", "FILE", "a file" },
		{ "--quick", NULL, "a switch" },
		{ "SCOPE", NULL, "a word", .choices = "url tag all" },
		{ "VALUE", NULL, "more words", .repeats = true, .optional = true },
		{ "--mode", "MODE", "a choice, several times", .choices = "hard soft", .repeats = true },
	},
	.run = run_plain,
};
static const struct command deep = {
	.name = "plain deep",
	.about = "x",
	.options = { { "A", NULL, "a" }, { "B", NULL, "b" } },
	.run = run_deep,
};
static const struct command lone = { .name = "lone verb", .about = "x", .run = run_lone };
static const struct command *const commands[] = { &plain, &deep, &lone, NULL };

static const struct {
	const char *line;
	int code;
	const char *seen;
} rows[] = {
	{ "plain url", 0, "plain 2=url" },
	{ "plain url /a", 0, "plain 2=url 3=/a" },
	{ "plain url /a /b --quick /c", 0, "plain 1= 2=url 3=/a\n/b\n/c" },
	{ "plain --file=a=b tag", 0, "plain 0=a=b 2=tag" },
	{ "plain --file --quick tag", 0, "plain 0=--quick 2=tag" },
	{ "plain --file - tag -", 0, "plain 0=- 2=tag 3=-" },
	{ "plain tag -- --quick", 0, "plain 2=tag 3=--quick" },
	{ "plain tag -- --help", 0, "plain 2=tag 3=--help" },
	{ "plain --mode hard all --mode=soft", 0, "plain 2=all 4=hard\nsoft" },
	{ "plain deep a b", 0, "plain deep 0=a 1=b" },
	{ "plain -- all deep", 0, "plain 2=all 3=deep" },
	{ "lone verb", 0, "lone verb" },
	{ "plain", 2, "" },
	{ "plain al", 2, "" },
	{ "plain url\ttag", 2, "" },
	{ "plain all --mode harder", 2, "" },
	{ "plain all --quick --quick", 2, "" },
	{ "plain all --quick=1", 2, "" },
	{ "plain all --file", 2, "" },
	{ "plain all --nothing", 2, "" },
	{ "plain all --SCOPE", 2, "" },
	{ "plain deep a", 2, "" },
	{ "plain deep a b c", 2, "" },
	{ "lone", 2, "" },
	{ "lone other", 2, "" },
	{ "lone verb word", 2, "" },
	{ "lon", 2, "" },
	{ "", 2, "" },
	{ "plain --help", 0, "" },
	{ "lone --help", 0, "" },
	{ "plain deep --nonsense --help", 0, "" },
	{ "help plain deep", 0, "" },
	{ "help", 0, "" },
	{ "--version", 0, "" },
	{ "nothing --help", 2, "" },
	{ "help nothing", 2, "" },
};

START_TEST(a_line)
{
	char line[256], program[] = "larder", *argv[MOST_WORDS] = { program }, *rest = line;
	int argc = 1;

	snprintf(line, sizeof(line), "%s", rows[_i].line);
	while (rest != NULL && argc < MOST_WORDS)
		argv[argc++] = strsep(&rest, " ");
	seen[0] = '\0';
	ck_assert_int_eq(command_run(commands, argc, argv), rows[_i].code);
	ck_assert_str_eq(seen, rows[_i].seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("command");
	TCase *lines = tcase_create("lines");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(lines, a_line, 0, sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(suite, lines);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

/* test_cache_groups.c - Cache-Groups and Cache-Group-Invalidation: which names a field has. */
#include "http/cache_groups.h"

#include "http_fixture.h"
#include "util/bytes.h"

static struct arena arena;

static void set_up(void)
{
	arena_init(&arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

/* What was read is written with '|' behind each name; NULL: the field is ignored. */
static const struct {
	const char *what;
	struct slice text;
	const char *want;
} rows[] = {
	{ "RFC 9875 2: one", TEXT("\"scripts\""), "scripts|" },
	{ "RFC 9875 3: two", TEXT("\"eurovision-results\", \"australia\""),
		"eurovision-results|australia|" },
	{ "RFC 9875 2.1: letter case counts", TEXT("\"a\", \"A\""), "a|A|" },
	{ "RFC 9875 2: parameters are ignored", TEXT("\"a\";x, \"b\";y=1;z=\"c\""), "a|b|" },
	{ "RFC 9875 2: twice the same", TEXT("\"a\", \"a\""), "a|a|" },
	{ "RFC 9875 2: opaque", TEXT("\" a,b;c \""), " a,b;c |" },
	{ "RFC 9651 3.3.3: escapes", TEXT("\"a\\\"b\\\\c\""), "a\"b\\c|" },
	{ "RFC 9651 3.3.3: an empty string is one", TEXT("\"\""), "|" },
	{ "RFC 9651 3.1: no blanks", TEXT("\"a\",\"b\""), "a|b|" },
	{ "RFC 9651 3.1: blanks and tabs", TEXT("  \"a\" \t,\t \"b\"  "), "a|b|" },
	{ "RFC 9651 4.2: empty", TEXT(""), "" },
	{ "RFC 9651 4.2: blanks only", TEXT("  "), "" },
	{ "RFC 9651 2: a token", TEXT("a"), NULL },
	{ "RFC 9651 2: a token among strings", TEXT("\"a\", b"), NULL },
	{ "RFC 9651 2: a number", TEXT("\"a\", 1"), NULL },
	{ "RFC 9651 2: bytes", TEXT(":YQ==:"), NULL },
	{ "RFC 9651 2: a boolean", TEXT("?1"), NULL },
	{ "RFC 9651 2: a display string", TEXT("%\"a\""), NULL },
	{ "RFC 9651 2: an inner list", TEXT("(\"a\" \"b\")"), NULL },
	{ "RFC 9651 2: a string, then an inner list", TEXT("\"a\", (\"b\")"), NULL },
	{ "RFC 9651 4.2: a comma at the end", TEXT("\"a\","), NULL },
	{ "RFC 9651 4.2: two commas", TEXT("\"a\",,\"b\""), NULL },
	{ "RFC 9651 4.2: no comma", TEXT("\"a\" \"b\""), NULL },
	{ "RFC 9651 4.2: no end", TEXT("\"a\", \"b"), NULL },
	{ "RFC 9651 4.2: not ASCII", TEXT("\"\xc3\xa4\""), NULL },
	{ "RFC 9651 4.2: a fault in a parameter", TEXT("\"a\";X"), NULL },
	{ "RFC 9651 4.2: a dictionary", TEXT("a=\"b\""), NULL },
};

START_TEST(reads_names)
{
	struct slice *names = NULL, text = SLICE("");
	size_t count = 99;
	enum rc rc = cache_groups_parse(rows[_i].text, &arena, &names, &count);

	ck_assert_msg(rc == (rows[_i].want != NULL ? RC_OK : RC_INVALID), "%s", rows[_i].what);
	if (rc != RC_OK) {
		ck_assert_ptr_null(names);
		ck_assert_uint_eq(count, 99);
		return;
	}
	for (size_t i = 0; i < count; i++)
		text = arena_format(&arena, SLICE_FORMAT SLICE_FORMAT "|", SLICE_ARGS(text),
			SLICE_ARGS(names[i]));
	ASSERT_TEXT(text, slice_of(rows[_i].want));
}
END_TEST

/* RFC 9875 2: at least 32 groups with at least 32 characters each. */
static const struct {
	size_t count;
	enum rc rc;
} sizes[] = {
	{ 1, RC_OK },
	{ 32, RC_OK },
	{ 33, RC_OK },
	{ 1024, RC_OK },
	{ 1025, RC_TOO_LARGE },
};

START_TEST(reads_many_long_names)
{
	struct bytes field;
	struct slice *names;
	size_t count = 0;

	bytes_init(&field, 1 << 20);
	for (size_t i = 0; i < sizes[_i].count; i++)
		ck_assert_int_eq(bytes_format(&field, "%s\"%064zu\"", i > 0 ? ", " : "", i), RC_OK);
	ck_assert_int_eq(
		cache_groups_parse(bytes_slice(&field), &arena, &names, &count), sizes[_i].rc);
	ck_assert_uint_eq(count, sizes[_i].rc == RC_OK ? sizes[_i].count : 0);
	for (size_t i = 0; i < count; i++)
		ASSERT_TEXT(names[i], arena_format(&arena, "%064zu", i));
	bytes_done(&field);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("cache_groups");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, reads_names, rows);
	ADD_ROWS(tests, reads_many_long_names, sizes);
	return run_case("cache_groups", tests);
}

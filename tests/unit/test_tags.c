/* test_tags.c - the tags of a response: which names its fields have, each once, and how many. */
#include "http/tags.h"

#include "http_fixture.h"
#include "util/bytes.h"

#include <string.h>

#define FIELDS_MOST 4

static struct arena arena;
static struct headers response;

static void set_up(void)
{
	arena_init(&arena);
	headers_init(&response, &arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

/* Tags are written with '|' behind each. */
static const struct {
	const char *what;
	struct {
		const char *name, *value;
	} fields[FIELDS_MOST];
	const char *want;
} rows[] = {
	{ "no field", { { "Content-Type", "a b" } }, "" },
	{ "Fastly: one", { { "Surrogate-Key", "a" } }, "a|" },
	{ "Fastly: by blanks", { { "Surrogate-Key", "a b  c\td" } }, "a|b|c|d|" },
	{ "Fastly: blanks around", { { "Surrogate-Key", " a b " } }, "a|b|" },
	{ "Fastly: commas belong to it", { { "Surrogate-Key", "a,b c" } }, "a,b|c|" },
	{ "Fastly: empty", { { "Surrogate-Key", "" } }, "" },
	{ "Fastly: blanks only", { { "Surrogate-Key", "  \t " } }, "" },
	{ "Fastly: twice the same", { { "Surrogate-Key", "a a b a" } }, "a|b|" },
	{ "RFC 9110 5.2: several lines", { { "Surrogate-Key", "a b" }, { "surrogate-key", "c" } },
		"a|b|c|" },
	{ "vmod_xkey: by blanks", { { "xkey", "8155054 166412" } }, "8155054|166412|" },
	{ "vmod_xkey: by commas", { { "xkey", "a,b, c ,,d" } }, "a|b|c|d|" },
	{ "vmod_xkey: several lines", { { "xkey", "1" }, { "XKey", "2" }, { "xkey", "3" } },
		"1|2|3|" },
	{ "Cloudflare: by commas", { { "Cache-Tag", "a,b" } }, "a|b|" },
	{ "Cloudflare: blanks around", { { "Cache-Tag", " a ,\tb " } }, "a|b|" },
	{ "Cloudflare: blanks inside", { { "Cache-Tag", "a b,c" } }, "a b|c|" },
	{ "Cloudflare: empty ones", { { "Cache-Tag", ",,a, ,b," } }, "a|b|" },
	{ "Cloudflare: quotes belong to it", { { "Cache-Tag", "\"a,b\"" } }, "\"a|b\"|" },
	{ "RFC 9875 2: strings", { { "Cache-Groups", "\"a b\", \"c,d\";x" } }, "a b|c,d|" },
	{ "RFC 9875 2.1: letter case counts", { { "Cache-Groups", "\"a\", \"A\"" } }, "a|A|" },
	{ "RFC 9875 2: on several lines",
		{ { "Cache-Groups", "\"a\"" }, { "Cache-Groups", "\"b\"" } }, "a|b|" },
	{ "RFC 9651 4.2: a fault, all of it ignored",
		{ { "Cache-Groups", "\"a\"" }, { "Cache-Groups", "b" } }, "" },
	{ "a fault in one leaves the others", { { "Cache-Groups", "?" }, { "xkey", "a" } }, "a|" },
	{ "one name in all",
		{ { "Cache-Groups", "\"a\"" }, { "Cache-Tag", "a" }, { "xkey", "a" },
			{ "Surrogate-Key", "a" } },
		"a|" },
	{ "all kinds, in order",
		{ { "Cache-Groups", "\"d\"" }, { "Cache-Tag", "c" }, { "xkey", "b" },
			{ "Surrogate-Key", "a" } },
		"a|b|c|d|" },
	{ "CDN-Cache-Tag and such are others'", { { "Edge-Cache-Tag", "a" }, { "X-Tag", "b" } },
		"" },
};

START_TEST(names_tags)
{
	struct slice *tags;
	struct bytes got;
	bool too_many = true;
	size_t count;

	for (size_t i = 0; i < FIELDS_MOST && rows[_i].fields[i].name != NULL; i++)
		headers_add(&response, slice_of(rows[_i].fields[i].name),
			slice_of(rows[_i].fields[i].value));
	count = tags_of(&response, &arena, &tags, &too_many);
	ck_assert(!too_many);
	bytes_init(&got, 1000);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(bytes_format(&got, SLICE_FORMAT "|", SLICE_ARGS(tags[i])), RC_OK);
	ck_assert_msg(slice_equal(bytes_slice(&got), slice_of(rows[_i].want)),
		"%s: '" SLICE_FORMAT "'", rows[_i].what, SLICE_ARGS(bytes_slice(&got)));
	bytes_done(&got);
}
END_TEST

static const struct {
	const char *what;
	const char *name;
	const char *form; /* of each, its number for '#' */
	size_t count;
	bool too_many;
} counts[] = {
	{ "as many as there may be", "Surrogate-Key", "t# ", TAGS_MOST, false },
	{ "one more", "Surrogate-Key", "t# ", TAGS_MOST + 1, true },
	{ "one more, xkey", "xkey", "t# ", TAGS_MOST + 1, true },
	{ "one more, Cache-Tag", "Cache-Tag", "t#,", TAGS_MOST + 1, true },
	{ "one more, Cache-Groups", "Cache-Groups", "\"t#\",", TAGS_MOST + 1, true },
	{ "more than a list may have", "Cache-Groups", "\"t#\",", 2000, true },
	{ "always the same", "Surrogate-Key", "t ", 2000, false },
};

static void add_named(struct bytes *value, struct slice form, size_t number)
{
	for (size_t i = 0; i < form.size; i++) {
		enum rc rc = form.data[i] == '#' ? bytes_format(value, "%zu", number)
						 : bytes_append_char(value, form.data[i]);

		ck_assert_int_eq(rc, RC_OK);
	}
}

/* How many names there are is counted, not how often they are named. */
START_TEST(is_bounded_in_number)
{
	struct slice *tags;
	struct bytes value;
	bool too_many;
	size_t count;

	bytes_init(&value, 1 << 20);
	for (size_t i = 0; i < counts[_i].count; i++) {
		add_named(&value, slice_of(counts[_i].form), i);
	}
	value.data[--value.size] = '\0';
	headers_add(&response, slice_of(counts[_i].name), bytes_slice(&value));
	count = tags_of(&response, &arena, &tags, &too_many);
	ck_assert_msg(too_many == counts[_i].too_many, "%s", counts[_i].what);
	ck_assert_uint_le(count, TAGS_MOST);
	if (!too_many && counts[_i].count == TAGS_MOST)
		ck_assert_uint_eq(count, TAGS_MOST);
	bytes_done(&value);
}
END_TEST

START_TEST(is_bounded_in_size)
{
	char name[TAG_SIZE_MOST + 2] = { 0 };
	struct slice *tags;
	bool too_many;

	memset(name, 'x', TAG_SIZE_MOST + 1);
	headers_add(&response, SLICE("xkey"), (struct slice){ name + 1, TAG_SIZE_MOST });
	ck_assert_uint_eq(tags_of(&response, &arena, &tags, &too_many), 1);
	ck_assert_uint_eq(tags[0].size, TAG_SIZE_MOST);
	ck_assert(!too_many);
	headers_add(&response, SLICE("xkey"), (struct slice){ name, TAG_SIZE_MOST + 1 });
	ck_assert_uint_eq(tags_of(&response, &arena, &tags, &too_many), 1);
	ck_assert(too_many);
}
END_TEST

/* What the configuration gave stands behind what the fields say, each once. */
START_TEST(are_packed_and_found_again)
{
	const struct slice given[] = { SLICE("own"), SLICE("a"), { "x\0y z", 5 } };
	struct slice packed, *tags;
	bool too_many;

	headers_add(&response, SLICE("xkey"), SLICE("a b"));
	packed = tags_packed(given, 3, &arena);
	ck_assert(tags_are_packed(packed));
	ck_assert_uint_eq(tags_of_stored(&response, packed, &arena, &tags, &too_many), 4);
	ASSERT_TEXT(tags[0], SLICE("a"));
	ASSERT_TEXT(tags[1], SLICE("b"));
	ASSERT_TEXT(tags[2], given[0]);
	ASSERT_TEXT(tags[3], given[2]);
	for (size_t size = 1; size < packed.size; size++) {
		bool whole = size == 5 || size == 8;

		ck_assert(tags_are_packed((struct slice){ packed.data, size }) == whole);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("tags");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, names_tags, rows);
	ADD_ROWS(tests, is_bounded_in_number, counts);
	tcase_add_test(tests, is_bounded_in_size);
	tcase_add_test(tests, are_packed_and_found_again);
	return run_case("tags", tests);
}

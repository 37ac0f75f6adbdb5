/* test_headers.c - lists of header fields, the table of known ones, methods. */
#include "http/headers.h"
#include "http/method.h"
#include "http_fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct headers h;

static void set_up(void)
{
	arena_init(&arena);
	headers_init(&h, &arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

static void add(const char *name, const char *value)
{
	headers_add_copy(&h, slice_of(name), slice_of(value));
}

static void same(struct slice got, const char *want)
{
	ASSERT_TEXT(got, slice_of(want));
}

static const struct {
	const char *name;
	unsigned flags;
} known[] = {
#define HOP                    FIELD_IS_HOP
#define REQUEST                FIELD_IS_REQUEST
#define ONCE                   FIELD_IS_ONCE
#define OURS                   FIELD_IS_OURS
#define FRAMING                FIELD_IS_FRAMING
#define SINGLE                 FIELD_IS_SINGLE
#define FOR_US                 FIELD_IS_FOR_US
#define FIELD(id, name, flags) { name, flags },
#include "http/fields.def"
#undef FIELD
};

START_TEST(finds_every_row_in_any_case)
{
	enum field_id id = (enum field_id)(_i + 1);
	struct slice name = slice_of(known[_i].name);
	char upper[64] = "";

	for (size_t i = 0; i < name.size; i++)
		upper[i] = (char)toupper(name.data[i]);
	ck_assert_int_eq(field_lookup(name), id);
	ck_assert_int_eq(field_lookup(slice_of(upper)), id);
	same(field_name(id), known[_i].name);
	ck_assert_uint_eq(field_flags(id), known[_i].flags);
	upper[name.size - 1] = '_';
	ck_assert_int_eq(field_lookup(slice_of(upper)), FIELD_OTHER);
	ck_assert_int_ne(field_lookup((struct slice){ name.data, name.size - 1 }), id);
}
END_TEST

static const char *const others[] = { "", "x", "x-custom", "dat", "datee", "ET\x01G", "{-", "\xff",
	"content-lengtH2" };

START_TEST(knows_no_others)
{
	ck_assert_int_eq(field_lookup(slice_of(others[_i])), FIELD_OTHER);
}
END_TEST

START_TEST(other_has_neither_name_nor_flags)
{
	ck_assert_uint_eq(field_name(FIELD_OTHER).size, 0);
	ck_assert_uint_eq(field_flags(FIELD_OTHER), 0);
	ck_assert_int_eq(field_lookup((struct slice){ NULL, 0 }), FIELD_OTHER);
}
END_TEST

START_TEST(names_are_tokens)
{
	for (int c = 0; c < 256; c++) {
		char text = (char)c;
		bool want =
			(c < 128 && isalnum(c)) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);

		ck_assert_msg(
			field_name_valid((struct slice){ &text, 1 }) == want, "character %d", c);
	}
	ck_assert(!field_name_valid(SLICE("")));
	ck_assert(field_name_valid(SLICE("X-Ok")));
	ck_assert(!field_name_valid(SLICE("X-Ok ")));
}
END_TEST

START_TEST(values_have_no_controls)
{
	for (int c = 0; c < 256; c++) {
		char text = (char)c;
		bool want = c == '\t' || (c >= 32 && c != 127);

		ck_assert_msg(
			field_value_valid((struct slice){ &text, 1 }) == want, "character %d", c);
	}
	ck_assert(field_value_valid(SLICE("")));
	ck_assert(!field_value_valid(SLICE("a\0b")));
	ck_assert(!field_value_valid(SLICE("a\r\nSet-Cookie: x")));
}
END_TEST

START_TEST(grows_and_keeps_order)
{
	char name[16], value[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "X-%d", i);
		snprintf(value, sizeof(value), "%d", i);
		add(name, value);
	}
	ck_assert_uint_eq(h.count, 100);
	for (int i = 0; i < 100; i++) {
		snprintf(value, sizeof(value), "%d", i);
		same(h.fields[i].value, value);
		ck_assert_int_eq(h.fields[i].value.data[h.fields[i].value.size], '\0');
		ck_assert_int_eq(h.fields[i].name.data[h.fields[i].name.size], '\0');
	}
}
END_TEST

START_TEST(add_keeps_pointers)
{
	const char *name = "ETag", *value = "\"a\"";

	headers_add(&h, slice_of(name), slice_of(value));
	headers_add_known(&h, FIELD_AGE, SLICE("7"));
	ck_assert_ptr_eq(h.fields[0].name.data, name);
	ck_assert_ptr_eq(h.fields[0].value.data, value);
	ck_assert_int_eq(h.fields[0].id, FIELD_ETAG);
	same(h.fields[1].name, "age");
	same(headers_get(&h, FIELD_AGE), "7");
}
END_TEST

START_TEST(gets_the_first)
{
	add("Vary", "Accept");
	add("vary", "Origin");
	same(headers_get(&h, FIELD_VARY), "Accept");
	ck_assert(headers_has(&h, FIELD_VARY));
	ck_assert_uint_eq(headers_count_of(&h, FIELD_VARY), 2);
	ck_assert_ptr_null(headers_get(&h, FIELD_ETAG).data);
	ck_assert(!headers_has(&h, FIELD_ETAG));
	ck_assert_uint_eq(headers_count_of(&h, FIELD_ETAG), 0);
}
END_TEST

START_TEST(an_empty_value_is_there)
{
	add("ETag", "");
	ck_assert(headers_has(&h, FIELD_ETAG));
	ck_assert_ptr_nonnull(headers_get(&h, FIELD_ETAG).data);
}
END_TEST

START_TEST(walks_by_name)
{
	uint32_t from = 0;

	add("X-A", "1");
	add("Date", "d");
	add("X-B", "2");
	add("x-a", "3");
	same(headers_next_named(&h, SLICE("X-a"), &from)->value, "1");
	same(headers_next_named(&h, SLICE("X-a"), &from)->value, "3");
	ck_assert_ptr_null(headers_next_named(&h, SLICE("X-a"), &from));
	from = 0;
	same(headers_next_named(&h, SLICE("DATE"), &from)->value, "d");
	ck_assert_ptr_null(headers_next_named(&h, SLICE("DATE"), &from));
}
END_TEST

START_TEST(combines_values)
{
	struct slice once, twice;

	add("Accept", "a/b");
	add("X-A", "1");
	add("accept", "c/d;q=1");
	add("X-A", "");
	once = headers_combined(&h, SLICE("ACCEPT"), &arena);
	same(once, "a/b, c/d;q=1");
	ck_assert_int_eq(once.data[once.size], '\0');
	same(headers_combined(&h, SLICE("x-a"), &arena), "1, ");
	ck_assert_ptr_null(headers_combined(&h, SLICE("x-b"), &arena).data);
	add("X-B", "alone");
	twice = headers_combined(&h, SLICE("x-b"), &arena);
	ck_assert_ptr_eq(twice.data, h.fields[4].value.data);
}
END_TEST

START_TEST(lists_have_members)
{
	add("Vary", "Accept, *");
	add("pragma", "x");
	add("vary", ",, Accept-Encoding");
	ck_assert(headers_lists(&h, FIELD_VARY, SLICE("accept-encoding")));
	ck_assert(headers_lists(&h, FIELD_VARY, SLICE("*")));
	ck_assert(!headers_lists(&h, FIELD_VARY, SLICE("x")));
	ck_assert(!headers_lists(&h, FIELD_VARY, SLICE("encoding")));
	ck_assert(!headers_lists(&h, FIELD_CONNECTION, SLICE("accept")));
}
END_TEST

START_TEST(connection_names_fields)
{
	add("Connection", "close, X-Secret ,,");
	add("connection", "\tx-more");
	ck_assert(headers_connection_names(&h, SLICE("x-secret")));
	ck_assert(headers_connection_names(&h, SLICE("X-More")));
	ck_assert(headers_connection_names(&h, SLICE("Close")));
	ck_assert(!headers_connection_names(&h, SLICE("x")));
	ck_assert(!headers_connection_names(&h, SLICE("")));
}
END_TEST

START_TEST(size_is_as_sent)
{
	add("A", "12");
	add("Bcd", "");
	ck_assert_uint_eq(headers_size(&h), strlen("A: 12\r\nBcd: \r\n"));
}
END_TEST

static const struct {
	const char *list;
	const char *members[4];
} lists[] = {
	{ "", { NULL } },
	{ " , ,\t,", { NULL } },
	{ "a", { "a" } },
	{ "a,b , c", { "a", "b", "c" } },
	{ ", a,, b,", { "a", "b" } },
	{ "a=\"x, y\", b", { "a=\"x, y\"", "b" } },
	{ "\"a\\\", b\", c", { "\"a\\\", b\"", "c" } },
	{ "\"a\\\\\", b", { "\"a\\\\\"", "b" } },
	{ "a, \"b, c", { "a", "\"b, c" } },
	{ "\"b\\", { "\"b\\" } },
	{ "a\\, b", { "a\\", "b" } },
};

START_TEST(walks_lists)
{
	struct slice rest = slice_of(lists[_i].list), member;

	for (size_t i = 0; lists[_i].members[i] != NULL; i++) {
		ck_assert(list_next(&rest, &member));
		same(member, lists[_i].members[i]);
	}
	ck_assert(!list_next(&rest, &member));
	ck_assert(!list_next(&rest, &member));
}
END_TEST

static const struct {
	const char *token;
	enum method method;
	bool safe;
} methods[] = {
	{ "GET", METHOD_GET, true },
	{ "HEAD", METHOD_HEAD, true },
	{ "OPTIONS", METHOD_OPTIONS, true },
	{ "TRACE", METHOD_TRACE, true },
	{ "POST", METHOD_POST, false },
	{ "PUT", METHOD_PUT, false },
	{ "PATCH", METHOD_PATCH, false },
	{ "DELETE", METHOD_DELETE, false },
	{ "CONNECT", METHOD_CONNECT, false },
	{ "OTHER", METHOD_OTHER, false },
	{ "PROPFIND", METHOD_OTHER, false },
	{ "get", METHOD_OTHER, false },
	{ "", METHOD_OTHER, false },
};

START_TEST(looks_methods_up)
{
	enum method method = method_lookup(slice_of(methods[_i].token));

	ck_assert_int_eq(method, methods[_i].method);
	ck_assert(method_is_safe(method) == methods[_i].safe);
	if (method != METHOD_OTHER)
		ck_assert_str_eq(method_name(method), methods[_i].token);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("headers");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, finds_every_row_in_any_case, known);
	ADD_ROWS(tests, knows_no_others, others);
	tcase_add_test(tests, other_has_neither_name_nor_flags);
	tcase_add_test(tests, names_are_tokens);
	tcase_add_test(tests, values_have_no_controls);
	tcase_add_test(tests, grows_and_keeps_order);
	tcase_add_test(tests, add_keeps_pointers);
	tcase_add_test(tests, gets_the_first);
	tcase_add_test(tests, an_empty_value_is_there);
	tcase_add_test(tests, walks_by_name);
	tcase_add_test(tests, combines_values);
	tcase_add_test(tests, lists_have_members);
	tcase_add_test(tests, connection_names_fields);
	tcase_add_test(tests, size_is_as_sent);
	ADD_ROWS(tests, walks_lists, lists);
	ADD_ROWS(tests, looks_methods_up, methods);
	return run_case("headers", tests);
}

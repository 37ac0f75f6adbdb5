/* test_cache_control.c - Cache-Control of requests and responses, one row a value.
 *
 * Rows say what differs from a field that has nothing in it.
 */
#include "http/cache_control.h"

#include "http_fixture.h"

#define NO   0 /* stands for CC_NONE in rows: no row wants a plain 0 without ZERO */
#define ZERO (-2)
#define MOST 2147483648LL

struct row {
	const char *value;
	unsigned flags;
	int64_t max_age, s_maxage, max_stale, min_fresh, swr, sie;
	const char *no_cache_fields, *private_fields;
};

static const struct row responses[] = {
	{ "", .flags = 0 },
	{ "max-age=60", .max_age = 60 },
	{ "max-age=\"60\"", .max_age = 60 },
	{ "MAX-AGE=60", .max_age = 60 },
	{ "max-age=0", .max_age = ZERO },
	{ "max-age=007", .max_age = 7 },
	{ "s-maxage=5, max-age=9", .s_maxage = 5, .max_age = 9 },
	/* malformed: stale */
	{ "max-age", .max_age = ZERO },
	{ "max-age=", .max_age = ZERO },
	{ "max-age=\"\"", .max_age = ZERO },
	{ "max-age=\"", .max_age = ZERO },
	{ "max-age=-1", .max_age = ZERO },
	{ "max-age=+1", .max_age = ZERO },
	{ "max-age=1.5", .max_age = ZERO },
	{ "max-age=1e3", .max_age = ZERO },
	{ "max-age=0x10", .max_age = ZERO },
	{ "max-age=60s", .max_age = ZERO },
	{ "max-age='60'", .max_age = ZERO },
	{ "max-age=60 60", .max_age = ZERO },
	{ "max-age = 60", .max_age = ZERO },
	{ "max-age= 60", .max_age = ZERO },
	{ "max-age =60", .max_age = ZERO },
	{ "max-age =\"60\"", .max_age = ZERO },
	{ "s-maxage\t=60", .s_maxage = ZERO },
	{ "no-cache =\"a\"", .flags = CC_NO_CACHE },
	{ "no-store =", .flags = CC_NO_STORE },
	{ "public =", .flags = 0 },
	{ "max-age=60;s-maxage=5", .max_age = ZERO },
	{ "max-age=\"6\\0\"", .max_age = ZERO },
	{ "max-age=\"60\"0", .max_age = ZERO },
	{ "max-age=\"60", .max_age = ZERO },
	/* overflow (RFC 9111 1.2.2) */
	{ "max-age=2147483647", .max_age = 2147483647 },
	{ "max-age=2147483648", .max_age = MOST },
	{ "max-age=2147483649", .max_age = MOST },
	{ "max-age=99999999999999999999999999999999", .max_age = MOST },
	{ "s-maxage=18446744073709551616", .s_maxage = MOST },
	/* duplicates: the most restrictive */
	{ "max-age=60, max-age=30", .max_age = 30 },
	{ "max-age=30, max-age=60", .max_age = 30 },
	{ "max-age=30, max-age=x", .max_age = ZERO },
	{ "s-maxage=30, s-maxage=20, s-maxage=25", .s_maxage = 20 },
	/* words */
	{ "no-store", .flags = CC_NO_STORE },
	{ "No-Store=yes", .flags = CC_NO_STORE },
	{ "no-transform", .flags = CC_NO_TRANSFORM },
	{ "must-revalidate", .flags = CC_MUST_REVALIDATE },
	{ "proxy-revalidate", .flags = CC_PROXY_REVALIDATE },
	{ "must-understand, no-store", .flags = CC_MUST_UNDERSTAND | CC_NO_STORE },
	{ "must-understand=1", .flags = 0 },
	{ "public", .flags = CC_PUBLIC },
	{ "public=1", .flags = 0 },
	{ "immutable", .flags = CC_IMMUTABLE },
	{ "immutable=", .flags = CC_IMMUTABLE },
	{ "immutable=no", .flags = CC_IMMUTABLE },
	{ "immutable, immutable", .flags = CC_IMMUTABLE },
	{ "public, max-age=1, no-store", .flags = CC_PUBLIC | CC_NO_STORE, .max_age = 1 },
	/* no-cache and private, alone and with fields */
	{ "no-cache", .flags = CC_NO_CACHE },
	{ "no-cache=\"Set-Cookie, X\"", .flags = CC_NO_CACHE_FIELDS,
		.no_cache_fields = "Set-Cookie, X" },
	{ "no-cache=Set-Cookie", .flags = CC_NO_CACHE_FIELDS, .no_cache_fields = "Set-Cookie" },
	{ "no-cache=\"\"", .flags = CC_NO_CACHE },
	{ "no-cache=\",,\"", .flags = CC_NO_CACHE },
	{ "no-cache=", .flags = CC_NO_CACHE },
	{ "no-cache=\"a b\"", .flags = CC_NO_CACHE },
	{ "no-cache=\"a\\\"b\"", .flags = CC_NO_CACHE },
	{ "no-cache=\"a\", no-cache", .flags = CC_NO_CACHE | CC_NO_CACHE_FIELDS,
		.no_cache_fields = "a" },
	{ "no-cache=\"a\", no-cache=\"b\"", .flags = CC_NO_CACHE | CC_NO_CACHE_FIELDS,
		.no_cache_fields = "a" },
	{ "private", .flags = CC_PRIVATE },
	{ "private=\"x-user\"", .flags = CC_PRIVATE_FIELDS, .private_fields = "x-user" },
	{ "private=\"a\", private=\"b\"", .flags = CC_PRIVATE | CC_PRIVATE_FIELDS,
		.private_fields = "a" },
	{ "private=\"no-store, max-age=5\", max-age=7", .flags = CC_PRIVATE, .max_age = 7 },
	/* RFC 5861 */
	{ "stale-while-revalidate=30, stale-if-error=600", .swr = 30, .sie = 600 },
	{ "stale-while-revalidate, stale-if-error=no", .swr = ZERO, .sie = ZERO },
	/* the others are not spoilt */
	{ "max-age=60, foo=\"a, no-store\", private", .flags = CC_PRIVATE, .max_age = 60 },
	{ ",,;=,max-age=60,=5,\"\"", .max_age = 60 },
	{ "max-age=60, foo=\"bar, no-store", .flags = CC_NO_STORE, .max_age = 60 },
	{ "no-cache=\"a, no-store", .flags = CC_NO_CACHE | CC_NO_STORE },
	{ "max-age=60\tno-store", .max_age = ZERO },
	{ "\"no-store\"", .flags = 0 },
	/* a request's, or nobody's */
	{ "max-stale=5, min-fresh=5, only-if-cached", .flags = 0 },
	{ "community=\"UCI\", max-agee=1, xno-store", .flags = 0 },
	{ "\xff=1, no\xff-store", .flags = 0 },
};

static const struct row requests[] = {
	{ "", .flags = 0 },
	{ "max-age=60", .max_age = 60 },
	{ "max-age=60, max-age=30", .max_age = 30 },
	{ "max-age=\"5\"", .max_age = 5 },
	{ "max-age=99999999999", .max_age = MOST },
	/* malformed: absent */
	{ "max-age", .flags = 0 },
	{ "max-age=x", .flags = 0 },
	{ "max-age=5, max-age=x", .max_age = 5 },
	{ "min-fresh=20", .min_fresh = 20 },
	{ "min-fresh=20, min-fresh=40, min-fresh=30", .min_fresh = 40 },
	{ "max-stale", .flags = CC_MAX_STALE_ANY },
	{ "max-stale=10", .max_stale = 10 },
	{ "max-stale=10, max-stale", .max_stale = 10 },
	{ "max-stale, max-stale=10, max-stale=20", .max_stale = 10 },
	{ "max-stale=x", .flags = 0 },
	{ "max-stale=", .flags = 0 },
	{ "max-stale =5", .flags = 0 },
	{ "max-age =5", .flags = 0 },
	{ "no-cache", .flags = CC_NO_CACHE },
	{ "no-cache=\"a\"", .flags = CC_NO_CACHE },
	{ "no-store, no-transform", .flags = CC_NO_STORE | CC_NO_TRANSFORM },
	{ "only-if-cached", .flags = CC_ONLY_IF_CACHED },
	{ "stale-if-error=60", .sie = 60 },
	/* a response's */
	{ "s-maxage=5, public, private, must-revalidate, immutable, proxy-revalidate", .flags = 0 },
	{ "stale-while-revalidate=5, must-understand", .flags = 0 },
};

static int64_t wanted(int64_t of_row)
{
	if (of_row == NO)
		return CC_NONE;
	return of_row == ZERO ? 0 : of_row;
}

static void same_text(struct slice got, const char *want, const char *value)
{
	ck_assert_msg((got.data == NULL) == (want == NULL), "%s: list is there or not", value);
	ck_assert_msg(
		slice_equal(got, slice_of(want)), "%s: '" SLICE_FORMAT "'", value, SLICE_ARGS(got));
}

static void compare(const struct cache_control *got, const struct row *row)
{
	ck_assert_msg(got->flags == row->flags, "%s: flags %u", row->value, got->flags);
	ck_assert_msg(got->max_age == wanted(row->max_age), "%s: max-age", row->value);
	ck_assert_msg(got->s_maxage == wanted(row->s_maxage), "%s: s-maxage", row->value);
	ck_assert_msg(got->max_stale == wanted(row->max_stale), "%s: max-stale", row->value);
	ck_assert_msg(got->min_fresh == wanted(row->min_fresh), "%s: min-fresh", row->value);
	ck_assert_msg(got->stale_while_revalidate == wanted(row->swr), "%s: swr", row->value);
	ck_assert_msg(got->stale_if_error == wanted(row->sie), "%s: sie", row->value);
	same_text(got->no_cache_fields, row->no_cache_fields, row->value);
	same_text(got->private_fields, row->private_fields, row->value);
}

START_TEST(reads_responses)
{
	struct arena arena;
	struct headers h;
	struct cache_control cc;

	arena_init(&arena);
	headers_init(&h, &arena);
	headers_add(&h, SLICE("Cache-Control"), slice_of(responses[_i].value));
	cache_control_of_response(&h, &cc);
	compare(&cc, &responses[_i]);
	ck_assert(cc.present);
	arena_done(&arena);
}
END_TEST

START_TEST(reads_requests)
{
	struct arena arena;
	struct headers h;
	struct cache_control cc;

	arena_init(&arena);
	headers_init(&h, &arena);
	headers_add(&h, SLICE("Cache-Control"), slice_of(requests[_i].value));
	cache_control_of_request(&h, &cc);
	compare(&cc, &requests[_i]);
	ck_assert(cc.present);
	arena_done(&arena);
}
END_TEST

START_TEST(reads_every_field)
{
	struct arena arena;
	struct headers h;
	struct cache_control cc;

	arena_init(&arena);
	headers_init(&h, &arena);
	cache_control_of_response(&h, &cc);
	ck_assert(!cc.present);
	ck_assert_int_eq(cc.max_age, CC_NONE);
	headers_add(&h, SLICE("cache-control"), SLICE("max-age=60"));
	headers_add(&h, SLICE("Pragma"), SLICE("no-cache"));
	headers_add(&h, SLICE("Cache-Control"), SLICE("max-age=30, private"));
	cache_control_of_response(&h, &cc);
	ck_assert(cc.present);
	ck_assert_int_eq(cc.max_age, 30);
	ck_assert_uint_eq(cc.flags, CC_PRIVATE);
	arena_done(&arena);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("cache_control");

	ADD_ROWS(tests, reads_responses, responses);
	ADD_ROWS(tests, reads_requests, requests);
	tcase_add_test(tests, reads_every_field);
	return run_case("cache_control", tests);
}

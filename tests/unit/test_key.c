/* test_key.c - cache keys: the layout byte by byte, what is the same and what differs. */
#include "http/key.h"

#include "http/uri.h"
#include "http_fixture.h"

#define SEED 7

static struct key made(struct bytes *buffer, const struct key_parts *parts)
{
	struct key key;

	ck_assert_int_eq(key_make(parts, SEED, buffer, &key), RC_OK);
	return key;
}

START_TEST(has_the_layout)
{
	struct key_parts parts = {
		.route = SLICE("/r"),
		.namespace_version = 0x0102030405060708,
		.target = SLICE("/r/%61?b"),
	};
	struct bytes buffer;
	struct key key;

	bytes_init(&buffer, 100);
	key = made(&buffer, &parts);
	ASSERT_TEXT(key.bytes, SLICE("\1\0"
				     "\1\2\3\4\5\6\7\10"
				     "\0\0\0\2"
				     "/r"
				     "\0\0\0\6"
				     "/r/a?b"));
	ASSERT_TEXT(key_target(key), SLICE("/r/a?b"));
	bytes_done(&buffer);
}
END_TEST

#define GET(path, version, raw)                                            \
	{                                                                  \
		.route = path, .namespace_version = version, .target = raw \
	}
#define POST(name, sum)                                                                    \
	{                                                                                  \
		.route = TEXT("/r"), .target = TEXT("/r/a"), .method = name, .digest = sum \
	}
#define RULE(text)                                                        \
	{                                                                 \
		.route = TEXT("/r"), .target = TEXT("/r/a"), .rule = text \
	}
#define MARK(text)                                                        \
	{                                                                 \
		.route = TEXT("/r"), .target = TEXT("/r/a"), .mark = text \
	}
#define TENANT(name)                                                        \
	{                                                                   \
		.route = TEXT("/r"), .target = TEXT("/r/a"), .tenant = name \
	}

static const struct {
	struct key_parts a, b;
	bool equal;
} pairs[] = {
	{ GET(TEXT("/r"), 1, TEXT("/r/a")), GET(TEXT("/r"), 1, TEXT("/r/a")), true },
	{ GET(TEXT("/r"), 1, TEXT("/r/%61")), GET(TEXT("/r"), 1, TEXT("/r/a")), true },
	{ GET(TEXT("/r"), 1, TEXT("/r/%2f")), GET(TEXT("/r"), 1, TEXT("/r/%2F")), true },
	{ GET(TEXT("/r"), 1, TEXT("/r/%2f")), GET(TEXT("/r"), 1, TEXT("/r//")), false },
	{ GET(TEXT("/r"), 1, TEXT("/r/a")), GET(TEXT("/r"), 2, TEXT("/r/a")), false },
	{ GET(TEXT("/r"), 1, TEXT("/r/a")), GET(TEXT("/"), 1, TEXT("/r/a")), false },
	{ GET(TEXT("/r"), 1, TEXT("/r/a")), GET(TEXT("/r"), 1, TEXT("/r/A")), false },
	{ GET(TEXT("/r"), 1, TEXT("/r/a?")), GET(TEXT("/r"), 1, TEXT("/r/a")), false },
	{ GET(TEXT("/r/a"), 1, TEXT("/b")), GET(TEXT("/r"), 1, TEXT("/a/b")), false },
	{ GET(TEXT(""), 1, TEXT("/")), GET(TEXT("/"), 1, TEXT("")), false },
	/* RFC 10008 2.7: the body counts, and so does the method that gives it a meaning */
	{ POST(TEXT("QUERY"), TEXT("d1")), POST(TEXT("QUERY"), TEXT("d1")), true },
	{ POST(TEXT("QUERY"), TEXT("d1")), POST(TEXT("QUERY"), TEXT("d2")), false },
	{ POST(TEXT("QUERY"), TEXT("d1")), POST(TEXT("POST"), TEXT("d1")), false },
	{ POST(TEXT("QUERY"), TEXT("d1")), GET(TEXT("/r"), 1, TEXT("/r/a")), false },
	{ POST(TEXT("QU"), TEXT("ERYd1")), POST(TEXT("QUERY"), TEXT("d1")), false },
	/* a target stands for others under a rule */
	{ RULE(TEXT("params")), RULE(TEXT("params")), true },
	{ RULE(TEXT("params")), RULE(TEXT("key-order")), false },
	{ RULE(TEXT("params")), GET(TEXT("/r"), 1, TEXT("/r/a")), false },
	/* and under the route's own, beside it */
	{ MARK(TEXT("m c-")), MARK(TEXT("m c-")), true },
	{ MARK(TEXT("m c-")), MARK(TEXT("m c- xml")), false },
	{ MARK(TEXT("m")), RULE(TEXT("m")), false },
	{ MARK(TEXT("m")), GET(TEXT("/r"), 1, TEXT("/r/a")), false },
	/* and nobody's is no tenant's */
	{ TENANT(TEXT("a")), TENANT(TEXT("a")), true },
	{ TENANT(TEXT("a")), TENANT(TEXT("b")), false },
	{ TENANT(TEXT("a")), GET(TEXT("/r"), 0, TEXT("/r/a")), false },
	{ TENANT(TEXT("a")), MARK(TEXT("a")), false },
	{ TENANT(TEXT("a")), RULE(TEXT("a")), false },
};

START_TEST(compares)
{
	struct bytes buffer_a, buffer_b;
	struct key a, b;

	bytes_init(&buffer_a, 100);
	bytes_init(&buffer_b, 100);
	a = made(&buffer_a, &pairs[_i].a);
	b = made(&buffer_b, &pairs[_i].b);
	ck_assert(key_equal(a, b) == pairs[_i].equal);
	ck_assert((a.hash == b.hash) == pairs[_i].equal);
	b.hash = a.hash; /* a collision: the bytes decide */
	ck_assert(key_equal(a, b) == pairs[_i].equal);
	bytes_done(&buffer_a);
	bytes_done(&buffer_b);
}
END_TEST

static const struct {
	const char *what;
	struct key_parts parts;
	struct slice tenant;
} owned[] = {
	{ "nobody's", GET(TEXT("/r"), 1, TEXT("/r/a")), TEXT("") },
	{ "a tenant's", TENANT(TEXT("lab")), TEXT("lab") },
	{ "a mark is no tenant", MARK(TEXT("lab")), TEXT("") },
};

START_TEST(tells_whose_it_is)
{
	struct bytes buffer;
	struct key key;

	bytes_init(&buffer, 100);
	key = made(&buffer, &owned[_i].parts);
	ASSERT_TEXT(key_tenant(key), owned[_i].tenant);
	key.bytes.size--;
	ck_assert_uint_eq(key_tenant(key).size, 0);
	bytes_done(&buffer);
}
END_TEST

START_TEST(depends_on_the_seed)
{
	struct key_parts parts = {
		.route = SLICE("/r"),
		.namespace_version = 1,
		.target = SLICE("/r/a"),
	};
	struct bytes buffer;
	struct key a, b;

	bytes_init(&buffer, 100);
	ck_assert_int_eq(key_make(&parts, 1, &buffer, &a), RC_OK);
	ck_assert_int_eq(key_make(&parts, 2, &buffer, &b), RC_OK);
	ck_assert(a.hash != b.hash);
	bytes_done(&buffer);
}
END_TEST

/* 18 bytes of the layout are the head and the lengths; "/r" and "/abcdef" are 9. */
START_TEST(is_bounded)
{
	struct key_parts parts = {
		.route = SLICE("/r"),
		.namespace_version = 1,
		.target = SLICE("/abcdef"),
	};

	for (size_t limit = 0; limit < 32; limit++) {
		enum rc want = limit < 18 + 9 ? RC_TOO_LARGE : RC_OK;
		struct bytes buffer;
		struct key key;

		bytes_init(&buffer, limit);
		ck_assert_int_eq(key_make(&parts, SEED, &buffer, &key), want);
		bytes_done(&buffer);
	}
}
END_TEST

/* What stands in a key comes out of it, with the target in its one spelling. */
START_TEST(splits_what_it_made)
{
	const struct key_parts *in = &pairs[_i].a;
	struct bytes buffer, target;
	struct key_parts out;

	bytes_init(&buffer, 100);
	bytes_init(&target, 100);
	ck_assert_int_eq(target_canonical(in->target, &target), RC_OK);
	ck_assert_int_eq(key_split(made(&buffer, in), &out), RC_OK);
	ASSERT_TEXT(out.route, in->route);
	ASSERT_TEXT(out.target, bytes_slice(&target));
	ASSERT_TEXT(out.method, in->method);
	ASSERT_TEXT(out.digest, in->digest);
	ASSERT_TEXT(out.rule, in->rule);
	ASSERT_TEXT(out.mark, in->mark);
	ASSERT_TEXT(out.tenant, in->tenant);
	ck_assert_uint_eq(out.namespace_version, in->namespace_version);
	bytes_done(&buffer);
	bytes_done(&target);
}
END_TEST

/* Cut short anywhere, or with a byte more, it is no key. */
START_TEST(splits_nothing_else)
{
	struct key_parts out = { .namespace_version = 99 };
	struct bytes buffer;
	struct key key;

	bytes_init(&buffer, 100);
	key = made(&buffer, &pairs[_i].a);
	for (size_t size = 0; size <= key.bytes.size + 1; size++) {
		struct key cut = { .bytes = { key.bytes.data, size } }; /* a NUL stands behind */

		if (size != key.bytes.size)
			ck_assert_int_eq(key_split(cut, &out), RC_INVALID);
	}
	ck_assert_uint_eq(out.namespace_version, 99);
	bytes_done(&buffer);
}
END_TEST

#define HEAD   "\0\0\0\0\0\0\0\0"
#define ROUTE  "\0\0\0\1/"
#define TARGET "\0\0\0\2/a"

static const struct {
	const char *what;
	struct slice bytes;
	enum rc rc;
} layouts[] = {
	{ "http/key.h: the least", TEXT("\1\0" HEAD ROUTE TARGET), RC_OK },
	{ "http/key.h: an empty route", TEXT("\1\0" HEAD "\0\0\0\0" TARGET), RC_OK },
	{ "http/key.h: a body", TEXT("\1\1" HEAD ROUTE TARGET "\0\0\0\1Q\0\0\0\1d"), RC_OK },
	{ "http/key.h: a rule", TEXT("\1\2" HEAD ROUTE TARGET "\0\0\0\1r"), RC_OK },
	{ "http/key.h: both", TEXT("\1\3" HEAD ROUTE TARGET "\0\0\0\1Q\0\0\0\1d\0\0\0\1r"), RC_OK },
	{ "http/key.h: a mark", TEXT("\1\4" HEAD ROUTE TARGET "\0\0\0\1m"), RC_OK },
	{ "http/key.h: a tenant", TEXT("\1\10" HEAD ROUTE TARGET "\0\0\0\1t"), RC_OK },
	{ "http/key.h: a mark and a tenant", TEXT("\1\14" HEAD ROUTE TARGET "\0\0\0\1m\0\0\0\1t"),
		RC_OK },
	{ "none", TEXT(""), RC_INVALID },
	{ "no version", TEXT("\0\0" HEAD ROUTE TARGET), RC_INVALID },
	{ "a later version", TEXT("\2\0" HEAD ROUTE TARGET), RC_INVALID },
	{ "a mark that is missing", TEXT("\1\4" HEAD ROUTE TARGET), RC_INVALID },
	{ "a tenant that is missing", TEXT("\1\10" HEAD ROUTE TARGET), RC_INVALID },
	{ "a tenant of size 0", TEXT("\1\10" HEAD ROUTE TARGET "\0\0\0\0"), RC_INVALID },
	{ "a class that there isn't", TEXT("\1\20" HEAD ROUTE TARGET "\0\0\0\1x"), RC_INVALID },
	{ "a class that there isn't, high", TEXT("\1\200" HEAD ROUTE TARGET), RC_INVALID },
	{ "a body that is missing", TEXT("\1\1" HEAD ROUTE TARGET), RC_INVALID },
	{ "a digest that is missing", TEXT("\1\1" HEAD ROUTE TARGET "\0\0\0\1Q"), RC_INVALID },
	{ "a method of size 0", TEXT("\1\1" HEAD ROUTE TARGET "\0\0\0\0\0\0\0\1d"), RC_INVALID },
	{ "a rule of size 0", TEXT("\1\2" HEAD ROUTE TARGET "\0\0\0\0"), RC_INVALID },
	{ "a rule that isn't announced", TEXT("\1\0" HEAD ROUTE TARGET "\0\0\0\1r"), RC_INVALID },
	{ "a route longer than all", TEXT("\1\0" HEAD "\377\377\377\377/" TARGET), RC_INVALID },
	{ "a target one byte too long", TEXT("\1\0" HEAD ROUTE "\0\0\0\3/a"), RC_INVALID },
	{ "a target one byte too short", TEXT("\1\0" HEAD ROUTE "\0\0\0\1/a"), RC_INVALID },
};

START_TEST(splits_only_the_layout)
{
	struct key key = { .bytes = layouts[_i].bytes };
	struct key_parts parts;
	enum rc rc = key_split(key, &parts);

	ck_assert_msg(rc == layouts[_i].rc, "%s: %s", layouts[_i].what, rc_text(rc));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("key");

	tcase_add_test(tests, has_the_layout);
	ADD_ROWS(tests, compares, pairs);
	ADD_ROWS(tests, splits_what_it_made, pairs);
	ADD_ROWS(tests, splits_nothing_else, pairs);
	ADD_ROWS(tests, splits_only_the_layout, layouts);
	ADD_ROWS(tests, tells_whose_it_is, owned);
	tcase_add_test(tests, depends_on_the_seed);
	tcase_add_test(tests, is_bounded);
	return run_case("key", tests);
}

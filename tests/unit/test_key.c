/* test_key.c - cache keys: the layout byte by byte, what is the same and what differs. */
#include "http/key.h"

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

int main(void)
{
	TCase *tests = tcase_create("key");

	tcase_add_test(tests, has_the_layout);
	ADD_ROWS(tests, compares, pairs);
	tcase_add_test(tests, depends_on_the_seed);
	tcase_add_test(tests, is_bounded);
	return run_case("key", tests);
}

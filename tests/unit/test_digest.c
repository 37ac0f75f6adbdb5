/* test_digest.c - SHA-256 and SHA-1 against the examples that NIST publishes for FIPS 180-4. */
#include "util/digest.h"

#include "http_fixture.h"

#include <stdio.h>

static const struct {
	struct slice data;
	const char *hex;
} rows[] = {
	/* clang-format off */
	{ TEXT(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ { NULL, 0 }, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ TEXT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ TEXT("\0"), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	/* clang-format on */
};

static const struct {
	enum digest_algorithm by;
	struct slice data;
	const char *hex;
} others[] = {
	{ DIGEST_BY_SHA1, TEXT("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ DIGEST_BY_SHA1, TEXT(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ DIGEST_BY_SHA256, TEXT("abc"),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};

static void expect(const unsigned char digest[static DIGEST_SIZE], const char *expected)
{
	char hex[2 * DIGEST_SIZE + 1];

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(hex, expected);
}

START_TEST(digests)
{
	unsigned char digest[DIGEST_SIZE];

	digest_sha256(rows[_i].data, digest);
	expect(digest, rows[_i].hex);
}
END_TEST

START_TEST(digests_in_pieces)
{
	unsigned char digest[DIGEST_SIZE];

	for (size_t step = 1; step < 60; step += 13) {
		SCOPED(digest) parts = digest_begin();

		for (size_t at = 0; at < rows[_i].data.size; at += step) {
			size_t left = rows[_i].data.size - at;
			struct slice piece = { rows[_i].data.data + at, left < step ? left : step };

			digest_update(parts, piece);
		}
		digest_end(parts, digest);
		expect(digest, rows[_i].hex);
	}
}
END_TEST

START_TEST(digests_by_another)
{
	SCOPED(digest) parts = digest_begin_by(others[_i].by);
	unsigned char digest[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];

	digest_update(parts, others[_i].data);
	digest_end(parts, digest);
	for (size_t i = 0; i < digest_size(others[_i].by); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(hex, others[_i].hex);
}
END_TEST

static const struct {
	const char *hex;
	bool equal;
} told[] = {
	/* clang-format off */
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", true },
	{ "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", true },
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae", false },
	{ "aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false },
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", false },
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0", false },
	{ "", false },
	/* clang-format on */
};

START_TEST(compares_with_hex)
{
	unsigned char digest[DIGEST_SIZE];

	digest_sha256(SLICE("abc"), digest);
	ck_assert_int_eq(digest_equals_hex(digest, slice_of(told[_i].hex)), told[_i].equal);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("digest");

	ADD_ROWS(tests, digests, rows);
	ADD_ROWS(tests, digests_in_pieces, rows);
	ADD_ROWS(tests, digests_by_another, others);
	ADD_ROWS(tests, compares_with_hex, told);
	return run_case("digest", tests);
}

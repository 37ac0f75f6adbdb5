/* test_hmac.c - HMAC-SHA-256: the cases of RFC 4231, however they are cut. */
#include "util/hmac.h"

#include "http_fixture.h"

#include <string.h>

#define TWENTY(c) c c c c c c c c c c c c c c c c c c c c
#define FIFTY(c)  TWENTY(c) TWENTY(c) c c c c c c c c c c

static const struct {
	struct slice key, text;
	const char *want;
} rows[] = {
	{ TEXT(TWENTY("\x0b")), TEXT("Hi There"),
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ TEXT("Jefe"), TEXT("what do ya want for nothing?"),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ TEXT(TWENTY("\xaa")), TEXT(FIFTY("\xdd")),
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ TEXT(FIFTY("\xaa") FIFTY("\xaa") TWENTY("\xaa") "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
							  "\xaa\xaa"),
		TEXT("Test Using Larger Than Block-Size Key - Hash Key First"),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	/* of no key and no text: what every implementation has */
	{ TEXT(""), TEXT(""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

START_TEST(is_as_in_rfc_4231)
{
	struct slice text = rows[_i].text;
	unsigned char digest[DIGEST_SIZE];

	for (size_t cut = 0; cut <= text.size; cut++) {
		const struct slice pieces[] = { { text.data, cut }, slice_skip(text, cut) };

		hmac_sha256(rows[_i].key, pieces, 2, digest);
		ck_assert(digest_equals_hex(digest, slice_of(rows[_i].want)));
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("hmac");

	ADD_ROWS(tests, is_as_in_rfc_4231, rows);
	return run_case("hmac", tests);
}

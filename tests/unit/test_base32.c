/* test_base32.c - base32 there and back (RFC 4648 10), and what is none. */
#include "util/base32.h"

#include "http_fixture.h"

static const struct {
	struct slice octets, text;
} rows[] = {
	{ TEXT(""), TEXT("") },
	{ TEXT("f"), TEXT("MY======") },
	{ TEXT("fo"), TEXT("MZXQ====") },
	{ TEXT("foo"), TEXT("MZXW6===") },
	{ TEXT("foob"), TEXT("MZXW6YQ=") },
	{ TEXT("fooba"), TEXT("MZXW6YTB") },
	{ TEXT("foobar"), TEXT("MZXW6YTBOI======") },
	{ TEXT("\xff\0\xff\0\xff"), TEXT("74AP6AH7") },
};

START_TEST(there_and_back)
{
	char text[64], octets[64];
	size_t size = base32_encode(rows[_i].octets, text);

	ck_assert_uint_eq(size, base32_size(rows[_i].octets.size));
	ASSERT_TEXT(((struct slice){ text, size }), rows[_i].text);
	ck_assert_int_eq(base32_decode(rows[_i].text, octets, &size), RC_OK);
	ASSERT_TEXT(((struct slice){ octets, size }), rows[_i].octets);
}
END_TEST

static const struct {
	struct slice text, octets; /* data NULL: none */
} others[] = {
	{ TEXT("mzxw6"), TEXT("foo") },
	{ TEXT("MZXW6"), TEXT("foo") },
	{ TEXT("M"), { 0 } },
	{ TEXT("MZX"), { 0 } },
	{ TEXT("MZXW6Y"), { 0 } },
	{ TEXT("MZ"), { 0 } },
	{ TEXT("MY="), { 0 } },
	{ TEXT("MZ1W6==="), { 0 } },
	{ TEXT("MZXW 6=="), { 0 } },
	{ TEXT("========"), { 0 } },
};

START_TEST(what_others_write)
{
	char octets[64];
	size_t size = 0;
	enum rc rc = base32_decode(others[_i].text, octets, &size);

	ck_assert_int_eq(rc, others[_i].octets.data != NULL ? RC_OK : RC_INVALID);
	if (rc == RC_OK)
		ASSERT_TEXT(((struct slice){ octets, size }), others[_i].octets);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("base32");

	ADD_ROWS(tests, there_and_back, rows);
	ADD_ROWS(tests, what_others_write, others);
	return run_case("base32", tests);
}

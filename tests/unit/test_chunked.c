/* test_chunked.c - the chunked transfer coding undone (RFC 9112 7.1), or refused. */
#include "http/chunked.h"

#include "http_fixture.h"

#include <string.h>

static const struct {
	struct slice coded;
	enum rc rc;
	struct slice content;
} rows[] = {
	{ TEXT("0\r\n\r\n"), RC_OK, TEXT("") },
	{ TEXT("5\r\nhello\r\n0\r\n\r\n"), RC_OK, TEXT("hello") },
	{ TEXT("5\r\nhello\r\n1\r\n!\r\n000\r\n\r\n"), RC_OK, TEXT("hello!") },
	{ TEXT("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), RC_OK,
		TEXT("01234567890123456789") },
	{ TEXT("5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n"), RC_OK, TEXT("hello") },
	{ TEXT("1\r\n\n\r\n0\r\nTrailer: yes\r\n\r\n"), RC_OK, TEXT("\n") },
	{ TEXT(""), RC_TRUNCATED, { 0 } },
	{ TEXT("5"), RC_TRUNCATED, { 0 } },
	{ TEXT("5\r\nhel"), RC_TRUNCATED, { 0 } },
	{ TEXT("5\r\nhello"), RC_TRUNCATED, { 0 } },
	{ TEXT("5\r\nhello\r\n"), RC_TRUNCATED, { 0 } },
	{ TEXT("5\r\nhello\r\n0\r\n"), RC_TRUNCATED, { 0 } },
	{ TEXT("fffffffffffffff\r\nhello\r\n"), RC_TRUNCATED, { 0 } },
	{ TEXT("ffffffffffffffff\r\nhello\r\n"), RC_INVALID, { 0 } },
	{ TEXT("\r\n"), RC_INVALID, { 0 } },
	{ TEXT("5\nhello\r\n0\r\n\r\n"), RC_INVALID, { 0 } },
	{ TEXT("x\r\nhello\r\n"), RC_INVALID, { 0 } },
	{ TEXT("-1\r\nhello\r\n"), RC_INVALID, { 0 } },
	{ TEXT("4\r\nhello\r\n0\r\n\r\n"), RC_INVALID, { 0 } },
	{ TEXT("0\r\n\r\nmore"), RC_INVALID, { 0 } },
};

START_TEST(decodes)
{
	size_t size = 0, room = rows[_i].coded.size;
	char *data = malloc(room + 1);
	enum rc rc;

	memcpy(data, rows[_i].coded.data, room);
	rc = chunked_decode(data, room, &size);
	ck_assert_int_eq(rc, rows[_i].rc);
	if (rc == RC_OK)
		ASSERT_TEXT(((struct slice){ data, size }), rows[_i].content);
	free(data);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("chunked");

	ADD_ROWS(tests, decodes, rows);
	return run_case("chunked", tests);
}

/* test_addresses.c - client addresses: blocks that hold them or don't, as text, and counted.
 */
#include "addresses.h"

#include "http_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

/* "unix": of no address. */
static union address address_of(const char *text)
{
	union address a = { 0 };

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
		a.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1)
		a.any.sa_family = AF_INET6;
	else
		a.any.sa_family = AF_UNIX;
	return a;
}

static const struct block_row {
	const char *block, *address;
	bool holds;
} BLOCKS[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.1", "unix", false },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.77/24", "192.0.2.1", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "10.0.0.0/8", "10.255.0.1", true },
	{ "10.0.0.0/8", "11.0.0.1", false },
	{ "10.128.0.0/9", "10.128.0.1", true },
	{ "10.128.0.0/9", "10.127.0.1", false },
	{ "192.0.2.4/31", "192.0.2.5", true },
	{ "192.0.2.4/31", "192.0.2.6", false },
	{ "192.0.2.4/32", "192.0.2.5", false },
	{ "0.0.0.0/0", "203.0.113.9", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "0.0.0.0/0", "unix", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
	{ "::ffff:192.0.2.0/120", "192.0.2.9", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::1", "2001:db8::1", true },
	{ "2001:db8::1", "2001:db8::2", false },
	{ "2001:db8::1/128", "2001:db8::1", true },
	{ "::/0", "2001:db8::1", true },
	{ "::1", "127.0.0.1", false },
};

START_TEST(test_blocks)
{
	const struct block_row *row = &BLOCKS[_i];
	char other[] = "198.51.100.1", *texts[2] = { other, (char *)(uintptr_t)row->block };
	union address address = address_of(row->address);
	struct address_blocks blocks;

	ck_assert_int_eq(address_blocks_parse(&(struct text_list){ texts, 2 }, &blocks), RC_OK);
	ck_assert_uint_eq(blocks.count, 2);
	ck_assert_msg(address_blocks_hold(&blocks, &address.any) == row->holds, "%s %s", row->block,
		row->address);
	ck_assert(!address_blocks_hold(&blocks, NULL));
	free(blocks.items);
}
END_TEST

START_TEST(test_no_blocks)
{
	union address address = address_of("192.0.2.1");
	struct address_blocks blocks;

	ck_assert_int_eq(address_blocks_parse(&(struct text_list){ NULL, 0 }, &blocks), RC_OK);
	ck_assert(!address_blocks_hold(&blocks, &address.any));
	free(blocks.items);
}
END_TEST

static const char *const NO_BLOCKS[] = { "", "/8", "a", "192.0.2", "192.0.2.1.1", "192.0.2.1/33",
	"192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/8/8", "192.0.2.1 ", "::/129", "[::1]", "::1%lo",
	"192.0.2.1/a", "1111111111111111111111111111111111111111111111111111111111111111/8" };

START_TEST(test_malformed)
{
	char good[] = "::1", *texts[2] = { good, (char *)(uintptr_t)NO_BLOCKS[_i] };
	struct address_blocks blocks;

	ck_assert_msg(address_blocks_parse(&(struct text_list){ texts, 2 }, &blocks) == RC_INVALID,
		"'%s'", NO_BLOCKS[_i]);
}
END_TEST

static const char *const TEXTS[] = { "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "unix" };

START_TEST(test_text)
{
	union address address = address_of(TEXTS[_i]);
	char text[48];

	address_text(&address.any, text);
	ck_assert_str_eq(text, TEXTS[_i]);
	address_text(NULL, text);
	ck_assert_str_eq(text, "unix");
}
END_TEST

START_TEST(test_counts)
{
	struct address_counts *counts = address_counts_new();
	union address a = address_of("192.0.2.1"), mapped = address_of("::ffff:192.0.2.1");
	union address none = address_of("unix");

	ck_assert_uint_eq(address_counts_get(counts, &a.any), 0);
	address_counts_add(counts, &a.any, 1);
	address_counts_add(counts, &mapped.any, 1);
	ck_assert_uint_eq(address_counts_get(counts, &a.any), 2);
	address_counts_add(counts, &a.any, -1);
	ck_assert_uint_eq(address_counts_get(counts, &mapped.any), 1);
	address_counts_add(counts, &a.any, -1);
	ck_assert_uint_eq(address_counts_get(counts, &a.any), 0);
	address_counts_add(counts, &none.any, 1);
	ck_assert_uint_eq(address_counts_get(counts, &none.any), 0);
	for (uint32_t i = 0; i < 5000; i++) { /* several in each place; some stay */
		a.v4.sin_addr.s_addr = htonl(i);
		address_counts_add(counts, &a.any, (int)(i % 3) + 1);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		a.v4.sin_addr.s_addr = htonl(i);
		ck_assert_uint_eq(address_counts_get(counts, &a.any), i % 3 + 1);
		address_counts_add(counts, &a.any, -1);
	}
	address_counts_free(counts);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("addresses");

	ADD_ROWS(tests, test_blocks, BLOCKS);
	tcase_add_test(tests, test_no_blocks);
	ADD_ROWS(tests, test_malformed, NO_BLOCKS);
	ADD_ROWS(tests, test_text, TEXTS);
	tcase_add_test(tests, test_counts);
	return run_case("addresses", tests);
}

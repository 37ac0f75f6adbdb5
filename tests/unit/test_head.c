/* test_head.c - the status line of a response: version and status (RFC 9110 2.5, RFC 9112 2.3, 4). */
#include "http/head.h"

#include "http_fixture.h"

static const struct {
	struct slice line;
	int status; /* 0: refused */
	enum http_version version;
} lines[] = {
	{ TEXT("HTTP/1.1 200 OK\r\n"), 200, HTTP_1_1 },
	{ TEXT("HTTP/1.0 404 Not Found\r\n"), 404, HTTP_1_0 },
	{ TEXT("HTTP/2 200 \r\n"), 200, HTTP_2 },
	{ TEXT("HTTP/2 599\r\n"), 599, HTTP_2 },
	{ TEXT("HTTP/2.0 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/3 204\r\n"), 204, HTTP_3 },
	{ TEXT("HTTP/1.2 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.9 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 200\n"), 200, HTTP_1_1 },
	{ TEXT("HTTP/1 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1. 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.x 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.10 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1,1 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/0.9 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/4 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/ 200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/"), 0, 0 },
	{ TEXT("http/1.1 200 OK\r\n"), 0, 0 },
	{ TEXT("ICY 200 OK\r\n"), 0, 0 },
	{ TEXT("\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 \r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 20 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 2000 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1  200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1\t200 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 099 OK\r\n"), 0, 0 },
	{ TEXT("HTTP/1.1 600 OK\r\n"), 0, 0 },
};

START_TEST(reads_the_status_line)
{
	struct head head;
	const char *why = NULL;
	enum rc rc;

	head_init(&head);
	head_reset(&head, 1024);
	rc = head_line(&head, lines[_i].line, &why);
	ck_assert_msg(rc == (lines[_i].status != 0 ? RC_OK : RC_PROTOCOL), "'" SLICE_FORMAT "': %s",
		SLICE_ARGS(lines[_i].line), rc_text(rc));
	if (rc == RC_OK) {
		ck_assert_int_eq(head.status, lines[_i].status);
		ck_assert_int_eq(head.version, lines[_i].version);
	} else {
		ck_assert_str_eq(why, "malformed status line");
	}
	head_done(&head);
}
END_TEST

/* Each head has its own: that of a 1xx is forgotten. */
START_TEST(the_final_head_counts)
{
	static const char *const texts[] = { "HTTP/1.1 103 Early Hints\r\n", "Link: </a>\r\n",
		"\r\n", "HTTP/1.0 200 OK\r\n", "A: b\r\n", "\r\n" };
	struct head head;
	const char *why;

	head_init(&head);
	head_reset(&head, 1024);
	for (size_t i = 0; i < 6; i++) {
		ck_assert(!head.complete);
		ck_assert_int_eq(head_line(&head, slice_of(texts[i]), &why), RC_OK);
	}
	ck_assert(head.complete);
	ck_assert_int_eq(head.status, 200);
	ck_assert_int_eq(head.version, HTTP_1_0);
	ck_assert_uint_eq(head.fields.count, 1);
	head_done(&head);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("head");

	ADD_ROWS(tests, reads_the_status_line, lines);
	tcase_add_test(tests, the_final_head_counts);
	return run_case("head", tests);
}

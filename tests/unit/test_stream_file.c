/* test_stream_file.c - a growing body that becomes a file: all of it, wherever it lay. */
#include "stream_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* What was spooled is completed by what lies in memory; what did not leave memory is no file. */
START_TEST(test_file)
{
	const struct grow_row *row = &GROWS[_i];
	char piece[4096];
	struct stream s;
	int fd = -1;
	enum rc rc;

	grow(&s, row);
	ck_assert_int_eq(write_pattern(&s, 100), RC_OK); /* not published */
	rc = stream_file(&s, &fd);
	ck_assert_msg(rc == (s.spool >= 0 ? RC_OK : RC_ABSENT), "%s: %s", row->what, rc_text(rc));
	assert_readable(&s, 0);
	stream_done(&s);
	if (rc != RC_OK)
		return;
	for (uint64_t at = 0; at < row->total + 100;) {
		ssize_t count = pread(fd, piece, sizeof(piece), (off_t)at);

		ck_assert_msg(count > 0, "%s: nothing at %llu", row->what, (unsigned long long)at);
		ck_assert_msg(holds_pattern(piece, (size_t)count, at), "%s: wrong at %llu",
			row->what, (unsigned long long)at);
		at += (uint64_t)count;
	}
	ck_assert_int_eq(pread(fd, piece, 1, (off_t)(row->total + 100)), 0);
	close(fd);
}
END_TEST

START_TEST(test_no_file)
{
	const struct grow_row spooled = { .memory_limit = 64 * KIB,
		.expected = LENGTH_UNKNOWN,
		.total = 150 * KIB,
		.piece = 16384 };
	const struct rlimit limit = { 1 * KIB, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct stream s;
	int fd = -1;
	enum rc rc;

	/* some of it is gone */
	grow(&s, &spooled);
	stream_discard(&s, 1);
	ck_assert_int_eq(stream_file(&s, &fd), RC_ABSENT);
	stream_done(&s);
	/* the disk is full */
	signal(SIGXFSZ, SIG_IGN);
	grow(&s, &spooled);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	rc = stream_file(&s, &fd);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0); /* what the test says is a file, too */
	ck_assert_int_eq(rc, RC_FULL);
	assert_readable(&s, 0);
	ck_assert_int_eq(fd, -1);
	stream_done(&s);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("stream_file");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_file, GROWS);
	tcase_add_test(tests, test_no_file);
	return run_case("stream_file", tests);
}

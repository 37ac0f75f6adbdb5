/* test_spool.c - the part of a growing body that lies in a file: given back, full, moved, cut short.
 */
#include "stream_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t blocks_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 0); /* nobody else can open it */
	return (uint64_t)st.st_blocks * 512;
}

/* Disk is given back while the fetch goes on, where the file system can. */
START_TEST(test_spool_is_given_back)
{
	struct stream s;
	uint64_t before, after;

	grow(&s, &(struct grow_row){ .memory_limit = 64 * KIB,
			 .expected = LENGTH_UNKNOWN,
			 .total = 4 * MIB,
			 .piece = 16384 });
	before = blocks_of(s.spool);
	stream_discard(&s, 3 * MIB);
	after = blocks_of(s.spool);
	ck_assert_uint_le(after, before);
	ck_assert(before < 3 * MIB || after == before || after < 2 * MIB);
	assert_readable(&s, 3 * MIB);
	stream_done(&s);
}
END_TEST

static const char *const NO_DIRECTORIES[] = { "/nowhere/at/all", "/etc/passwd" };

START_TEST(test_no_spool)
{
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 64 * KIB,
				.spool_path = NO_DIRECTORIES[_i],
				.expected = -1 });
	ck_assert_int_eq(write_pattern(&s, 64 * KIB), RC_OK);
	stream_publish(&s);
	ck_assert_int_eq(write_pattern(&s, 1), RC_IO);
	ck_assert_int_eq(s.spool, -1);
	assert_readable(&s, 0);
	stream_done(&s);
}
END_TEST

START_TEST(test_spare_spool)
{
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 64 * KIB,
				.spool_path = NO_DIRECTORIES[_i],
				.spare_path = "/tmp",
				.expected = -1 });
	ck_assert_int_eq(write_pattern(&s, 300 * KIB), RC_OK);
	stream_publish(&s);
	assert_readable(&s, 0);
	stream_done(&s);
}
END_TEST

/* From now on what was written can be read, and nothing more can be written. */
static void fill_spool(const struct stream *s)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", s->spool);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup3(fd, s->spool, O_CLOEXEC), s->spool);
	close(fd);
}

START_TEST(test_spool_moves)
{
	static const size_t discarded[] = { 0, 1, 64 * KIB, 70 * KIB, 149 * KIB };
	struct stream_view view;
	char buffer[4096];
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 64 * KIB,
				.spool_path = "/tmp",
				.spare_path = "/var/tmp",
				.expected = -1 });
	ck_assert_int_eq(write_pattern(&s, 150 * KIB), RC_OK);
	stream_publish(&s);
	stream_discard(&s, discarded[_i]);
	fill_spool(&s);
	view = stream_view_at(&s, 149 * KIB);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(write_pattern(&s, 50 * KIB), RC_OK);
		stream_publish(&s);
	}
	ck_assert_int_eq(stream_copy(&view, buffer, sizeof(buffer)), KIB);
	ck_assert(holds_pattern(buffer, KIB, 149 * KIB));
	assert_readable(&s, discarded[_i]);
	ck_assert_uint_eq(s.total, 300 * KIB);
	/* and not a second time */
	fill_spool(&s);
	ck_assert_int_eq(write_pattern(&s, 1), RC_IO);
	assert_readable(&s, discarded[_i]);
	stream_done(&s);
}
END_TEST

/* The disk is full: what was published before stays readable. */
START_TEST(test_spool_is_full)
{
	const struct rlimit limit = { 200 * KIB, RLIM_INFINITY };
	struct stream s;

	signal(SIGXFSZ, SIG_IGN);
	grow(&s, &(struct grow_row){ .memory_limit = 64 * KIB,
			 .expected = LENGTH_UNKNOWN,
			 .total = 150 * KIB,
			 .piece = 16384 });
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(write_pattern(&s, 100 * KIB), RC_IO);
	assert_readable(&s, 0);
	ck_assert_uint_eq(s.total, 150 * KIB);
	stream_done(&s);
}
END_TEST

START_TEST(test_copy_that_fails)
{
	const struct stream_view view = { .spool = -1, .size = 1 };
	struct stream_view spooled;
	struct stream s;
	char buffer[1];

	ck_assert_int_eq(stream_copy(&view, buffer, 1), -1);

	/* somebody took the file's bytes away: a fault, and no end */
	grow(&s, &(struct grow_row){ .total = 100, .piece = 100 });
	ck_assert_int_eq(ftruncate(s.spool, 0), 0);
	spooled = stream_view_at(&s, 0);
	ck_assert_int_eq(stream_copy(&spooled, buffer, 1), -1);
	stream_done(&s);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("spool");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_spool_is_given_back);
	ADD_ROWS(tests, test_no_spool, NO_DIRECTORIES);
	ADD_ROWS(tests, test_spare_spool, NO_DIRECTORIES);
	tcase_add_loop_test(tests, test_spool_moves, 0, 5);
	tcase_add_test(tests, test_spool_is_full);
	tcase_add_test(tests, test_copy_that_fails);
	return run_case("spool", tests);
}

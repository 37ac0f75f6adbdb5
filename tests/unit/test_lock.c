/* test_lock.c - one larder a directory: processes that take the lock, ask for it, and end. */
#include "lock.h"

#include "http_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];

static void set_up(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/larder-lock-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(path);
}

static void tear_down(void)
{
	unlink(path);
}

static int take(void)
{
	pid_t pid = 0;
	int fd = -1;

	ck_assert_int_eq(lock_take(path, &fd, &pid), RC_OK);
	return fd;
}

/* What a process of its own finds: the result of taking, and the pid that it is told. */
struct finding {
	enum rc rc;
	pid_t pid;
	pid_t holder;
};

static struct finding ask_elsewhere(void)
{
	struct finding found = { RC_OK, 0, 0 };
	int ends[2];
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		int fd;

		found.holder = lock_holder(path);
		found.rc = lock_take(path, &fd, &found.pid);
		_exit(write(ends[1], &found, sizeof(found)) == sizeof(found) ? 0 : 1);
	}
	ck_assert_int_eq(read(ends[0], &found, sizeof(found)), sizeof(found));
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	return found;
}

/* A process that has the lock until it is killed. */
static pid_t hold_elsewhere(void)
{
	int ends[2];
	pid_t child;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		pid_t pid;
		int fd;

		if (lock_take(path, &fd, &pid) != RC_OK || write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return child;
}

START_TEST(nobody_has_it_at_first)
{
	ck_assert_int_eq(lock_holder(path), 0);
}
END_TEST

START_TEST(another_process_is_refused)
{
	int fd = take();
	struct finding found = ask_elsewhere();

	ck_assert_int_eq(found.rc, RC_LOCKED);
	ck_assert_int_eq(found.pid, getpid());
	ck_assert_int_eq(found.holder, getpid());
	lock_release(fd);
	found = ask_elsewhere();
	ck_assert_int_eq(found.rc, RC_OK);
	ck_assert_int_eq(found.holder, 0);
}
END_TEST

START_TEST(refused_within_the_process_too)
{
	int fd = take(), second = -1;
	pid_t pid = 0;

	ck_assert_int_eq(lock_take(path, &second, &pid), RC_LOCKED);
	ck_assert_int_eq(pid, getpid());
	lock_release(fd);
}
END_TEST

START_TEST(asking_does_not_disturb_it)
{
	int fd = take();

	ck_assert_int_eq(lock_holder(path), getpid());
	close(open(path, O_RDWR | O_CLOEXEC));
	ck_assert_int_eq(ask_elsewhere().rc, RC_LOCKED);
	lock_release(fd);
}
END_TEST

START_TEST(free_after_kill)
{
	pid_t child = hold_elsewhere();
	struct finding found = ask_elsewhere();
	pid_t told = 0;
	int fd = -1;

	ck_assert_int_eq(found.rc, RC_LOCKED);
	ck_assert_int_eq(found.pid, child);
	ck_assert_int_eq(lock_take(path, &fd, &told), RC_LOCKED);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(lock_holder(path), 0); /* though its pid still stands there */
	fd = take();
	ck_assert_int_eq(lock_holder(path), getpid());
	lock_release(fd);
}
END_TEST

/* What may stand in the file while somebody has it, and who that is then. */
static const struct {
	const char *text;
	pid_t told;
	pid_t holder;
} texts[] = {
	{ "4711\n", 4711, 4711 },
	{ "4711", 4711, 4711 },
	{ "12\n4711\n", 12, 12 },
	{ "", 0, LOCK_HOLDER_UNKNOWN },
	{ "\n", 0, LOCK_HOLDER_UNKNOWN },
	{ "0\n", 0, LOCK_HOLDER_UNKNOWN },
	{ "larder\n", 0, LOCK_HOLDER_UNKNOWN },
	{ "-4\n", 0, LOCK_HOLDER_UNKNOWN },
	{ "99999999999\n", 0, LOCK_HOLDER_UNKNOWN },
};

START_TEST(tells_the_pid_in_the_file)
{
	size_t size = strlen(texts[_i].text);
	int fd = take(), second = -1;
	pid_t told = 1;

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, texts[_i].text, size, 0), size);
	ck_assert_int_eq(lock_take(path, &second, &told), RC_LOCKED);
	ck_assert_int_eq(told, texts[_i].told);
	ck_assert_int_eq(lock_holder(path), texts[_i].holder);
	lock_release(fd);
}
END_TEST

START_TEST(no_place_for_it)
{
	pid_t pid;
	int fd;

	ck_assert_int_ne(lock_take("/nowhere/at/all/lock", &fd, &pid), RC_OK);
	ck_assert_int_eq(lock_holder("/nowhere/at/all/lock"), 0);
	ck_assert_int_eq(lock_take("/tmp", &fd, &pid), RC_IO);
	ck_assert_int_eq(symlink("/tmp/elsewhere", path), 0);
	ck_assert_int_eq(lock_take(path, &fd, &pid), RC_IO);
	ck_assert_int_eq(lock_holder(path), LOCK_HOLDER_UNKNOWN);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("lock");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, nobody_has_it_at_first);
	tcase_add_test(tests, another_process_is_refused);
	tcase_add_test(tests, refused_within_the_process_too);
	tcase_add_test(tests, asking_does_not_disturb_it);
	tcase_add_test(tests, free_after_kill);
	ADD_ROWS(tests, tells_the_pid_in_the_file, texts);
	tcase_add_test(tests, no_place_for_it);
	return run_case("lock", tests);
}

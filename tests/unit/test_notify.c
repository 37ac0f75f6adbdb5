/* test_notify.c - what the service manager is told, and when it isn't.
 *
 * Time is real: periods are hours or milliseconds that have surely passed.
 */
#include "notify.h"

#include "util/clock.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HOUR_MS ((int64_t)3600000)

/* A mailbox in the abstract namespace; NOTIFY_SOCKET names it. */
static int open_mailbox(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char name[64];
	int size = snprintf(name, sizeof(name), "@larder-test-%ld", (long)getpid());

	memcpy(address.sun_path, name, (size_t)size);
	address.sun_path[0] = '\0';
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void read_into(int fd, char text[static 512])
{
	ssize_t size = recv(fd, text, 511, MSG_DONTWAIT);

	text[size > 0 ? size : 0] = '\0';
}

static void set_watchdog(const char *usec, const char *pid)
{
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
}

START_TEST(test_states)
{
	int fd = open_mailbox();
	char text[512];

	notify_ready("answering");
	read_into(fd, text);
	ck_assert_str_eq(text, "READY=1\nSTATUS=answering\n");
	notify_stopping("soon");
	read_into(fd, text);
	ck_assert_str_eq(text, "STOPPING=1\nSTATUS=soon\n");
	notify_reloading();
	read_into(fd, text);
	ck_assert_int_eq(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	close(fd);
}
END_TEST

static const char *const nowhere[] = { NULL, "", "@", "relative", "/no/such/socket",
	"/a/path/that/is/longer/than/what/an/address/of/a/unix/socket/can/hold/which/is/one/"
	"hundred/and/eight/bytes/with/its/nul" };

START_TEST(test_without_a_manager)
{
	if (nowhere[_i] == NULL)
		unsetenv("NOTIFY_SOCKET");
	else
		setenv("NOTIFY_SOCKET", nowhere[_i], 1);
	notify_ready("nobody hears it");
}
END_TEST

static const struct {
	const char *usec, *pid;
	int64_t period_ms;
} periods[] = {
	{ "60000000", NULL, 30000 },
	{ "60000000", "self", 30000 },
	{ "60000000", "1", 0 },
	{ "60000000", "x", 0 },
	{ "1000", NULL, 0 },
	{ "0", NULL, 0 },
	{ "", NULL, 0 },
	{ "-1", NULL, 0 },
	{ "99999999999999999999", NULL, 0 },
	{ NULL, NULL, 0 },
};

START_TEST(test_periods)
{
	char self[24];

	snprintf(self, sizeof(self), "%ld", (long)getpid());
	set_watchdog(periods[_i].usec,
		periods[_i].pid != NULL && strcmp(periods[_i].pid, "self") == 0 ? self
										: periods[_i].pid);
	ck_assert_int_eq(notify_period_ms(), periods[_i].period_ms);
}
END_TEST

/* In order: each is told when the last one was. */
START_TEST(test_alive)
{
	int fd = open_mailbox();
	char text[512];

	set_watchdog(NULL, NULL);
	notify_alive(0);
	read_into(fd, text);
	ck_assert_str_eq(text, ""); /* nobody watches */

	set_watchdog("7200000000", NULL); /* a period of an hour */
	notify_alive(HOUR_MS + 1);
	read_into(fd, text);
	ck_assert_str_eq(text, ""); /* a thread is stuck */
	notify_alive(HOUR_MS);
	read_into(fd, text);
	ck_assert_str_eq(text, "WATCHDOG=1\n");
	notify_alive(0);
	read_into(fd, text);
	ck_assert_str_eq(text, ""); /* it was said just now */
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tests = tcase_create("notify");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, test_states);
	tcase_add_loop_test(tests, test_without_a_manager, 0, sizeof(nowhere) / sizeof(nowhere[0]));
	tcase_add_loop_test(tests, test_periods, 0, sizeof(periods) / sizeof(periods[0]));
	tcase_add_test(tests, test_alive);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

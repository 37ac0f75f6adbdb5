/* test_acceptor.c - connections taken from a socket that others may listen on, too, and left in its backlog.
 *
 * What is waited for is polled for; a test that waits in vain is ended by its timeout.
 */
#include "acceptor.h"
#include "listen.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SOCKETS = 2, CLIENTS = 100, DESCRIPTORS = 512 };

static struct {
	int fds[SOCKETS];
	union listen_address addresses[SOCKETS];
	atomic_uint taken[SOCKETS];
	atomic_bool wrong;
} world;

static void take(void *arg, int fd, const struct sockaddr *address, socklen_t size)
{
	int flags = fcntl(fd, F_GETFL);

	if ((flags & O_NONBLOCK) == 0 || (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ||
		address->sa_family != AF_INET || size != sizeof(struct sockaddr_in))
		atomic_store(&world.wrong, true);
	atomic_fetch_add((atomic_uint *)arg, 1);
	close(fd);
}

static void setup(void)
{
	for (int i = 0; i < SOCKETS; i++) {
		socklen_t size = sizeof(world.addresses[i]);

		world.addresses[i] = (union listen_address){ .v4 = { .sin_family = AF_INET } };
		world.addresses[i].v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		world.fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ck_assert_int_eq(
			bind(world.fds[i], &world.addresses[i].any, sizeof(struct sockaddr_in)), 0);
		ck_assert_int_eq(listen(world.fds[i], CLIENTS * 2), 0);
		getsockname(world.fds[i], &world.addresses[i].any, &size);
		atomic_store(&world.taken[i], 0);
	}
	atomic_store(&world.wrong, false);
}

static void teardown(void)
{
	for (int i = 0; i < SOCKETS; i++)
		close(world.fds[i]);
}

static struct acceptor *begin(void)
{
	const struct acceptor_socket sockets[SOCKETS] = {
		{ world.fds[0], &world.taken[0] },
		{ world.fds[1], &world.taken[1] },
	};
	struct acceptor *acceptor;

	ck_assert_int_eq(
		acceptor_start(&(struct acceptor_options){ sockets, SOCKETS, take }, &acceptor),
		RC_OK);
	return acceptor;
}

static int come(int socket_index)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
		connect(fd, &world.addresses[socket_index].any, sizeof(struct sockaddr_in)), 0);
	return fd;
}

static void await(int socket_index, unsigned count)
{
	while (atomic_load(&world.taken[socket_index]) < count)
		poll(NULL, 0, 1);
}

START_TEST(test_all_are_taken)
{
	struct acceptor *acceptor = begin();

	for (int i = 0; i < CLIENTS; i++)
		close(come(i % SOCKETS));
	for (int i = 0; i < SOCKETS; i++)
		await(i, CLIENTS / SOCKETS);
	acceptor_stop(acceptor);
	ck_assert(!atomic_load(&world.wrong));
}
END_TEST

START_TEST(test_who_comes_later_waits)
{
	int client;

	acceptor_stop(begin());
	client = come(0);
	ck_assert_uint_eq(atomic_load(&world.taken[0]), 0);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = world.fds[0], .events = POLLIN }, 1, -1), 1);
	acceptor_stop(begin()); /* the next one may end before it has looked */
	close(client);
}
END_TEST

/* The socket stays readable, and nobody is lost. */
START_TEST(test_without_descriptors)
{
	struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };
	int fds[DESCRIPTORS], count = 0, client;
	struct acceptor *acceptor;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	acceptor = begin();
	client = socket(AF_INET, SOCK_STREAM, 0);
	while (count < DESCRIPTORS && (fds[count] = dup(world.fds[1])) >= 0)
		count++;
	ck_assert_int_eq(connect(client, &world.addresses[0].any, sizeof(struct sockaddr_in)), 0);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = world.fds[0], .events = POLLIN }, 1, -1), 1);
	ck_assert_uint_eq(atomic_load(&world.taken[0]), 0);
	while (count > 0)
		close(fds[--count]);
	await(0, 1);
	acceptor_stop(acceptor);
	close(client);
}
END_TEST

START_TEST(test_none)
{
	acceptor_stop(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("acceptor");
	TCase *tests = tcase_create("acceptor");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_all_are_taken);
	tcase_add_test(tests, test_who_comes_later_waits);
	tcase_add_test(tests, test_without_descriptors);
	tcase_add_test(tests, test_none);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

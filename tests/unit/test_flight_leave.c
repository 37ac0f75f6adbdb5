/* test_flight_leave.c - what becomes of a fetch whose readers leave, of one that fails, and of those
 * under way when larder stops.
 */
#include "flight_clients.h"

static const struct ask PLAIN = { 0 };

/* Everybody leaves, before the head or behind it. */
static const struct leave_row {
	const char *what;
	bool private, behind_head;
	const char *head;
	enum rc rc;
	unsigned stored;
} LEAVES[] = {
	{ "before a head that is stored", false, false, "x-store: yes\r\n", RC_OK, 1 },
	{ "before a head that is not", false, false, "", RC_CANCELLED, 0 },
	{ "private, before the head", true, false, NULL, RC_CANCELLED, 0 },
	{ "behind a head that is stored", false, true, "x-store: yes\r\n", RC_OK, 1 },
	{ "behind a head that is not", false, true, "", RC_CANCELLED, 0 },
	{ "private, behind the head", true, true, "x-share: none\r\n", RC_CANCELLED, 0 },
	{ "private, but stored", true, true, "x-share: none\r\nx-store: yes\r\n", RC_OK, 1 },
};

START_TEST(test_all_leave)
{
	const struct leave_row *row = &LEAVES[_i];
	const struct ask ask = { .private = row->private };
	struct client a, b;

	client_lead(&a, &ask);
	if (!row->private)
		client_follow(&b, &ask);
	play_accept(&origin);
	if (row->behind_head) {
		play_head(&origin, 200, row->head, 20000);
		ck_assert(play_body(&origin, 10000));
		ck_assert_int_eq(client_news(&a), NEWS_THERE);
		ck_assert_int_eq(client_read(&a, 1), 0);
	}
	client_leave(&a);
	if (!row->private)
		client_leave(&b);
	if (!row->behind_head && row->head != NULL)
		play_head(&origin, 200, row->head, 20000);
	if (row->rc == RC_OK)
		ck_assert(play_body(&origin, 20000 - origin.sent));
	else
		ck_assert(play_left(&origin));
	ck_assert_msg(end_of(1) == row->rc, "%s: %s", row->what, rc_text(scene.rc));
	ck_assert_msg(scene.stored == row->stored, "%s: stored", row->what);
}
END_TEST

/* One leaves, leader or not, and the other doesn't notice. */
static const struct stay_row {
	bool leader_leaves, behind_head;
	const char *head;
} STAYS[] = {
	{ true, false, "" },
	{ true, true, "" },
	{ false, false, "" },
	{ false, true, "" },
	{ true, false, "x-store: yes\r\n" },
	{ true, true, "x-share: waiting\r\n" },
	{ false, false, "x-share: none\r\n" },
};

START_TEST(test_one_stays)
{
	const struct stay_row *row = &STAYS[_i];
	struct client a, b;
	struct client *leaves = row->leader_leaves ? &a : &b, *stays = row->leader_leaves ? &b : &a;

	client_lead(&a, &PLAIN);
	client_follow(&b, &PLAIN);
	play_accept(&origin);
	if (!row->behind_head)
		client_leave(leaves);
	play_head(&origin, 200, row->head, 20000);
	ck_assert(play_body(&origin, 10000));
	ck_assert_int_eq(client_news(stays), NEWS_THERE);
	ck_assert_int_eq(client_read(stays, 10000), 0);
	if (row->behind_head)
		client_leave(leaves);
	ck_assert(play_body(&origin, 10000));
	assert_reads_all(stays, 20000);
	ck_assert_int_eq(end_of(1), RC_OK);
	client_leave(stays);
}
END_TEST

/* The leader of what is for nobody else is gone: the fetch serves nobody. */
START_TEST(test_released_do_not_hold_it)
{
	struct client a, b;

	client_lead(&a, &PLAIN);
	client_follow(&b, &PLAIN);
	play_accept(&origin);
	client_leave(&a);
	play_head(&origin, 200, "x-share: none\r\n", 20000);
	ck_assert_int_eq(client_news(&b), NEWS_RELEASED);
	ck_assert(play_left(&origin));
	ck_assert_int_eq(end_of(1), RC_CANCELLED);
	client_leave(&b);
}
END_TEST

/* The origin fails before its head: everybody hears why, and nothing lands. */
START_TEST(test_fails_before_the_head)
{
	static const struct ask FOR_ALL = { 0 }, FOR_ONE = { .private = true };
	const struct ask *ask = _i == 0 ? &FOR_ALL : &FOR_ONE;
	struct client a, b;

	client_lead(&a, ask);
	if (_i == 0) {
		client_follow(&b, ask);
		ck_assert_int_eq(flight_poll(&b.reader), NEWS_WAIT);
	}
	play_accept(&origin);
	play_close(&origin);
	ck_assert_int_eq(client_news(&a), NEWS_FAILED);
	ck_assert_int_eq(a.reader.flight->failure, RC_TRUNCATED);
	if (_i == 0) {
		ck_assert_int_eq(client_news(&b), NEWS_FAILED);
		client_leave(&b);
	}
	client_leave(&a);
	ck_assert_uint_eq(scene.landed, 0);
	ck_assert_int_eq(end_of(1), RC_TRUNCATED);
	ck_assert(scene.detailed);
}
END_TEST

START_TEST(test_no_origin)
{
	struct client a;

	play_end(&origin);
	client_lead(&a, &PLAIN);
	ck_assert_int_eq(client_news(&a), NEWS_FAILED);
	ck_assert_int_eq(a.reader.flight->failure, RC_CONNECT);
	client_leave(&a);
}
END_TEST

/* Behind the head: all get the bytes that came, then a break, and it is not stored. */
START_TEST(test_fails_behind_the_head)
{
	struct client a, b;

	client_lead(&a, &PLAIN);
	client_follow(&b, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", 20000);
	ck_assert(play_body(&origin, 10000));
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_read(&a, 10000), 0);
	play_close(&origin);
	ck_assert_int_eq(client_read(&a, UINT64_MAX), STREAM_BROKEN);
	ck_assert_int_eq(client_news(&b), NEWS_THERE);
	ck_assert_int_eq(client_read(&b, UINT64_MAX), STREAM_BROKEN);
	ck_assert_uint_eq(a.got, 10000);
	ck_assert_uint_eq(b.got, 10000);
	ck_assert_int_eq(end_of(1), RC_TRUNCATED);
	ck_assert_uint_eq(scene.landed, 0);
	client_leave(&a);
	client_leave(&b);
}
END_TEST

/* All who wait are woken: before the head, within the body, with an upload; and nobody waits
 * afterwards. */
START_TEST(test_stop)
{
	static const struct ask POST = {
		.private = true, .has_body = true, .body_length = 9000000
	};
	static char data[100000];
	struct client a, b, c, d;

	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "", 20000);
	ck_assert(play_body(&origin, 10000));
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_read(&a, 10000), 0);
	client_lead(&b, &(struct ask){ .target = "/b" });
	ck_assert_int_eq(flight_poll(&b.reader), NEWS_WAIT);
	client_lead(&c, &POST);
	while (flight_upload(&c.reader, data, sizeof(data)) > 0)
		continue;
	ck_assert_uint_eq(c.suspends, c.resumes + is_asleep(&c));
	proxy_stop(proxy);
	stopped = true;
	ck_assert_int_eq(client_read(&a, UINT64_MAX), STREAM_BROKEN);
	ck_assert_int_eq(client_news(&b), NEWS_FAILED);
	ck_assert_int_eq(b.reader.flight->failure, RC_STOPPED);
	await(&c);
	ck_assert_uint_eq(flight_upload(&c.reader, data, sizeof(data)), sizeof(data));
	ck_assert_int_eq(client_news(&c), NEWS_FAILED);
	client_lead(&d, &(struct ask){ .target = "/d" });
	ck_assert_int_eq(flight_poll(&d.reader), NEWS_FAILED);
	ck_assert_int_eq(d.reader.flight->failure, RC_STOPPED);
	client_leave(&a);
	client_leave(&b);
	client_leave(&c);
	client_leave(&d);
	ck_assert_uint_eq(scene.landed, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("flight_leave");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_all_leave, LEAVES);
	ADD_ROWS(tests, test_one_stays, STAYS);
	tcase_add_test(tests, test_released_do_not_hold_it);
	tcase_add_loop_test(tests, test_fails_before_the_head, 0, 2);
	tcase_add_test(tests, test_no_origin);
	tcase_add_test(tests, test_fails_behind_the_head);
	tcase_add_test(tests, test_stop);
	return run_case("flight_leave", tests);
}

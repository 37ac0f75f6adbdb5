/* test_flight.c - who shares a fetch: joining, what the head's verdict does to whom, settling,
 * purges and deadlines.
 *
 * The upstream loop is real; the origin is played by the test, so that each thing happens at its
 * moment. Leaving is test_flight_leave.c's business, and how bodies flow
 * test_flight_flow.c's.
 */
#include "flight_clients.h"

static const struct ask PLAIN = { 0 };

START_TEST(test_leader_alone)
{
	struct client a;

	client_lead(&a, &PLAIN);
	ck_assert_uint_eq(usage_now().flights, 1);
	ck_assert_uint_eq(usage_now().readers, 1);
	play_accept(&origin);
	ck_assert(strncmp(origin.request, "GET /a HTTP/1.1\r\n", 17) == 0);
	ck_assert_int_eq(flight_poll(&a.reader), NEWS_WAIT);
	play_head(&origin, 200, "x-store: yes\r\n", 100);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(a.reader.flight->status, 200);
	ck_assert_int_eq(a.reader.flight->content_length, 100);
	ck_assert(play_body(&origin, 100));
	assert_reads_all(&a, 100);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_uint_eq(scene.stored, 1);
	client_leave(&a);
}
END_TEST

/* Whenever they come, all get the same bytes from the first on, and the origin is asked once. */
static const char *const MOMENTS[] = { "before the head", "behind the head", "within the body" };

START_TEST(test_followers)
{
	struct client a, b[3];

	client_lead(&a, &PLAIN);
	client_follow(&b[0], &PLAIN);
	ck_assert_int_eq(flight_poll(&b[0].reader), NEWS_WAIT);
	play_accept(&origin);
	for (int i = 1; i < 3; i++) {
		if (i == 1)
			play_head(&origin, 200, "x-store: yes\r\n", 20000);
		else
			ck_assert(play_body(&origin, 10000));
		if (_i >= i) {
			ck_assert_int_eq(client_news(&a), NEWS_THERE);
			ck_assert_int_eq(client_read(&a, origin.sent), 0);
		}
		client_follow(&b[i], &PLAIN);
	}
	ck_assert(play_body(&origin, 10000));
	for (int i = 0; i < 3; i++) {
		ck_assert_msg(client_news(&b[i]) == NEWS_THERE, "%s", MOMENTS[_i]);
		assert_reads_all(&b[i], 20000);
		ck_assert(!b[i].reader.leads);
		client_leave(&b[i]);
	}
	assert_reads_all(&a, 20000);
	client_leave(&a);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_int_eq(client_join(&a, &PLAIN), JOINED_LEADER); /* it is over */
	flight_settle(a.reader.flight, stored);
	client_leave(&a);
}
END_TEST

/* The verdict of the head: what the leader hears, a follower for "en" that waits, one for "de", and
 * whether those can still join. */
static const struct verdict_row {
	const char *what, *head;
	enum flight_news leader, en, de;
	bool en_joins, de_joins;
} VERDICTS[] = {
	{ "all", "x-share: all\r\n", NEWS_THERE, NEWS_THERE, NEWS_THERE, true, true },
	{ "waiting", "x-share: waiting\r\n", NEWS_THERE, NEWS_THERE, NEWS_THERE, false, false },
	{ "none", "x-share: none\r\n", NEWS_THERE, NEWS_RELEASED, NEWS_RELEASED, false, false },
	{ "none, but kept", "x-share: none\r\nx-store: yes\r\n", NEWS_THERE, NEWS_RELEASED,
		NEWS_RELEASED, false, false },
	{ "varied", "x-lang: en\r\n", NEWS_THERE, NEWS_THERE, NEWS_RETRY, true, false },
	{ "varied, not even for the leader", "x-lang: de\r\n", NEWS_THERE, NEWS_RETRY, NEWS_THERE,
		false, true },
	{ "varied and waiting", "x-share: waiting\r\nx-lang: de\r\n", NEWS_THERE, NEWS_RETRY,
		NEWS_THERE, false, false },
	{ "unusable", "x-retry: yes\r\n", NEWS_RETRY, NEWS_RETRY, NEWS_RETRY, false, false },
	{ "unusable, whatever it says", "x-retry: yes\r\nx-store: yes\r\nx-share: none\r\n",
		NEWS_RETRY, NEWS_RETRY, NEWS_RETRY, false, false },
	{ "freshened", "x-object: yes\r\nx-store: yes\r\n", NEWS_THERE, NEWS_THERE, NEWS_THERE,
		true, true },
};

static void assert_joins(const struct ask *ask, bool joins, const char *what)
{
	struct client c;

	ck_assert_msg((client_join(&c, ask) == JOINED_FOLLOWER) == joins, "%s: %s joins: %s", what,
		ask->lang, joins ? "no" : "yes");
	if (!joins)
		flight_settle(c.reader.flight, stored);
	client_leave(&c);
}

START_TEST(test_verdicts)
{
	static const struct ask EN = { .lang = "en" }, DE = { .lang = "de" };
	const struct verdict_row *row = &VERDICTS[_i];
	struct client a, en, de;

	client_lead(&a, &EN);
	client_follow(&en, &EN);
	client_follow(&de, &DE);
	ck_assert_int_eq(flight_poll(&a.reader), NEWS_WAIT);
	ck_assert_int_eq(flight_poll(&de.reader), NEWS_WAIT);
	play_accept(&origin);
	play_head(&origin, 200, row->head, 10);
	until(a.reader.flight, has_head);
	assert_joins(&EN, row->en_joins, row->what);
	assert_joins(&DE, row->de_joins, row->what);
	ck_assert_msg(client_news(&a) == row->leader, "%s: leader", row->what);
	ck_assert_msg(client_news(&en) == row->en, "%s: en", row->what);
	ck_assert_msg(client_news(&de) == row->de, "%s: de", row->what);
	(void)play_body(&origin, 10);
	ck_assert_msg(end_of(1) == (row->leader == NEWS_RETRY ? RC_CANCELLED : RC_OK), "%s: %s",
		row->what, rc_text(scene.rc));
	if (strstr(row->head, "x-object") != NULL) {
		until(en.reader.flight, is_over);
		SCOPED(object) object = answer_of(&en);

		ck_assert_ptr_eq(object, stored);
		ck_assert_uint_eq(scene.landed, 0);
	}
	client_leave(&a);
	client_leave(&en);
	client_leave(&de);
}
END_TEST

/* What earlier responses told of the key keeps apart who would have to go again. */
static const struct foreseen_row {
	const char *foreseen, *lang;
	bool joins;
} FORESEEN[] = {
	{ NULL, "de", true },
	{ NULL, NULL, true },
	{ "en", "en", true },
	{ "en", "de", false },
	{ "en", NULL, false },
};

START_TEST(test_foreseen)
{
	const struct foreseen_row *row = &FORESEEN[_i];
	struct client a;

	ck_assert_int_eq(client_join(&a, &(struct ask){ .lang = "en", .foreseen = row->foreseen }),
		JOINED_LEADER);
	assert_joins(&(struct ask){ .lang = row->lang }, row->joins, "foreseen");
	assert_joins(&(struct ask){ .target = "/b", .lang = "en" }, false, "another key");
	assert_joins(&(struct ask){ .private = true, .lang = "en" }, false, "a private one");
	flight_settle(a.reader.flight, stored);
	client_leave(&a);
}
END_TEST

START_TEST(test_nobody_joins_a_private_one)
{
	struct client a;

	ck_assert_int_eq(client_join(&a, &(struct ask){ .private = true }), JOINED_LEADER);
	assert_joins(&PLAIN, false, "private");
	flight_settle(a.reader.flight, stored);
	client_leave(&a);
}
END_TEST

/* The leader found an answer elsewhere; it is for those only whose request selects it. */
static const struct settle_row {
	const char *variant, *lang;
	enum flight_news news;
} SETTLES[] = {
	{ NULL, NULL, NEWS_THERE },
	{ NULL, "en", NEWS_THERE },
	{ "en", "en", NEWS_THERE },
	{ "en", "de", NEWS_RETRY },
	{ "en", NULL, NEWS_RETRY },
};

START_TEST(test_settles)
{
	const struct settle_row *row = &SETTLES[_i];
	struct client a, b;
	struct headers variant;
	SCOPED(object) found = NULL;
	struct object *object;

	ck_assert_int_eq(client_join(&a, &(struct ask){ .lang = "en" }), JOINED_LEADER);
	client_follow(&b, &(struct ask){ .lang = row->lang });
	ck_assert_int_eq(flight_poll(&b.reader), NEWS_WAIT);
	headers_init(&variant, &a.arena);
	if (row->variant != NULL)
		headers_add(&variant, SLICE("x-lang"), slice_of(row->variant));
	object = object_new(&(struct object_parts){ .status = 200,
		.headers = &stored->headers,
		.variant = &variant,
		.body = stored->body });
	flight_settle(a.reader.flight, object);
	client_leave(&a);
	assert_joins(&PLAIN, false, "settled");
	ck_assert_int_eq(client_news(&b), row->news);
	if (row->news == NEWS_THERE) {
		found = answer_of(&b);
		ck_assert(!b.reader.stands_in);
		ck_assert_ptr_eq(found, object);
	}
	object_unref(object);
	client_leave(&b);
	ck_assert_uint_eq(scene.ended, 0); /* the origin was never asked */
}
END_TEST

/* A purge in mid-flight: its readers get what they asked for; nobody else does, and nothing stays. */
static const char *const PURGED[] = { "/a", "/b" };

START_TEST(test_purges)
{
	bool hit = _i == 0;
	struct client a;

	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", 100);
	until(a.reader.flight, has_head);
	flights_purge(proxy->flights, (struct key){ slice_of(PURGED[_i]), 7 }, NULL);
	assert_joins(&PLAIN, !hit, "purged");
	ck_assert(play_body(&origin, 100));
	assert_reads_all(&a, 100);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_uint_eq(scene.stored, hit ? 0 : 1);
	client_leave(&a);
}
END_TEST

START_TEST(test_purge_before_the_head)
{
	struct client a;

	client_lead(&a, &PLAIN);
	flights_purge(proxy->flights, a.reader.flight->key, NULL);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", 100);
	until(a.reader.flight, has_head);
	assert_joins(&PLAIN, false, "purged");
	ck_assert(play_body(&origin, 100));
	assert_reads_all(&a, 100);
	client_leave(&a);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_uint_eq(scene.stored, 0);
}
END_TEST

/* Too old to be joined (-1: older than the future): the next request starts afresh, and for good. */
START_TEST(test_detached)
{
	struct client a, b;

	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", 100);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_join(&b, &(struct ask){ .deadline_ms = -1 }), JOINED_LEADER);
	assert_joins(&PLAIN, true, "the new one");
	flight_settle(b.reader.flight, stored);
	client_leave(&b);
	assert_joins(&PLAIN, false, "the detached one");
	ck_assert(play_body(&origin, 100));
	assert_reads_all(&a, 100);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_uint_eq(scene.stored, 0);
	client_leave(&a);
}
END_TEST

START_TEST(test_usage)
{
	struct flights_usage usage;
	struct client a, b;

	ck_assert_int_eq(client_join(&a, &PLAIN), JOINED_LEADER);
	ck_assert_int_eq(client_join(&b, &(struct ask){ .private = true }), JOINED_LEADER);
	flights_usage(proxy->flights, a.reader.flight->started_ms + 1234, &usage);
	ck_assert_uint_eq(usage.flights, 2);
	ck_assert_uint_eq(usage.readers, 2);
	ck_assert_int_eq(usage.oldest_ms, 1234);
	flight_settle(a.reader.flight, stored);
	flight_settle(b.reader.flight, stored);
	flights_usage(proxy->flights, INT64_MAX, &usage);
	ck_assert_int_eq(usage.oldest_ms, 0);
	client_leave(&a);
	client_leave(&b);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("flight");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_leader_alone);
	ADD_ROWS(tests, test_followers, MOMENTS);
	ADD_ROWS(tests, test_verdicts, VERDICTS);
	ADD_ROWS(tests, test_foreseen, FORESEEN);
	tcase_add_test(tests, test_nobody_joins_a_private_one);
	ADD_ROWS(tests, test_settles, SETTLES);
	ADD_ROWS(tests, test_purges, PURGED);
	tcase_add_test(tests, test_purge_before_the_head);
	tcase_add_test(tests, test_detached);
	tcase_add_test(tests, test_usage);
	return run_case("flight", tests);
}

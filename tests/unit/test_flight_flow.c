/* test_flight_flow.c - how bodies flow through a flight: held back for who reads slowly, spooled,
 * kept or given up for the store, and read by a crowd that comes and goes.
 */
#include "flight_clients.h"

#define BODY ((size_t)2 * 1024 * 1024)

static const struct ask PLAIN = { 0 };
static const struct ask ALONE = { .private = true };

static bool is_paused(const struct flight *flight)
{
	return flight->paused;
}

static uint64_t lag_of(struct client *c)
{
	struct flight *flight = c->reader.flight;
	uint64_t lag;

	pthread_mutex_lock(&flight->lock);
	lag = flight->stream.total - c->reader.position;
	pthread_mutex_unlock(&flight->lock);
	return lag;
}

/* A body that is larger than what may be ahead of its slowest reader. */
static const struct pause_row {
	const char *what;
	bool private;
	const char *head;
	size_t window;
} PAUSES[] = {
	{ "for one", true, "x-share: none\r\n", WINDOW },
	{ "not shareable", false, "x-share: none\r\n", WINDOW },
	{ "shared, not stored", false, "", SPOOL },
	{ "too large to be stored", false, "x-store: yes\r\n", SPOOL },
};

START_TEST(test_pauses)
{
	const struct pause_row *row = &PAUSES[_i];
	struct client a;

	client_lead(&a, row->private ? &ALONE : &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, row->head, (long)BODY);
	play_filling(&origin, BODY);
	for (uint64_t got = 0; got < BODY / 2; got += BODY / 8) {
		until(a.reader.flight, is_paused);
		ck_assert_msg(lag_of(&a) <= row->window, "%s: %llu ahead", row->what,
			(unsigned long long)lag_of(&a));
		ck_assert_msg(
			lag_of(&a) + 16384 > row->window / 2, "%s: paused too early", row->what);
		ck_assert_int_eq(client_read(&a, got), 0);
	}
	assert_reads_all(&a, BODY);
	play_filled(&origin);
	ck_assert_int_eq(end_of(1), RC_OK);
	ck_assert_msg(scene.stored == 0, "%s: stored", row->what);
	client_leave(&a);
}
END_TEST

/* The memory of what was read goes: a pipe holds no more than its window. */
START_TEST(test_pipe_discards)
{
	struct client a;

	client_lead(&a, &ALONE);
	play_accept(&origin);
	play_head(&origin, 200, "x-share: none\r\n", (long)BODY);
	play_filling(&origin, BODY);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_read(&a, BODY / 2), 0);
	pthread_mutex_lock(&a.reader.flight->lock);
	ck_assert_uint_eq(a.reader.flight->stream.base, a.reader.position);
	ck_assert_int_eq(a.reader.flight->stream.spool, -1);
	pthread_mutex_unlock(&a.reader.flight->lock);
	assert_reads_all(&a, BODY);
	play_filled(&origin);
	client_leave(&a);
}
END_TEST

START_TEST(test_paused_and_left)
{
	struct client a;

	client_lead(&a, _i == 0 ? &ALONE : &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, _i == 0 ? "x-share: none\r\n" : "", (long)BODY);
	play_filling(&origin, BODY);
	until(a.reader.flight, is_paused);
	client_leave(&a);
	ck_assert_int_eq(end_of(1), RC_CANCELLED);
	play_filled(&origin);
}
END_TEST

/* The slower of two holds the fetch until it leaves. */
START_TEST(test_slow_one_leaves)
{
	struct client a, b;

	client_lead(&a, &PLAIN);
	client_follow(&b, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "", (long)BODY);
	play_filling(&origin, BODY);
	ck_assert_int_eq(client_news(&b), NEWS_THERE);
	ck_assert_int_eq(client_read(&b, SPOOL / 2), 0);
	until(a.reader.flight, is_paused);
	client_leave(&a);
	assert_reads_all(&b, BODY);
	play_filled(&origin);
	client_leave(&b);
	ck_assert_int_eq(end_of(1), RC_OK);
}
END_TEST

/* What is wanted for the store waits for nobody, up to the size that the store takes. */
static const struct kept_row {
	size_t size;
	bool announced;
	unsigned stored;
} KEPT[] = {
	{ 0, true, 1 },
	{ MAX_OBJECT, true, 1 },
	{ MAX_OBJECT, false, 1 },
	{ MAX_OBJECT + 1, false, 0 },
};

START_TEST(test_kept)
{
	const struct kept_row *row = &KEPT[_i];
	struct client a;

	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", row->announced ? (long)row->size : -1);
	ck_assert(play_body(&origin, row->size));
	play_close(&origin);
	until(a.reader.flight, is_over);
	ck_assert_uint_eq(scene.stored, row->stored);
	if (row->stored > 0) {
		SCOPED(object) object = answer_of(&a);

		ck_assert_uint_eq(object->body->size, row->size);
		ck_assert(holds_pattern(object->body->data, row->size, 0));
	}
	assert_reads_all(&a, row->size);
	client_leave(&a);
}
END_TEST

/* What memory doesn't take the disk may: it is kept in the spool, as far as that has room. */
static const struct kept_for_disk_row {
	size_t size, disk_takes;
	bool kept;
} KEPT_FOR_DISK[] = {
	{ MAX_OBJECT + 1, 2 * MAX_OBJECT, true },
	{ 2 * MAX_OBJECT, 2 * MAX_OBJECT, true },
	{ 2 * MAX_OBJECT + 1, 2 * MAX_OBJECT, false },
	{ SPOOL + MAX_OBJECT, 2 * SPOOL, true },
	{ SPOOL + MAX_OBJECT + 1, 2 * SPOOL, false },
};

START_TEST(test_kept_for_disk)
{
	const struct kept_for_disk_row *row = &KEPT_FOR_DISK[_i];
	uint64_t before = proxy->most_object;
	struct client a;
	int fd = -1;

	proxy->most_object = row->disk_takes;
	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "x-store: yes\r\n", (long)row->size);
	play_filling(&origin, row->size);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	assert_reads_all(&a, row->size);
	play_filled(&origin);
	until(a.reader.flight, is_over);
	ck_assert_int_eq(a.reader.flight->keeps, row->kept);
	ck_assert_int_eq(stream_file(&a.reader.flight->stream, &fd),
		a.reader.flight->stream.base == 0 ? RC_OK : RC_ABSENT);
	ck_assert(fd >= 0 || !row->kept);
	if (fd >= 0)
		close(fd);
	client_leave(&a);
	proxy->most_object = before;
}
END_TEST

/* Once more came than is kept for latecomers, nobody joins: its begin may be gone. */
START_TEST(test_too_late_to_join)
{
	struct client a, b;

	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "", (long)BODY);
	ck_assert(play_body(&origin, SPOOL / 2));
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_read(&a, SPOOL / 2), 0);
	client_follow(&b, &PLAIN);
	client_leave(&b);
	play_filling(&origin, BODY - SPOOL / 2);
	ck_assert_int_eq(client_read(&a, SPOOL * 2), 0);
	ck_assert_int_eq(client_join(&b, &PLAIN), JOINED_LEADER);
	flight_settle(b.reader.flight, stored);
	client_leave(&b);
	assert_reads_all(&a, BODY);
	play_filled(&origin);
	client_leave(&a);
}
END_TEST

/* The spool can't be had: all readers see a break, none the end. */
START_TEST(test_no_spool)
{
	struct client a;

	proxy->house->spool_path = "/nowhere/at/all";
	client_lead(&a, &PLAIN);
	play_accept(&origin);
	play_head(&origin, 200, "", (long)BODY);
	play_filling(&origin, BODY);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(client_read(&a, UINT64_MAX), STREAM_BROKEN);
	ck_assert_uint_le(a.got, MAX_OBJECT);
	play_filled(&origin);
	client_leave(&a);
}
END_TEST

#define CROWD 12

struct visitor {
	struct client client;
	unsigned number;
	bool stays;
};

static unsigned joined; /* under scene.lock */

/* Some stay to the end; others leave somewhere. */
static void *visit(void *arg)
{
	struct visitor *v = arg;
	struct client *c = &v->client;

	client_follow(c, &PLAIN);
	pthread_mutex_lock(&scene.lock);
	joined++;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
	if (v->number % 3 != 2) {
		ck_assert_int_eq(client_news(c), NEWS_THERE);
		if (v->stays)
			assert_reads_all(c, BODY / 2);
		else
			(void)client_read(c, v->number * 40000);
	}
	client_leave(c);
	return NULL;
}

static const char *const CROWD_HEADS[] = { "x-store: yes\r\n", "" };

START_TEST(test_crowd)
{
	static struct visitor visitors[CROWD];
	pthread_t threads[CROWD];
	struct client stays;

	client_lead(&stays, &PLAIN);
	play_accept(&origin);
	for (unsigned i = 0; i < CROWD; i++) {
		visitors[i].number = i;
		visitors[i].stays = i % 2 == 0;
		pthread_create(&threads[i], NULL, visit, &visitors[i]);
		if (i == CROWD / 2)
			play_head(&origin, 200, CROWD_HEADS[_i], (long)BODY / 2);
	}
	pthread_mutex_lock(&scene.lock);
	while (joined < CROWD)
		pthread_cond_wait(&scene.changed, &scene.lock);
	pthread_mutex_unlock(&scene.lock);
	play_filling(&origin, BODY / 2);
	ck_assert_int_eq(client_news(&stays), NEWS_THERE);
	assert_reads_all(&stays, BODY / 2);
	for (unsigned i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	play_filled(&origin);
	client_leave(&stays);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("flight_flow");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_pauses, PAUSES);
	tcase_add_test(tests, test_pipe_discards);
	tcase_add_loop_test(tests, test_paused_and_left, 0, 2);
	tcase_add_test(tests, test_slow_one_leaves);
	ADD_ROWS(tests, test_kept, KEPT);
	ADD_ROWS(tests, test_kept_for_disk, KEPT_FOR_DISK);
	tcase_add_test(tests, test_too_late_to_join);
	tcase_add_test(tests, test_no_spool);
	ADD_ROWS(tests, test_crowd, CROWD_HEADS);
	return run_case("flight_flow", tests);
}

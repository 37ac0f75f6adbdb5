/* test_stream.c - the growing body: what is written, seen, shared and given back; its spool is test_spool.c's.
 *
 * Only the last test has threads: a writer and readers under one lock, as a flight has them; it is
 * meant for TSan.
 */
#include "stream_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(test_grows)
{
	const struct grow_row *row = &GROWS[_i];
	struct stream s;

	grow(&s, row);
	ck_assert_msg(s.total == row->total, "%s", row->what);
	ck_assert_msg((s.spool >= 0) == (row->total > row->memory_limit), "%s: spool", row->what);
	assert_readable(&s, 0);
	stream_done(&s);
}
END_TEST

/* The body outlives the stream; one that was shared is the memory that readers copy from. */
START_TEST(test_body)
{
	const struct grow_row *row = &GROWS[_i];
	struct body *body = NULL, *again = NULL;
	struct stream s;
	enum rc rc;

	grow(&s, row);
	rc = stream_body(&s, &body);
	ck_assert_msg(rc == (row->body == NO_BODY ? RC_TOO_LARGE : RC_OK), "%s", row->what);
	if (row->body == NO_BODY) {
		ck_assert_ptr_null(body);
		stream_done(&s);
		return;
	}
	ck_assert_msg((stream_view_at(&s, 0).data == body->data) == (row->body == SHARED), "%s",
		row->what);
	ck_assert_int_eq(stream_body(&s, &again), RC_OK);
	ck_assert_msg((again == body) == (row->body == SHARED), "%s: again", row->what);
	stream_done(&s);
	body_unref(again);
	ck_assert_msg(body->size == row->total, "%s: %zu bytes", row->what, body->size);
	ck_assert_msg(holds_pattern(body->data, body->size, 0), "%s: other bytes", row->what);
	body_unref(body);
}
END_TEST

START_TEST(test_unpublished_is_unseen)
{
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 64 * KIB,
				.spool_path = "/tmp",
				.expected = LENGTH_UNKNOWN });
	ck_assert_int_eq(write_pattern(&s, 5), RC_OK);
	ck_assert_uint_eq(stream_view_at(&s, 0).size, 0);
	stream_publish(&s);
	for (size_t written = 5; written < 200 * KIB; written += 3000) {
		ck_assert_int_eq(write_pattern(&s, 3000), RC_OK);
		ck_assert_uint_eq(s.total, written);
		assert_readable(&s, 0);
		stream_publish(&s);
	}
	assert_readable(&s, 0);
	stream_done(&s);
}
END_TEST

/* What was seen once stays where it is, however much comes behind it. */
START_TEST(test_views_stay)
{
	struct stream_view views[200];
	char buffer[4096];
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 256 * KIB,
				.spool_path = "/tmp",
				.expected = LENGTH_UNKNOWN });
	for (size_t i = 0; i < 200; i++) {
		ck_assert_int_eq(write_pattern(&s, 4096), RC_OK);
		stream_publish(&s);
		views[i] = stream_view_at(&s, i * 4096);
		ck_assert_uint_gt(views[i].size, 0);
	}
	for (size_t i = 0; i < 200; i++) {
		ssize_t count = stream_copy(&views[i], buffer, sizeof(buffer));

		ck_assert_int_gt(count, 0);
		ck_assert(holds_pattern(buffer, (size_t)count, i * 4096));
	}
	stream_done(&s);
}
END_TEST

static const struct discard_row {
	const char *what;
	size_t memory_limit, total;
	uint64_t positions[4]; /* discarded one after the other, up to a 0 */
	uint64_t base;
} DISCARDS[] = {
	{ "nothing", MIB, 100, { 0 }, 0 },
	{ "a part of the only segment", MIB, 100, { 50 }, 50 },
	{ "all of it", MIB, 100, { 100 }, 100 },
	{ "a segment to its end", MIB, 100 * KIB, { 8 * KIB }, 8 * KIB },
	{ "and into the next", MIB, 100 * KIB, { 8 * KIB + 1 }, 8 * KIB + 1 },
	{ "several segments", MIB, 500 * KIB, { 8 * KIB, 100 * KIB, 400 * KIB }, 400 * KIB },
	{ "not backwards", MIB, 500 * KIB, { 300 * KIB, 100 * KIB }, 300 * KIB },
	{ "all in memory", 64 * KIB, 500 * KIB, { 64 * KIB }, 64 * KIB },
	{ "into the spool", 64 * KIB, 500 * KIB, { 64 * KIB + 1, 300 * KIB }, 300 * KIB },
	{ "across the border", 64 * KIB, 500 * KIB, { 300 * KIB, 400 * KIB }, 400 * KIB },
	{ "all", 64 * KIB, 500 * KIB, { 500 * KIB }, 500 * KIB },
	{ "backwards in the spool", 64 * KIB, 500 * KIB, { 400 * KIB, 300 * KIB }, 400 * KIB },
	{ "without memory", 0, 500 * KIB, { 1, 4096, 400 * KIB }, 400 * KIB },
};

/* What lies behind the position stays, and what comes afterwards is in its place. */
START_TEST(test_discards)
{
	const struct discard_row *row = &DISCARDS[_i];
	struct body *body;
	struct stream s;

	grow(&s, &(struct grow_row){ .memory_limit = row->memory_limit,
			 .expected = LENGTH_UNKNOWN,
			 .total = row->total,
			 .piece = 1000 });
	for (size_t i = 0; i < 4 && row->positions[i] > 0; i++)
		stream_discard(&s, row->positions[i]);
	ck_assert_msg(s.base == row->base, "%s: base %llu", row->what, (unsigned long long)s.base);
	assert_readable(&s, s.base);
	ck_assert_int_eq(write_pattern(&s, 100 * KIB), RC_OK);
	stream_publish(&s);
	assert_readable(&s, s.base);
	if (row->base > 0)
		ck_assert_msg(stream_body(&s, &body) == RC_TOO_LARGE, "%s: a body", row->what);
	stream_done(&s);
}
END_TEST

/* The reader is level with the writer at each moment, also while a segment is begun or half full:
 * ASan sees where one was freed too early. */
START_TEST(test_discard_at_the_heels)
{
	static const size_t PIECES[] = { 1, 100, 8 * KIB, 8 * KIB + 1, 30000 };
	struct stream s;

	stream_init(&s, &(struct stream_options){ .memory_limit = 300 * KIB,
				.spool_path = "/tmp",
				.expected = LENGTH_UNKNOWN });
	while (s.written < 400 * KIB) {
		size_t piece = PIECES[_i];

		ck_assert_int_eq(write_pattern(&s, piece), RC_OK);
		stream_discard(&s, s.total); /* while something is pending */
		stream_publish(&s);
		assert_readable(&s, s.base);
		stream_discard(&s, s.total);
		ck_assert_uint_eq(s.base, s.total);
	}
	stream_done(&s);
}
END_TEST

/* A flight in small: one appends, all read, and what the slowest has is given back. */
#define READERS 4

struct scene {
	pthread_mutex_t lock;
	pthread_cond_t grown;
	struct stream stream;
	uint64_t positions[READERS];
	uint64_t wrong;
	size_t total;
	bool discards;
};

struct role {
	struct scene *scene;
	unsigned number;
};

/* Under the lock. */
static uint64_t slowest_of(const struct scene *scene)
{
	uint64_t slowest = scene->stream.total;

	for (int i = 0; i < READERS; i++)
		slowest = scene->positions[i] < slowest ? scene->positions[i] : slowest;
	return slowest;
}

static void *read_all(void *arg)
{
	const struct role *role = arg;
	struct scene *scene = role->scene;
	uint64_t *position = &scene->positions[role->number];
	char buffer[7000];

	pthread_mutex_lock(&scene->lock);
	while (*position < scene->total) {
		uint64_t at = *position;
		struct stream_view view = stream_view_at(&scene->stream, at);
		ssize_t count;

		if (view.size == 0) {
			pthread_cond_wait(&scene->grown, &scene->lock);
			continue;
		}
		pthread_mutex_unlock(&scene->lock);
		count = stream_copy(&view, buffer, sizeof(buffer) - role->number * 1000);
		bool right = count > 0 && holds_pattern(buffer, (size_t)count, at);
		pthread_mutex_lock(&scene->lock);
		scene->wrong += !right;
		*position += right ? (uint64_t)count : scene->total;
		if (scene->discards)
			stream_discard(&scene->stream, slowest_of(scene));
	}
	pthread_mutex_unlock(&scene->lock);
	return NULL;
}

static void append_all(struct scene *scene)
{
	for (size_t piece = 1; scene->stream.written < scene->total; piece = piece * 7 % 20011) {
		size_t left = scene->total - (size_t)scene->stream.written;

		ck_assert_int_eq(write_pattern(&scene->stream, left < piece ? left : piece), RC_OK);
		pthread_mutex_lock(&scene->lock);
		stream_publish(&scene->stream);
		pthread_cond_broadcast(&scene->grown);
		pthread_mutex_unlock(&scene->lock);
	}
}

static const struct threads_row {
	size_t memory_limit, total;
	bool discards;
} THREADS[] = {
	{ MIB, 800 * KIB, false },
	{ 256 * KIB, 2 * MIB, false },
	{ 256 * KIB, 2 * MIB, true },
	{ SIZE_MAX, 2 * MIB, true },
};

START_TEST(test_threads)
{
	static struct scene scene;
	struct role roles[READERS];
	pthread_t threads[READERS];
	struct body *body = NULL;

	scene.total = THREADS[_i].total;
	scene.discards = THREADS[_i].discards;
	pthread_mutex_init(&scene.lock, NULL);
	pthread_cond_init(&scene.grown, NULL);
	stream_init(
		&scene.stream, &(struct stream_options){ .memory_limit = THREADS[_i].memory_limit,
				       .spool_path = "/tmp",
				       .expected = LENGTH_UNKNOWN });
	for (unsigned i = 0; i < READERS; i++) {
		roles[i] = (struct role){ &scene, i };
		pthread_create(&threads[i], NULL, read_all, &roles[i]);
	}
	append_all(&scene);
	if (THREADS[_i].total <= THREADS[_i].memory_limit && !scene.discards)
		ck_assert_int_eq(stream_body(&scene.stream, &body), RC_OK);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(scene.wrong, 0);
	if (body != NULL)
		body_unref(body);
	stream_done(&scene.stream);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("stream");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_grows, GROWS);
	ADD_ROWS(tests, test_body, GROWS);
	tcase_add_test(tests, test_unpublished_is_unseen);
	tcase_add_test(tests, test_views_stay);
	ADD_ROWS(tests, test_discards, DISCARDS);
	tcase_add_loop_test(tests, test_discard_at_the_heels, 0, 5);
	ADD_ROWS(tests, test_threads, THREADS);
	return run_case("stream", tests);
}

/* test_flight_upload.c - requests' bodies on their way up through a flight, beside the answer on its
 * way down.
 */
#include "flight_clients.h"

#define BODY ((size_t)12 * 1024 * 1024) /* more than sockets hold */

static size_t upload_piece(struct client *c, uint64_t at, size_t most)
{
	static char piece[20000];
	size_t size = most < sizeof(piece) ? most : sizeof(piece);

	fill_pattern(piece, size, at);
	await(c);
	return flight_upload(&c->reader, piece, size);
}

/* Takes the rest of a request's body off the wire on a thread and looks at each byte. */
static void *take_upload(void *arg)
{
	char *body = strstr(origin.request, "\r\n\r\n") + 4, buffer[9000];
	uint64_t taken = origin.request_size - (size_t)(body - origin.request);
	bool right = holds_pattern(body, taken, 0);

	(void)arg;
	while (taken < BODY && right) {
		ssize_t got = recv(origin.fd, buffer, sizeof(buffer), 0);

		right = got > 0 && holds_pattern(buffer, (size_t)got, taken);
		taken += got > 0 ? (uint64_t)got : 0;
	}
	return right && taken == BODY ? &origin : NULL;
}

START_TEST(test_upload)
{
	const struct ask post = { .private = true, .has_body = true, .body_length = (int64_t)BODY };
	void *right = NULL;
	struct client a;
	pthread_t taker;
	uint64_t sent = 0;

	client_lead(&a, &post);
	while (!is_asleep(&a)) /* the origin reads nothing yet */
		sent += upload_piece(&a, sent, BODY - sent);
	ck_assert_uint_lt(sent, BODY);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "Content-Length: 12582912\r\n"));
	pthread_create(&taker, NULL, take_upload, NULL);
	while (sent < BODY)
		sent += upload_piece(&a, sent, BODY - sent);
	flight_upload_end(&a.reader);
	pthread_join(taker, &right);
	ck_assert_ptr_nonnull(right);
	play_head(&origin, 201, "x-share: none\r\n", 100);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert(play_body(&origin, 100));
	assert_reads_all(&a, 100);
	client_leave(&a);
}
END_TEST

/* A body in pieces with pauses between them, of a length that nobody knows before. */
START_TEST(test_upload_in_pieces)
{
	const struct ask post = { .private = true, .has_body = true, .body_length = -1 };
	struct client a;

	client_lead(&a, &post);
	play_accept(&origin);
	ck_assert_ptr_nonnull(strstr(origin.request, "Transfer-Encoding: chunked\r\n"));
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(flight_upload(&a.reader, "piece", 5), 5);
		while (strstr(origin.request, "5\r\npiece\r\n") == NULL)
			ck_assert(play_receive(&origin));
		origin.request_size = 0;
		origin.request[0] = '\0';
	}
	flight_upload_end(&a.reader);
	while (strstr(origin.request, "0\r\n\r\n") == NULL)
		ck_assert(play_receive(&origin));
	play_head(&origin, 200, "x-share: none\r\n", 0);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	assert_reads_all(&a, 0);
	client_leave(&a);
}
END_TEST

/* The answer is whole before the request is: what still comes is thrown away. */
START_TEST(test_early_answer)
{
	const struct ask post = { .private = true, .has_body = true, .body_length = (int64_t)BODY };
	struct client a;
	uint64_t sent = 0;

	client_lead(&a, &post);
	play_accept(&origin);
	while (!is_asleep(&a))
		sent += upload_piece(&a, sent, BODY - sent);
	play_head(&origin, 413, "x-share: none\r\n", 10);
	ck_assert(play_body(&origin, 10));
	while (sent < BODY)
		sent += upload_piece(&a, sent, BODY - sent);
	flight_upload_end(&a.reader);
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	ck_assert_int_eq(a.reader.flight->status, 413);
	assert_reads_all(&a, 10);
	client_leave(&a);
}
END_TEST

static bool has_come(const struct flight *flight)
{
	return flight->stream.total >= SPOOL / 2;
}

/* The answer comes while the request does, and is larger than a pipe's window: the client reads
 * nothing of it before it has sent all, so it must not be held back for it. */
START_TEST(test_answer_beside_upload)
{
	const struct ask post = { .private = true, .has_body = true, .body_length = (int64_t)BODY };
	void *right = NULL;
	struct client a;
	pthread_t taker;
	uint64_t sent = 0;

	client_lead(&a, &post);
	play_accept(&origin);
	play_head(&origin, 200, "x-share: none\r\n", (long)SPOOL);
	ck_assert(play_body(&origin, SPOOL / 2));
	until(a.reader.flight, has_come); /* though it is more than WINDOW */
	pthread_create(&taker, NULL, take_upload, NULL);
	while (sent < BODY)
		sent += upload_piece(&a, sent, BODY - sent);
	flight_upload_end(&a.reader);
	pthread_join(taker, &right);
	ck_assert_ptr_nonnull(right);
	ck_assert(play_body(&origin, SPOOL / 2));
	ck_assert_int_eq(client_news(&a), NEWS_THERE);
	assert_reads_all(&a, SPOOL);
	client_leave(&a);
}
END_TEST

START_TEST(test_upload_breaks_off)
{
	const struct ask post = { .private = true, .has_body = true, .body_length = 100000 };
	struct client a;

	client_lead(&a, &post);
	play_accept(&origin);
	ck_assert_uint_gt(upload_piece(&a, 0, 1000), 0);
	client_leave(&a);
	ck_assert(play_left(&origin));
	ck_assert_int_eq(end_of(1), RC_CANCELLED);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("flight_upload");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_upload);
	tcase_add_test(tests, test_upload_in_pieces);
	tcase_add_test(tests, test_early_answer);
	tcase_add_test(tests, test_answer_beside_upload);
	tcase_add_test(tests, test_upload_breaks_off);
	return run_case("flight_upload", tests);
}

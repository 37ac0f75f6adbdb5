/* tests/unit/test_upstream.c - the upstream loop against an origin that follows a script.
 *
 * Each test has a loop and an origin of its own. No sleeps: every wait is for an end, and only the
 * deadlines' rows take the time that their deadline says.
 */
#include "upstream_fixture.h"
#include "upstream_holding.h"
#include "upstream_sending.h"

static const struct answer_row {
	const char *method, *path;
	enum rc rc;
	int status;
	int64_t length;
	const char *body;
	const char *fields; /* NULL: whatever */
} ANSWERS[] = {
	{ "GET", "/plain", RC_OK, 200, 5, "hello", "Content-Length=5|" },
	{ "GET", "/chunked", RC_OK, 200, -1, "hello", "Transfer-Encoding=chunked|" },
	{ "GET", "/close", RC_OK, 200, -1, "hello", "" },
	{ "GET", "/old", RC_OK, 200, -1, "hello", "" },
	{ "GET", "/old-1xx", RC_OK, 200, 2, "ok", NULL },
	{ "GET", "/empty", RC_OK, 200, 0, "", NULL },
	{ "HEAD", "/head", RC_OK, 200, 7, "", "Content-Length=7|" },
	{ "GET", "/204", RC_OK, 204, -1, "", "" },
	{ "GET", "/304", RC_OK, 304, 9, "", "Content-Length=9|ETag=\"a\"|" },
	{ "GET", "/1xx", RC_OK, 200, 2, "ok", "B=c|Content-Length=2|" },
	{ "GET", "/101", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/gzip", RC_OK, 200, 3, "abc", NULL },
	{ "GET", "/moved", RC_OK, 302, 0, "", NULL },
	{ "GET", "/fold", RC_OK, 200, 0, "", "A=b c|E=|Content-Length=0|" },
	{ "GET", "/same-lengths", RC_OK, 200, 2, "ok", NULL },
	{ "GET", "/both", RC_OK, 200, -1, "ok", NULL },
	{ "PURGE", "/plain", RC_OK, 200, 5, "hello", NULL },
	{ "GET", "/short", RC_TRUNCATED, 200, 9, "hello", NULL },
	{ "GET", "/short-chunk", RC_TRUNCATED, 200, -1, "hello", NULL },
	{ "GET", "/no-last-chunk", RC_TRUNCATED, 200, -1, "hello", NULL },
	{ "GET", "/bad-chunk", RC_TRUNCATED, 200, -1, "", NULL },
	{ "GET", "/reset", RC_TRUNCATED, 200, 9, NULL, NULL },
	{ "GET", "/reset-close", RC_TRUNCATED, 200, -1, NULL, NULL },
	{ "GET", "/nothing", RC_TRUNCATED, 0, -2, "", NULL },
	{ "GET", "/half-head", RC_TRUNCATED, 0, -2, "", NULL },
	{ "GET", "/half-line", RC_TRUNCATED, 0, -2, "", NULL },
	{ "GET", "/lengths", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/length-sign", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/length-words", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/length-large", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/name", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/blank-colon", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/no-colon", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/value", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/status", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/http09", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/coding", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/codings", RC_PROTOCOL, 0, -2, "", NULL },
	{ "GET", "/huge-line", RC_TOO_LARGE, 0, -2, "", NULL },
};

START_TEST(test_answers)
{
	const struct answer_row *row = &ANSWERS[_i];
	struct probe p;

	probe_init(&p);
	run_to_end(&p, ask(row->method, row->path));
	ck_assert_msg(p.rc == row->rc, "%s: %s (%s)", row->path, rc_text(p.rc), p.detail);
	ck_assert_msg(p.status == row->status && p.heads == (row->status != 0), "%s: status %d",
		row->path, p.status);
	ck_assert_msg(p.length == row->length, "%s: length %lld", row->path, (long long)p.length);
	if (row->body != NULL)
		ck_assert_str_eq(bytes_slice(&p.body).data, row->body);
	if (row->fields != NULL)
		ck_assert_str_eq(bytes_slice(&p.fields).data, row->fields);
	ck_assert_msg((p.rc == RC_OK) == (p.detail[0] == '\0'), "%s: no words", row->path);
	probe_done(&p);
}
END_TEST

static const struct {
	const char *path;
	enum http_version version;
} VERSIONS[] = {
	{ "/plain", HTTP_1_1 },
	{ "/old", HTTP_1_0 },
	{ "/1xx", HTTP_1_1 },
	{ "/old-1xx", HTTP_1_0 },
};

START_TEST(test_versions)
{
	struct probe p;

	probe_init(&p);
	run_to_end(&p, ask("GET", VERSIONS[_i].path));
	ck_assert_msg(p.rc == RC_OK, "%s: %s", VERSIONS[_i].path, p.detail);
	ck_assert_int_eq(p.version, VERSIONS[_i].version);
	probe_done(&p);
}
END_TEST

START_TEST(test_head_limit)
{
	struct probe p;

	origin.max_header_bytes = 100;
	probe_init(&p);
	run_to_end(&p, ask("GET", "/large-head"));
	ck_assert_int_eq(p.rc, RC_TOO_LARGE);
	ck_assert_uint_eq(p.heads, 0);
	probe_done(&p);
}
END_TEST

static const struct deadline_row {
	const char *path;
	int64_t first_byte_ms, idle_ms, total_ms;
	enum rc rc;
} DEADLINES[] = {
	{ "/silent", 60, 20000, 20000, RC_FIRST_BYTE_TIMEOUT },
	{ "/silent-1xx", 60, 20000, 20000, RC_FIRST_BYTE_TIMEOUT },
	{ "/stalled", 20000, 60, 20000, RC_IDLE_TIMEOUT },
	{ "/stalled", 20000, 20000, 60, RC_TOTAL_TIMEOUT },
	{ "/silent", 20000, 20000, 60, RC_TOTAL_TIMEOUT },
	{ "/stalled", 2000, 0, 3000, RC_TOTAL_TIMEOUT },
};

START_TEST(test_deadlines)
{
	const struct deadline_row *row = &DEADLINES[_i];
	struct probe p;

	origin.first_byte_ms = row->first_byte_ms;
	origin.idle_ms = row->idle_ms;
	origin.total_ms = row->total_ms;
	probe_init(&p);
	run_to_end(&p, ask("GET", row->path));
	ck_assert_int_eq(p.rc, row->rc);
	probe_done(&p);
}
END_TEST

/* A listener whose queue is full answers no SYN. */
START_TEST(test_connect_deadline)
{
	char url[64];
	int listener = listen_somewhere(0, url, sizeof(url)), fillers[4];
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	struct probe p;

	getsockname(listener, (struct sockaddr *)&at, &size);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&at, size);
	}
	origin.base_url = url;
	origin.connect_ms = 100;
	probe_init(&p);
	run_to_end(&p, ask("GET", "/"));
	ck_assert_int_eq(p.rc, RC_CONNECT_TIMEOUT);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(listener);
	probe_done(&p);
}
END_TEST

static const struct unreachable_row {
	const char *url;
	enum rc rc;
} UNREACHABLE[] = {
	{ NULL, RC_CONNECT }, /* a port that was just closed */
	{ "http://aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.invalid",
		RC_DNS },
};

START_TEST(test_unreachable)
{
	const struct unreachable_row *row = &UNREACHABLE[_i];
	char url[64];
	struct probe p;

	close(listen_somewhere(1, url, sizeof(url)));
	origin.base_url = row->url != NULL ? row->url : url;
	probe_init(&p);
	run_to_end(&p, ask("GET", "/"));
	ck_assert_msg(p.rc == row->rc, "%s (%s)", rc_text(p.rc), p.detail);
	probe_done(&p);
}
END_TEST

START_TEST(test_tls_of_none)
{
	char url[64];
	struct probe p;

	snprintf(url, sizeof(url), "https%s", server->url + 4);
	origin.base_url = url;
	origin.http2 = true;
	probe_init(&p);
	run_to_end(&p, ask("GET", "/plain"));
	ck_assert_msg(p.rc == RC_TLS, "%s (%s)", rc_text(p.rc), p.detail);
	probe_done(&p);
}
END_TEST

static const struct resend_row {
	const char *method;
	enum rc rc;
	unsigned requests;
} RESENDS[] = {
	{ "GET", RC_OK, 3 },
	{ "DELETE", RC_OK, 3 },
	{ "POST", RC_TRUNCATED, 2 }, /* RFC 9110 9.2.2 */
	{ "PATCH", RC_TRUNCATED, 2 },
};

START_TEST(test_resends)
{
	const struct resend_row *row = &RESENDS[_i];
	struct probe p;

	for (int i = 0; i < 2; i++) {
		probe_init(&p);
		run_to_end(&p, ask(row->method, "/drop-reused"));
		ck_assert_msg(
			p.rc == (i == 0 ? RC_OK : row->rc), "%s (%s)", rc_text(p.rc), p.detail);
		probe_done(&p);
	}
	ck_assert_uint_eq(origin_count(server, &server->requests), row->requests);
}
END_TEST

/* Bytes behind an answer are never taken for the next one. */
START_TEST(test_excess)
{
	struct probe p;

	for (int i = 0; i < 5; i++) {
		probe_init(&p);
		run_to_end(&p, ask("GET", "/excess"));
		ck_assert_str_eq(p.body.data, "ok");
		probe_done(&p);
		probe_init(&p);
		run_to_end(&p, ask("GET", "/plain"));
		ck_assert_int_eq(p.rc, RC_OK);
		ck_assert_str_eq(p.body.data, "hello");
		probe_done(&p);
	}
}
END_TEST

/* Nor those that come while the connection is idle: by the time send() has returned on the loopback
 * they lie in the other's buffer. */
START_TEST(test_late_excess)
{
	struct probe p;
	int fd;

	probe_init(&p);
	run_to_end(&p, ask("GET", "/plain"));
	ck_assert_int_eq(p.rc, RC_OK);
	probe_done(&p);
	pthread_mutex_lock(&server->lock);
	fd = server->sockets[0];
	pthread_mutex_unlock(&server->lock);
	ck_assert(send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"));
	probe_init(&p);
	run_to_end(&p, ask("GET", "/chunked"));
	ck_assert_int_eq(p.rc, RC_OK);
	ck_assert_str_eq(p.body.data, "hello");
	probe_done(&p);
}
END_TEST

START_TEST(test_keep_alive)
{
	struct upstream_usage usage;
	struct probe p;

	for (int i = 0; i < 20; i++) {
		probe_init(&p);
		run_to_end(&p, ask("GET", i % 2 == 0 ? "/plain" : "/chunked"));
		ck_assert_int_eq(p.rc, RC_OK);
		probe_done(&p);
	}
	upstream_usage(loop, &usage);
	ck_assert_uint_eq(usage.active, 0);
	ck_assert_uint_eq(usage.opened, 1);
	ck_assert_uint_eq(usage.reused, 19);
	ck_assert_uint_eq(origin_count(server, &server->connections), 1);
}
END_TEST

#define MANY 500

START_TEST(test_many)
{
	struct probe *probes = xalloc(MANY * sizeof(*probes));
	struct fetch fetch = ask("GET", _i == 0 ? "/bytes/3000" : "/chunks/30000");

	for (int i = 0; i < MANY; i++) {
		probe_init(&probes[i]);
		probes[i].pauses = i % 3 == 0;
		ck_assert_int_eq(probe_start(&probes[i], loop, &fetch), RC_OK);
	}
	for (int i = 0; i < MANY; i++) {
		probe_wait(&probes[i]);
		ck_assert_msg(probes[i].rc == RC_OK, "%d: %s (%s)", i, rc_text(probes[i].rc),
			probes[i].detail);
		assert_pattern(&probes[i], _i == 0 ? 3000 : 30000);
		probe_done(&probes[i]);
	}
	free(probes);
}
END_TEST

START_TEST(test_stop)
{
	static const char *const PATHS[] = { "/silent", "/stalled", "/bytes/3000000" };
	struct upstream_loop_options options = { .max_idle_connections = 1 };
	struct probe probes[30];
	struct fetch fetch;

	for (int i = 0; i < 30; i++) {
		fetch = ask("GET", PATHS[i % 3]);
		probe_init(&probes[i]);
		probes[i].pauses = true;
		ck_assert_int_eq(probe_start(&probes[i], loop, &fetch), RC_OK);
		if (i == 20)
			wait_for_status(&probes[i]);
	}
	upstream_loop_stop(loop);
	fetch = ask("GET", "/plain");
	ck_assert_int_eq(probe_start(&probes[0], loop, &fetch), RC_STOPPED);
	upstream_loop_free(loop);
	for (int i = 0; i < 30; i++) {
		ck_assert_uint_eq(probes[i].ends, 1);
		ck_assert_int_eq(probes[i].rc, RC_STOPPED);
		probe_done(&probes[i]);
	}
	ck_assert_int_eq(upstream_loop_start(&options, &loop), RC_OK);
}
END_TEST

#define ADD_ROWS(tests, test, table) \
	tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("upstream");
	TCase *tests = tcase_create("upstream");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, test_answers, ANSWERS);
	ADD_ROWS(tests, test_versions, VERSIONS);
	tcase_add_test(tests, test_head_limit);
	ADD_ROWS(tests, test_deadlines, DEADLINES);
	tcase_add_test(tests, test_connect_deadline);
	ADD_ROWS(tests, test_unreachable, UNREACHABLE);
	tcase_add_test(tests, test_tls_of_none);
	ADD_ROWS(tests, test_pauses, PAUSES);
	tcase_add_test(tests, test_pause_stops_idle);
	ADD_ROWS(tests, test_cancels, CANCELS);
	ADD_ROWS(tests, test_uploads, UPLOADS);
	tcase_add_test(tests, test_answer_before_upload);
	tcase_add_test(tests, test_nothing_leaks);
	tcase_add_test(tests, test_fields_sent);
	ADD_ROWS(tests, test_refused, REFUSED);
	ADD_ROWS(tests, test_resends, RESENDS);
	tcase_add_test(tests, test_excess);
	tcase_add_test(tests, test_late_excess);
	tcase_add_test(tests, test_keep_alive);
	tcase_add_loop_test(tests, test_many, 0, 2);
	tcase_add_test(tests, test_stop);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

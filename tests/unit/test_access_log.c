/* test_access_log.c - lines, redaction, sampling, a file that stands still, reopening.
 *
 * Stopping the log writes all that is queued, so tests stop it and then read: nothing sleeps.
 */
#include "observe/access_log.h"

#include "observe/metrics.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[96], moved[96];
static char content[1 << 20];

static void setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/test_access_log_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/access.log", directory);
	snprintf(moved, sizeof(moved), "%s/access.log.1", directory);
	metrics_init((const struct metrics_names[METRICS_KINDS]){ 0 });
}

static void teardown(void)
{
	metrics_done();
	unlink(path);
	unlink(moved);
	rmdir(directory);
}

static const char *const redacted[] = { "email", "api_key", "a b" };

static int64_t sampled; /* of the lines that follow */

static struct access_log *start(int64_t sample)
{
	struct access_log *log;

	sampled = sample;
	ck_assert_int_eq(access_log_start(path, &log), RC_OK);
	return log;
}

static struct access_line line_for(struct slice target)
{
	return (struct access_line){
		.sample = sampled,
		.redact = { redacted, 3 },
		.time_ms = 1767225599123,
		.client = SLICE("127.0.0.1"),
		.method = SLICE("GET"),
		.target = target,
		.route = SLICE("/europepmc"),
		.user_agent = SLICE("curl/7.88.1"),
		.cache = SLICE("hit"),
		.status = 200,
		.body_bytes = 5000000000,
		.duration_us = 87,
		.complete = true,
	};
}

static void write_target(struct access_log *log, const char *target)
{
	struct access_line line = line_for(slice_of(target));

	access_log_write(log, &line);
}

static const char *read_back(const char *from)
{
	int fd = open(from, O_RDONLY);
	ssize_t size;

	ck_assert_int_ge(fd, 0);
	size = read(fd, content, sizeof(content) - 1);
	close(fd);
	ck_assert_int_ge(size, 0);
	content[size] = '\0';
	return content;
}

static size_t lines_in(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

START_TEST(whole_line)
{
	struct access_log *log = start(1);

	write_target(log, "/europepmc/search?query=x");
	access_log_stop(log);
	ck_assert_str_eq(read_back(path),
		"{\"time\":\"2025-12-31T23:59:59.123Z\",\"client\":\"127.0.0.1\",\"method\":"
		"\"GET\","
		"\"target\":\"/europepmc/search?query=x\",\"user_agent\":\"curl/7.88.1\","
		"\"route\":\"/europepmc\",\"cache\":\"hit\",\"status\":200,"
		"\"body_bytes\":5000000000,\"duration_us\":87,\"complete\":true}\n");
}
END_TEST

static const struct {
	const char *target;
	const char *wanted;
} target_rows[] = {
	{ "/s", "/s" },
	{ "/s?", "/s?" },
	{ "/s?query=x&page=2", "/s?query=x&page=2" },
	{ "/s?email=a@b.org", "/s?email=***" },
	{ "/s?q=x&email=a@b.org&page=2", "/s?q=x&email=***&page=2" },
	{ "/s?EMail=a&API_KEY=b", "/s?EMail=***&API_KEY=***" },
	{ "/s?%65mail=a", "/s?%65mail=***" },
	{ "/s?api%5Fkey=a", "/s?api%5Fkey=***" },
	{ "/s?api%5fke%79=a", "/s?api%5fke%79=***" },
	{ "/s?a+b=1&a%20b=2", "/s?a+b=***&a%20b=***" },
	{ "/s?q=1;email=a;r=2", "/s?q=1;email=***;r=2" },
	{ "/s?email=a=b?c&x=1", "/s?email=***&x=1" },
	{ "/s?email=", "/s?email=***" },
	{ "/s?email", "/s?email" },
	{ "/s?emails=a&xemail=b&emai=c", "/s?emails=a&xemail=b&emai=c" },
	{ "/s?%65mai%6=a&%zz=b&%", "/s?%65mai%6=a&%zz=b&%" },
	{ "/email=a", "/email=a" },
	{ "/s?&&email=a&", "/s?&&email=***&" },
	{ "/s?q=\"\\\xff\xc3\xa9\n", "/s?q=\\\"\\\\\\ufffd\xc3\xa9\\n" },
};

START_TEST(targets)
{
	struct access_log *log = start(1);
	char wanted[200];

	write_target(log, target_rows[_i].target);
	access_log_stop(log);
	snprintf(wanted, sizeof(wanted), "\"target\":\"%s\",", target_rows[_i].wanted);
	ck_assert_msg(strstr(read_back(path), wanted) != NULL, "%s is not in %s", wanted, content);
}
END_TEST

/* Every text at its longest, and all of it to be escaped: the line must hold, and end as JSON. */
START_TEST(long_texts_are_cut)
{
	struct access_log *log = start(1);
	char *junk = malloc(100000);
	struct slice all = { junk, 100000 };
	struct access_line line = line_for(all);

	memset(junk, _i, all.size);
	line.client = line.method = line.route = line.user_agent = line.cache = all;
	line.status = -2147483647;
	line.body_bytes = UINT64_MAX / 2;
	line.duration_us = INT64_MIN;
	access_log_write(log, &line);
	access_log_stop(log);
	free(junk);
	ck_assert_uint_eq(lines_in(read_back(path)), 1);
	ck_assert_uint_le(strlen(content), 16384);
	ck_assert_ptr_nonnull(strstr(content, "...\",\"user_agent\":"));
	ck_assert_str_eq(content + strlen(content) - 17, "\"complete\":true}\n");
}
END_TEST

static const struct {
	int64_t sample;
	size_t requests, lines;
} sample_rows[] = { { 0, 3, 3 }, { 1, 3, 3 }, { 2, 10, 5 }, { 10, 95, 10 }, { 100, 1, 1 } };

START_TEST(sampling)
{
	struct access_log *log = start(sample_rows[_i].sample);

	for (size_t i = 0; i < sample_rows[_i].requests; i++)
		write_target(log, "/");
	access_log_stop(log);
	ck_assert_uint_eq(lines_in(read_back(path)), sample_rows[_i].lines);
}
END_TEST

START_TEST(reopen_after_rename)
{
	struct access_log *log = start(1);

	write_target(log, "/before");
	ck_assert_int_eq(rename(path, moved), 0);
	write_target(log, "/between");
	access_log_reopen(log);
	write_target(log, "/after");
	access_log_stop(log);
	ck_assert_uint_eq(lines_in(read_back(moved)), 2);
	ck_assert_ptr_nonnull(strstr(content, "/before"));
	ck_assert_ptr_nonnull(strstr(content, "/between"));
	ck_assert_uint_eq(lines_in(read_back(path)), 1);
	ck_assert_ptr_nonnull(strstr(content, "/after"));
}
END_TEST

START_TEST(no_such_directory)
{
	struct access_log *log;

	ck_assert_int_eq(access_log_start("/nonexistent/a/b", &log), RC_IO);
}
END_TEST

/* Reads what a writer left in a pipe until it is closed; returns the lines. */
static void *drain(void *arg)
{
	char piece[4096];
	size_t *lines = arg;
	FILE *pipe = fopen(path, "r");

	while (fgets(piece, sizeof(piece), pipe) != NULL)
		*lines += strchr(piece, '\n') != NULL;
	fclose(pipe);
	return NULL;
}

/* A pipe that nobody reads: writing stands still, requests don't; every line is either read in the
 * end or counted. */
START_TEST(full_buffer_drops_and_counts)
{
	const size_t requests = 20000;
	struct access_log *log;
	pthread_t reader;
	size_t lines = 0;
	int holder;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	holder = open(path, O_RDONLY | O_NONBLOCK);
	log = start(1);
	for (size_t i = 0; i < requests; i++)
		write_target(log, "/a/target/of/some/length/so/that/the/buffer/fills/sooner");
	ck_assert_uint_gt(metrics_read_all(METRIC_ACCESS_LOG_DROPPED), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, drain, &lines), 0);
	access_log_stop(log);
	pthread_join(reader, NULL);
	close(holder);
	ck_assert_uint_gt(lines, 1000);
	ck_assert_uint_eq(lines + metrics_read_all(METRIC_ACCESS_LOG_DROPPED), requests);
}
END_TEST

enum { THREADS = 6, EACH = 500 };

static void *write_many(void *arg)
{
	for (int i = 0; i < EACH; i++)
		write_target(arg, "/x?email=secret");
	return NULL;
}

START_TEST(threads_and_reopening)
{
	struct access_log *log = start(1);
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, log), 0);
	for (int i = 0; i < 20; i++)
		access_log_reopen(log);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	access_log_stop(log);
	ck_assert_uint_eq(lines_in(read_back(path)), THREADS * EACH);
	ck_assert_ptr_null(strstr(content, "secret"));
	ck_assert_uint_eq(metrics_read_all(METRIC_ACCESS_LOG_DROPPED), 0);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *suite = suite_create("access_log");
	TCase *tests = tcase_create("access_log");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, whole_line);
	tcase_add_loop_test(tests, targets, 0, COUNT(target_rows));
	tcase_add_loop_test(tests, long_texts_are_cut, 0, 256);
	tcase_add_loop_test(tests, sampling, 0, COUNT(sample_rows));
	tcase_add_test(tests, reopen_after_rename);
	tcase_add_test(tests, no_such_directory);
	tcase_add_test(tests, full_buffer_drops_and_counts);
	tcase_add_test(tests, threads_and_reopening);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

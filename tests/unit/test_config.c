/* tests/unit/test_config.c - what a good configuration comes to: presets, values, environment,
 * order of routes, dump and back, and the documents. Faults: test_config_faults.c. */
#include "config_fixture.h"

#include "observe/log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REST "upstreams: { a: { url: \"http://h\" } }\nroutes: [ { path: /, upstream: a } ]\n"

/* What write makes; free() it. */
static char *written(void (*write)(FILE *to))
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	write(to);
	fclose(to);
	return text;
}

START_TEST(presets)
{
	struct config *c = parsed(REST);

	ck_assert_uint_eq(c->server.listen.count, 1);
	ck_assert_str_eq(c->server.listen.items[0], "127.0.0.1:8080");
	ck_assert_int_eq(c->server.threads, 0);
	ck_assert_int_eq(c->server.max_connections, 10000);
	ck_assert_int_eq(c->server.max_connections_per_address, 0);
	ck_assert_uint_eq(c->server.trusted_proxies.count, 0);
	ck_assert_str_eq(c->server.metrics, "/metrics");
	ck_assert_str_eq(c->server.health, "/health");
	ck_assert_int_eq(c->server.limits.header_bytes, 16384);
	ck_assert_int_eq(c->server.limits.fields, 100);
	ck_assert_int_eq(c->server.limits.target_bytes, 8192);
	ck_assert_int_eq(c->server.limits.body_bytes, 16 << 20);
	ck_assert_int_eq(c->server.timeouts.header_ms, 10000);
	ck_assert_int_eq(c->server.timeouts.idle_ms, 75000);
	ck_assert_int_eq(c->server.timeouts.drain_ms, 30000);
	ck_assert_int_eq(c->server.min_body_rate, 100);
	ck_assert_int_eq(c->cache.namespace_version, 1);
	ck_assert_int_eq(c->cache.memory.size, 256 << 20);
	ck_assert_int_eq(c->cache.memory.eviction, CONFIG_S3FIFO);
	ck_assert_int_eq(c->cache.memory.max_object, 1 << 20);
	ck_assert_int_eq(c->cache.coalesce.flight_deadline_ms, 60000);
	ck_assert_int_eq(c->cache.coalesce.hit_for_miss_ms, 120000);
	ck_assert_int_eq(c->cache.coalesce.window, 256 << 10);
	ck_assert_str_eq(c->cache.spool.path, "");
	ck_assert_int_eq(c->cache.spool.limit, 1 << 30);
	ck_assert_int_eq(c->cache.heuristic.percent, 10);
	ck_assert_int_eq(c->cache.heuristic.max_ms, 86400000);
	ck_assert_int_eq(c->log.level, LOG_LEVEL_INFO);
	ck_assert_str_eq(c->log.access, "off");
	ck_assert_int_eq(c->log.access_sample, 1);
	ck_assert_uint_eq(c->log.redact.count, 7);
	ck_assert_str_eq(c->log.redact.items[0], "api_key");
	ck_assert_str_eq(c->log.redact.items[6], "mailto");
	config_free(c);
}
END_TEST

START_TEST(presets_of_upstream_and_route)
{
	struct config *c = parsed(REST);
	const struct config_upstream *u = &c->upstreams[0];
	const struct config_route *r = &c->routes[0];

	ck_assert_uint_eq(c->upstream_count, 1);
	ck_assert_str_eq(u->name, "a");
	ck_assert_str_eq(u->url, "http://h");
	ck_assert_int_eq(u->timeouts.connect_ms, 5000);
	ck_assert_int_eq(u->timeouts.first_byte_ms, 30000);
	ck_assert_int_eq(u->timeouts.idle_ms, 30000);
	ck_assert_int_eq(u->timeouts.total_ms, 300000);
	ck_assert(u->tls.verify && u->http2 && !u->forwarded);
	ck_assert_str_eq(u->tls.ca_file, "");
	ck_assert_int_eq(u->max_header_bytes, 8192);
	ck_assert_int_eq(u->line, 1);
	ck_assert_uint_eq(c->route_count, 1);
	ck_assert_str_eq(r->path, "/");
	ck_assert_str_eq(r->upstream, "a");
	ck_assert_str_eq(r->upstream_path, "");
	ck_assert_uint_eq(r->forward.count, 0);
	ck_assert_int_eq(r->line, 2);
	config_free(c);
}
END_TEST

/* What a line of the file comes to, as the dump says it. */
static const struct {
	const char *text, *line;
} values[] = {
	{ "server: { threads: 4 }\n", "  threads: 4\n" },
	{ "server: { threads: \"4\" }\n", "  threads: 4\n" },
	{ "server: { threads: AUTO }\n", "  threads: auto\n" },
	{ "server: { listen: \"[::1]:0\" }\n", "  listen: [\"[::1]:0\"]\n" },
	{ "server: { listen: [ 0.0.0.0:80, unix:/run/l.sock ] }\n",
		"  listen: [0.0.0.0:80, unix:/run/l.sock]\n" },
	{ "server:\n  listen:\n    - 127.0.0.1:1\n    - \"[::]:65535\"\n",
		"  listen: [127.0.0.1:1, \"[::]:65535\"]\n" },
	{ "server: { trusted_proxies: [ 10.0.0.0/8, \"fd00::/8\", 127.0.0.1, \"::1\" ] }\n",
		"  trusted_proxies: [10.0.0.0/8, fd00::/8, 127.0.0.1, \"::1\"]\n" },
	{ "server: { metrics: \"\" }\n", "  metrics: \"\"\n" },
	{ "server:\n  metrics:\n", "  metrics: \"\"\n" },
	{ "server:\n", "  metrics: /metrics\n" },
	{ "server: { tls: { certificate: c.pem, key: k.pem } }\n", "    certificate: c.pem\n" },
	{ "server: { min_body_rate: 0 }\n", "  min_body_rate: 0\n" },
	{ "server: { timeouts: { drain: 0 } }\n", "    drain: 0\n" },
	{ "server: { timeouts: { header: 2500ms } }\n", "    header: 2500ms\n" },
	{ "cache: { memory: { size: 5GB } }\n", "    size: 5GB\n" },
	{ "cache: { memory: { eviction: fifo } }\n", "    eviction: fifo\n" },
	{ "cache: { heuristic: { percent: 20 } }\n", "    percent: 20%\n" },
	{ "log: { level: error }\n", "  level: error\n" },
	{ "log: { redact: }\n", "  redact: []\n" },
	{ "log: { redact: token }\n", "  redact: [token]\n" },
	{ "log: { redact: [ \"a, b\", 'c\"d', \"e\\\\f\", 'g:', ' h' ] }\n",
		"  redact: [\"a, b\", \"c\\\"d\", \"e\\\\f\", \"g:\", \" h\"]\n" },
	{ "log: { access: \"\\u00e9\\u2028\\U0001F600\" }\n",
		"  access: \"\\U000000E9\\U00002028\\U0001F600\"\n" },
	{ "log: { access: \"${LARDER_SET}\" }\n", "  access: from-here\n" },
	{ "log: { access: \"a${LARDER_SET}b${LARDER_SET}\" }\n",
		"  access: afrom-herebfrom-here\n" },
	{ "log:\n  access: /${LARDER_UNSET:-x}.log\n", "  access: /x.log\n" },
	{ "log: { access: \"/${LARDER_EMPTY:-x}\" }\n", "  access: /x\n" },
	{ "log: { access: \"/${LARDER_EMPTY}\" }\n", "  access: /\n" },
	{ "log: { access: \"${LARDER_SET:-x}\" }\n", "  access: from-here\n" },
	{ "log: { access: \"/${LARDER_UNSET:-}\" }\n", "  access: /\n" },
	{ "log: { access: \"$5 $${X} $$${Y} $\" }\n", "  access: \"$5 $${X} $$${Y} $\"\n" },
	{ "log: { access: \"${LARDER_TRICKY}\" }\n", "  access: \"$${LARDER_SET}\"\n" },
	{ "log: { \"${LARDER_UNSET:-level}\": warn }\n", "  level: warn\n" },
	{ "%YAML 1.1\n---\nlog: { level: debug }\n", "  level: debug\n" },
};

START_TEST(value)
{
	char text[1024];
	struct config *config, *again;
	char *dump, *second;

	setenv("LARDER_SET", "from-here", 1);
	setenv("LARDER_EMPTY", "", 1);
	setenv("LARDER_TRICKY", "${LARDER_SET}", 1);
	unsetenv("LARDER_UNSET");
	snprintf(text, sizeof(text), "%s%s", values[_i].text, REST);
	config = parsed(text);
	dump = dumped(config);
	ck_assert_msg(strstr(dump, values[_i].line) != NULL, "row %d: %sin\n%s", _i,
		values[_i].line, dump);
	again = parsed(dump);
	second = dumped(again);
	ck_assert_str_eq(dump, second);
	config_free(config);
	config_free(again);
	free(dump);
	free(second);
}
END_TEST

/* Upstreams and routes, and what is made of them. */
static const struct {
	const char *url, *path, *upstream_path; /* as written */
	const char *url_kept, *path_kept, *upstream_path_kept;
} places[] = {
	{ "http://h", "/", "", "http://h", "/", "" },
	{ "http://h/", "/x", "/", "http://h", "/x", "" },
	{ "HTTPS://h:8443/a/b/", "/x/", "/y/", "HTTPS://h:8443/a/b", "/x", "/y" },
	{ "http://[::1]:8080/a", "//", "/a%20b", "http://[::1]:8080/a", "/", "/a%20b" },
	{ "http://127.0.0.1:1", "/a.b/..c", "/x/", "http://127.0.0.1:1", "/a.b/..c", "/x" },
	{ "http://[::1]", "/a:b@c;d=e", "", "http://[::1]", "/a:b@c;d=e", "" },
};

START_TEST(placed)
{
	char text[1024];
	struct config *c;

	snprintf(text, sizeof(text),
		"upstreams: { a: { url: \"%s\" } }\nroutes:\n"
		"  - { path: \"%s\", upstream: a, upstream_path: \"%s\" }\n",
		places[_i].url, places[_i].path, places[_i].upstream_path);
	c = parsed(text);
	ck_assert_str_eq(c->upstreams[0].url, places[_i].url_kept);
	ck_assert_str_eq(c->routes[0].path, places[_i].path_kept);
	ck_assert_str_eq(c->routes[0].upstream_path, places[_i].upstream_path_kept);
	config_free(c);
}
END_TEST

START_TEST(longest_route_first)
{
	struct config *c =
		parsed("upstreams: { a: { url: \"http://a\" }, b: { url: \"http://b\" } }\n"
		       "routes:\n"
		       "  - { path: /, upstream: a }\n"
		       "  - { path: /long/path, upstream: b }\n"
		       "  - { path: /b, upstream: a, forward: X-One }\n"
		       "  - { path: /a/, upstream: b }\n");
	static const struct {
		const char *path;
		size_t upstream_index;
		int line;
	} rows[] = { { "/long/path", 1, 4 }, { "/a", 1, 6 }, { "/b", 0, 5 }, { "/", 0, 3 } };

	ck_assert_uint_eq(c->route_count, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(c->routes[i].path, rows[i].path);
		ck_assert_uint_eq(c->routes[i].upstream_index, rows[i].upstream_index);
		ck_assert_int_eq(c->routes[i].line, rows[i].line);
	}
	ck_assert_str_eq(c->routes[2].forward.items[0], "X-One");
	config_free(c);
}
END_TEST

START_TEST(log_levels_have_the_loggers_order)
{
	struct config *c = parsed("log: { level: debug }\n" REST);

	ck_assert_int_eq(c->log.level, LOG_LEVEL_DEBUG);
	config_free(c);
	c = parsed("log: { level: error }\n" REST);
	ck_assert_int_eq(c->log.level, LOG_LEVEL_ERROR);
	config_free(c);
}
END_TEST

static const struct {
	const char *url, *listen;
	const char *faults[2];
	const char *admin;
} options[] = {
	{ "http://127.0.0.1:9/rest/", NULL, { NULL, NULL }, NULL },
	{ "https://h", "[::1]:0", { NULL, NULL }, NULL },
	{ "h", NULL, { "--upstream: \"h\" for url, which does not begin", NULL }, NULL },
	{ "http://u:p@h", "x:1",
		{ "--upstream: an address for url, which has a user",
			"--listen: \"x:1\" for server.listen, which has no IPv4" },
		NULL },
	{ "http://h", "unix:/\x01", { "--listen: text with a control character", NULL }, NULL },
	{ "", "", { "--upstream: \"\" for url", "--listen: \"\" for server.listen" }, NULL },
	{ "http://h", NULL, { "--admin: \"x\" for admin.listen", NULL }, "x" },
	{ "http://h", NULL, { "command line: admin.listen at \"0.0.0.0:9\" without", NULL },
		"0.0.0.0:9" },
};

START_TEST(from_options)
{
	struct config *c = NULL;
	struct config_faults faults;
	enum rc rc = config_for_upstream(&(struct config_options){ options[_i].url,
						 options[_i].listen, options[_i].admin, NULL },
		&c, &faults);
	size_t wanted = (options[_i].faults[0] != NULL) + (options[_i].faults[1] != NULL);

	ck_assert_int_eq(rc, wanted > 0 ? RC_INVALID : RC_OK);
	ck_assert_uint_eq(faults.count, wanted);
	for (size_t i = 0; i < wanted; i++)
		ck_assert_msg(strncmp(faults.items[i], options[_i].faults[i],
				      strlen(options[_i].faults[i])) == 0,
			"row %d: %s", _i, faults.items[i]);
	if (rc == RC_OK) {
		ck_assert_str_eq(c->routes[0].path, "/");
		ck_assert_str_eq(c->upstreams[c->routes[0].upstream_index].name, "default");
		ck_assert_str_eq(c->server.listen.items[0],
			options[_i].listen != NULL ? options[_i].listen : "127.0.0.1:8080");
	}
	config_free(c);
	config_faults_done(&faults);
}
END_TEST

/* The texts of a load that fails as a whole. */
static void load_fault(const char *path, const char *wanted)
{
	struct config *c = NULL;
	struct config_faults faults;

	ck_assert_int_eq(config_load(path, &c, &faults), RC_INVALID);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(faults.count, 1);
	ck_assert_ptr_nonnull(strstr(faults.items[0], wanted));
	config_faults_done(&faults);
}

START_TEST(files)
{
	char path[] = "/tmp/test_config.XXXXXX";
	int fd = mkstemp(path);
	struct config *c = NULL;
	struct config_faults faults;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, REST, sizeof(REST) - 1), sizeof(REST) - 1);
	ck_assert_int_eq(config_load(path, &c, &faults), RC_OK);
	config_free(c);
	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(config_load("-", &c, &faults), RC_OK);
	config_free(c);
	ck_assert_int_eq(ftruncate(fd, 3 << 20), 0);
	load_fault(path, ": more than 1048576 bytes; expected less");
	close(fd);
	unlink(path);
	load_fault(path, ": No such file or directory; expected a file to read");
	load_fault("/tmp", "/tmp: Is a directory; expected a file to read");
}
END_TEST

/* The one of the reference. */
#define TEST_DIGEST "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

START_TEST(reference_is_a_configuration_of_presets)
{
	char *reference = written(config_write_reference);
	struct config *from_reference = parsed(reference);
	struct config *bare =
		parsed("admin: { tokens: [ { name: ops, sha256: " TEST_DIGEST " } ] }\n"
		       "tenants: { genomics: {} }\n"
		       "events: { curation: { secret: a-secret-of-the-source } }\n"
		       "upstreams:\n  europepmc:\n"
		       "    url: https://www.ebi.ac.uk/europepmc/webservices/rest\n"
		       "routes:\n  - path: /europepmc/webservices/rest\n"
		       "    upstream: europepmc\n");
	char *one = dumped(from_reference), *other = dumped(bare);

	ck_assert(strcmp(one, other) == 0); /* check can't tell texts so long */
	config_free(from_reference);
	config_free(bare);
	free(one);
	free(other);
	free(reference);
}
END_TEST

START_TEST(markdown_names_every_setting)
{
	static const char *const names[] = { "server.listen", "cache.heuristic.max",
		"timeouts.total", "upstream_path", "log.redact" };
	char *text = written(config_write_markdown);
	char name[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "\n| `%s` | ", names[i]);
		ck_assert_msg(strstr(text, name) != NULL, "%s", name);
	}
	free(text);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	TCase *tcase = tcase_create("config");
	Suite *suite = suite_create("config");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, presets);
	tcase_add_test(tcase, presets_of_upstream_and_route);
	tcase_add_loop_test(tcase, value, 0, COUNT(values));
	tcase_add_loop_test(tcase, placed, 0, COUNT(places));
	tcase_add_test(tcase, longest_route_first);
	tcase_add_test(tcase, log_levels_have_the_loggers_order);
	tcase_add_loop_test(tcase, from_options, 0, COUNT(options));
	tcase_add_test(tcase, files);
	tcase_add_test(tcase, reference_is_a_configuration_of_presets);
	tcase_add_test(tcase, markdown_names_every_setting);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

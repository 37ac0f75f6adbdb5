/* tests/unit/test_config_api.c - what a configuration says of an API: classes, errors, origins,
 * pacing, keys and guards. A row is a text and a line of the dump that it comes to; each dump is
 * read back to the same. Faults are in the table below those. */
#include "config_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define REST "upstreams: { a: { url: \"http://h\" } }\nroutes: [ { path: /, upstream: a } ]\n"

/* With settings of its own in the first line of an upstream or route. */
#define UPSTREAM(settings)                     \
	"upstreams: { a: { " settings " } }\n" \
	"routes: [ { path: /, upstream: a } ]\n"
#define ROUTE(settings)                                        \
	"routes: [ { path: /, upstream: a, " settings " } ]\n" \
	"upstreams: { a: { url: \"http://h\" } }\n"

START_TEST(presets)
{
	struct config *c = parsed(REST);
	const struct config_upstream *u = c->upstreams;
	const struct config_route *r = c->routes;

	ck_assert_uint_eq(c->cache.classes.count, 4);
	ck_assert_str_eq(c->cache.classes.items[2].name, "fulltext");
	ck_assert_int_eq(c->cache.classes.items[2].ms, INT64_C(30) * 86400000);
	ck_assert_uint_eq(c->cache.errors.count, 6);
	ck_assert_int_eq(c->cache.errors.items[0].status, 404);
	ck_assert_int_eq(c->cache.errors.items[0].range.least_ms, 300000);
	ck_assert_int_eq(c->cache.errors.items[0].range.most_ms, 900000);
	ck_assert_int_eq(c->cache.errors.items[1].range.most_ms, 3600000);
	ck_assert(c->cache.etags && c->cache.jitter == 10 && c->cache.negative_share == 5);
	ck_assert_uint_eq(u->origins.count, 1);
	ck_assert_str_eq(u->origins.items[0].url, "http://h");
	ck_assert_int_eq(u->origins.items[0].weight, 1);
	ck_assert(u->rate.count == 0 && u->rate.period_ms > 0 && u->burst == 1);
	ck_assert(u->learn_rate && !u->offline && u->retry.attempts == 3 && u->hedge_ms == 0);
	ck_assert_str_eq(u->check.path, "");
	ck_assert_str_eq(r->class, "");
	ck_assert(r->ttl.most_ms == 0 && !r->force && r->errors.count == 0 && r->grace_ms == -1);
	ck_assert_str_eq(r->key.format, "format");
	ck_assert(r->key.verify == 0 && !r->key.sort && r->guard.on_fail == CONFIG_REJECT);
	ck_assert_int_eq(r->guard.negative.ttl.least_ms, 30000);
	ck_assert_int_eq(r->guard.watch_drop, 50);
	config_free(c);
}
END_TEST

/* clang-format off */
static const struct {
	const char *text, *line;
} values[] = {
	/* names and durations beside the presets */
	{ "cache: { classes: { search: 1m, mine: 3s } }\n" REST, "  classes: {search: 1m, record: 1d, fulltext: 30d, error: 30s, mine: 3s}\n" },
	{ "cache: { classes: { record: off, error: 0 } }\n" REST, "  classes: {search: 5m, fulltext: 30d, record: off, error: off}\n" },
	{ "cache: { classes: {} }\n" REST, "  classes: {search: 5m, record: 1d, fulltext: 30d, error: 30s}\n" },
	{ "cache: { classes: }\n" REST, "  classes: {search: 5m, record: 1d, fulltext: 30d, error: 30s}\n" },
	{ "cache: { classes: OFF }\n" REST, "  classes: {search: off, record: off, fulltext: off, error: off}\n" },
	{ "cache: { ttl_policies: { stable: 60d } }\n" REST, "  ttl_policies: {archival: 365d, stable: 60d, regular: 7d, volatile: 1h}\n" },
	{ "cache: { jitter: 0, etags: no, negative_share: 100% }\n" REST, "  etags: false\n" },
	/* statuses and ranges */
	{ "cache: { errors: { 404: 1m, 410: off, 500: 1s-2s } }\n" REST, "  errors: {404: 1m, 429: 30s-1m, 502: 10s-20s, 503: 20s-40s, 504: 15s-30s, 500: 1s-2s, 410: off}\n" },
	{ "cache: { errors: off }\n" REST, "  errors: {404: off, 410: off, 429: off, 502: off, 503: off, 504: off}\n" },
	{ "cache: { errors: { 404: 5s - 5s } }\n" REST, "  errors: {404: 5s, 410: 1h, " },
	{ ROUTE("errors: { 404: 1d }"), "    errors: {404: 1d}\n" },
	{ ROUTE("errors: { 404: 0, 410: off, 500: 1s }"), "    errors: {404: off, 410: off, 500: 1s}\n" },
	{ ROUTE("errors:"), "    errors: {}\n" },
	/* upstreams */
	{ UPSTREAM("url: \"http://h/\", balance: least_outstanding"), "    url: http://h\n    balance: least_outstanding\n" },
	{ UPSTREAM("urls: [ \"http://h/a/\" ]"), "    url: http://h/a\n" },
	{ UPSTREAM("urls: [ { url: \"http://h/\", weight: 7 } ]"), "    url: http://h\n" },
	{ UPSTREAM("urls: \"http://h\""), "    url: http://h\n" },
	{ UPSTREAM("urls: [], url: \"http://h\""), "    url: http://h\n" },
	{ UPSTREAM("urls: [ { weight: 2, url: \"http://h/\" }, \"https://i:1/x/\" ]"), "    urls: [{ url: http://h, weight: 2 }, { url: https://i:1/x, weight: 1 }]\n" },
	{ UPSTREAM("url: \"http://h\", rate: 5/s"), "    rate: 5/s\n" },
	{ UPSTREAM("url: \"http://h\", rate: 600/10m"), "    rate: 600/10m\n" },
	{ UPSTREAM("url: \"http://h\", rate: 1/250ms"), "    rate: 1/250ms\n" },
	{ UPSTREAM("url: \"http://h\", rate: 3/1000ms"), "    rate: 3/s\n" },
	{ UPSTREAM("url: \"http://h\", rate: 3/10s"), "    rate: 3/10s\n" },
	{ UPSTREAM("url: \"http://h\", rate: 100/24h"), "    rate: 100/d\n" },
	{ UPSTREAM("url: \"http://h\", rate: none"), "    rate: 0\n" },
	{ UPSTREAM("url: \"http://h\", credentials: [ api_key, X-Api-Key ]"), "    credentials: [api_key, X-Api-Key]\n" },
	{ UPSTREAM("url: \"http://h\", check: { path: \"/search?query=a&x=%20\", pointer: /hitCount }"), "      path: \"/search?query=a&x=%20\"\n" },
	{ UPSTREAM("url: \"http://h\", ttl_policy: stable, offline: true"), "    ttl_policy: stable\n" },
	{ "cache: { ttl_policies: { mine: 2d } }\n" UPSTREAM("url: \"http://h\", ttl_policy: mine"), "    ttl_policy: mine\n" },
	{ UPSTREAM("url: \"http://h\", eject: { for: 1m }, breaker: { error_rate: 0% }"), "      for: 1m\n" },
	/* routes */
	{ ROUTE("class: search, ttl: 5m-10m, force: true"), "    ttl: 5m-10m\n    force: true\n" },
	{ ROUTE("grace: 5m"), "    grace: 5m\n" },
	{ ROUTE("grace: DEFAULT"), "    grace: default\n" },
	{ ROUTE("grace: 0"), "    grace: 0\n" },
	{ ROUTE("vary: [ Accept, X-A ]"), "    vary: [Accept, X-A]\n" },
	{ ROUTE("adaptive: { enabled: on, min: 1h, max: 1h }"), "      enabled: true\n      min: 1h\n" },
	{ ROUTE("key: { drop: [ email, \"a[]\", \"sélection\" ], sets: ids }"), "      drop: [email, \"a[]\", \"s\\U000000E9lection\"]\n" },
	{ ROUTE("key: { defaults: { pageSize: 25, cursorMark: \"*\", sort: } }"), "      defaults: {pageSize: 25, cursorMark: \"*\", sort: \"\"}\n" },
	{ ROUTE("key: { defaults: }"), "      defaults: {}\n" },
	{ ROUTE("key: { defaults: { ids: \"1\" }, sets: ids, drop: email, credentials: email }"), "      sets: [ids]\n" },
	{ ROUTE("key: { verify: 1/1000, format: \"\", accept: [ xml, vnd.x+json ] }"), "      accept: [xml, \"vnd.x+json\"]\n      format: \"\"\n      verify: 1/1000\n" },
	{ ROUTE("key: { verify: 0, drop: format }"), "      verify: 0\n" },
	{ ROUTE("guard: { content_type: application/json, json: { require: [ /hitCount, \"/a~1b=[]\", \"/x=1=2\" ], forbid: /errCode } }"), "        require: [/hitCount, \"/a~1b=[]\", \"/x=1=2\"]\n" },
	{ ROUTE("guard: { xml: { root: \"dc:record\", forbid: [ error, é ] }, on_fail: negative }"), "        root: dc:record\n        forbid: [error, \"\\U000000E9\"]\n" },
	{ ROUTE("guard: { negative: { json: \"/hitCount=0\", ttl: 1m-2m }, hold: true, watch: /hitCount }"), "        ttl: 1m-2m\n" },
	{ ROUTE("guard: { min_length: 100, max_length: 0 }"), "      max_length: 0\n" },
	{ ROUTE("public_url: \"https://h:1/x\", rewrite_body: true"), "    public_url: https://h:1/x\n" },
	{ ROUTE("public_url: \"https://h/\""), "    public_url: https://h\n" },
};

struct row {
	const char *text;
	const char *faults; /* one a line, without the name in front */
};

static const struct row rows[] = {
	/* maps */
	{ "cache: { classes: soon }\n" REST, "1:19: \"soon\" for cache.classes; expected names with durations such as { search: 5m }, or off\n" },
	{ "cache: { classes: [ a ] }\n" REST, "1:19: a list for cache.classes; expected names with durations such as { search: 5m }, or off\n" },
	{ "cache: { classes: { search: soon, a b: 1s, c: [], d: 9999d } }\n" REST,
	  "1:29: \"soon\" for cache.classes.search; expected names with durations such as { search: 5m }, or off\n"
	  "1:35: \"a b\" as a name in cache.classes; expected letters, digits, '.', '_' and '-', at most 64\n"
	  "1:47: a list for cache.classes.c; expected names with durations such as { search: 5m }, or off\n"
	  "1:54: \"9999d\" for cache.classes.d; expected at most 3650d\n" },
	{ "cache: { errors: { 399: 1s, 600: 1s, 0404: 1s, all: 1s, 404: 2s-1s, 405: 1s-, 406: 1s-2s-3s, 408: 999d } }\n" REST,
	  "1:20: \"399\" as a status in cache.errors; expected a number from 400 to 599\n"
	  "1:29: \"600\" as a status in cache.errors; expected a number from 400 to 599\n"
	  "1:38: \"0404\" as a status in cache.errors; expected a number from 400 to 599\n"
	  "1:48: \"all\" as a status in cache.errors; expected a number from 400 to 599\n"
	  "1:62: \"2s-1s\" for cache.errors.404; expected statuses with durations such as { 404: 300s-900s, 410: 1h }, or off\n"
	  "1:74: \"1s-\" for cache.errors.405; expected statuses with durations such as { 404: 300s-900s, 410: 1h }, or off\n"
	  "1:84: \"1s-2s-3s\" for cache.errors.406; expected statuses with durations such as { 404: 300s-900s, 410: 1h }, or off\n"
	  "1:99: \"999d\" for cache.errors.408; expected at most 365d\n" },
	{ "cache: { errors: { 401: 1s } }\n" REST, "1:20: \"401\" in cache.errors; expected another: it speaks of who asked, and is never kept\n" },
	{ "cache: { errors: { 404: 1s, 404: 2s } }\n" REST, "1:29: \"404\" stands here again; expected it once, and line 1 has it\n" },
	{ ROUTE("errors: off"), "1:43: \"off\" for errors; expected statuses with durations such as { 404: 300s-900s, 410: off }\n" },
	{ ROUTE("key: { defaults: [ a ] }"), "1:52: a list for key.defaults; expected parameters with values such as { pageSize: 25 }\n" },
	{ ROUTE("key: { defaults: off }"), "1:52: a text for key.defaults; expected parameters with values such as { pageSize: 25 }\n" },
	{ ROUTE("key: { defaults: { \"a=b\": c, d: [ e ] } }"),
	  "1:54: \"a=b\" for key.defaults, which has one of '&', '=', '#' or a blank; expected parameters with values such as { pageSize: 25 }\n"
	  "1:67: a list for key.defaults.d; expected parameters with values such as { pageSize: 25 }\n" },
	/* rates, shares, ranges */
	{ UPSTREAM("url: \"http://h\", rate: 5"), "1:42: \"5\" for rate; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 5/0"), "1:42: \"5/0\" for rate; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 0/s"), "1:42: \"0/s\" for rate; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 5/"), "1:42: \"5/\" for rate; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 5/fortnight"), "1:42: \"5/fortnight\" for rate; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 9999999/s"), "1:42: \"9999999/s\" for rate, which is too large; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", rate: 1/2d"), "1:42: \"1/2d\" for rate, which is too large; expected a rate such as 5/s, 100/m or 1/250ms, or 0\n" },
	{ UPSTREAM("url: \"http://h\", burst: 0"), "1:43: \"0\" for burst; expected at least 1\n" },
	{ ROUTE("key: { verify: 2/3 }"), "1:50: \"2/3\" for key.verify; expected a share such as 1/1000, or 0\n" },
	{ ROUTE("key: { verify: 1/0 }"), "1:50: \"1/0\" for key.verify; expected a share such as 1/1000, or 0\n" },
	{ ROUTE("ttl: 9m-5m"), "1:40: \"9m-5m\" for ttl; expected a duration such as 5m, or two such as 300s-900s, the shorter first\n" },
	{ ROUTE("ttl: 1m-9999d"), "1:40: \"1m-9999d\" for ttl; expected at most 3650d\n" },
	{ ROUTE("grace: never"), "1:42: \"never\" for grace; expected a duration such as 5m, 30s or 250ms, or default\n" },
	/* origins */
	{ UPSTREAM("url: \"http://h\", urls: [ \"http://i\" ]"), "1:36: url and urls; expected one of them\n" },
	{ UPSTREAM("urls: []"), "1:14: an upstream without url; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("urls: { url: \"http://h\" }"), "1:25: a map for urls; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n" },
	{ UPSTREAM("urls: [ \"h\", { weight: 1 }, { url: \"ftp://h\", weight: 0 }, { url: \"http://u:p@h\", wieght: 2 }, [ \"http://h\" ], { url: [] } ]"),
	  "1:27: \"h\" for urls, which does not begin with http:// or https://; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n"
	  "1:32: an entry of urls without url; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n"
	  "1:54: \"ftp://h\" for urls.url, which does not begin with http:// or https://; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n"
	  "1:73: \"0\" for urls.weight; expected a whole number from 1 to 1000\n"
	  "1:85: an address for urls.url, which has a user name or password; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n"
	  "1:101: unknown setting \"wieght\"; expected url or weight\n"
	  "1:114: a list for urls; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n"
	  "1:137: a list for urls.url; expected http:// or https://, host, port and path at most, or { url: URL, weight: N }\n" },
	/* names of things */
	{ ROUTE("key: { drop: [ \"a&b\", \"c d\", \"#\", \"\" ] }"),
	  "1:50: \"a&b\" for key.drop, which has one of '&', '=', '#' or a blank; expected the name of a query parameter\n"
	  "1:57: \"c d\" for key.drop, which has one of '&', '=', '#' or a blank; expected the name of a query parameter\n"
	  "1:64: \"#\" for key.drop, which has one of '&', '=', '#' or a blank; expected the name of a query parameter\n"
	  "1:69: \"\" for key.drop, which is empty; expected the name of a query parameter\n" },
	{ ROUTE("key: { accept: [ application/json, \"*\" ] }"),
	  "1:52: \"application/json\" for key.accept, which is no media subtype; expected xml, json, dc, html, csv, text or another media subtype\n"
	  "1:70: \"*\" for key.accept, which is no media subtype; expected xml, json, dc, html, csv, text or another media subtype\n" },
	{ ROUTE("guard: { content_type: [ json, \"text/*\", \"text/xml; a=b\", /x, x/ ] }"),
	  "1:60: \"json\" for guard.content_type, which is no media type; expected a media type such as application/json\n"
	  "1:66: \"text/*\" for guard.content_type, which is no media type; expected a media type such as application/json\n"
	  "1:76: \"text/xml; a=b\" for guard.content_type, which has parameters; expected a media type such as application/json\n"
	  "1:93: \"/x\" for guard.content_type, which is no media type; expected a media type such as application/json\n"
	  "1:97: \"x/\" for guard.content_type, which is no media type; expected a media type such as application/json\n" },
	{ ROUTE("guard: { json: { require: [ hitCount, /a~b, \"\" ] } }"),
	  "1:63: \"hitCount\" for guard.json.require, which does not begin with '/'; expected /pointer or /pointer=VALUE\n"
	  "1:73: \"/a~b\" for guard.json.require, which has a '~' without 0 or 1 behind it; expected /pointer or /pointer=VALUE\n"
	  "1:79: \"\" for guard.json.require, which does not begin with '/'; expected /pointer or /pointer=VALUE\n" },
	{ ROUTE("guard: { xml: { root: \"<a>\", forbid: [ 1a, \"a:b:c\", \":a\", \"a:\" ] } }"),
	  "1:57: \"<a>\" for guard.xml.root, which is no name of an element; expected the name of an XML element, or nothing\n"
	  "1:74: \"1a\" for guard.xml.forbid, which is no name of an element; expected the name of an XML element\n"
	  "1:78: \"a:b:c\" for guard.xml.forbid, which is no name of an element; expected the name of an XML element\n"
	  "1:87: \":a\" for guard.xml.forbid, which is no name of an element; expected the name of an XML element\n"
	  "1:93: \"a:\" for guard.xml.forbid, which is no name of an element; expected the name of an XML element\n" },
	{ ROUTE("public_url: \"http://h/?x\""), "1:47: \"http://h/?x\" for public_url, which has a query; expected http:// or https://, host, port and path at most, or nothing\n" },
	{ UPSTREAM("url: \"http://h\", check: { path: search }"), "1:51: \"search\" for check.path, which does not begin with '/'; expected a path such as /search?query=x, or nothing\n" },
	{ UPSTREAM("url: \"http://h\", check: { path: \"/a?b#c\" }"), "1:51: \"/a?b#c\" for check.path, which has a character that must be percent-encoded; expected a path such as /search?query=x, or nothing\n" },
	/* between settings */
	{ ROUTE("class: serch"), "1:42: \"serch\" is not in cache.classes; expected \"search\", the nearest known\n" },
	{ "cache: { classes: { search: off } }\n" ROUTE("class: search"), "2:42: \"search\" is not in cache.classes; expected a name from there\n" },
	{ UPSTREAM("url: \"http://h\", ttl_policy: eternal"), "1:48: \"eternal\" is not in cache.ttl_policies; expected a name from there\n" },
	{ UPSTREAM("url: \"http://h\", retry: { backoff: 5s }"), "1:54: retry.backoff of 5s; expected at most retry.most_backoff, which is 2s\n" },
	{ ROUTE("force: true"), "1:42: force without ttl or class; expected a lifetime to be forced\n" },
	{ ROUTE("force: true, ttl: x"), "1:53: \"x\" for ttl; expected a duration such as 5m, or two such as 300s-900s, the shorter first\n" },
	{ ROUTE("force: true, ttl: 1m, forward: [ A, authorization ], forward_unkeyed: Cookie"),
	  "1:66: Authorization in forward with force; expected routes that force lifetimes to forward no credentials\n"
	  "1:105: Cookie in forward_unkeyed with force; expected routes that force lifetimes to forward no credentials\n" },
	{ ROUTE("adaptive: { min: 2d }"), "1:52: adaptive.min of 2d; expected at most adaptive.max, which is 1d\n" },
	{ ROUTE("guard: { min_length: 2KiB, max_length: 1KiB }"), "1:56: guard.min_length of 2KiB; expected at most guard.max_length, which is 1KiB\n" },
	{ ROUTE("key: { drop: [ a, b ], sets: a, defaults: { b: 1 }, pass: [ c, a ], credentials: c }"),
	  "1:64: \"a\" in key.drop and key.sets; expected it in one of them\n"
	  "1:64: \"a\" in key.pass and key.sets; expected it in one of them\n"
	  "1:77: \"b\" in key.drop and key.defaults; expected it in one of them\n"
	  "1:93: \"a\" in key.drop and key.pass; expected it in one of them\n"
	  "1:93: \"c\" in key.credentials and key.pass; expected it in one of them\n" },
	{ ROUTE("key: { drop: a, sets: A }"), "" },
	{ ROUTE("key: { drop: a, sets: A, fold_names: true }"), "1:57: \"A\" in key.drop and key.sets; expected it in one of them\n" },
	{ ROUTE("key: { drop: format, accept: xml }"), "1:48: \"format\" in key.drop, which is key.format; expected it to be part of the key\n" },
};
/* clang-format on */

START_TEST(value)
{
	struct config *config = parsed(values[_i].text), *again;
	char *dump = dumped(config), *second;

	ck_assert_msg(strstr(dump, values[_i].line) != NULL, "row %d: %s%sin\n%s", _i,
		values[_i].text, values[_i].line, dump);
	again = parsed(dump);
	second = dumped(again);
	ck_assert_str_eq(dump, second);
	config_free(config);
	config_free(again);
	free(dump);
	free(second);
}
END_TEST

START_TEST(faulty)
{
	struct config *config = NULL;
	struct config_faults faults;
	char found[8192] = "";

	ck_assert_int_eq(config_parse("x", rows[_i].text, strlen(rows[_i].text), &config, &faults),
		rows[_i].faults[0] != '\0' ? RC_INVALID : RC_OK);
	for (size_t i = 0; i < faults.count; i++) {
		size_t used = strlen(found);

		snprintf(found + used, sizeof(found) - used, "%s\n", faults.items[i] + 2);
	}
	config_faults_done(&faults);
	config_free(config);
	ck_assert_msg(strcmp(found, rows[_i].faults) == 0, "row %d\n%s\nfound:\n%s\nexpected:\n%s",
		_i, rows[_i].text, found, rows[_i].faults);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	TCase *tcase = tcase_create("api");
	Suite *suite = suite_create("config_api");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, presets);
	tcase_add_loop_test(tcase, value, 0, COUNT(values));
	tcase_add_loop_test(tcase, faulty, 0, COUNT(rows));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

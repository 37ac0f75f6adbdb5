/* tests/unit/test_profiles.c - routes with a profile: what they come to, and what is wrong with
 * profiles. Those of this file take the place of those that are built in. */
#include "profile_texts.h"

#include "config_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

const struct profile_text profile_texts[] = {
	{ "api", "upstream: { rate: 5/s, retry: { attempts: 2 } }\n"
		 "route: { class: record, key: { sort: true, drop: [a, b] }, forward: X-A }\n"
		 "routes:\n"
		 "  - { path: /search, class: search, key: { drop: [c] } }\n"
		 "  - { path: \"/*/full/\", class: fulltext, forward: [] }\n"
		 "  - { path: /x/*/y }\n" },
	{ "other", "upstream: { rate: 5/s, concurrency: 4, retry: { attempts: 3 } }\n" },
	{ "empty", "# nothing\n" },
	{ "wrong", "upstream: { url: \"http://h\", rate: 1/s }\n"
		   "route: { path: /x, profile: api, upstream: a, upstream_path: /x }\n"
		   "rotues: []\n"
		   "routes:\n"
		   "  - /x\n"
		   "  - { path: / }\n"
		   "  - { class: search }\n"
		   "  - { path: x, upstream: a }\n" },
	{ "shapes", "upstream: []\nroute: yes\nroutes: {}\n" },
	{ "values", "route: { class: serch }\n"
		    "upstream: { rate: soon }\n"
		    "routes:\n"
		    "  - { path: /x, tll: 1m, class: search, ttl: [] }\n" },
	{ "broken", "routes: [\n" },
	{ "list", "[]\n" },
	{ "maps", "route: { key: { sort: true, defaults: { x: 1, y: 2 } }, errors: { 404: 1m, 500: "
		  "2m } }\n" },
};
const size_t profile_text_count = sizeof(profile_texts) / sizeof(profile_texts[0]);

/* What a file comes to, a route a line:
 * path, what the upstream is asked for instead, class, dropped parameters, forwarded fields */
static const struct {
	const char *text, *routes;
} expansions[] = {
	{ "  - { path: /api, upstream: a, profile: api }\n",
		"/api/x/*/y -> /x: record sort a b | X-A\n"
		"/api/*/full -> : fulltext sort a b |\n"
		"/api/search -> /search: search sort c | X-A\n"
		"/api -> : record sort a b | X-A\n" },
	{ "  - { path: /, upstream: a, profile: api }\n",
		"/x/*/y -> /x: record sort a b | X-A\n"
		"/*/full -> : fulltext sort a b |\n"
		"/search -> /search: search sort c | X-A\n"
		"/ -> : record sort a b | X-A\n" },
	{ "  - { path: /p/, upstream: a, profile: api, upstream_path: /o/ }\n",
		"/p/x/*/y -> /o/x: record sort a b | X-A\n"
		"/p/*/full -> /o: fulltext sort a b |\n"
		"/p/search -> /o/search: search sort c | X-A\n"
		"/p -> /o: record sort a b | X-A\n" },
	{ "  - { path: \"/v/*/p\", upstream: a, profile: api, upstream_path: /o }\n",
		"/v/*/p/x/*/y -> /o: record sort a b | X-A\n"
		"/v/*/p/*/full -> /o: fulltext sort a b |\n"
		"/v/*/p/search -> /o: search sort c | X-A\n"
		"/v/*/p -> /o: record sort a b | X-A\n" },
	/* what the file says itself */
	{ "  - { path: /p, upstream: a, profile: api, class: error, key: { drop: [d] } }\n",
		"/p/x/*/y -> /x: error sort d | X-A\n"
		"/p/*/full -> : error sort d |\n"
		"/p/search -> /search: error sort d | X-A\n"
		"/p -> : error sort d | X-A\n" },
	{ "  - { path: /p, upstream: a, profile: api, key: , forward: X-B }\n",
		"/p/x/*/y -> /x: record sort a b | X-B\n"
		"/p/*/full -> : fulltext sort a b | X-B\n"
		"/p/search -> /search: search sort c | X-B\n"
		"/p -> : record sort a b | X-B\n" },
	{ "  - { path: /p, upstream: a, profile: api }\n"
	  "  - { path: /p/search/, upstream: b }\n"
	  "  - { path: \"/p/*/full\", upstream: a, key: { drop: z } }\n",
		"/p/x/*/y -> /x: record sort a b | X-A\n"
		"/p/*/full -> :  z |\n"
		"/p/search -> :  |\n"
		"/p -> : record sort a b | X-A\n" },
	{ "  - { path: /p, upstream: a, profile: other }\n", "/p -> :  |\n" },
	{ "  - { path: /p, upstream: a, profile: empty }\n", "/p -> :  |\n" },
	{ "  - { path: /p, upstream: a, profile: \"\" }\n", "/p -> :  |\n" },
};

/* Settings of upstreams a and b: rate, concurrency, attempts. */
static const struct {
	const char *text, *upstreams;
} upstreams[] = {
	{ "upstreams: { a: { url: \"http://a\" }, b: { url: \"http://b\" } }\n"
	  "routes: [ { path: /p, upstream: b, profile: api } ]\n",
		"a 0 0 3\nb 5 0 2\n" },
	{ "upstreams: { a: { url: \"http://a\", rate: 0 }, b: { url: \"http://b\", retry: { "
	  "budget: 1% } } }\n"
	  "routes: [ { path: /p, upstream: a, profile: api }, { path: /q, upstream: b, profile: "
	  "api } ]\n",
		"a 0 0 2\nb 5 0 2\n" },
	{ "upstreams: { a: { url: \"http://a\", retry: { attempts: 1 } } }\n"
	  "routes: [ { path: /p, upstream: a, profile: api }, { path: /q, upstream: a, profile: "
	  "other } ]\n",
		"a 5 4 1\n" },
};

/* All faults, one a line. */
static const struct {
	const char *text, *faults;
} faulty_rows[] = {
	{ "  - { path: /p, upstream: a, profile: apy }\n",
		"x:3:39: no profile is named \"apy\"; expected one of: api, other, empty, wrong, "
		"shapes, values, broken, list, maps\n" },
	{ "  - { path: /p, upstream: a, profile: \"a b\" }\n",
		"x:3:39: \"a b\" for profile, which is no name; expected letters, digits, '.', '_' "
		"and '-', at most 64, or nothing\n" },
	{ "  - { path: /p, upstream: a, profile: wrong }\n",
		"profile wrong:1:13: url in a profile; expected it in the file alone\n"
		"profile wrong:2:10: path in a profile; expected it in the file alone\n"
		"profile wrong:2:20: profile in a profile; expected it in the file alone\n"
		"profile wrong:2:34: upstream in a profile; expected it in the file alone\n"
		"profile wrong:2:47: upstream_path in a profile; expected it in the file alone\n"
		"profile wrong:3:1: unknown part \"rotues\"; expected upstream, route or routes\n"
		"profile wrong:5:5: an entry of routes that is no map; expected one\n"
		"profile wrong:6:13: a route without a path of its own; expected one such as "
		"/search\n"
		"profile wrong:7:5: a route without a path of its own; expected one such as "
		"/search\n"
		"profile wrong:8:13: a route without a path of its own; expected one such as "
		"/search\n"
		"profile wrong:8:16: upstream in a profile; expected it in the file alone\n" },
	{ "  - { path: /p, upstream: a, profile: shapes }\n",
		"profile shapes:1:11: upstream is no map of settings; expected one\n"
		"profile shapes:2:8: route is no map of settings; expected one\n"
		"profile shapes:3:9: routes is no list of routes; expected one\n" },
	/* each mistake once, after those of the file */
	{ "  - { path: /p, upstream: a, profile: values }\n"
	  "  - { path: /q, upstream: a, profile: values, ttl: never }\n",
		"x:4:52: \"never\" for ttl; expected a duration such as 5m, or two such as "
		"300s-900s, the shorter first\n"
		"profile values:1:17: \"serch\" is not in cache.classes; expected \"search\", the "
		"nearest known\n"
		"profile values:2:19: \"soon\" for rate; expected a rate such as 5/s, 100/m or "
		"1/250ms, or 0\n"
		"profile values:4:17: unknown setting \"tll\"; expected \"ttl\", the nearest "
		"known\n"
		"profile values:4:46: a list for ttl; expected a duration such as 5m, or two such "
		"as "
		"300s-900s, the shorter first\n" },
	{ "  - { path: /p, upstream: a, profile: broken }\n",
		"profile broken:2:1: while parsing a flow node: did not find expected node "
		"content; "
		"expected YAML\n" },
	{ "  - { path: /p, upstream: a, profile: shapes }\n"
	  "  - { path: /q, upstream: a, profile: list }\n",
		"profile list:1:1: a profile that is no map; expected one\n"
		"profile shapes:1:11: upstream is no map of settings; expected one\n"
		"profile shapes:2:8: route is no map of settings; expected one\n"
		"profile shapes:3:9: routes is no list of routes; expected one\n" },
	{ "  - { path: /p, upstream: a, profile: list }\n",
		"profile list:1:1: a profile that is no map; expected one\n" },
	{ "  - { path: /p, upstream: a, profile: api }\n"
	  "  - { path: /q, upstream: a, profile: other }\n",
		"x:4:39: profile other and profile api disagree on attempts of their upstream; "
		"expected the upstream to say it itself\n" },
	{ "  - { path: p, upstream: c, profile: api }\n",
		"x:3:13: \"p\" for path, which does not begin with '/'; expected a path such as "
		"/rest or /*/fulltext\n"
		"x:3:26: no upstream is named \"c\"; expected a name from upstreams, such as "
		"\"a\"\n" },
	{ "  - { path: /p, profile: api, upstream_path: x }\n",
		"x:3:5: a route without upstream; expected letters, digits, '.', '_' and '-', at "
		"most 64\n"
		"x:3:46: \"x\" for upstream_path, which does not begin with '/'; expected a path "
		"such as /rest, or nothing\n" },
	{ "  - { path: /p, profile: api }\n",
		"x:3:5: a route without upstream; expected letters, digits, '.', '_' and '-', at "
		"most 64\n" },
	{ "  - { path: /p, upstream: a, profile: api }\n"
	  "  - { path: /p/, upstream: a, profile: empty }\n",
		"x:4:13: another route for \"/p\"; expected one, and line 3 has it\n" },
	{ "  - { path: /p*, upstream: a }\n",
		"x:3:13: \"/p*\" for path, which has a '*' that is not a segment of its own; "
		"expected a path such as /rest or /*/fulltext\n" },
};

#define TWO "upstreams: { a: { url: \"http://a\" }, b: { url: \"http://b\" } }\nroutes:\n"

static char *with_two(const char *routes)
{
	char *text = NULL;

	ck_assert_int_ge(asprintf(&text, TWO "%s", routes), 0);
	return text;
}

/* The routes as the table has them; free() it. */
static char *routes_of(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *r = &config->routes[i];

		fprintf(to, "%s -> %s: %s%s", r->path, r->upstream_path, r->class,
			r->key.sort ? " sort" : "");
		for (size_t k = 0; k < r->key.drop.count; k++)
			fprintf(to, " %s", r->key.drop.items[k]);
		fputs(" |", to);
		for (size_t k = 0; k < r->forward.count; k++)
			fprintf(to, " %s", r->forward.items[k]);
		fputc('\n', to);
	}
	fclose(to);
	return text;
}

START_TEST(expansion)
{
	char *text = with_two(expansions[_i].text);
	struct config *config = parsed(text), *again;
	char *found = routes_of(config), *dump = dumped(config), *second;

	ck_assert_str_eq(found, expansions[_i].routes);
	again = parsed(dump);
	second = dumped(again);
	ck_assert_str_eq(dump, second);
	config_free(config);
	config_free(again);
	free(text);
	free(found);
	free(dump);
	free(second);
}
END_TEST

START_TEST(settings_of_upstreams)
{
	struct config *config = parsed(upstreams[_i].text);
	char found[256] = "";

	for (size_t i = 0; i < config->upstream_count; i++) {
		const struct config_upstream *u = &config->upstreams[i];
		size_t used = strlen(found);

		snprintf(found + used, sizeof(found) - used, "%s %d %d %d\n", u->name,
			(int)u->rate.count, (int)u->concurrency, (int)u->retry.attempts);
	}
	ck_assert_str_eq(found, upstreams[_i].upstreams);
	config_free(config);
}
END_TEST

/* Sections are laid over each other, but a map that is a setting is taken as it is. */
START_TEST(maps_are_whole)
{
	char *text = with_two("  - { path: /p, upstream: a, profile: maps, errors: { 404: 3m },\n"
			      "      key: { defaults: { x: 3 } } }\n");
	struct config *config = parsed(text);
	const struct config_route *r = &config->routes[0];

	ck_assert(r->key.sort);
	ck_assert_uint_eq(r->key.defaults.count, 1);
	ck_assert_str_eq(r->key.defaults.values[0], "3");
	ck_assert_uint_eq(r->errors.count, 1);
	ck_assert_int_eq(r->errors.items[0].range.most_ms, 180000);
	config_free(config);
	free(text);
}
END_TEST

/* All faults of a text, one a line. */
static void faults_of(const char *text, char *ret, size_t room)
{
	struct config *config = NULL;
	struct config_faults faults;

	ret[0] = '\0';
	ck_assert_int_eq(config_parse("x", text, strlen(text), &config, &faults), RC_INVALID);
	for (size_t i = 0; i < faults.count; i++) {
		size_t used = strlen(ret);

		snprintf(ret + used, room - used, "%s\n", faults.items[i]);
	}
	config_faults_done(&faults);
}

START_TEST(faulty)
{
	char *text = with_two(faulty_rows[_i].text);
	char found[8192];

	faults_of(text, found, sizeof(found));
	ck_assert_str_eq(found, faulty_rows[_i].faults);
	free(text);
}
END_TEST

/* No file makes larder build more than it says. */
START_TEST(too_many)
{
	char *text = NULL, found[8192];
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs(TWO, to);
	for (int i = 0; i < 1000; i++)
		fprintf(to, "  - { path: /%d, upstream: a, profile: api }\n", i);
	fclose(to);
	faults_of(text, found, sizeof(found));
	ck_assert_str_eq(
		found, "x:504:5: more than 2000 routes come of profiles; expected fewer\n");
	free(text);
}
END_TEST

START_TEST(texts)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert(!config_write_profile("apy", to));
	ck_assert(config_write_profile("empty", to));
	config_list_profiles(to);
	fclose(to);
	ck_assert_str_eq(
		text, "# nothing\napi, other, empty, wrong, shapes, values, broken, list, maps");
	free(text);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	TCase *tcase = tcase_create("profiles");
	Suite *suite = suite_create("profiles");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, expansion, 0, COUNT(expansions));
	tcase_add_loop_test(tcase, settings_of_upstreams, 0, COUNT(upstreams));
	tcase_add_test(tcase, maps_are_whole);
	tcase_add_loop_test(tcase, faulty, 0, COUNT(faulty_rows));
	tcase_add_test(tcase, too_many);
	tcase_add_test(tcase, texts);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

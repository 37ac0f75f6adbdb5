/* test_address_map.c - which addresses of an upstream become which paths here. */
#include "address_map.h"

#include "http_fixture.h"

#include <string.h>

#define ORIGIN                                                                                    \
	"upstreams: { o: { url: \"https://API.org/rest\" }, p: { url: \"http://127.0.0.1:81\" } " \
	"}\n"

static const char ROUTES[] =
	ORIGIN "routes:\n"
	       "  - { path: /api, upstream: o }\n"
	       "  - { path: /api/search, upstream: o, upstream_path: /search }\n"
	       "  - { path: /short, upstream: o, upstream_path: /a/long/path }\n"
	       "  - { path: /api/hidden, upstream: p, upstream_path: /deep }\n"
	       "  - { path: /api/moved, upstream: o, upstream_path: /there }\n";
static const char ROOT[] = ORIGIN "routes:\n"
				  "  - { path: /, upstream: p }\n"
				  "  - { path: /other, upstream: o, upstream_path: /x }\n";
static const char TWINS[] = ORIGIN "routes:\n"
				   "  - { path: /one, upstream: o }\n"
				   "  - { path: /two, upstream: o }\n"
				   "  - { path: /three, upstream: o, upstream_path: /x }\n";
static const char MANY[] = "upstreams: { o: { urls: [ \"http://a/v1\", { url: "
			   "\"http://b:8080/v2\", weight: 2 } ] } }\n"
			   "routes: [ { path: /api, upstream: o } ]\n";
/* Of a route with any-segments nothing but its pattern says what is its own. */
static const char ANY[] = ORIGIN "routes:\n"
				 "  - { path: /, upstream: o }\n"
				 "  - { path: /search, upstream: o, upstream_path: /search }\n"
				 "  - { path: /*/*/citations, upstream: o }\n";
static const char ELSEWHERE[] = ORIGIN "routes:\n"
				       "  - { path: /api, upstream: o }\n"
				       "  - { path: /api/x/y, upstream: o, upstream_path: /x/y }\n"
				       "  - { path: /api/x/*/z, upstream: p }\n"
				       "  - { path: /api/x/q/r/s, upstream: o, upstream_path: "
				       "/x/q/r/s }\n";
static const char ADDRESS[] = "upstreams: { o: { url: \"http://[::1]:80\" } }\n"
			      "routes: [ { path: /, upstream: o } ]\n";

/* want: what stands instead of the first `size` bytes; NULL: it stays. */
static const struct row {
	const char *config, *route, *url, *want;
	size_t size;
} ROWS[] = {
	/* clang-format off */
	{ ROUTES, "/api", "https://api.org/rest/x?y", "/api", 20 },
	{ ROUTES, "/api", "https://api.org/rest", "/api", 20 },
	{ ROUTES, "/api", "https://api.org:443/rest/x", "/api", 24 },
	{ ROUTES, "/api", "HTTPS://API.ORG/rest#a", "/api", 20 },
	{ ROUTES, "/api", "https://api.org/rest/search?y", "/api/search", 27 },
	{ ROUTES, "/api/search", "https://api.org/rest/x", "/api", 20 },
	{ ROUTES, "/short", "https://api.org/rest/a/long/path/x", "/short", 32 },
	{ ROUTES, "/short", "https://api.org/rest/a/long/x", "/api", 20 },
	{ ROUTES, "/api", "https://api.org/rest/there/x", "/api/moved", 26 },
	{ ROUTES, "/api", "https://api.org/rest/moved/x", NULL, 0 }, /* /api/moved/x is /there/x */
	{ ROUTES, "/api", "https://api.org/rest/hidden/x", NULL, 0 },
	{ ROUTES, "/api", "https://api.org/rest/hidden", NULL, 0 },
	{ ROUTES, "/api", "https://api.org/rest/hiddenly", "/api", 20 },
	{ ROUTES, "/api", "https://api.org/REST/x", NULL, 0 },
	{ ROUTES, "/api", "https://api.org/", NULL, 0 },
	{ ROUTES, "/api", "http://api.org/rest/x", NULL, 0 },
	{ ROUTES, "/api", "https://api.org:80/rest/x", NULL, 0 },
	{ ROUTES, "/api", "http://127.0.0.1:81/deep/x", NULL, 0 },
	{ ROUTES, "/api/hidden", "http://127.0.0.1:81/deep/x", "/api/hidden", 24 },
	{ ROOT, "/", "http://127.0.0.1:81/x", "", 19 },
	{ ROOT, "/", "http://127.0.0.1:81", "", 19 },
	{ ROOT, "/", "http://127.0.0.1:81/other/x", NULL, 0 },
	{ ROOT, "/", "http://127.0.0.1:8/x", NULL, 0 },
	{ ROOT, "/", "http://127.0.0.1:811/x", NULL, 0 },
	{ ROOT, "/other", "https://api.org/rest/x/y", "/other", 22 },
	{ ROOT, "/other", "https://api.org/rest/y", NULL, 0 },
	{ TWINS, "/one", "https://api.org/rest/y", "/one", 20 },
	{ TWINS, "/two", "https://api.org/rest/y", "/two", 20 },
	{ TWINS, "/two", "https://api.org/rest/x/y", "/three", 22 },
	{ MANY, "/api", "http://a/v1/x", "/api", 11 },
	{ MANY, "/api", "http://b:8080/v2/x", "/api", 16 },
	{ MANY, "/api", "http://a/v2/x", NULL, 0 },
	{ MANY, "/api", "http://b/v2/x", NULL, 0 },
	{ ANY, "/", "https://api.org/rest/MED/1/citations", "", 20 },
	{ ANY, "/search", "https://api.org/rest/MED", "", 20 },
	{ ANY, "/*/*/citations", "https://api.org/rest/MED/1", "", 20 },
	{ ANY, "/*/*/citations", "https://api.org/rest/search?page=2", "/search", 27 },
	{ ELSEWHERE, "/api", "https://api.org/rest/w/a/z", "/api", 20 },
	{ ELSEWHERE, "/api", "https://api.org/rest/x/a/z", NULL, 0 },  /* would come to p */
	{ ELSEWHERE, "/api", "https://api.org/rest/x/y/z", NULL, 0 },
	{ ELSEWHERE, "/api", "https://api.org/rest/x/q/r/s", "/api/x/q/r/s", 28 },
	{ ELSEWHERE, "/api/x/*/z", "http://127.0.0.1:81/q/z", NULL, 0 },
	{ ADDRESS, "/", "http://[::1]/x", "", 12 },
	{ ADDRESS, "/", "http://[::1]:80/x", "", 15 },
	/* clang-format on */
};

static uint16_t index_of(const struct config *config, const char *path)
{
	for (uint16_t i = 0; i < config->route_count; i++) {
		if (strcmp(config->routes[i].path, path) == 0)
			return i;
	}
	ck_abort_msg("no route %s", path);
}

START_TEST(test_addresses)
{
	const struct row *row = &ROWS[_i];
	const struct rewrite_rule *rule;
	struct address_maps *maps;
	struct config *config;
	struct config_faults faults;

	ck_assert_int_eq(
		config_parse("test", row->config, strlen(row->config), &config, &faults), RC_OK);
	maps = address_maps_new(config);
	rule = rewrite_find(
		&address_map_of(maps, index_of(config, row->route))->rules, slice_of(row->url));
	ck_assert_msg((rule != NULL) == (row->want != NULL), "%s from %s", row->url, row->route);
	if (rule != NULL) {
		ASSERT_TEXT(rule->to, slice_of(row->want));
		ck_assert_uint_eq(rule->from.size, row->size);
	}
	address_maps_free(maps);
	config_free(config);
}
END_TEST

static uint64_t version_of(const char *text)
{
	struct config_faults faults;
	struct address_maps *maps;
	struct config *config;
	uint64_t version;

	ck_assert_int_eq(config_parse("test", text, strlen(text), &config, &faults), RC_OK);
	maps = address_maps_new(config);
	version = address_map_of(maps, 0)->version;
	address_maps_free(maps);
	config_free(config);
	return version;
}

/* Stands in tags: the same after a restart, another where addresses become something else. */
START_TEST(test_versions)
{
	ck_assert_uint_eq(version_of(TWINS), version_of(TWINS));
	ck_assert_uint_ne(version_of(TWINS), version_of(ROUTES));
	ck_assert_uint_ne(version_of(ADDRESS), version_of(MANY));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("address_map");

	ADD_ROWS(tests, test_addresses, ROWS);
	tcase_add_test(tests, test_versions);
	return run_case("address_map", tests);
}

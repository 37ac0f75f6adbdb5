/* test_route.c - which route a path takes and what the origin is asked for. */
#include "route.h"

#include "http_fixture.h"

#include <string.h>

static const char CONFIG[] = "upstreams: { o: { url: \"http://127.0.0.1:1\" } }\n"
			     "routes:\n"
			     "  - { path: /a, upstream: o }\n"
			     "  - { path: /a/b, upstream: o, upstream_path: /x }\n"
			     "  - { path: /c/d, upstream: o, upstream_path: /c/d }\n";
static const char WITH_ROOT[] = "upstreams: { o: { url: \"http://127.0.0.1:1\" } }\n"
				"routes:\n"
				"  - { path: /, upstream: o }\n"
				"  - { path: /a, upstream: o, upstream_path: /y/z }\n";

static const struct route_row {
	const char *config, *path, *rest; /* of the target */
	const char *route;                /* NULL: none */
	const char *target;
} ROUTES[] = {
	{ CONFIG, "/a", "", "/a", "" },
	{ CONFIG, "/a", "?q", "/a", "?q" },
	{ CONFIG, "/a/", "", "/a", "/" },
	{ CONFIG, "/a/c", "?q=%2f", "/a", "/c?q=%2f" },
	{ CONFIG, "/ab", "", NULL, NULL },
	{ CONFIG, "/a/b", "", "/a/b", "/x" },
	{ CONFIG, "/a/b", "?", "/a/b", "/x?" },
	{ CONFIG, "/a/b/", "", "/a/b", "/x/" },
	{ CONFIG, "/a/bc", "", "/a", "/bc" },
	{ CONFIG, "/a/b/c/d", "", "/a/b", "/x/c/d" },
	{ CONFIG, "/A", "", NULL, NULL },
	{ CONFIG, "/%61", "", NULL, NULL },
	{ CONFIG, "/", "", NULL, NULL },
	{ CONFIG, "/c", "", NULL, NULL },
	{ CONFIG, "/c/d/e", "?f", "/c/d", "/c/d/e?f" },
	{ CONFIG, "//a", "", NULL, NULL },
	{ WITH_ROOT, "/", "", "/", "/" },
	{ WITH_ROOT, "/", "?q", "/", "/?q" },
	{ WITH_ROOT, "/b/c", "?q", "/", "/b/c?q" },
	{ WITH_ROOT, "/ab", "", "/", "/ab" },
	{ WITH_ROOT, "//a", "", "/", "//a" },
	{ WITH_ROOT, "/a", "", "/a", "/y/z" },
	{ WITH_ROOT, "/a/b", "", "/a", "/y/z/b" },
};

START_TEST(test_routes)
{
	const struct route_row *row = &ROUTES[_i];
	struct config *config;
	struct config_faults faults;
	struct arena arena;
	struct slice raw;
	uint16_t route = 999;

	ck_assert_int_eq(
		config_parse("test", row->config, strlen(row->config), &config, &faults), RC_OK);
	arena_init(&arena);
	raw = arena_format(&arena, "%s%s", row->path, row->rest);
	ck_assert_msg(route_find(config, slice_of(row->path), &route) == (row->route != NULL), "%s",
		row->path);
	if (row->route != NULL) {
		ck_assert_str_eq(config->routes[route].path, row->route);
		ASSERT_TEXT(
			route_target(&config->routes[route], raw, &arena), slice_of(row->target));
	} else {
		ck_assert_uint_eq(route, 999);
	}
	arena_done(&arena);
	config_free(config);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("route");

	ADD_ROWS(tests, test_routes, ROUTES);
	return run_case("route", tests);
}

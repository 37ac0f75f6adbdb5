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
static const char WITH_ANY[] = "upstreams: { o: { url: \"http://127.0.0.1:1\" } }\n"
			       "routes:\n"
			       "  - { path: /, upstream: o }\n"
			       "  - { path: /a, upstream: o }\n"
			       "  - { path: \"/a/*/x\", upstream: o }\n"
			       "  - { path: /a/b/x, upstream: o, upstream_path: /lit }\n"
			       "  - { path: \"/a/*/*/y\", upstream: o, upstream_path: /any }\n"
			       "  - { path: \"/a/c/*/y\", upstream: o }\n"
			       "  - { path: \"/*/q\", upstream: o, upstream_path: /q }\n"
			       "  - { path: \"/d/*\", upstream: o, upstream_path: /e }\n";

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
	/* any segment, but not none; what is cut off is what stands before it */
	{ WITH_ANY, "/a/1/x", "?q", "/a/*/x", "/1/x?q" },
	{ WITH_ANY, "/a/1/x/more", "", "/a/*/x", "/1/x/more" },
	{ WITH_ANY, "/a/%2F/x", "", "/a/*/x", "/%2F/x" },
	{ WITH_ANY, "/a/1/xx", "", "/a", "/1/xx" },
	{ WITH_ANY, "/a/1", "", "/a", "/1" },
	{ WITH_ANY, "/a/1/", "", "/a", "/1/" },
	{ WITH_ANY, "/a//x", "", "/a", "//x" },
	{ WITH_ANY, "/a/1/2/x", "", "/a", "/1/2/x" },
	{ WITH_ANY, "/a/*/x", "", "/a/*/x", "/*/x" },
	/* the longest, and of two as long the one that says more */
	{ WITH_ANY, "/a/b/x", "", "/a/b/x", "/lit" },
	{ WITH_ANY, "/a/b/x/y", "", "/a/*/*/y", "/any/b/x/y" },
	{ WITH_ANY, "/a/c/1/y", "", "/a/c/*/y", "/1/y" },
	{ WITH_ANY, "/a/d/1/y/z", "", "/a/*/*/y", "/any/d/1/y/z" },
	{ WITH_ANY, "/a/q", "", "/*/q", "/q/a/q" },
	{ WITH_ANY, "/z/q/r", "", "/*/q", "/q/z/q/r" },
	{ WITH_ANY, "//q", "", "/", "//q" },
	{ WITH_ANY, "/q", "", "/", "/q" },
	{ WITH_ANY, "/d", "", "/", "/d" },
	{ WITH_ANY, "/d/", "", "/", "/d/" },
	{ WITH_ANY, "/d/q", "", "/d/*", "/e/q" },
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

/* From what the origin is asked for to what a client asks of us. */
static const struct back_row {
	const char *route, *base, *target;
	const char *back; /* NULL: the route doesn't lead there */
} BACK[] = {
	{ "/a", "/", "/1/x", "/a/1/x" },
	{ "/a", "/rest", "/rest/1?q", "/a/1?q" },
	{ "/a", "/rest", "/rest", "/a" },
	{ "/a", "/rest", "/restful", NULL },
	{ "/a", "/rest", "/other", NULL },
	{ "/a/b/x", "/rest", "/rest/lit/z", "/a/b/x/z" },
	{ "/a/b/x", "/rest", "/rest/z", NULL },
	{ "/", "/rest", "/rest", "/" },
	{ "/", "/rest", "/rest/z?q", "/z?q" },
	{ "/a/*/x", "/", "/1/x?q=/", "/a/1/x?q=/" },
	{ "/a/*/x", "/", "/1/x/z", "/a/1/x/z" },
	{ "/a/*/x", "/", "/1/z", NULL },
	{ "/a/*/x", "/", "/1?/x", NULL },
	{ "/a/*/*/y", "/rest", "/rest/any/1/2/y", "/a/1/2/y" },
	{ "/a/*/*/y", "/rest", "/rest/1/2/y", NULL },
};

START_TEST(test_back)
{
	const struct back_row *row = &BACK[_i];
	const struct config_route *route = NULL;
	struct config *config;
	struct config_faults faults;
	struct arena arena;
	struct slice back;
	bool found;

	ck_assert_int_eq(config_parse("test", WITH_ANY, strlen(WITH_ANY), &config, &faults), RC_OK);
	arena_init(&arena);
	for (size_t i = 0; i < config->route_count; i++) {
		if (strcmp(config->routes[i].path, row->route) == 0)
			route = &config->routes[i];
	}
	ck_assert_ptr_nonnull(route);
	ck_assert(route_has_any(route) == (strchr(row->route, '*') != NULL));
	found = route_target_back(route, slice_of(row->base), slice_of(row->target), &arena, &back);
	ck_assert_msg(found == (row->back != NULL), "%s", row->target);
	if (found)
		ASSERT_TEXT(back, slice_of(row->back));
	arena_done(&arena);
	config_free(config);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("route");

	ADD_ROWS(tests, test_routes, ROUTES);
	ADD_ROWS(tests, test_back, BACK);
	return run_case("route", tests);
}

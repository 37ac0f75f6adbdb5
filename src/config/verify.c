/* config/verify.c - one small rule after the other. */
#include "verify.h"

#include "checks.h"
#include "nearest.h"
#include "util/alloc.h"
#include "util/units.h"
#include "verification.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool verification_is_well(const struct verification *v, const struct node *map, const char *path)
{
	const struct node *at = node_at(map, path);

	return at == NULL || !fault_stands(v->faults, at);
}

const struct node *verification_place(
	const struct node *map, const char *path, const char *other_path)
{
	const struct node *at = node_at(map, path);

	if (at == NULL)
		at = node_at(map, other_path);
	return at != NULL ? at : map;
}

const struct node *verification_first(const struct verification *v, const char *list)
{
	const struct node *items = node_member(v->root, list);

	return items != NULL ? items->first : NULL;
}

static const struct node *place_of(
	const struct verification *v, const char *path, const char *other_path)
{
	return verification_place(v->root, path, other_path);
}

static bool is_well(const struct verification *v, const char *path)
{
	return verification_is_well(v, v->root, path);
}

static void need_members(
	const struct verification *v, const char *name, size_t count, const char *expected)
{
	const struct node *node = node_member(v->root, name);

	if (count == 0 && is_well(v, name))
		fault_add(v->faults, node != NULL ? node : v->root, "no %s; expected %s", name,
			expected);
}

static void need_routes(const struct verification *v)
{
	const struct config *c = v->config;

	if (v->root != NULL && v->root->kind != NODE_MAP && !v->root->blank)
		return;
	need_members(v, "upstreams", c->upstream_count, "one at least, as `name: { url: ... }`");
	need_members(
		v, "routes", c->route_count, "one at least, as `- { path: /, upstream: name }`");
}

/* section: "server.tls" */
static void need_pair(
	const struct verification *v, const char *section, const char *certificate, const char *key)
{
	bool has_certificate = certificate[0] != '\0', has_key = key[0] != '\0';
	char paths[2][64];

	snprintf(paths[0], sizeof(paths[0]), "%s.certificate", section);
	snprintf(paths[1], sizeof(paths[1]), "%s.key", section);
	if (has_certificate == has_key || !is_well(v, paths[0]) || !is_well(v, paths[1]))
		return;
	fault_add(v->faults, place_of(v, paths[has_key ? 1 : 0], section),
		"%s alone; expected %s with it", paths[has_key ? 1 : 0], paths[has_key ? 0 : 1]);
}

static void need_tls_pairs(const struct verification *v)
{
	const struct config *c = v->config;

	need_pair(v, "server.tls", c->server.tls.certificate, c->server.tls.key);
	need_pair(v, "admin.tls", c->admin.tls.certificate, c->admin.tls.key);
	if (c->server.tls.client_ca[0] != '\0' && c->server.tls.certificate[0] == '\0' &&
		is_well(v, "server.tls.certificate"))
		fault_add(v->faults, place_of(v, "server.tls.client_ca", "server.tls"),
			"server.tls.client_ca without server.tls.certificate; expected TLS with "
			"it");
}

/* The header holds the target, so its limit can't be below that of the target. */
static void need_room_for_target(const struct verification *v)
{
	int64_t header = v->config->server.limits.header_bytes;
	int64_t target = v->config->server.limits.target_bytes;
	char texts[2][UNITS_TEXT];

	if (header <= target && is_well(v, "server.limits.header_bytes") &&
		is_well(v, "server.limits.target_bytes"))
		fault_add(v->faults,
			place_of(v, "server.limits.header_bytes", "server.limits.target_bytes"),
			"server.limits.header_bytes of %s; expected more than "
			"server.limits.target_bytes, which is %s",
			units_write_size(header, texts[0]), units_write_size(target, texts[1]));
}

static void need_room_for_object(const struct verification *v)
{
	int64_t size = v->config->cache.memory.size, object = v->config->cache.memory.max_object;
	char texts[2][UNITS_TEXT];

	if (object > size && size > 0 && is_well(v, "cache.memory.max_object") &&
		is_well(v, "cache.memory.size"))
		fault_add(v->faults, place_of(v, "cache.memory.max_object", "cache.memory.size"),
			"cache.memory.max_object of %s; expected at most cache.memory.size, which "
			"is %s",
			units_write_size(object, texts[0]), units_write_size(size, texts[1]));
}

static void need_waters_in_order(const struct verification *v)
{
	int64_t high = v->config->cache.disk.high_water, low = v->config->cache.disk.low_water;

	if (low >= high && is_well(v, "cache.disk.high_water") &&
		is_well(v, "cache.disk.low_water"))
		fault_add(v->faults, place_of(v, "cache.disk.low_water", "cache.disk.high_water"),
			"cache.disk.low_water of %lld%%; expected less than cache.disk.high_water, "
			"which is %lld%%",
			(long long)low, (long long)high);
}

/* Whoever may purge can make the origin work: not without a token. */
static void need_purge_token(const struct verification *v)
{
	const struct config_server *s = &v->config->server;

	if (s->purge.from.count > 0 && s->purge.token_sha256[0] == '\0' &&
		is_well(v, "server.purge.from") && is_well(v, "server.purge.token_sha256"))
		fault_add(v->faults, place_of(v, "server.purge.from", "server.purge"),
			"server.purge.from alone; expected server.purge.token_sha256 with it");
}

/* Both are well, and one path. */
static void need_distinct_page(const struct verification *v, const char *first, const char *second,
	const char *const *pages)
{
	if ((!verification_is_page(v, pages[0], pages[1]) &&
		    !verification_is_page(v, pages[1], pages[0])) ||
		!is_well(v, first) || !is_well(v, second))
		return;
	fault_add(v->faults, place_of(v, second, first),
		"%s and %s at the same path; expected two paths", first, second);
}

static void need_distinct_pages(const struct verification *v)
{
	const struct config_server *s = &v->config->server;

	need_distinct_page(v, "server.metrics", "server.health",
		(const char *const[]){ s->metrics, s->health });
	need_distinct_page(
		v, "server.metrics", "server.why", (const char *const[]){ s->metrics, s->why });
	need_distinct_page(
		v, "server.health", "server.why", (const char *const[]){ s->health, s->why });
}

/* Whether it and what is in it are well. */
static bool is_list_well(const struct verification *v, const struct node *list)
{
	bool well = !fault_stands(v->faults, list);

	NODE_EACH(at, list)
	well = well && !fault_stands(v->faults, at);
	return well;
}

static const struct node *find_listener(const struct node *list, const struct node *wanted)
{
	NODE_EACH(at, list)
	{
		if (at == wanted || check_same_listener(at->text, wanted->text))
			return at;
	}
	return NULL;
}

/* The second would find the address in use. */
static void need_distinct(const struct verification *v, const char *name)
{
	const struct node *list = node_at(v->root, name);

	if (list == NULL || list->kind != NODE_LIST || !is_list_well(v, list))
		return;
	NODE_EACH(at, list)
	{
		const struct node *first = find_listener(list, at);

		if (first != at)
			fault_add(v->faults, at,
				"%s for %s again; expected each address once, and line %d has it",
				fault_quote(v->faults, at->text), name, first->line);
	}
}

static void need_distinct_listeners(const struct verification *v)
{
	need_distinct(v, "server.listen");
	need_distinct(v, "admin.listen");
}

/* larder's own pages come first: such a route would never be asked for its own path. */
static void need_free_page(const struct verification *v, const char *name, const char *page)
{
	const struct node *node = verification_first(v, "routes");

	for (size_t i = 0; node != NULL && i < v->config->route_count; i++) {
		const char *path = v->config->routes[i].path;

		if (path != NULL && verification_is_page(v, page, path))
			fault_add(v->faults, node_member(node, "path"),
				"%s for path, where larder answers itself; expected another path, "
				"or another (or \"\") for %s",
				fault_quote(v->faults, path), name);
		node = node->next;
	}
}

static void need_free_pages(const struct verification *v)
{
	need_free_page(v, "server.metrics", v->config->server.metrics);
	need_free_page(v, "server.health", v->config->server.health);
	need_free_page(v, "server.why", v->config->server.why);
}

static void fault_no_upstream(
	const struct verification *v, const struct node *at, const char *wanted)
{
	const char *quoted = fault_quote(v->faults, wanted);
	struct nearest nearest;
	struct slice best;

	nearest_init(&nearest, wanted);
	for (size_t i = 0; i < v->config->upstream_count; i++)
		nearest_offer(&nearest, slice_of(v->config->upstreams[i].name));
	if (nearest_best(&nearest, &best))
		fault_add(v->faults, at,
			"no upstream is named %s; expected \"" SLICE_FORMAT "\", the nearest known",
			quoted, SLICE_ARGS(best));
	else
		fault_add(v->faults, at,
			"no upstream is named %s; expected a name from upstreams, such as %s",
			quoted, fault_quote(v->faults, v->config->upstreams[0].name));
}

static bool resolve(const struct config *config, struct config_route *route)
{
	for (size_t i = 0; i < config->upstream_count; i++) {
		if (strcmp(config->upstreams[i].name, route->upstream) == 0) {
			route->upstream_index = i;
			return true;
		}
	}
	return false;
}

static void resolve_upstreams(const struct verification *v)
{
	const struct node *node = verification_first(v, "routes");
	struct config *c = v->config;

	/* Without any upstream, that is the fault. */
	for (size_t i = 0; i < c->route_count && c->upstream_count > 0; i++) {
		struct config_route *route = &c->routes[i];

		if (route->upstream != NULL && !resolve(c, route))
			fault_no_upstream(v, node_member(node, "upstream"), route->upstream);
		node = node != NULL ? node->next : NULL;
	}
}

struct placed_path {
	const char *path;
	const struct node *at;
};

static int by_path(const void *a, const void *b)
{
	const struct placed_path *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	if (order != 0)
		return order;
	if (x->at->line != y->at->line)
		return x->at->line < y->at->line ? -1 : 1;
	return x->at->column < y->at->column ? -1 : 1;
}

/* Sorted, so that many routes cost no square. Paths are normalised: "/x/" is "/x". */
static void need_distinct_routes(const struct verification *v)
{
	const struct node *node = verification_first(v, "routes");
	struct placed_path *paths = xalloc((v->config->route_count + 1) * sizeof(*paths));
	size_t count = 0;

	for (size_t i = 0; node != NULL && i < v->config->route_count; i++) {
		if (v->config->routes[i].path != NULL)
			paths[count++] = (struct placed_path){
				v->config->routes[i].path,
				node_member(node, "path"),
			};
		node = node->next;
	}
	qsort(paths, count, sizeof(*paths), by_path);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(paths[i - 1].path, paths[i].path) == 0)
			fault_add(v->faults, paths[i].at,
				"another route for %s; expected one, and line %d has it",
				fault_quote(v->faults, paths[i].path), paths[i - 1].at->line);
	}
	free(paths);
}

static int segments_of(struct slice path)
{
	int count = 0;

	(void)slice_cut(&path, '/');
	for (; path.data != NULL && path.size > 0; slice_cut(&path, '/'))
		count++;
	return count;
}

/* Which of two paths with as many segments is looked at first: at the first of them where one has a
 * `*` and the other has not, the other. */
static int literal_first(struct slice x, struct slice y)
{
	while (x.data != NULL && y.data != NULL) {
		bool x_any = slice_equal(slice_cut(&x, '/'), SLICE("*"));
		bool y_any = slice_equal(slice_cut(&y, '/'), SLICE("*"));

		if (x_any != y_any)
			return x_any ? 1 : -1;
	}
	return 0;
}

static int longest_first(const void *a, const void *b)
{
	const struct config_route *x = a, *y = b;
	struct slice x_path = slice_of(x->path), y_path = slice_of(y->path);
	int order = segments_of(y_path) - segments_of(x_path);

	if (order == 0)
		order = literal_first(x_path, y_path);
	if (order == 0 && x_path.size != y_path.size)
		order = x_path.size > y_path.size ? -1 : 1;
	return order != 0 ? order : strcmp(x->path, y->path);
}

void verify_config(const struct node *root, struct config *config, struct faults *faults)
{
	static void (*const rules[])(const struct verification *) = {
		need_routes,
		need_tls_pairs,
		need_room_for_target,
		need_room_for_object,
		need_waters_in_order,
		need_purge_token,
		need_distinct_pages,
		resolve_upstreams,
		need_distinct_routes,
		need_distinct_listeners,
		need_free_pages,
		verify_upstreams,
		verify_routes,
		verify_share_credentials,
		verify_control,
	};
	struct verification v = { root, config, faults };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		rules[i](&v);
	/* A faulty route has no path to be sorted by. */
	if (faults->count == 0)
		qsort(config->routes, config->route_count, sizeof(*config->routes), longest_first);
}

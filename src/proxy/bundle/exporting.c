/* proxy/bundle/exporting.c - what is stored, one response after the other, to go elsewhere.
 *
 * Threads and ownership: proxy/exporting.h.
 */
#include "exporting_inside.h"

#include "purge/grouping.h"
#include "route.h"

#include "proxy/overview.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice config_text(
	const struct config *config, const bool *routes, struct arena *arena)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct slice copy = SLICE("");

	if (to == NULL)
		return copy;
	config_dump_for_replay(config, routes, to);
	if (fclose(to) == 0)
		copy = arena_copy(arena, (struct slice){ text, size });
	free(text);
	return copy;
}

struct exporting *exporting_new(const struct exporting_options *options)
{
	struct exporting *e = xalloc(sizeof(*e));
	struct parcel_filter *filter = &e->options.filter;

	e->options = *options;
	proxy_ref(options->proxy);
	arena_init(&e->arena);
	arena_init(&e->scratch);
	filter->route = arena_copy(&e->arena, filter->route);
	filter->prefix = arena_copy(&e->arena, filter->prefix);
	filter->tag = arena_copy(&e->arena, filter->tag);
	filter->tenant = arena_copy(&e->arena, filter->tenant);
	if (filter->tenant.size > 0)
		e->broken = exporting_find_routes(e);
	e->config = config_text(options->proxy->config, e->routes, &e->arena);
	e->created_ms = clock_wall_ms();
	e->disk_ended = options->depot == NULL;
	return e;
}

void exporting_free(struct exporting *e)
{
	exporting_memory_done(e);
	if (e->options.depot != NULL)
		depot_close(e->options.depot);
	arena_done(&e->arena);
	arena_done(&e->scratch);
	free(e->routes);
	proxy_unref(e->options.proxy);
	free(e);
}

enum rc exporting_of_running(struct proxy *proxy, const struct parcel_filter *filter,
	struct exporting **ret, struct bytes *fault)
{
	struct exporting_options options = {
		.proxy = proxy, .filter = *filter, .has_origins = true
	};
	enum rc rc = RC_ABSENT;

	if (proxy->disk != NULL) {
		disk_flush(proxy->disk);
		rc = depot_open(
			&(struct depot_options){
				.path = proxy->house->config->cache.disk.path, .use = DEPOT_LOOK },
			&options.depot, fault);
	}
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	*ret = exporting_new(&options);
	return RC_OK;
}

void exporting_manifest(const struct exporting *e, struct manifest *ret)
{
	*ret = (struct manifest){
		.larder = SLICE(LARDER_VERSION),
		.created_ms = e->created_ms,
		.groups = groups_identity(e->options.proxy->groups),
		.filter = e->options.filter,
		.config = e->config,
	};
}

struct parcel_end exporting_end(const struct exporting *e)
{
	return e->end;
}

/* ---- one of them ---- */

bool exporting_find_route(const struct config *config, struct slice path, uint16_t *ret)
{
	for (size_t i = 0; i < config->route_count; i++) {
		if (slice_equal(slice_of(config->routes[i].path), path)) {
			*ret = (uint16_t)i;
			return true;
		}
	}
	return false;
}

static bool is_credential(const struct proxy *proxy, const struct field *field)
{
	return field->id == FIELD_AUTHORIZATION || field->id == FIELD_PROXY_AUTHORIZATION ||
	       field->id == FIELD_COOKIE || overview_is_secret(proxy, field->name);
}

/* In what of the request is kept with it. */
static bool holds_credential(
	const struct proxy *proxy, struct slice target, const struct object *object)
{
	struct bytes shown;
	bool found;

	bytes_init(&shown, 4 * target.size);
	found = overview_redact(proxy, target, &shown);
	bytes_done(&shown);
	HEADERS_EACH(at, &object->variant)
		found |= at->value.size > 0 && is_credential(proxy, at);
	return found;
}

/* As it is to be over there: where it was purged softly, stale. */
static struct object *copy_of(
	const struct exporting *e, uint16_t route, const struct object *object)
{
	return object_new(&(struct object_parts){
		.status = object->status,
		.http_version = (enum http_version)object->http_version,
		.freshness = grouping_freshness(e->options.proxy, route, object, e->created_ms),
		.part = object->part,
		.headers = &object->headers,
		.variant = &object->variant,
		.epoch = object->epoch,
		.tagged = object->tagged,
		.gzipped = object->gzipped,
		.plain_size = object->plain_size,
		.source_version = object->source_version,
		.own_tags = object->own_tags,
		.body = object->body,
	});
}

/* What the origin was asked for, as far as the key tells. */
static struct slice source_of(struct exporting *e, uint16_t route, struct slice target)
{
	const struct config *config = e->options.proxy->config;
	const struct config_route *r = &config->routes[route];
	struct slice path = route_target(r, target, &e->scratch);

	if (!e->options.has_origins)
		return SLICE("");
	return arena_format(&e->scratch, "%s" SLICE_FORMAT,
		config->upstreams[r->upstream_index].url, SLICE_ARGS(path));
}

static enum rc leave_out(struct exporting *e)
{
	e->end.left_out++;
	return RC_ABSENT;
}

enum rc exporting_take(
	struct exporting *e, struct slice key, const struct object *object, struct parcel *ret)
{
	const struct proxy *proxy = e->options.proxy;
	SCOPED(object) copy = NULL;
	struct key_parts parts;
	uint16_t route;
	enum rc rc;

	if (key_split((struct key){ key, 0 }, &parts) != RC_OK)
		return leave_out(e);
	if (!parcel_fits(&e->options.filter, &parts, object))
		return RC_ABSENT;
	/* of a route that came into use meanwhile, the manifest doesn't tell */
	if (!exporting_find_route(proxy->config, parts.route, &route) ||
		(e->routes != NULL && !e->routes[route]))
		return leave_out(e);
	if (grouping_is_out(proxy, route, object))
		return RC_ABSENT;
	if (holds_credential(proxy, parts.target, object))
		return leave_out(e);
	copy = copy_of(e, route, object);
	arena_reset(&e->scratch);
	rc = parcel_make(key, copy, &e->scratch, ret);
	if (rc != RC_OK)
		return leave_out(e);
	ret->source = source_of(e, route, ret->parts.target);
	e->end.entries++;
	return RC_OK;
}

/* ---- the disk's ---- */

static bool collect_id(void *arg, const struct depot_entry *entry)
{
	struct exporting *e = arg;

	e->ids[e->id_count++] = entry->id;
	return e->id_count < PAGE_IDS;
}

static enum rc next_page(struct exporting *e)
{
	const struct parcel_filter *f = &e->options.filter;
	const struct depot_filter filter = {
		.route = f->route, .prefix = f->prefix, .tag = f->tag, .from = e->from
	};

	e->id_count = e->id_next = 0;
	TRY(depot_list(e->options.depot, &filter, collect_id, e));
	e->disk_ended = e->id_count < PAGE_IDS;
	if (e->id_count > 0)
		e->from = e->ids[e->id_count - 1] + 1;
	return RC_OK;
}

static bool take_entry(void *arg, const struct depot_entry *entry)
{
	struct exporting *e = arg;

	e->rc = exporting_take(e, entry->key.bytes, entry->object, e->into);
	return false;
}

/* What can't be read is left out: it went meanwhile, or verifying finds it. */
static enum rc show_one(struct exporting *e, int64_t id, struct parcel *ret)
{
	enum rc rc;

	e->into = ret;
	e->rc = RC_ABSENT;
	rc = depot_show_whole(e->options.depot, id, take_entry, e);
	if (rc == RC_CORRUPT || rc == RC_ABSENT)
		return leave_out(e);
	return rc == RC_OK ? e->rc : rc;
}

static enum rc next_on_disk(struct exporting *e, struct parcel *ret)
{
	for (;;) {
		enum rc rc = RC_ABSENT;

		while (rc == RC_ABSENT && e->id_next < e->id_count)
			rc = show_one(e, e->ids[e->id_next++], ret);
		if (rc != RC_ABSENT || e->disk_ended)
			return rc;
		TRY(next_page(e));
	}
}

enum rc exporting_next(struct exporting *e, struct parcel *ret)
{
	enum rc rc = RC_ABSENT;

	TRY(e->broken);
	if (e->options.depot != NULL)
		rc = next_on_disk(e, ret);
	if (rc == RC_ABSENT && e->options.proxy->memory != NULL)
		rc = exporting_next_in_memory(e, ret);
	return rc;
}

/* proxy/bundle/exporting_routes.c - which routes a tenant's entries use: of the others its export tells nothing.
 *
 * What fits is looked at twice, here without its bodies: the manifest stands before the first entry. Threads and ownership:
 * proxy/exporting.h.
 */
#include "exporting_inside.h"

#include "util/alloc.h"

static void note(struct exporting *e, const struct key_parts *parts, const struct object *object)
{
	uint16_t route;

	if (parcel_fits(&e->options.filter, parts, object) &&
		exporting_find_route(e->options.proxy->config, parts->route, &route))
		e->routes[route] = true;
}

static bool note_in_memory(const struct key *key, struct object *object, void *arg)
{
	struct key_parts parts;

	if (key_split(*key, &parts) == RC_OK)
		note(arg, &parts, object);
	return false;
}

static bool note_on_disk(void *arg, const struct depot_entry *entry)
{
	struct key_parts parts;

	if (key_split(entry->key, &parts) == RC_OK)
		note(arg, &parts, entry->object);
	return true;
}

enum rc exporting_find_routes(struct exporting *e)
{
	const struct parcel_filter *f = &e->options.filter;
	const struct depot_filter filter = {
		.route = f->route, .prefix = f->prefix, .tag = f->tag
	};
	const struct proxy *proxy = e->options.proxy;

	e->routes = xalloc(proxy->config->route_count * sizeof(*e->routes));
	if (proxy->memory != NULL)
		tier_visit(proxy->memory, &(struct tier_visitor){ note_in_memory, e });
	if (e->options.depot == NULL)
		return RC_OK;
	return depot_list(e->options.depot, &filter, note_on_disk, e);
}

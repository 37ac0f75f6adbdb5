/* proxy/why/why_copies.c - what is stored under a key, and which of it is for the request.
 *
 * Which one is chosen is select.c's to say, as it would be for the request itself; why the others aren't is
 * asked here of the same policies. Threads and ownership: why_inside.h.
 */
#include "why_inside.h"

#include "purge/grouping.h"
#include "purge/purges.h"
#include "select.h"

#include "policy/coding.h"
#include "policy/key_rule.h"
#include "policy/vary.h"
#include "store/stored.h"

#include <stdlib.h>

struct taking {
	struct why *why;
	const char *tier;
};

/* A chooser that takes none, so that all are shown, and none counts as used. Under the tier's lock. */
static bool take(struct object *object, void *arg)
{
	const struct taking *taking = arg;
	struct why *w = taking->why;

	if (w->copy_count < WHY_COPIES)
		w->copies[w->copy_count++] =
			(struct why_copy){ .tier = taking->tier, .object = object_ref(object) };
	return false;
}

static void find_in_tiers(struct why *w)
{
	struct proxy *proxy = w->proxy;
	struct object *none;

	if (proxy->memory != NULL) {
		struct taking taking = { w, "memory" };

		(void)!tier_get(
			proxy->memory, &w->x.key, &(struct chooser){ take, &taking }, &none);
	}
	if (proxy->disk != NULL) {
		struct taking taking = { w, "disk" };

		disk_look(proxy->disk, &w->x.key, &(struct chooser){ take, &taking });
	}
}

/* ---- what lies in a directory that this process doesn't serve from ---- */

struct reading {
	struct why *why;
	struct body *body;
};

/* The entry's object lives during the call: another is made of its parts. */
static bool take_entry(void *arg, const struct depot_entry *entry)
{
	const struct reading *r = arg;
	const struct object *o = entry->object;
	struct why *w = r->why;
	struct object_parts parts = object_parts_of(o);

	if (w->copy_count == WHY_COPIES)
		return false;
	parts.body = r->body;
	w->copies[w->copy_count++] = (struct why_copy){
		.tier = "disk",
		.lost = entry->validity == DEPOT_OUTDATED,
		.object = object_new(&parts),
	};
	return true;
}

/* What can't be read isn't found by who serves either. */
static void find_in_depot(struct why *w, struct depot *depot)
{
	struct depot_found found;

	if (depot_find_key(depot, w->x.key.bytes, &found) != RC_OK)
		return;
	for (size_t i = 0; i < found.count; i++) {
		SCOPED(body) body = NULL;
		struct reading reading = { .why = w };

		if (depot_body(depot, found.ids[i], &body) != RC_OK)
			continue;
		reading.body = body;
		(void)!depot_show(depot, found.ids[i], take_entry, &reading);
	}
}

/* Latest Date first (RFC 9111 4), as the tier shows them. */
static int compare(const void *a, const void *b)
{
	const struct why_copy *one = a, *other = b;
	int64_t x = one->object->freshness.date_ms, y = other->object->freshness.date_ms;

	return (x < y) - (x > y);
}

/* ---- which is for the request ---- */

static enum fit fit_of(struct why *w, const struct why_copy *copy)
{
	const struct exchange *x = &w->x;
	const struct object *object = copy->object;

	if (object == x->object)
		return FIT_CHOSEN;
	if (copy->lost || grouping_is_out(w->proxy, x->route, object) ||
		purges_reach(w->proxy->purges, &x->key, object))
		return FIT_INVALIDATED;
	if (object->header_bytes > w->proxy->most_fields)
		return FIT_LONG;
	if (x->view.has_authorization && !object->freshness.for_all)
		return FIT_AUTHORIZATION;
	if (x->asked.credentials != 0 && key_rule_status_is_personal(object->status))
		return FIT_PERSONAL;
	if (!vary_matches(&object->variant, &w->request.headers))
		return FIT_VARIANT;
	if (object->part.is_part)
		return FIT_PART;
	if (!coding_fits(&object->headers, &object->variant, &x->view))
		return FIT_CODING;
	return x->object != NULL && stored_same(object, x->object) ? FIT_COPY : FIT_SPARE;
}

void why_find_copies(struct why *w, struct depot *depot)
{
	find_in_tiers(w);
	if (depot != NULL) {
		find_in_depot(w, depot);
		qsort(w->copies, w->copy_count, sizeof(w->copies[0]), compare);
	}
	w->x.epoch = groups_epoch(w->proxy->groups);
	for (size_t i = 0; i < w->copy_count && w->x.object == NULL; i++) {
		if (!w->copies[i].lost && select_takes(&w->x, w->copies[i].object))
			w->x.object = object_ref(w->copies[i].object);
	}
	for (size_t i = 0; i < w->copy_count; i++)
		w->copies[i].fit = fit_of(w, &w->copies[i]);
}

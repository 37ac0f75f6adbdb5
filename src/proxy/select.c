/* proxy/select.c - which stored response answers a request. */
#include "select.h"

#include "key/askers.h"
#include "purge/grouping.h"
#include "purge/purges.h"
#include "record.h"
#include "deliver/rewriting.h"
#include "state.h"

#include "http/validators.h"
#include "policy/coding.h"
#include "policy/conditional.h"
#include "policy/freshness.h"
#include "policy/storable.h"
#include "policy/vary.h"

/* A 304 may name it, although this request doesn't select it (RFC 9111 4.3.1). */
static void note_other(struct exchange *x, struct object *object)
{
	if (x->beside.other_count == OTHERS_MOST || object->part.is_part || object->status != 200 ||
		object->tagged || !headers_has(&object->headers, FIELD_ETAG))
		return;
	x->beside.others[x->beside.other_count++] = object_ref(object);
}

/* Whether the request's one range lies within what is stored (RFC 9111 3.3). */
static bool part_has_range(const struct exchange *x, const struct object *object)
{
	const struct object_part *part = &object->part;
	struct ranges ranges;

	return x->range.size > 0 && range_resolve(x->range, part->total, &ranges) == RANGE_PARTS &&
	       ranges.count == 1 && ranges.items[0].first >= part->first &&
	       ranges.items[0].last < part->first + object->body->size;
}

/* A part answers a range in it, while it is fresh. What isn't whole can't be inflated. */
static bool takes_part(struct exchange *x, struct object *object)
{
	struct freshness freshness = grouping_freshness(x->proxy, x->route, object, x->now_ms);

	if (coding_use(&object->headers, &x->view) != CODING_AS_IT_IS ||
		rewriting_takes(&x->proxy->config->routes[x->route], &object->headers))
		return false;
	if (part_has_range(x, object) &&
		(x->proxy->replays ||
			freshness_judge(&freshness, &x->view, x->now_ms) == JUDGED_FRESH) &&
		conditional_if_range_holds(&x->request->headers, object))
		return true;
	if (x->beside.part == NULL)
		x->beside.part = object_ref(object);
	return false;
}

static bool takes(struct object *object, void *arg)
{
	struct exchange *x = arg;
	enum coding_use use;

	/* what can't be sent is as if it weren't stored */
	if (object->header_bytes > x->proxy->most_fields ||
		grouping_is_out(x->proxy, x->route, object) ||
		purges_reach(x->proxy->purges, &x->key, object))
		return false;
	if (x->view.has_authorization && !object->freshness.for_all)
		return false;
	if (!askers_may_have(object, x->asked.credentials))
		return false;
	if (object->part.is_part && vary_matches(&object->variant, &x->request->headers))
		return takes_part(x, object);
	use = coding_use(&object->headers, &x->view);
	if ((use == CODING_UNFIT && !coding_fits(&object->headers, &object->variant, &x->view)) ||
		(use == CODING_INFLATE && x->found.undecodable)) {
		x->found.other_variant = x->found.unfit_coding = true;
		return false;
	}
	if (vary_matches(&object->variant, &x->request->headers))
		return true;
	x->found.other_variant = true;
	note_other(x, object);
	return false;
}

bool select_takes(struct exchange *x, struct object *object)
{
	return takes(object, x);
}

bool select_stored(struct exchange *x)
{
	const struct chooser chooser = { takes, x };

	select_forget(x);
	x->epoch = groups_epoch(x->proxy->groups);
	return tier_get(x->proxy->store, &x->key, &chooser, &x->object) == RC_OK;
}

void select_forget(struct exchange *x)
{
	while (x->beside.other_count > 0)
		object_unref(x->beside.others[--x->beside.other_count]);
	if (x->beside.part != NULL)
		object_unref(GIVE(x->beside.part));
}

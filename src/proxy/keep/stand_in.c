/* proxy/keep/stand_in.c - stale responses in the place of errors. */
#include "stand_in.h"

#include "purge/grouping.h"
#include "state.h"

#include "policy/freshness.h"

bool stand_in_is_error(int status)
{
	return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

bool stand_in_is_failure(enum rc rc)
{
	/* the others are our own doing, or the client's */
	return rc != RC_OK && rc != RC_CANCELLED && rc != RC_STOPPED && rc != RC_INVALID &&
	       rc != RC_UNSUPPORTED;
}

/* What the response would take the place of. */
struct place {
	const struct flight *flight;
	const struct headers *variant;
	int64_t now_ms;
};

static bool has_variant(const struct object *object, const struct headers *variant)
{
	const struct headers *own = &object->variant;
	uint32_t i = 0;

	if (own->count != variant->count)
		return false;
	while (i < own->count && slice_equal(own->fields[i].name, variant->fields[i].name) &&
		slice_equal(own->fields[i].value, variant->fields[i].value))
		i++;
	return i == own->count;
}

static bool is_usable(struct object *object, void *arg)
{
	const struct place *place = arg;
	const struct flight *flight = place->flight;
	const struct headers none = { 0 };
	struct request_view anybody;
	struct freshness freshness;

	if (object->freshness.negative || object->part.is_part ||
		!has_variant(object, place->variant) ||
		object->header_bytes > flight->proxy->most_fields ||
		grouping_is_out(flight->proxy, flight->route, object))
		return false;
	request_view_init(&anybody, METHOD_GET, &none);
	freshness = grouping_freshness(flight->proxy, flight->route, object, place->now_ms);
	return freshness_serves_on_error(&freshness, &anybody, place->now_ms);
}

bool stand_in_is_there(const struct flight *flight, const struct headers *variant, int64_t now_ms)
{
	struct place place = { flight, variant, now_ms };
	const struct chooser chooser = { is_usable, &place };
	SCOPED(object) object = NULL;

	return tier_get(flight->proxy->store, &flight->key, &chooser, &object) == RC_OK;
}

bool stand_in_serves(
	const struct flight *flight, const struct request_view *request, int64_t now_ms)
{
	const struct object *stale = flight->stale;
	struct freshness freshness;

	/* invalidated since it was found: the origin's error is no reason to bring it back */
	if (stale == NULL || grouping_is_out(flight->proxy, flight->route, stale))
		return false;
	freshness = grouping_freshness(flight->proxy, flight->route, stale, now_ms);
	return freshness_serves_on_error(&freshness, request, now_ms);
}

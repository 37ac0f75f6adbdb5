/* proxy/stand_in.c - stale responses in the place of errors. */
#include "stand_in.h"

#include "grouping.h"

#include "policy/freshness.h"

bool stand_in_is_error(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

bool stand_in_is_failure(enum rc rc)
{
	/* the others are our own doing, or the client's */
	return rc != RC_OK && rc != RC_CANCELLED && rc != RC_STOPPED && rc != RC_INVALID &&
	       rc != RC_UNSUPPORTED;
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

/* proxy/refresh.c - the same story without a client: a stored response is refreshed in the background
 * by the request that was answered from it.
 */
#include "refresh.h"

#include "flight/flight.h"
#include "forward.h"
#include "plan.h"
#include "select.h"
#include "state.h"

/* What is stored now, where it is something else than what was recalled: a refresh has just landed.
 * A reference, or NULL. */
static struct object *newer(struct exchange *x)
{
	struct object *before = GIVE(x->object), *now = NULL;

	if (select_stored(x))
		now = GIVE(x->object);
	select_forget(x);
	x->object = before;
	if (now != NULL && (now->part.is_part || now->serial == before->serial)) {
		object_unref(now);
		return NULL;
	}
	return now;
}

void refresh_begin(struct exchange *x)
{
	struct flight_plan plan;
	struct flight *flight;
	struct object *landed;

	if (memo_holds(x->proxy->memo, x->key.hash, MEMO_HELD, x->started_us / 1000) ||
		flights_are_full(x->proxy->flights))
		return;
	plan_refresh(x, &plan);
	flight = flights_lead(
		x->proxy->flights, &plan, x->proxy->config->cache.coalesce.flight_deadline_ms);
	if (flight == NULL)
		return;
	landed = newer(x);
	if (landed != NULL) {
		flight_settle(flight, landed);
		object_unref(landed);
	} else {
		forward_request(flight, x->request);
	}
	flight_unref(flight);
}

/* control/calls/api_flights.c - fetches under way. */
#include "seeing.h"

#include "proxy/overview.h"

#define MOST_FLIGHTS 1000

static json_t *item_of(const struct flight_seen *flight)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:s}", "route",
		json_of_slice(slice_of(flight->route)), "target",
		json_of_slice(slice_of(flight->target)), "tenant",
		json_of_slice(slice_of(flight->tenant)), "age_ms", (json_int_t)flight->age_ms,
		"readers", (json_int_t)flight->readers, "bytes", (json_int_t)flight->bytes, "state",
		flight->state);
}

void flights_get(struct call *call)
{
	int64_t limit = 100;
	struct flight_seen *flights;
	json_t *items;
	size_t count;

	if (!call_query_number(call, "limit", 1, MOST_FLIGHTS, &limit))
		return;
	flights =
		overview_flights(call->proxy, slice_of(call->caller.tenant), (size_t)limit, &count);
	items = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(items, item_of(&flights[i]));
	overview_flights_free(flights, count);
	call_give(call, 200, json_pack("{s:o}", "items", items));
}

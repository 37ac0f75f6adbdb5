/* proxy/plan.h - what an exchange's fetch is to be about. */
#pragma once

#include "flight/flight.h"

#include "proxy/exchange.h"

/* For the exchange's own request. Memory from its arena. */
void plan_make(struct exchange *x, struct flight_plan *ret);

/* To refresh x->object behind the back of who was answered from it: what fetches a whole, and others
 * may join it. */
void plan_refresh(struct exchange *x, struct flight_plan *ret);

/* What flights ask of a reader that joins them. */
void plan_reader(const struct exchange *x, struct reader *ret);

/* Under what a response is selected: its Vary, and what the route sends on beside the allow-list; else
 * one client's answer would be another's. RC_UNSUPPORTED: under nothing (policy/vary.h). */
NODISCARD enum rc plan_variant(
	const struct flight *flight, const struct headers *response, struct headers *ret);
/* The same for a request that isn't a flight's. */
NODISCARD enum rc plan_variant_of(const struct config_route *route, const struct headers *request,
	const struct headers *response, struct headers *ret);

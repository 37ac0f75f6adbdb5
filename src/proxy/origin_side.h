/* proxy/origin_side.h - the part of the story that runs for a flight: plan, keep, land. */
#pragma once

#include "flight.h"

#include "proxy/exchange.h"

/* What the exchange's fetch is about; memory from the exchange's arena. */
void plan_make(struct exchange *x, struct flight_plan *ret);

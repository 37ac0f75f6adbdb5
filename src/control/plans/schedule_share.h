/* control/plans/schedule_share.h - how many purges may be planned, and by whom: nobody's plans leave others without a place.
 *
 *	operators: 1000	|  tenants: 1000 together, each a tenth of that at most, and with many of them no fewer than 10
 *
 * Pure; threads: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Whether a tenant ("": operators) of so many may have one more. items: those that are planned, as schedule.c has
 * them. */
bool schedule_share_has_room(const json_t *items, const char *tenant, size_t tenants);

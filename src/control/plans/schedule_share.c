/* control/plans/schedule_share.c - shares of planned purges, counted when one is added. See schedule_share.h. */
#include "schedule_share.h"

#include <string.h>

#define OPERATORS_MOST 1000
#define TENANTS_MOST   1000 /* together, as long as that leaves each TENANT_LEAST */
#define TENANT_MOST    (TENANTS_MOST / 10)
#define TENANT_LEAST   10

static size_t most_of_each(size_t tenants)
{
	size_t even = tenants > 0 ? TENANTS_MOST / tenants : TENANT_MOST;

	if (even < TENANT_LEAST)
		return TENANT_LEAST;
	return even < TENANT_MOST ? even : TENANT_MOST;
}

static size_t count_of(const json_t *items, const char *tenant)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(items); i++) {
		const char *whose =
			json_string_value(json_object_get(json_array_get(items, i), "tenant"));

		count += strcmp(whose != NULL ? whose : "", tenant) == 0;
	}
	return count;
}

bool schedule_share_has_room(const json_t *items, const char *tenant, size_t tenants)
{
	size_t most = tenant[0] == '\0' ? OPERATORS_MOST : most_of_each(tenants);

	return count_of(items, tenant) < most;
}

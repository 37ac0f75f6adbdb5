/* proxy/keep/guard_sets.c - what the guards of the routes look for, compiled. */
#include "guard_sets.h"

#include "util/alloc.h"

#include <stdlib.h>

struct guard_sets {
	size_t count;
	struct guard_set items[];
};

static enum rc add_json(struct guard_set *set, const struct text_list *conditions,
	enum guard_group group, struct bytes *fault)
{
	for (size_t i = 0; i < conditions->count; i++) {
		enum rc rc = json_tests_add(set->json, slice_of(conditions->items[i]), group);

		if (rc == RC_OK)
			continue;
		(void)!bytes_format(fault, "the condition \"%s\" of a guard: %s",
			conditions->items[i], rc_text(rc));
		return rc;
	}
	return RC_OK;
}

static void add_xml(struct guard_set *set, const struct text_list *names, enum guard_group group)
{
	for (size_t i = 0; i < names->count; i++)
		xml_tests_add(set->xml, slice_of(names->items[i]), group);
}

static enum rc compile(const struct config_guard *guard, struct guard_set *set, struct bytes *fault)
{
	char *watch = guard->watch;
	const struct text_list watched = { &watch, watch[0] != '\0' ? 1 : 0 };

	set->json = json_tests_new();
	set->xml = xml_tests_new();
	TRY(add_json(set, &guard->json.require, GROUP_REQUIRE, fault));
	TRY(add_json(set, &guard->json.forbid, GROUP_FORBID, fault));
	TRY(add_json(set, &guard->negative.json, GROUP_NEGATIVE, fault));
	TRY(add_json(set, &guard->pass.json, GROUP_PASS, fault));
	TRY(add_json(set, &watched, GROUP_WATCH, fault));
	add_xml(set, &guard->xml.forbid, GROUP_FORBID);
	add_xml(set, &guard->negative.xml, GROUP_NEGATIVE);
	add_xml(set, &guard->pass.xml, GROUP_PASS);
	return RC_OK;
}

enum rc guard_sets_new(const struct config *config, struct guard_sets **ret, struct bytes *fault)
{
	SCOPED(guard_sets)
	sets = xalloc(sizeof(*sets) + config->route_count * sizeof(sets->items[0]));

	sets->count = config->route_count;
	for (size_t i = 0; i < sets->count; i++)
		TRY(compile(&config->routes[i].guard, &sets->items[i], fault));
	*ret = GIVE(sets);
	return RC_OK;
}

void guard_sets_free(struct guard_sets *sets)
{
	for (size_t i = 0; sets != NULL && i < sets->count; i++) {
		json_tests_free(sets->items[i].json);
		xml_tests_free(sets->items[i].xml);
	}
	free(sets);
}

const struct guard_set *guard_sets_of(const struct guard_sets *sets, uint16_t route)
{
	return &sets->items[route];
}

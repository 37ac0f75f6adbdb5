/* proxy/keep/guard_sets.h - what the guards of the routes look for in bodies, compiled once at start.
 *
 * Threads: any; immutable. Ownership: the proxy's; texts are copied.
 */
#pragma once

#include "config/config.h"
#include "http/json_watch.h"
#include "http/xml_watch.h"
#include "util/bytes.h"

/* The groups that conditions stand in. */
enum guard_group { GROUP_REQUIRE, GROUP_FORBID, GROUP_NEGATIVE, GROUP_PASS, GROUP_WATCH };

struct guard_set {
	struct json_tests *json;
	struct xml_tests *xml;
};

struct guard_sets;

/* One a route. RC_INVALID, RC_TOO_LARGE: a condition can't be asked; fault says which. */
NODISCARD enum rc guard_sets_new(
	const struct config *config, struct guard_sets **ret, struct bytes *fault);
void guard_sets_free(struct guard_sets *sets);

SCOPE_DEFINE(guard_sets, guard_sets_free)

const struct guard_set *guard_sets_of(const struct guard_sets *sets, uint16_t route);

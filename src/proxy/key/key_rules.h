/* proxy/key/key_rules.h - the key rules of all routes, whether each still holds, and which names are secrets.
 *
 * A rule that was found wrong (key_check.h) is suspended until the next start. Threads: any; a flag of each
 * route is all that changes. Ownership: the proxy's.
 */
#pragma once

#include "observe/redact.h"
#include "policy/key_rule.h"

struct key_rules;

struct key_rules *key_rules_new(const struct config *config);
void key_rules_free(struct key_rules *rules);

/* It is the same rule as one of the generation before, and stands and falls with it. While nobody else has rules. */
void key_rules_share(
	struct key_rules *rules, size_t route, const struct key_rules *from, size_t from_route);

/* NULL: the route has none. */
const struct key_rule *key_rules_of(const struct key_rules *rules, uint16_t route);

bool key_rules_suspended(const struct key_rules *rules, uint16_t route);
/* false: it was already. */
bool key_rules_suspend(struct key_rules *rules, uint16_t route);

/* What nobody but the origin may see: log.redact, and all that some route or upstream calls credentials. */
struct redact_names key_rules_secrets(const struct key_rules *rules);

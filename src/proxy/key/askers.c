/* proxy/key/askers.c - whom a response is for, where what its key leaves out may have caused it. */
#include "askers.h"

#include "key_rules.h"
#include "plan.h"
#include "state.h"

#include "policy/freshness.h"
#include "policy/key_rule.h"
#include "policy/vary.h"

static bool speaks_of_asker(int status)
{
	return key_rule_status_is_personal(status) || key_rule_status_is_of_request(status);
}

/* An error under a good status says as much of who asked as one under its own. */
bool askers_may_have(const struct object *object, uint64_t credentials)
{
	return credentials == 0 ||
	       (!speaks_of_asker(object->status) && object->freshness.source != LIFETIME_GUARD);
}

bool askers_is_of_credential(const struct flight *flight)
{
	return flight->verdict.personal || speaks_of_asker(flight->status) ||
	       flight->guard == GUARD_NEGATIVE || flight->guard == GUARD_PASS;
}

/* Whether a field repeats a credential, as a Link to the next page may. */
static bool repeats_credentials(struct flight *flight)
{
	const struct key_rule *rule = key_rules_of(flight->proxy->key_rules, flight->route);
	struct key_secrets secrets = key_rule_secrets(rule, flight->raw_target, &flight->arena);

	HEADERS_EACH(at, &flight->received) {
		if (key_secrets_stand_in(&secrets, at->value))
			return true;
	}
	return false;
}

/* Whether it may be about what the request's key leaves out. */
static bool is_personal(struct flight *flight)
{
	if (key_rule_status_is_of_request(flight->status) && flight->dropped != 0)
		return true;
	return flight->credentials != 0 &&
	       (speaks_of_asker(flight->status) || repeats_credentials(flight));
}

/* Then it is for who asked with the same (flight_suits()), and says nothing of what is stored for all. */
void askers_keep(struct flight *flight, struct flight_verdict *ret)
{
	if (!is_personal(flight))
		return;
	ret->personal = true;
	ret->skip = SKIP_AUTHORIZATION;
	ret->share = ret->share == SHARE_ALL ? SHARE_WAITING : ret->share;
}

enum rc askers_variant(
	struct flight *flight, const struct response_view *response, struct flight_verdict *ret)
{
	const struct text_list *unkeyed = &flight_route(flight)->forward_unkeyed;
	struct headers names;

	TRY(plan_variant(flight, response->headers, &ret->variant));
	if (!freshness_is_given(&ret->freshness) ||
		!key_rule_status_is_of_request(response->status))
		return RC_OK;
	headers_init(&names, &flight->arena);
	headers_add_known(&names, FIELD_VARY, SLICE("Accept, Accept-Language, User-Agent"));
	for (size_t i = 0; i < unkeyed->count; i++)
		headers_add_known(&names, FIELD_VARY, slice_of(unkeyed->items[i]));
	return vary_select(&flight->request, &names, &ret->variant);
}

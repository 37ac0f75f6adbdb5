/* proxy/key/identity.h - what makes two requests the same here: their key, and which request bodies stand
 * in it (RFC 9111 2; RFC 10008; No-Vary-Search).
 */
#pragma once

#include "flight/flight.h"

#include "proxy/exchange.h"

/* Whether the request's body has to be gathered before the key can be made: QUERY, or POST where the
 * route says so, and not known to be longer than cache.key_body. x->route is known. */
bool identity_wants_body(const struct exchange *x);

/* Whether the request is one that the cache may answer: GET or HEAD without a body, or keyed by it, and
 * not one that is to pass by the route's key rule. */
bool identity_is_cached(const struct exchange *x);

/* Whether it is the route's key rule that keeps it from that, and not its method. */
bool identity_bypasses(const struct exchange *x);

/* The namespace version of a tenant's keys (one more than its index; 0: nobody's). */
uint64_t identity_version(const struct config *config, uint16_t tenant);

/* Fills x->asked, x->parts, x->key, x->range and x->view.keyed_by_body; the view is made already. RC_TOO_LARGE:
 * there is no room for such a key. */
NODISCARD enum rc identity_make(struct exchange *x);

/* The key under which a flight's response is stored: the flight's own, or where its fields have a
 * No-Vary-Search, the one that all equivalent targets have. What they say is remembered for the
 * requests that follow. buffer holds the key's bytes. */
NODISCARD enum rc identity_of_response(
	struct flight *flight, const struct headers *fields, struct bytes *buffer, struct key *ret);

/* The same of a stored response that came another way: requests for its path are looked for by the rule in
 * its key's parts, if there is one. */
void identity_know_rule(struct proxy *proxy, const struct key_parts *parts);

/* Whether the rule by which the flight's key stands for other targets is not that of its response: who
 * asked for another target must not share it. */
bool identity_rule_ended(struct flight *flight);

/* Whether a request's field says what its body is: it goes along with the body, and stands in the key
 * (RFC 10008 2.7). */
bool identity_describes_body(const struct field *field);

/* The target under the route's key rule; as it came where there is none. */
struct slice identity_ruled_target(const struct exchange *x);

/* The key of a target alone, which a GET of it has that names no class of Accept: for invalidating.
 * RC_TOO_LARGE as above. */
struct identity_target {
	uint16_t route;
	uint16_t tenant; /* as in struct exchange */
	struct slice raw_target;
};
NODISCARD enum rc identity_of_target(const struct proxy *proxy,
	const struct identity_target *target, struct bytes *buffer, struct key *ret);

/* Invalidation goes by groups (store/groups.h) beside the key's own place: what is stored belongs to that
 * of its target, whatever class of Accept it is of, or where its key can't be made from a target alone
 * (a body, a No-Vary-Search) to that of its path. An unsafe request invalidates both, so that neither what is stored nor what is on its way, in
 * whichever hand, outlives it. key: of a target alone; a tenant's leads to that tenant's group, nobody's to everybody's
 * (grouping.h). raw_target: of a client. */
uint32_t identity_target_slot(const struct proxy *proxy, struct key key);
uint32_t identity_path_slot(const struct proxy *proxy, struct slice raw_target);
/* tenant: its name; of size 0: everybody's, as above. */
uint32_t identity_path_slot_in(
	const struct proxy *proxy, struct slice tenant, struct slice raw_target);
/* The one of the two to which what is stored under this key belongs. */
uint32_t identity_slot(const struct proxy *proxy, const struct key_parts *parts, struct key key,
	struct slice raw_target);
/* The same of everybody's: where it would belong if it were nobody's. */
uint32_t identity_wide_slot(const struct proxy *proxy, const struct key_parts *parts,
	struct key key, struct slice raw_target);

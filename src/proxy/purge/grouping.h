/* proxy/purge/grouping.h - by what stored responses are invalidated: the slots (store/groups.h) that they
 * belong to.
 *
 *	its own target's, or its path's		kept with it, first (identity.h)
 *	its tags', in whichever field they came,	kept with it
 *	    and those that its path has (own_tags.h)
 *	its Cache-Groups' of its origin		kept with it (RFC 9875)
 *	those of what its body holds		kept with it, last; invalidated softly only
 *	its tenant's, of all, of its route and	kept with it
 *	    of errors
 *	its route's				asked with the route that it is found by
 *	that of all				asked always
 *	that of errors				asked of errors
 *
 * Who is a tenant has slots of its own for all of these, which nobody else's responses have; and its responses
 * have everybody's beside them: the first half of what is kept with one is its tenant's, the second half
 * says the same of everybody; and behind them, in the same way, stand those of tags that the configuration gave. So what is invalidated in a tenant's name reaches what is its own, and what is
 * invalidated in nobody's reaches all. Nobody's responses have everybody's slots alone.
 *
 * An invalidation is hard or soft: what it reaches is as if it weren't there, or stale. Slots outlive the
 * process, and so do the names that lead to them: paths and URLs, never the configuration's indexes.
 *
 * Threads: any. Ownership: as said.
 */
#pragma once

#include "flight/flight.h"

#include "store/groups.h"

/* What the name of a slot is a name of, where it isn't a group of an origin's. */
enum slot_scope {
	SLOT_TARGET,
	SLOT_PATH,
	SLOT_TAG,
	SLOT_ROUTE,
	SLOT_ALL,
	SLOT_SELECTION,
	SLOT_NEGATIVE,
	SLOT_HELD,     /* the tag of something that the body holds */
	SLOT_HELD_ANY, /* nobody knows what it holds */
	SLOT_HELD_BY,  /* the patterns by which it was looked at */
	SLOT_BY_URL    /* no response's: whether anything was invalidated by its URL (keying.h) */
};

uint32_t grouping_slot(const struct proxy *proxy, enum slot_scope scope, struct slice name);

/* The same of a tenant's alone (its name; of size 0: everybody's, as above). Of SLOT_ROUTE the name is the
 * route's path; of SLOT_ALL and SLOT_NEGATIVE it is empty. Targets and paths: identity.h. */
uint32_t grouping_slot_in(
	const struct proxy *proxy, struct slice tenant, enum slot_scope scope, struct slice name);

/* Of a group that the upstream's origin named to a tenant, or to nobody. */
uint32_t grouping_slot_of_origin(
	const struct proxy *proxy, struct slice tenant, uint16_t route, struct slice name);

/* What the response to a request will belong to, as far as the request tells, or what is stored for it; in its
 * arena, or the stored one's. The count. */
size_t grouping_foresee(const struct exchange *x, uint32_t **ret);

/* How many of an object's slots are its tenant's, or all of them where it is nobody's; without those of tags that
 * the configuration gave: these are nobody's groups, and what has one needn't share another's fate. */
size_t grouping_own(const struct object *object, struct slice tenant);

/* Slots that are asked for all: those of the routes, in their order, then that of everything and that of errors.
 * From malloc. That of selections (purge.c) is asked by purges.c alone. */
uint32_t *grouping_standing(const struct proxy *proxy);
uint32_t grouping_route_slot(const struct proxy *proxy, uint16_t route);
uint32_t grouping_all_slot(const struct proxy *proxy);
uint32_t grouping_selection_slot(const struct groups *groups);
uint32_t grouping_negative_slot(const struct proxy *proxy);

/* What a response is stored as, where it comes from. */
struct grouping_of {
	const struct proxy *proxy;
	uint16_t route;
	const struct key_parts *parts;
	struct key key;
	struct slice raw_target;
};

/* Fills in the groups of what came from elsewhere than a flight (an import): parts->headers and freshness are there;
 * in arena. What its body holds isn't looked for: it may hold anything. false: there are more than are kept, and it
 * must not be stored. */
bool grouping_fill(const struct grouping_of *of, struct object_parts *parts, struct arena *arena);

/* The stored response, with the flight's groups and epoch and its source version filled in; a
 * reference. like: a stored one with the same body, which holds what that one holds; NULL: the flight's own. */
struct object *grouping_object(
	struct flight *flight, struct object_parts *parts, const struct object *like);

/* Whether a stored response was invalidated since its fetch began: hard, it is not used again; soft, it
 * is stale. */
bool grouping_is_out(const struct proxy *proxy, uint16_t route, const struct object *object);
bool grouping_is_soft(const struct proxy *proxy, uint16_t route, const struct object *object);

/* How fresh it is, a soft invalidation considered. */
struct freshness grouping_freshness(
	const struct proxy *proxy, uint16_t route, const struct object *object, int64_t now_ms);

/* Whether what the flight is about, as far as that is known, was invalidated since the epoch, in whichever
 * mode: since it began, and who asks now can't be answered by it. Under the flight's lock. */
bool grouping_overtook(const struct flight *flight, uint64_t epoch);

/* The same of what is stored and takes part in the flight's response, which needn't have all of its groups any more. */
bool grouping_overtook_stored(const struct flight *flight, const struct object *object);

/* The groups of a response with these fields. false: it must not be stored, since one of them was
 * invalidated (hard) after the flight began, or there are more than can be kept. */
bool grouping_find(struct flight *flight, const struct headers *fields, struct flight_verdict *ret);

/* Whether the flight's response, which is complete, may go under the key: not if it was invalidated
 * meanwhile; and softly invalidated, not where something younger has come before it. */
bool grouping_may_store(
	const struct flight *flight, const struct key *key, const struct object *object);

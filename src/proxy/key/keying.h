/* proxy/key/keying.h - that what was invalidated by its URL stays so, whichever way keys are made later.
 *
 * A URL leads to what is stored by a key, and the configuration says how that is made: by the route that the URL falls
 * to, by that route's key rule, by namespace versions. Under another configuration the URL leads elsewhere, and what
 * lies under its former key is out of an invalidation's reach, until it is changed back:
 *
 *	key rule A	/a?x=1 is stored as kA
 *	key rule B	/a?x=1 is purged: as kB
 *	key rule A	/a?x=1 would be a hit again
 *
 * So the form in which each route's keys are made is noted beside the slots (store/groups.h). A route whose form wasn't noted
 * begins with nothing, if anything was ever invalidated by its URL: it may be one that was there before.
 * Routes come and go, too: what falls to /a falls to / without it. So an invalidation reaches what is stored of all
 * routes that cover the URL.
 *
 * Threads: any. Ownership: a keying is the proxy's; the house has a copy of the latest.
 */
#pragma once

#include "identity.h"

#include "store/groups.h"

struct keying;

struct keying *keying_new(const struct proxy *proxy);
void keying_free(struct keying *keying); /* may be NULL */

/* From here on requests may go by the proxy's configuration, before the first does. */
void keying_settle(struct proxy *proxy);

/* Something was invalidated by its URL, as the proxy's configuration has it. After its slots were raised. How many this
 * raised. */
size_t keying_note_url(const struct proxy *proxy, enum groups_mode mode);

/* Slots of the target as all other routes that cover it have it: in the arena, the count. */
size_t keying_slots(const struct proxy *proxy, const struct identity_target *target,
	struct arena *arena, uint32_t **ret);

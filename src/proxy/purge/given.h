/* proxy/purge/given.h - the slots of tags that the configuration gives a response: behind those of grouping.h.
 *
 *	| its path's tags: a tenant's | everybody's | by which patterns: everybody's | a tenant's | what its body holds: a tenant's | everybody's |
 *
 * Nobody's responses have everybody's alone. Where nobody knows what it holds there are no patterns. Threads: any. Ownership: slots and texts lie in the arena.
 */
#pragma once

#include "flight/flight.h"

struct given {
	uint32_t *slots;
	size_t count;
	size_t held;       /* of them, the last ones */
	bool holds_any;    /* nobody can tell what it holds */
	struct slice tags; /* of the path, as http/tags.h packs them */
};

/* What it will be given, by what is known of a request. Until it is there nobody knows what a body holds: who asks
 * behind an invalidation doesn't join its fetch. */
struct given_target {
	const struct proxy *proxy;
	struct slice tenant; /* of size 0: nobody's */
	uint16_t route;
	struct slice raw_target;
	struct slice had; /* tags that were given elsewhere, packed: it has them, too */
};
void given_foresee(const struct given_target *target, struct arena *arena, struct given *ret);

/* What the flight's response was given: its body is whole, or that of `like`, where this isn't NULL. */
void given_find(struct flight *flight, const struct object *like, struct given *ret);

/* proxy/purge/own_tags.h - tags that the configuration gives responses (`routes.*.tags`, `tags_held`), and what an
 * invalidation of one means for those that hold it.
 *
 *	/article/MED/1	has the tag article:MED/1		slot TAG article:MED/1
 *	/search?q=...	its body holds article:MED/1		slot HELD article:MED/1
 *	/search?q=...	nobody knows what its body holds	slot HELD_ANY
 *
 * Whatever invalidates the tag, or the target of a record that has it, makes those that hold it stale, whichever
 * way the record itself went: they were right about everything else, and are validated.
 *
 * What it is not: what a body holds, which holding.h finds. Threads: any. Ownership: the set is the proxy's.
 */
#pragma once

#include "flight/flight.h"
#include "purge_job.h"

#include "http/tag_pattern.h"

struct own_tags;

/* Patterns of the routes, compiled; the configuration has verified them. */
struct own_tags *own_tags_new(const struct config *config);
void own_tags_free(struct own_tags *tags);

const struct tag_patterns *own_tags_of(const struct own_tags *tags, uint16_t route);

/* Of all whose bodies were looked at as those of the route are; a tenant's, or everybody's. */
uint32_t own_tags_slot(const struct proxy *proxy, struct slice tenant, uint16_t route);

/* Whether what bodies of the route hold is looked for. */
bool own_tags_holds(const struct proxy *proxy, uint16_t route);

/* The tags of a target (as clients write it, or canonical) by its route; array and texts in the arena. */
size_t own_tags_of_target(const struct proxy *proxy, uint16_t route, struct slice raw_target,
	struct arena *arena, struct slice **ret);

/* These tags were invalidated, in a tenant's name (of size 0: in nobody's, for all): what holds one of them is
 * stale. How many slots were raised. */
size_t own_tags_raise(
	const struct proxy *proxy, struct slice tenant, const struct slice *tags, size_t count);

/* A purge of tags or of one target: the same for what it is about. One of a prefix, a pattern or a route that has records
 * may be about anything that is held: all that holds something is stale. */
void own_tags_purge(const struct purge_job *job);

/* A target was: the same for its tags, where it has any. */
size_t own_tags_raise_target(
	const struct proxy *proxy, struct slice tenant, uint16_t route, struct slice raw_target);

/* proxy/address_map.h - which addresses at an upstream become which paths here.
 *
 * One map a route: an address that a client got through one route may be served by another of the same
 * upstream. Of those that could, the one with the longest path at the origin has it, provided that a request
 * for the path here finds just that route; where none does, the address stays as it is.
 *
 *	/api         -> https://api.org/rest            /rest/x        becomes /api/x
 *	/api/search  -> https://api.org/rest/search     /rest/search/x becomes /api/search/x
 *	/api/hidden  -> https://other.org               /rest/hidden/x stays: it can't be had here
 *
 * Threads: any; nothing changes after address_maps_new().
 */
#pragma once

#include "config/config.h"
#include "http/rewrite.h"

struct address_maps;

struct address_map {
	struct rewrite_rules rules;
	const struct slice *origins; /* "https://host[:port]" of each of the upstream's base URLs */
	size_t origin_count;
	uint64_t version; /* of the rules: equal in any process with the same configuration */
};

/* config is borrowed. Never NULL. */
struct address_maps *address_maps_new(const struct config *config);
void address_maps_free(struct address_maps *maps);

const struct address_map *address_map_of(const struct address_maps *maps, uint16_t route);

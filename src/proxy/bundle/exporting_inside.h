/* proxy/bundle/exporting_inside.h - what exporting.c, exporting_memory.c and exporting_routes.c share. Threads and ownership:
 * proxy/exporting.h.
 */
#pragma once

#include "state.h"

#include "proxy/exporting.h"

#define PAGE_IDS 256

/* Keys of the memory tier, of whose hashes one part of `parts` is looked at a time. */
struct memory_walk {
	uint64_t parts; /* 0: it hasn't begun */
	uint64_t part;
	struct bytes *keys;
	size_t count;
	size_t room;
	size_t next;
	struct object *objects[64]; /* under the present key, to be shown: references */
	size_t object_count;
	struct key key; /* its bytes in keys */
};

struct exporting {
	struct exporting_options options;
	struct arena arena;   /* of the filter and the manifest */
	struct arena scratch; /* of one parcel */
	struct slice config;
	bool *routes;   /* of a tenant's export: those that its entries use; NULL: all */
	enum rc broken; /* they couldn't be found */
	struct parcel_end end;
	int64_t created_ms;
	int64_t ids[PAGE_IDS];
	size_t id_count;
	size_t id_next;
	int64_t from;
	bool disk_ended;
	struct parcel *into; /* of the call under way */
	enum rc rc;          /* what came of one: RC_ABSENT: it doesn't go */
	struct memory_walk memory;
};

/* By its path: the index in the configuration. */
bool exporting_find_route(const struct config *config, struct slice path, uint16_t *ret);

/* Looks for what fits the filter, and fills in e->routes. A fault of the disk's. */
NODISCARD enum rc exporting_find_routes(struct exporting *e);

/* Makes the parcel of a stored response, if it goes. RC_ABSENT: it doesn't. */
NODISCARD enum rc exporting_take(
	struct exporting *e, struct slice key, const struct object *object, struct parcel *ret);

/* The next of memory's that the disk hasn't. RC_ABSENT: no more. */
NODISCARD enum rc exporting_next_in_memory(struct exporting *e, struct parcel *ret);
void exporting_memory_done(struct exporting *e);

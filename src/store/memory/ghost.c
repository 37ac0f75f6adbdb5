/* ghost.c - the hashes of what left lately, each with the count of departures at its own.
 *
 * Threads and ownership: ghost.h.
 */
#include "ghost.h"

#include "util/alloc.h"

#include <stdlib.h>

#define WAYS        4
#define LEAST_SLOTS 64
#define LONG_AGO    (UINT32_C(1) << 31) /* departures: further back than any window */

struct slot {
	uint32_t mark; /* of the hash */
	uint32_t at;   /* departures when it was added; wraps around */
};

struct ghost {
	uint32_t departures;
	size_t slot_count;
	struct slot slots[];
};

struct ghost *ghost_new(uint64_t slots)
{
	size_t count = LEAST_SLOTS;
	struct ghost *g;

	while (count <= slots / 2)
		count *= 2;
	g = xalloc(sizeof(*g) + count * sizeof(struct slot));
	g->slot_count = count;
	g->departures = LONG_AGO; /* the zeroed slots lie that far back */
	return g;
}

void ghost_free(struct ghost *g)
{
	free(g);
}

size_t ghost_bytes(const struct ghost *g)
{
	return sizeof(*g) + g->slot_count * sizeof(struct slot);
}

static uint32_t mark_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

static struct slot *bucket_of(struct ghost *g, uint64_t hash)
{
	return &g->slots[hash & (g->slot_count - WAYS)];
}

static uint32_t since(const struct ghost *g, const struct slot *slot)
{
	return g->departures - slot->at;
}

void ghost_add(struct ghost *g, uint64_t hash)
{
	struct slot *bucket = bucket_of(g, hash);
	struct slot *into = bucket;

	for (struct slot *s = bucket; s < bucket + WAYS; s++) {
		if (s->mark == mark_of(hash)) {
			into = s;
			break;
		}
		if (since(g, s) > since(g, into))
			into = s;
	}
	*into = (struct slot){ mark_of(hash), g->departures++ };
}

bool ghost_take(struct ghost *g, uint64_t hash, uint64_t window)
{
	struct slot *bucket = bucket_of(g, hash);

	for (struct slot *s = bucket; s < bucket + WAYS; s++) {
		if (s->mark != mark_of(hash) || since(g, s) > window)
			continue;
		s->at = g->departures - LONG_AGO;
		return true;
	}
	return false;
}

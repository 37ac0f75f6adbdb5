/* store/disk/uses.c - when stored responses were last used, until it is written.
 *
 * A table of atomic cells by id: a later use overwrites the time, another id on the same cell overwrites
 * the first. Threads and ownership: uses.h.
 */
#include "uses.h"

#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#define CELLS 16384 /* a power of two */

struct cell {
	_Atomic(int64_t) id; /* 0: empty */
	_Atomic(int64_t) used_ms;
};

struct uses {
	size_t hand; /* of the taker */
	struct cell cells[CELLS];
};

struct uses *uses_new(void)
{
	return xalloc(sizeof(struct uses));
}

void uses_free(struct uses *uses)
{
	free(uses);
}

/* Ids are hashes with their lowest bits cleared. */
static size_t place_of(int64_t id)
{
	return (size_t)((uint64_t)id >> 5) & (CELLS - 1);
}

void uses_note(struct uses *uses, int64_t id, int64_t now_ms)
{
	struct cell *cell = &uses->cells[place_of(id)];

	/* two threads may mix an id with the other's time: both are now */
	atomic_store_explicit(&cell->used_ms, now_ms, memory_order_relaxed);
	if (atomic_load_explicit(&cell->id, memory_order_relaxed) != id)
		atomic_store_explicit(&cell->id, id, memory_order_release);
}

size_t uses_take(struct uses *uses, struct use *ret, size_t count)
{
	size_t taken = 0;

	for (size_t looked = 0; looked < CELLS && taken < count; looked++) {
		struct cell *cell = &uses->cells[uses->hand++ & (CELLS - 1)];
		int64_t id = atomic_exchange_explicit(&cell->id, 0, memory_order_acquire);

		if (id == 0)
			continue;
		ret[taken++] = (struct use){
			id,
			atomic_load_explicit(&cell->used_ms, memory_order_relaxed),
		};
	}
	return taken;
}

/* store/groups.c - a table of epochs and the counter that they come from.
 *
 * An invalidation takes the next number n and raises its slot to n; an object with epoch e is out of
 * date where a slot is above e. So:
 * - e read before n was taken is below n: out of date as soon as the slot is raised. A slot only
 *   rises (an invalidation that was overtaken by a later one leaves the higher number), and a load
 *   that happens after the raise sees it or a higher one: nothing can bring the object back.
 * - e read after n was taken is n or higher, so the object stays. Also while the slot is not raised
 *   yet: the fetch began after the invalidation did, and that is after what caused it.
 * - a counter that is read late is too low, which costs a fetch.
 *
 * Threads and ownership: groups.h.
 */
#include "store/groups.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SLOT_COUNT (64 * 1024) /* a power of two; 512 KiB */

struct groups {
	uint64_t seed;
	atomic_uint_fast64_t last; /* the number that the latest invalidation took */
	atomic_uint_fast64_t slots[SLOT_COUNT];
};

struct groups *groups_new(uint64_t seed)
{
	struct groups *groups = xalloc(sizeof(*groups)); /* no invalidation yet: all are 0 */

	groups->seed = seed;
	return groups;
}

void groups_free(struct groups *groups)
{
	free(groups);
}

uint64_t groups_epoch(const struct groups *groups)
{
	return atomic_load_explicit(&groups->last, memory_order_acquire);
}

uint32_t groups_slot(const struct groups *groups, uint64_t scope, struct slice name)
{
	uint64_t scoped = hash_bytes(&scope, sizeof(scope), groups->seed);

	return (uint32_t)(hash_bytes(name.data, name.size, scoped) & (SLOT_COUNT - 1));
}

void groups_invalidate(struct groups *groups, uint32_t slot)
{
	uint64_t number = atomic_fetch_add(&groups->last, 1) + 1;
	atomic_uint_fast64_t *at = &groups->slots[slot];
	uint_fast64_t before = atomic_load(at);

	assert(slot < SLOT_COUNT);
	while (before < number && !atomic_compare_exchange_weak(at, &before, number))
		;
}

bool groups_outdated(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch)
{
	for (size_t i = 0; i < count; i++) {
		assert(slots[i] < SLOT_COUNT);
		if (atomic_load_explicit(&groups->slots[slots[i]], memory_order_acquire) > epoch)
			return true;
	}
	return false;
}

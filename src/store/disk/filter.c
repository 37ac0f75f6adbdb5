/* store/disk/filter.c - a counting Bloom filter.
 *
 * PROBES counters a number, found by double hashing: at 8 counters a number, 5 of them are about the best
 * and give (1 - e^(-5/8))^5 = 2.2 % of false answers. A counter that has reached FULL has lost count, and
 * so is never lowered: that costs false answers, never a number that was added.
 *
 * Threads: an increment that is not seen yet is one of a number that was not published yet. Ownership:
 * filter.h.
 */
#include "filter.h"

#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#define PROBES     5
#define PER_NUMBER 8
#define LEAST      ((uint32_t)64 << 10)
#define MOST       ((uint32_t)256 << 20)
#define FULL       UINT8_MAX

struct filter {
	uint32_t size;
	_Atomic uint8_t counters[];
};

struct probes {
	uint32_t at[PROBES];
};

struct filter *filter_new(uint64_t expected)
{
	uint32_t size = expected < MOST / PER_NUMBER ? (uint32_t)expected * PER_NUMBER : MOST;
	struct filter *filter;

	if (size < LEAST)
		size = LEAST;
	filter = xalloc(sizeof(*filter) + size);
	filter->size = size;
	return filter;
}

void filter_free(struct filter *filter)
{
	free(filter);
}

/* Numbers are hashes, but some of their bits may have been given another use: they are mixed again
 * (a multiplication carries upwards only, so what is above goes below first). */
static uint64_t mix(uint64_t number)
{
	number = (number ^ number >> 32) * 0x9e3779b97f4a7c15;
	return (number ^ number >> 32) * 0xd1b54a32d192ed03;
}

/* Steps through the 32-bit numbers, scaled to the size. */
static struct probes probes_of(const struct filter *filter, uint64_t number)
{
	uint64_t mixed = mix(number);
	uint32_t at = (uint32_t)(mixed >> 32), step = (uint32_t)(mixed ^ mixed >> 32) | 1;
	struct probes probes;

	for (int i = 0; i < PROBES; i++, at += step)
		probes.at[i] = (uint32_t)((uint64_t)at * filter->size >> 32);
	return probes;
}

/* by: 1 or -1. One that would leave [0, FULL) stays. */
static void move(_Atomic uint8_t *counter, int by)
{
	uint8_t stays = by < 0 ? 0 : FULL,
		count = atomic_load_explicit(counter, memory_order_relaxed);

	while (count != stays && count != FULL) {
		if (atomic_compare_exchange_weak_explicit(counter, &count, (uint8_t)(count + by),
			    memory_order_relaxed, memory_order_relaxed))
			return;
	}
}

void filter_add(struct filter *filter, uint64_t number)
{
	struct probes probes = probes_of(filter, number);

	for (int i = 0; i < PROBES; i++)
		move(&filter->counters[probes.at[i]], 1);
}

void filter_remove(struct filter *filter, uint64_t number)
{
	struct probes probes = probes_of(filter, number);

	for (int i = 0; i < PROBES; i++)
		move(&filter->counters[probes.at[i]], -1);
}

bool filter_may_have(const struct filter *filter, uint64_t number)
{
	struct probes probes = probes_of(filter, number);

	for (int i = 0; i < PROBES; i++) {
		if (atomic_load_explicit(&filter->counters[probes.at[i]], memory_order_relaxed) ==
			0)
			return false;
	}
	return true;
}

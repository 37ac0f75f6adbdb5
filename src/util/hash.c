/* util/hash.c - XXH3 and random bits. The only user of xxhash.h. */
#include "util/hash.h"

#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, size, seed);
}

uint64_t random_u64(void)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		abort();
	return bits;
}

int64_t random_between(int64_t least, int64_t most)
{
	static _Thread_local uint64_t state;
	uint64_t span = (uint64_t)(most - least) + 1;

	if (state == 0)
		state = random_u64();
	state++;
	if (most <= least)
		return least;
	return least + (int64_t)(XXH3_64bits(&state, sizeof(state)) % span);
}

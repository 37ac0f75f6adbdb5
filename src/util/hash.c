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

uint64_t hash_seed(void)
{
	const char *text = getenv("LARDER_TEST_SEED");

	return text != NULL ? strtoull(text, NULL, 10) : random_u64();
}

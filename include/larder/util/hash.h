/* util/hash.h - 64-bit hashes (XXH3) under a seed, and random bits.
 *
 * The seed is drawn once per cache, so that nobody can make keys that collide on purpose. A hash
 * only finds a place: full keys are always compared.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);

/* 64 bits from the kernel's generator: for seeds and names, not for every request. */
uint64_t random_u64(void);

/* A cache's seed: such bits, or the number in LARDER_TEST_SEED, which tests set: two groups that fall on one
 * slot (store/groups.h) do so always, or never. */
uint64_t hash_seed(void);

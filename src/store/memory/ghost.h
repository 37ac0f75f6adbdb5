/* ghost.h - the hashes of what left lately: a member that comes back soon was let go too early.
 *
 * A fixed table of 4-way buckets, 8 bytes a slot. It may forget early (a full bucket) and, once in
 * some 2^32 / 4 questions, be wrong: it decides where a newcomer starts, never what is served.
 * Threads: under the shard's lock. Ownership: ghost_new() gives it to the caller.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ghost;

/* slots is rounded down to a power of two, at least 64. */
struct ghost *ghost_new(uint64_t slots);
void ghost_free(struct ghost *g);

/* Bytes that it takes; constant. */
size_t ghost_bytes(const struct ghost *g);

/* The member with that hash left. */
void ghost_add(struct ghost *g, uint64_t hash);

/* Whether the hash is among the last `window` that were added; it is forgotten then. */
bool ghost_take(struct ghost *g, uint64_t hash, uint64_t window);

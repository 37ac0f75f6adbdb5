/* util/arena.h - memory that is given back all at once: one request's, one parse's.
 *
 * Not thread-safe. arena_reset() keeps the first block, so a keep-alive connection's second
 * request allocates nothing.
 */
#pragma once

#include "util/slice.h"

struct arena_block;

struct arena {
	struct arena_block *first;
	struct arena_block *current;
	size_t used; /* of the current block */
};

void arena_init(struct arena *a);
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

/* Aligned for any type, not zeroed, never NULL. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of s in the arena, with a NUL behind it that is not counted. */
struct slice arena_copy(struct arena *a, struct slice s);

/* printf into the arena; NUL-terminated. */
struct slice arena_format(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2)));

/* util/alloc.h - small fixed allocations: they abort when memory is out.
 *
 * For what a peer sizes, use a capped `struct bytes` instead, which says RC_TOO_LARGE.
 */
#pragma once

#include <stddef.h>

/* size zeroed bytes; the caller owns them and releases them with free(). Never NULL. */
void *xalloc(size_t size);

/* A copy of the first size bytes at data with a NUL behind it; owned by the caller. Never NULL. */
char *xcopy(const char *data, size_t size);

/* Grows an array to hold count items of size bytes; old may be NULL. Never NULL. */
void *xgrow(void *old, size_t count, size_t size);

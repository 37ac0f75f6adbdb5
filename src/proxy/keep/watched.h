/* proxy/keep/watched.h - numbers that routes watch in what they store (routes.*.guard.watch).
 *
 * A table of fixed size indexed by the key's hash, in memory: it is empty after a start, and what is
 * forgotten or mistaken for another costs an alert or makes a needless one, nothing else.
 *
 * Threads: any; one short lock. Ownership: the proxy's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct watched;

struct watched *watched_new(void);
void watched_free(struct watched *watched);

/* Keeps the number of what is stored now under a key with this hash. true: *ret_before is the one before. */
bool watched_note(struct watched *watched, uint64_t hash, double number, double *ret_before);

/* store/disk/filter.h - "surely not here", without touching the disk.
 *
 * A counting Bloom filter of 8-bit counters over numbers that are hashes already. What was added and not
 * removed is always found; of what was never added a few in a hundred are found too. A counter that is
 * full stays so. Threads: all but new and free from any, without locks (relaxed atomics; an add happens
 * before what is published after it). Ownership: filter_new() gives it to the caller.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;

/* For about so many numbers: 8 bytes for each, between 64 KiB and 256 MiB. */
struct filter *filter_new(uint64_t expected);
void filter_free(struct filter *filter);

void filter_add(struct filter *filter, uint64_t number);
void filter_remove(struct filter *filter, uint64_t number); /* one that was added */
bool filter_may_have(const struct filter *filter, uint64_t number);

/* cells.h - where the numbers lie: one block for each thread, found through a thread-local pointer.
 *
 *	block of a thread   plain[]       counters, written by that thread alone
 *	                    histograms[]  made when first observed: a page each would be too much
 *	block "retired"     the same, sums of threads that have ended
 *	set[]               gauges and totals set from outside, bits of a double
 *
 * Threads: writing touches the calling thread's block only and takes no lock. What reads locks the
 * list of blocks (cells_lock) so that no block leaves meanwhile.
 */
#pragma once

#include "histogram.h"

struct block;

/* Before other threads start. */
void cells_init(size_t plain_count, size_t histogram_count);
void cells_done(void);
bool cells_ready(void);

void cells_add(size_t cell, uint64_t count);
void cells_observe(size_t cell, int64_t us);
void cells_set(size_t cell, double value);
/* As if it had never been set. */
void cells_unset(size_t cell);

/* What all threads have in one cell is in another. Nobody counts in the first meanwhile. */
void cells_move(size_t from, size_t to);
void cells_move_histogram(size_t from, size_t to);

/* Sum of a plain cell over all threads, retired ones included. */
uint64_t cells_sum(size_t cell);
/* false: never set */
bool cells_get(size_t cell, double *ret);
/* Adds a histogram cell of all threads to *to; false: there is none. */
bool cells_merge(size_t cell, struct histogram *to);

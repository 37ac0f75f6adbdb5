/* observe/sketch.h - what is counted most in a stream, with a fixed number of counters.
 *
 *	in the sketch: its counter goes up
 *	not in it: it takes the smallest counter, whose count it may have had, too: its error
 *
 * "Space-Saving" (Metwally, Agrawal, El Abbadi, ICDT 2005). Of what has a counter, the truth lies within
 * [count - error, count]. No error is larger than the sum of all weights by the number of counters, and what weighs
 * more than that has a counter for sure.
 *
 * Pure. Threads: one at a time. Ownership: sketch_new() gives it to the caller; texts are copied.
 */
#pragma once

#include "util/scope.h"
#include "util/slice.h"

struct sketch;

/* counters: 1 at least. */
struct sketch *sketch_new(size_t counters);
void sketch_free(struct sketch *sketch);
SCOPE_DEFINE(sketch, sketch_free)

/* Counts. Returns the counter's number, below that of counters; *ret_taken: it was another's, or free, before. */
size_t sketch_add(struct sketch *sketch, struct slice text, uint64_t weight, bool *ret_taken);

/* All counts become half as large, so that what was long ago weighs less. */
void sketch_halve(struct sketch *sketch);

struct sketch_count {
	struct slice text; /* until the next sketch_add() */
	uint64_t count;
	uint64_t error;
	size_t counter;
};

/* The largest first, into room for all counters. How many there are. */
size_t sketch_counts(const struct sketch *sketch, struct sketch_count *ret);

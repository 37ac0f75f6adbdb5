/* config/nearest.h - which known name somebody meant.
 *
 * Fed with one known name after the other; letter case is ignored. Pure.
 */
#pragma once

#include "util/slice.h"

struct nearest {
	struct slice wanted;
	struct slice best;
	size_t distance;
};

void nearest_init(struct nearest *n, const char *wanted);

/* known: borrowed until nearest_best(). */
void nearest_offer(struct nearest *n, struct slice known);

/* False: none is so near that it could be meant. */
bool nearest_best(const struct nearest *n, struct slice *ret);

/* config/nearest.c - edit distance: insert, remove, replace, each 1. */
#include "nearest.h"

#include <stdint.h>

/* Names longer than this are no near miss of anything. */
#define MOST_LETTERS 64

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* One row of the table after the other; row[j] is the distance to b's first j letters. */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[MOST_LETTERS + 1];

	for (size_t j = 0; j <= b.size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t replaced = diagonal;

			if (lower(a.data[i - 1]) != lower(b.data[j - 1]))
				replaced++;
			diagonal = row[j];
			row[j] = least_of(replaced, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[b.size];
}

void nearest_init(struct nearest *n, const char *wanted)
{
	*n = (struct nearest){ .wanted = slice_of(wanted), .distance = SIZE_MAX };
}

void nearest_offer(struct nearest *n, struct slice known)
{
	size_t d;

	if (n->wanted.size > MOST_LETTERS || known.size > MOST_LETTERS)
		return;
	d = distance(n->wanted, known);
	if (d < n->distance) {
		n->distance = d;
		n->best = known;
	}
}

bool nearest_best(const struct nearest *n, struct slice *ret)
{
	/* A third of the letters may differ, and two in short names. */
	size_t most = n->wanted.size / 3 > 2 ? n->wanted.size / 3 : 2;

	if (n->distance > most || n->distance >= n->best.size)
		return false;
	*ret = n->best;
	return true;
}

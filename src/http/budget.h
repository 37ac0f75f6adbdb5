/* http/budget.h - how much memory a foreign parser may take for one document.
 *
 * What it is not: an allocator of our own; memory comes from malloc. Parsers keep what they can't deal
 * with yet, a token without its end and every name that they met, and a peer decides how much that is.
 * Threads: one at a time. Ownership: the budget lies with its user and outlives what was taken from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t most;
	bool lenient; /* for parsers that don't look whether they got memory: they always do */
	size_t used;
	bool over; /* more was asked for; a lenient one's user must look after each call */
};

/* NULL when that is too much. */
void *budget_take(struct budget *budget, size_t size);
/* As realloc(), of what was taken from the same budget, or NULL. */
void *budget_resize(struct budget *budget, void *old, size_t size);
/* To the budget that it came from; memory may be NULL. */
void budget_give(void *memory);
